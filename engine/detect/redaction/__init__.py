"""Redaction: findings in texts become something else, whole buffers at a time.

``redacted`` is the road from texts to redacted texts; its steps, ``readable``, ``scanned``, ``resolve`` and ``replaced``, can be
walked alone. It fails closed: a cell that cannot be read or scanned becomes ``[UNSCANNABLE]``, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.redaction.cells import LONGEST, readable, scanned
from engine.detect.redaction.spans import KNOWN, UNSCANNABLE, Flags, Integers, Places, Spans, resolve
from engine.detect.redaction.splice import Texts, without_doubled_spaces
from engine.detect.redaction.styles import Roles, Styles, placeholder, replacements

__all__ = ["KNOWN", "LONGEST", "UNSCANNABLE", "Places", "Spans", "Styles", "placeholder", "readable", "redacted", "replaced",
           "resolve", "scanned"]


def redacted(
    texts: pa.Array | pa.ChunkedArray, find: Callable[[pa.Array], pa.Table], *, styles: Styles | None = None,
    entities: Collection[str] | None = None, threshold: float = 0.0, subjects: pa.Array | None = None,
    longest: int = LONGEST,
) -> pa.Array:
    """Returns texts with what ``find`` claims replaced.

    Args:
        texts: Strings in any layout.
        find: A scanner: array → table of findings (``engine.detect.scanner.FINDINGS``).
        styles: How findings are replaced; typed placeholders by default.
        entities: Entity types that go; all by default.
        threshold: Findings with a lower score are left.
        subjects: What each text's subject is called, in canonical bytes; null for none.
        longest: Characters of the longest text that is scanned.

    Returns:
        String array; null where a text is null, ``[UNSCANNABLE]`` where one is too long, not UTF-8, or fails to be scanned.
    """
    cells, bad = readable(texts, longest)
    claims, unscanned = scanned(cells, find)
    return replaced(cells, claims.wanted(threshold, entities), styles or Styles(), subjects=subjects, whole=bad | unscanned)


def replaced(
    texts: pa.Array, claims: Spans, styles: Styles, *, subjects: pa.Array | None = None, roles: Roles | None = None,
    whole: Flags | None = None,
) -> pa.Array:
    """Returns texts with claims replaced. Texts without a claim are taken as they are.

    Args:
        texts: Strings, valid UTF-8.
        claims: What goes. Those that overlap are resolved (``resolve``): what a row is known by comes first where it becomes a
            placeholder or a token, and last where something in the form of the value is made up, which ``KNOWN`` does not tell.
            What is made up is made up for the claim that won.
        styles: How.
        subjects: What each text's subject is called, in canonical bytes; null for none.
        roles: What rows know of the parts of names.
        whole: Texts that become ``[UNSCANNABLE]``.

    Returns:
        String array.

    Raises:
        IndexError: If a claim lies outside its text.
    """
    if whole is not None and whole.any():
        claims = claims[~whole[claims.row]]
    yielding = {name for name in claims.names if styles.yields(name)}
    places = resolve(claims, first={KNOWN} - yielding, last=yielding)
    made = _spliced(texts, places, styles, subjects, roles) if len(places) else texts
    made = made.cast(pa.string())
    if whole is None or not whole.any():
        return made
    return pc.if_else(pa.array(whole), pa.scalar(placeholder(UNSCANNABLE), pa.string()), made)


def _spliced(texts: pa.Array, places: Places, styles: Styles, subjects: pa.Array | None, roles: Roles | None) -> pa.Array:
    source = Texts(texts)
    start, end, inner, inner_end = source.bytes_of(places.row, places.start, places.end, places.winner_start, places.winner_end)

    def slices(chosen: Integers) -> pa.Array:
        return source.slices(inner[chosen], inner_end[chosen])

    code, values = replacements(places, slices, styles, subjects, roles)
    gone = np.array([styles.of(name) == "drop" for name in places.names], np.bool_)[places.kind]
    if gone.any():
        closer = without_doubled_spaces(source, places.row[gone], start[gone], end[gone])
        start, end = _with(start, gone, closer[0]), _with(end, gone, closer[1])
    return source.spliced(places.row, start, end, code, values)


def _with(places: Integers, at: Flags, new: Integers) -> Integers:
    changed = places.copy()
    changed[at] = new
    return changed
