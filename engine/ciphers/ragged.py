"""Values of many lengths in one buffer, as Arrow keeps them; and rows of a matrix taken from there and put back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.compiled import kernel, worth

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TOGETHER = 4096
"""Values that are worked on at a time: what is made of them stays near the processor."""
_EACH = 64
"""Bytes that a value is as much work as, beside its own."""


class Ragged(NamedTuple):
    """The values of a binary or string array.

    Attributes:
        data: All bytes.
        begin: Where each value begins.
        lengths: Bytes of each; of a null none.
        valid: Which are none of the nulls.
    """

    data: Bytes
    begin: Integers
    lengths: Integers
    valid: Flags


def ragged(values: pa.Array) -> Ragged:
    """Returns where the values of a binary or string array stand, in whatever layout."""
    array = values.cast(pa.large_binary())
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset:array.offset + len(array) + 1]
    data, valid = array.buffers()[2], np.asarray(array.is_valid())
    buffer = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return Ragged(buffer, offsets[:-1], np.where(valid, np.diff(offsets), 0), valid)


def blank(lengths: Integers) -> tuple[Bytes, Integers]:
    """Returns room for values of some lengths, and where each one begins, and the last one ends."""
    ends = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    return np.empty(int(ends[-1]), np.uint8), ends


def built(data: Bytes, ends: Integers, valid: Flags, kind: pa.DataType) -> pa.Array:
    """Returns bytes that stand one after the other as an array.

    Args:
        data: All bytes.
        ends: Where each value begins, and where the last one ends.
        valid: Which are not null.
        kind: Binary, or string if all bytes are UTF-8.
    """
    large = pa.large_string() if pa.types.is_string(kind) else pa.large_binary()
    absent = None if valid.all() else pa.array(valid).buffers()[1]
    return pa.Array.from_buffers(large, len(valid), [absent, pa.py_buffer(ends), pa.py_buffer(data)]).cast(kind)


def alike(sizes: Integers, wanted: Flags) -> Iterator[tuple[int, Integers]]:
    """Yields rows of the same size, some at a time, and that size.

    Args:
        sizes: Of each row.
        wanted: Which rows to yield at all.
    """
    for size in np.unique(sizes[wanted]).tolist():
        rows = np.flatnonzero(wanted & (sizes == size))
        for first in range(0, len(rows), TOGETHER):
            yield size, rows[first:first + TOGETHER]


def gathered(data: Bytes, begin: Integers, lengths: Integers, width: int) -> Bytes:
    """Returns stretches of a buffer as rows of a matrix, zeros after each one's end.

    Args:
        data: Bytes.
        begin: First byte of each.
        lengths: Bytes of each; none is longer than ``width``.
        width: Columns of the matrix.
    """
    if worth(len(begin) * (_EACH + width)):
        found = np.zeros((len(begin), width), np.uint8)
        _gather(data, begin, lengths, found)
        return found
    columns = np.arange(width)
    inside = columns < lengths[:, None]
    if not len(data):
        return np.zeros(inside.shape, np.uint8)
    rows: Bytes = data[np.minimum(begin[:, None] + columns, len(data) - 1)]
    rows *= inside
    return rows


def scattered(rows: Bytes, lengths: Integers, begin: Integers, data: Bytes) -> None:
    """Writes rows of a matrix into a buffer.

    Args:
        rows: The matrix.
        lengths: How many bytes of each row count.
        begin: Where each one goes.
        data: The buffer.
    """
    if worth(len(rows) * _EACH + rows.size):
        _scatter(rows, lengths, begin, data)
        return
    columns = np.arange(rows.shape[1])
    inside = columns < lengths[:, None]
    data[(begin[:, None] + columns)[inside]] = rows[inside]


@kernel
def _gather(data: Bytes, begin: Integers, lengths: Integers, found: Bytes) -> None:
    for row in range(len(begin)):
        for column in range(lengths[row]):
            found[row, column] = data[begin[row] + column]


@kernel
def _scatter(rows: Bytes, lengths: Integers, begin: Integers, data: Bytes) -> None:
    for row in range(len(begin)):
        for column in range(lengths[row]):
            data[begin[row] + column] = rows[row, column]
