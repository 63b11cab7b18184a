"""Values of any length as pieces that can be scanned: long ones with overlap, too long or unreadable ones not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Integers

PIECE = 1 << 20
"""Bytes of a piece, at most."""

OVERLAP = 1 << 13
"""Bytes at the end of one piece that are the next one's beginning: what is claimed is shorter, or claimed in parts."""

_CONTINUATION, _LEAD = 0xC0, 0x80


@dataclass(frozen=True)
class Pieces:
    """Pieces of values.

    Attributes:
        array: The pieces, as strings; an empty one for each value that is null or cannot be scanned.
        value: Which value each is of.
        before: Characters of the value before the piece.
        unscannable: Values that are longer than the budget allows, or are not UTF-8.
        lengths: Characters of each value; of one that is not UTF-8, bytes.
    """

    array: pa.Array
    value: Integers
    before: Integers
    unscannable: Integers
    lengths: Integers

    @classmethod
    def of(cls, values: pa.Array, most: int) -> Pieces:
        """Cuts values.

        Args:
            values: Strings.
            most: Bytes of the longest value that is scanned.
        """
        values = values.cast(pa.large_binary()).fill_null(b"")
        sizes = pc.binary_length(values).to_numpy()
        broken = _not_utf8(values)
        unscannable = np.union1d(np.flatnonzero(sizes > most), broken)
        lengths = _lengths(values, broken)
        if len(unscannable):
            skipped = np.zeros(len(values), np.bool_)
            skipped[unscannable] = True
            values = pc.if_else(pa.array(skipped), pa.scalar(b"", pa.large_binary()), values)
            sizes = np.where(skipped, 0, sizes)
        one = np.arange(len(values))
        if not len(sizes) or int(sizes.max()) <= PIECE:
            return cls(values.cast(pa.large_string()), one, np.zeros(len(values), np.int64), unscannable, lengths)
        parts = [(index, *piece) for index in one.tolist()
                 for piece in (_cut(values[index].as_py()) if sizes[index] > PIECE else [(0, values[index].as_py())])]
        index, before, texts = zip(*parts, strict=True)
        return cls(pa.array(texts, pa.large_binary()).cast(pa.large_string()), np.array(index, np.int64),
                   np.array(before, np.int64), unscannable, lengths)

    def blocks(self, size: int) -> Iterator[tuple[int, int]]:
        """Yields stretches of pieces of about ``size`` bytes: the first, and after the last."""
        ends = np.cumsum(pc.binary_length(self.array).to_numpy() + 1)
        begin = 0
        while begin < len(ends):
            done = int(ends[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, done + size, "right")))
            yield begin, end
            begin = end


def _not_utf8(values: pa.Array) -> Integers:
    """Returns the indices of the values that are not UTF-8."""
    try:
        values.cast(pa.large_string()).validate(full=True)
    except pa.ArrowInvalid:
        return np.array([index for index, one in enumerate(values) if not _is_utf8(one.as_py())], np.int64)
    return np.zeros(0, np.int64)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lengths(values: pa.Array, broken: Integers) -> Integers:
    if not len(broken):
        return np.asarray(pc.utf8_length(values.cast(pa.large_string())).to_numpy(), np.int64)
    return np.array([len(one.as_py()) if index in set(broken.tolist()) else len(one.as_py().decode())
                     for index, one in enumerate(values)], np.int64)


def _cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the pieces of a long value, each with the number of characters before it."""
    codes = np.frombuffer(data, np.uint8)
    begin = before = 0
    while True:
        end = _boundary(codes, begin + PIECE)
        yield before, data[begin:end]
        if end == len(data):
            return
        following = _boundary(codes, end - OVERLAP)
        before += int(((codes[begin:following] & np.uint8(_CONTINUATION)) != _LEAD).sum())
        begin = following


def _boundary(codes: np.ndarray[tuple[int], np.dtype[np.uint8]], place: int) -> int:
    """Returns the first place from here on at which a character begins, or the end."""
    while place < len(codes) and codes[place] & _CONTINUATION == _LEAD:
        place += 1
    return min(place, len(codes))
