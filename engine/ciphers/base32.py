"""base32hex (RFC 4648, section 7) in small signs and without padding, of a whole Arrow array of bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

_SIGNS = np.frombuffer(b"0123456789abcdefghijklmnopqrstuv", np.uint8)
_VALUES = np.full(256, 255, np.uint8)
_VALUES[_SIGNS] = np.arange(32)
_SHIFTS = np.arange(35, -1, -5, dtype=np.uint64)
"""Where the eight signs of five bytes stand in these."""


def encoded(values: pa.Array) -> pa.Array:
    """Returns bytes as text; null where ``values`` is null."""
    return _by_length(values.cast(pa.large_binary()), _encoded_rows, pa.string())[0]


def decoded(texts: pa.Array) -> tuple[pa.Array, Flags]:
    """Returns the bytes that texts are of, null where one is no base32hex; and for each row whether it is such."""
    return _by_length(texts.cast(pa.large_string()).cast(pa.large_binary()), _decoded_rows, pa.binary())


def base32(data: Bytes) -> Bytes:
    """Returns rows of bytes as rows of signs, the last one filled up with zero bits."""
    size = data.shape[1]
    groups = -(-size // 5)
    fives = np.zeros((len(data), groups, 8), np.uint8)
    fives[:, :, 3:] = np.pad(data, ((0, 0), (0, -size % 5))).reshape(len(data), groups, 5)
    numbers = fives.view(">u8")
    signs: Bytes = _SIGNS[(numbers >> _SHIFTS & np.uint64(31)).astype(np.uint8)].reshape(len(data), 8 * groups)
    return signs[:, :-(-size * 8 // 5)]


def _encoded_rows(data: Bytes) -> tuple[Bytes, Flags]:
    return base32(data), np.zeros(len(data), np.bool_)


def _decoded_rows(signs: Bytes) -> tuple[Bytes, Flags]:
    """What is left over after the last byte has to be zeros: each value has one text."""
    values, size = _VALUES[signs], signs.shape[1] * 5 // 8
    groups = -(-signs.shape[1] // 8)
    eights = np.pad(values & np.uint8(31), ((0, 0), (0, -signs.shape[1] % 8))).reshape(len(signs), groups, 8)
    numbers = np.bitwise_or.reduce(eights.astype(np.uint64) << _SHIFTS, axis=2)
    data = numbers.astype(">u8").view(np.uint8).reshape(len(signs), groups, 8)[:, :, 3:].reshape(len(signs), 5 * groups)
    wrong = (values > 31).any(axis=1) | data[:, size:].any(axis=1) | (signs.shape[1] * 5 % 8 > 4)  # noqa: PLR2004 - five bits a sign
    return np.ascontiguousarray(data[:, :size]), wrong


def _by_length(array: pa.Array, change: Callable[[Bytes], tuple[Bytes, Flags]], kind: pa.DataType) -> tuple[pa.Array, Flags]:
    """Changes values of one length at a time, as a matrix of bytes."""
    lengths = pc.binary_length(array).fill_null(-1).to_numpy(zero_copy_only=False)
    wrong, parts, order = np.zeros(len(array), np.bool_), [], []
    for length in np.unique(lengths[lengths >= 0]).tolist():
        rows = np.flatnonzero(lengths == length)
        data = b"".join(array.take(pa.array(rows)).to_pylist())
        made, bad = change(np.frombuffer(data, np.uint8).reshape(len(rows), length))
        wrong[rows] = bad
        ends = np.arange(len(rows) + 1, dtype=np.int64) * made.shape[1]
        parts.append(pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), len(rows), [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(made))]))
        order.append(rows)
    return _in_order(parts, order, wrong, len(array)).cast(kind), wrong


def _in_order(parts: list[pa.Array], order: list[npt.NDArray[np.int64]], wrong: Flags, size: int) -> pa.Array:
    place = np.full(size, -1, np.int64)
    if order:
        rows = np.concatenate(order)
        place[rows] = np.arange(len(rows))
    whole = pa.concat_arrays(parts) if parts else pa.array([], pa.large_binary())
    return whole.take(pa.array(place, mask=(place < 0) | wrong))
