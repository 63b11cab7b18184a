"""redact_text: free text with typed placeholders in place of what is known and what is found.

A package, because it has three parts: what the row is known by (``known``, ``dates``), and here the
findings, the overlaps and the cells that cannot be scanned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import pyarrow as pa

from udfs.redact_text.known import known_spans

UNSCANNABLE = "[UNSCANNABLE]"
KNOWN = "KNOWN"
LONGEST = 2**20
"""Characters. A longer cell is not scanned but redacted whole."""

_GIVEN_UP = "UNSCANNABLE"
"""Entity type by which the scanner says that a cell took too long."""

Find = Callable[[pa.Array], pa.Table]


class Span(NamedTuple):
    """One claim on a cell: characters ``start`` to ``end``, what they are, how sure."""

    start: int
    end: int
    label: str
    score: float


def redact_text(
    text: pa.Array, known: pa.Array | None = None, *, entities: Sequence[str] | None = None, threshold: float = 0.35,
) -> pa.Array:
    """Returns each text with placeholders such as ``[KNOWN]``, ``[EMAIL_ADDRESS]`` or ``[PERSON]``.

    First goes what the row is known by, in any spelling that ``known_spans`` sees; then what the scanner
    finds. Spans that overlap go together, under the placeholder of one: known wins, then the longer, then
    the higher score, then the earlier. So nothing that anybody claimed survives in part.

    Protects what is known and what has a recognizable form. A name that no column knows, in a form no
    recognizer sees, stays; so do style and story.

    Args:
        text: Strings.
        known: What each row is known by, list<string>; null and empty lists are allowed.
        entities: Entity types to remove; all that the scanner recognizes by default.
        threshold: Findings with a lower score are left.

    Returns:
        String array; null where ``text`` is null, ``[UNSCANNABLE]`` where a cell is longer than 2^20
        characters, is not valid UTF-8, or fails to be scanned.
    """
    return redact_cells(text, known, _scanner(), entities, threshold)


def redact_cells(
    text: pa.Array, known: pa.Array | None, find: Find, entities: Sequence[str] | None, threshold: float,
) -> pa.Array:
    """Does what ``redact_text`` promises, with the scanner given as ``find``: array → table of findings."""
    cells = [_guarded(text[row].as_py) for row in range(len(text))]
    cells = [UNSCANNABLE if cell is not None and len(cell) > LONGEST else cell for cell in cells]
    claims = _claims(pa.array([None if cell == UNSCANNABLE else cell for cell in cells], pa.string()), find)

    def redacted(row: int, cell: str | None) -> str | None:
        found = claims[row]
        if cell is None or cell == UNSCANNABLE or found is None:
            return cell if cell is None else UNSCANNABLE
        wanted = [span for span in found if span.score >= threshold and (entities is None or span.label in entities)]
        names = known[row].as_py() or () if known is not None else ()
        return _replaced(cell, [*(Span(*place, KNOWN, 1.0) for place in known_spans(cell, names)), *wanted])

    return pa.array([_guarded(partial(redacted, row, cell)) for row, cell in enumerate(cells)], pa.string())


@cache
def _scanner() -> Find:
    from engine.detect.scanner import Scanner  # noqa: PLC0415 - recognizers load once a worker, when first needed

    find: Find = Scanner.default().find
    return find


def _guarded(read: Callable[[], str | None]) -> str | None:
    try:
        return read()
    except Exception:  # noqa: BLE001 - fail closed: whatever went wrong with a cell, the cell does not pass
        return UNSCANNABLE


def _claims(cells: pa.Array, find: Find) -> list[list[Span] | None]:
    """Findings per cell, None for a cell that could not be scanned. One bad cell does not cost its batch."""
    try:
        return _by_cell(cells, find(cells))
    except Exception:  # noqa: BLE001 - fail closed, cell by cell
        if len(cells) <= 1:
            return [None] * len(cells)
        return [claim for row in range(len(cells)) for claim in _claims(cells.slice(row, 1), find)]


def _by_cell(cells: pa.Array, found: pa.Table) -> list[list[Span] | None]:
    """Raises IndexError for a finding that points outside its cell: its offsets cannot be trusted."""
    claims: list[list[Span]] = [[] for _ in range(len(cells))]
    lengths = [len(cell or "") for cell in cells.to_pylist()]
    columns = (found[name].to_pylist() for name in ("row", "start", "end", "entity_type", "score"))
    for row, start, end, label, score in zip(*columns, strict=True):
        if not 0 <= start < end <= lengths[row]:
            raise IndexError(row)
        claims[row].append(Span(start, end, label, score))
    return [None if any(span.label == _GIVEN_UP for span in claim) else claim for claim in claims]


def _replaced(cell: str, spans: list[Span]) -> str:
    """Replaces every group of overlapping spans by the placeholder of the one that wins."""
    parts: list[str] = []
    written = 0
    spans = sorted(spans)
    while spans:
        group, end = [spans[0]], spans[0].end
        while len(group) < len(spans) and spans[len(group)].start < end:
            group.append(spans[len(group)])
            end = max(end, group[-1].end)
        parts += [cell[written:group[0].start], f"[{min(group, key=_rank).label}]"]
        written, spans = end, spans[len(group):]
    return "".join([*parts, cell[written:]])


def _rank(span: Span) -> tuple[bool, int, float, int]:
    return (span.label != KNOWN, span.start - span.end, -span.score, span.start)
