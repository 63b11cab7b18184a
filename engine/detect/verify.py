"""From candidates to claims: what the check of each type says, for all its candidates at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Block, Bytes, Claims, Flags, Floats, Integers
from engine.detect.checks import compiled
from engine.detect.config import ContextSettings
from engine.detect.registry import EntityType

_WIDEST = 1 << 22
"""Bytes of one matrix of candidates."""


class Verifier:
    """The checks and scores of some types; a type is known by its place among them."""

    def __init__(self, types: Sequence[EntityType], settings: ContextSettings) -> None:
        self._types = types
        self._settings = settings
        self._checks = [compiled(one.check) if one.check else None for one in types]
        self._scores: Floats = np.array([one.verified_score for one in types])
        self._boosted: Floats = np.minimum(1, np.maximum(self._scores + settings.boost, settings.floor))

    def claims(self, block: Block, start: Integers, end: Integers, kind: Integers, mentioned: Flags, *, compact: bool) -> Claims:
        """Returns the candidates that pass.

        Args:
            block: Where they stand.
            start: First byte of each.
            end: After the last byte.
            kind: The type that each may be of.
            mentioned: Whether a context word stands before it, or in the column's name.
            compact: Whether checks see upper case without separators, as of formats, or what is written, as of patterns.
        """
        passed, start = np.ones(len(start), bool), start.copy()
        order = np.argsort(kind, kind="stable")
        edges = np.flatnonzero(np.diff(kind[order], prepend=-1, append=-1)) if len(kind) else np.zeros(0, np.int64)
        for first, last in pairwise(edges.tolist()):
            rows = order[first:last]
            which = int(kind[rows[0]])
            start[rows] += self._label(block, start[rows], end[rows], which)
            passed[rows] = self._passed(block, start[rows], end[rows], which, compact=compact)
        rows = np.flatnonzero(passed)
        kind = kind[rows]
        score = np.where(mentioned[rows], self._boosted[kind], self._scores[kind])
        return Claims(start[rows], end[rows], kind, score, kind)

    def _label(self, block: Block, start: Integers, end: Integers, kind: int) -> Integers:
        """Returns how many bytes of each match are its label."""
        one = self._types[kind]
        if not one.label or one.pattern is None:
            return np.zeros(len(start), np.int64)
        case = "(?i)" if one.ignore_case else ""
        spans = zip(start.tolist(), end.tolist(), strict=True)
        texts = pa.array([block.data[first:last].decode(errors="replace") for first, last in spans])
        labels = pc.extract_regex(texts, rf"{case}\A(?P<label>{one.label})(?s:{one.pattern})\z").field("label")
        return np.asarray(pc.binary_length(labels).fill_null(0).to_numpy(), np.int64)

    def _passed(self, block: Block, start: Integers, end: Integers, kind: int, *, compact: bool) -> Flags:
        check, one = self._checks[kind], self._types[kind]
        passed = np.ones(len(start), bool)
        if check is None and (one.ignore_case or not compact):
            return passed
        for rows in _by_width(end - start):
            codes, lengths = cut(block.buffer, start[rows], end[rows])
            if compact:
                if not one.ignore_case:
                    passed[rows] = ~_has_lower(codes)
                codes, lengths = _compacted(codes)
            if check is not None:
                passed[rows] &= check(codes, lengths)
        return passed


def _by_width(lengths: Integers) -> list[Integers]:
    """Rows of about equal length together, so many that their matrix stays small."""
    order = np.argsort(lengths, kind="stable")
    parts, first = [], 0
    while first < len(order):
        step = 1
        while first + step < len(order) and (step + 1) * int(lengths[order[min(first + 2 * step, len(order) - 1)]]) <= _WIDEST:
            step *= 2
        parts.append(order[first:first + step])
        first += step
    return parts


def cut(buffer: Bytes, start: Integers, end: Integers) -> tuple[Bytes, Integers]:
    """Returns stretches of a buffer as a matrix, zeros after each one's end, and their lengths."""
    lengths = end - start
    columns = np.arange(int(lengths.max(initial=0)))
    codes = buffer[np.minimum(start[:, None] + columns, len(buffer) - 1)]
    codes[columns >= lengths[:, None]] = 0
    return codes, lengths


def _has_lower(codes: Bytes) -> Flags:
    return np.asarray(((codes - np.uint8(97)) <= 25).any(axis=1), np.bool_)  # noqa: PLR2004 - a to z; what is below wraps around


def _compacted(codes: Bytes) -> tuple[Bytes, Integers]:
    """Letters and digits alone, in upper case, moved to the left."""
    letter = ((codes | np.uint8(32)) - np.uint8(97)) <= 25  # noqa: PLR2004 - a to z
    word = letter | ((codes - np.uint8(48)) <= 9)  # noqa: PLR2004 - 0 to 9
    lengths = word.sum(axis=1)
    found = np.zeros_like(codes)
    found[np.arange(codes.shape[1]) < lengths[:, None]] = np.where(letter, codes & np.uint8(0xDF), codes)[word]
    return found, lengths.astype(np.int64)
