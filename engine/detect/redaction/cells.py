"""Which cells can be scanned at all, and what is claimed on them. Whatever goes wrong with a cell costs that cell alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.redaction.spans import UNSCANNABLE, Flags, Spans

LONGEST = 2**20
"""Characters. A longer cell of a column is not scanned but redacted whole; ``Scanner.redact`` takes what its scan takes."""

Find = Callable[..., pa.Table]
"""A scanner: array → table of findings; told as ``known``, if at all, what rows know (``engine.detect.scanner.Scanner.find``)."""


def readable(texts: pa.Array | pa.ChunkedArray, longest: int = LONGEST) -> tuple[pa.Array, Flags]:
    """Returns texts that can be scanned, and which could not be: longer than ``longest``, or not UTF-8. These are null.

    Args:
        texts: Strings in any layout, dictionary-encoded or not.
        longest: Characters.
    """
    plain = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain = plain.dictionary_decode() if pa.types.is_dictionary(plain.type) else plain
    plain = plain.cast(pa.string()) if pa.types.is_string_view(plain.type) else plain
    bad = _not_utf8(plain)
    sizes = pc.binary_length(plain).fill_null(0).to_numpy(zero_copy_only=False)
    long = np.flatnonzero((sizes > longest) & ~bad)
    if len(long):
        bad[long] = pc.utf8_length(plain.take(pa.array(long))).to_numpy(zero_copy_only=False) > longest
    return (_without(plain, bad) if bad.any() else plain), bad


def scanned(cells: pa.Array, find: Find, known: pa.Array | None = None) -> tuple[Spans, Flags]:
    """Returns what is claimed on cells, and which could not be scanned: given up, claimed out of bounds, or the scan failed.

    A scan that fails is tried again on halves, so that a bad cell costs its neighbours little.

    Args:
        cells: Strings, valid UTF-8.
        find: The scanner.
        known: For each cell a list of strings that are names in it; None where nothing is known of any.
    """
    claims = Spans.listed((), UNSCANNABLE)
    bad = np.zeros(len(cells), np.bool_)
    waiting = [(0, len(cells))] if len(cells) else []
    while waiting:
        begin, end = waiting.pop()
        some = cells.slice(begin, end - begin)
        beside = {} if known is None else {"known": known.slice(begin, end - begin)}
        try:
            found = _found(some, find(some, **beside))
        except Exception:  # noqa: BLE001 - fail closed, on halves until it is one cell
            middle = (begin + end) // 2
            waiting += [(begin, middle), (middle, end)] if middle > begin else []
            bad[begin] |= middle == begin
            continue
        doubtful = found.row[_doubtful(some, found)]
        bad[begin + doubtful] = True
        claims = claims.joined(found.moved(begin))
    return claims[~bad[claims.row]], bad


def _found(cells: pa.Array, table: pa.Table) -> Spans:
    """Raises IndexError for a finding in no cell, or with a part missing: nothing that its scan says can be trusted."""
    if any(table[name].null_count for name in ("row", "start", "end", "entity_type", "score")):
        raise IndexError("a finding with a part missing")
    found = Spans.of(table)
    if (found.row < 0).any() or (found.row >= len(cells)).any():
        raise IndexError("a finding in no cell")
    return found


def _doubtful(cells: pa.Array, found: Spans) -> Flags:
    """Findings that say that the scanner gave up, or that lie outside their cells."""
    rows, place = np.unique(found.row, return_inverse=True)
    lengths = pc.utf8_length(cells.take(pa.array(rows))).fill_null(0).to_numpy(zero_copy_only=False)[place]
    given_up = np.array([name == UNSCANNABLE for name in found.names], np.bool_)
    outside: Flags = (found.start < 0) | (found.start >= found.end) | (found.end > lengths)
    return outside | given_up[found.kind] if len(found) else outside


def _not_utf8(texts: pa.Array) -> Flags:
    bad = np.zeros(len(texts), np.bool_)
    waiting = [(0, len(texts))] if len(texts) else []
    while waiting:
        begin, end = waiting.pop()
        try:
            texts.slice(begin, end - begin).validate(full=True)
        except pa.ArrowInvalid:
            middle = (begin + end) // 2
            waiting += [(begin, middle), (middle, end)] if middle > begin else []
            bad[begin] |= middle == begin
    return bad


def _without(texts: pa.Array, bad: Flags) -> pa.Array:
    return pc.if_else(pa.array(bad), pa.scalar(None, texts.type), texts)
