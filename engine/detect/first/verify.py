"""From candidates to claims: what the check of each type says, for all its candidates at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view

from engine.detect.block import Block, Bytes, Claims, Flags, Floats, Integers
from engine.detect.checks import compiled
from engine.detect.config import ContextSettings
from engine.detect.registry import EntityType

AFTER, BEFORE = 0.5, 1.0
"""How much is heard of a type by a phrase after a candidate, and by one before it, at least."""

_WIDEST = 1 << 22
"""Bytes of one matrix of candidates."""
_NARROW = 24
"""Columns of a matrix that are worth no other one."""


class Verifier:
    """The checks and scores of some types; a type is known by its place among them."""

    def __init__(self, types: Sequence[EntityType], settings: ContextSettings) -> None:
        self._types = types
        self._settings = settings
        self._checks = [compiled(one.check) if one.check else None for one in types]
        self._any_case: Flags = np.array([one.ignore_case for one in types], np.bool_)
        checked = np.array([one.check is not None for one in types], np.bool_)
        self._looks = {True: checked | ~self._any_case, False: checked}
        self._scores: Floats = np.array([one.verified_score for one in types])
        self._boosted, self._half_boosted = (
            np.minimum(1, np.maximum(self._scores + boost, settings.floor)) for boost in (settings.boost, settings.boost / 2))

    def claims(self, block: Block, start: Integers, end: Integers, kind: Integers, heard: Floats, *,
               compact: bool) -> tuple[Claims, Integers]:
        """Returns the candidates that pass, and which they are; a word after one raises its score by half.

        Args:
            block: Where they stand.
            start: First byte of each.
            end: After the last byte.
            kind: The type that each may be of.
            heard: How much context words say of its type (``engine.detect.first.phrases``).
            compact: Whether checks see upper case without separators, as of formats, or what is written, as of patterns.
        """
        start = start.copy()
        for which, rows in _by_kind(kind):
            if self._types[which].label:
                start[rows] += self._label(block, start[rows], end[rows], which)
        passed = np.ones(len(start), np.bool_)
        looked_at = np.flatnonzero(self._looks[compact][kind])
        for rows in _by_width((end - start)[looked_at]):
            these = looked_at[rows]
            passed[these] = self._passed(*cut(block.buffer, start[these], end[these]), kind[these], compact=compact)
        rows = np.flatnonzero(passed)
        kind, heard = kind[rows], heard[rows]
        raised = np.where(heard >= BEFORE, self._boosted[kind], self._half_boosted[kind])
        score = np.where(heard > 0, raised, self._scores[kind])
        return Claims(start[rows], end[rows], kind, score, kind), rows

    def _label(self, block: Block, start: Integers, end: Integers, kind: int) -> Integers:
        """Returns how many bytes of each match are its label."""
        one = self._types[kind]
        case = "(?i)" if one.ignore_case else ""
        spans = zip(start.tolist(), end.tolist(), strict=True)
        texts = pa.array([block.data[first:last].decode(errors="replace") for first, last in spans])
        labels = pc.extract_regex(texts, rf"{case}\A(?P<label>{one.label})(?s:{one.pattern})\z").field("label")
        return np.asarray(pc.binary_length(labels).fill_null(0).to_numpy(), np.int64)

    def _passed(self, codes: Bytes, lengths: Integers, kind: Integers, *, compact: bool) -> Flags:
        passed = np.ones(len(codes), np.bool_)
        if compact:
            passed = self._any_case[kind] | ~_has_lower(codes)
            codes, lengths = compacted(codes)
        for which, rows in _by_kind(kind):
            check = self._checks[which]
            if check is not None:
                own = lengths[rows]
                passed[rows] &= check(codes[rows, :int(own.max())], own)
        return passed


def _by_kind(kind: Integers) -> Iterator[tuple[int, Integers]]:
    """Yields every kind with its rows."""
    order = np.argsort(kind, kind="stable")
    edges = np.flatnonzero(np.diff(kind[order], prepend=-1, append=-1)).tolist() if len(kind) else []
    for first, last in pairwise(edges):
        yield int(kind[order[first]]), order[first:last]


def _by_width(lengths: Integers) -> Iterator[Integers]:
    """Yields rows of about equal length together, so many that their matrix stays small."""
    order = np.argsort(lengths, kind="stable")
    ascending = lengths[order]
    first = 0
    while first < len(order):
        width = max(_NARROW, 2 * int(ascending[first]))
        last = min(int(np.searchsorted(ascending, width, "right")), first + max(1, _WIDEST // width))
        yield order[first:last]
        first = last


def cut(buffer: Bytes, start: Integers, end: Integers) -> tuple[Bytes, Integers]:
    """Returns stretches of a buffer as a matrix, zeros after each one's end, and their lengths."""
    lengths = end - start
    width = int(lengths.max(initial=0))
    if not width:
        return np.zeros((len(start), 0), np.uint8), lengths
    last = len(buffer) - width  # the last place where a whole row can be read
    late = np.flatnonzero(start > last)
    codes = sliding_window_view(buffer, width)[np.minimum(start, last)]
    codes[late] = buffer[np.minimum(start[late, None] + np.arange(width), len(buffer) - 1)]
    codes *= np.arange(width) < lengths[:, None]
    return codes, lengths


def _has_lower(codes: Bytes) -> Flags:
    return np.asarray(((codes - np.uint8(97)) <= 25).any(axis=1), np.bool_)  # noqa: PLR2004 - a to z; what is below wraps around


def compacted(codes: Bytes) -> tuple[Bytes, Integers]:
    """Letters and digits alone, in upper case, moved to the left."""
    letter = ((codes | np.uint8(32)) - np.uint8(97)) <= 25  # noqa: PLR2004 - a to z
    word = letter | ((codes - np.uint8(48)) <= 9)  # noqa: PLR2004 - 0 to 9
    lengths = word.sum(axis=1)
    found = np.zeros_like(codes)
    found[np.arange(codes.shape[1]) < lengths[:, None]] = np.where(letter, codes & np.uint8(0xDF), codes)[word]
    return found, lengths.astype(np.int64)
