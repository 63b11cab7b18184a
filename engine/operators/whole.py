"""Integers and decimals as whole numbers of their last digit, so that arithmetic on them is exact, and back.

64 bits hold the integers of most types, and decimals of up to 18 digits. What they do not hold is an array of Python's integers
(dtype object): slower, and as exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

Numbers = npt.NDArray[Any]
"""int64, or object: Python's integers."""

_WORD = 8  # bytes of one word of a decimal, the lowest first
_MOST_DIGITS = 18  # of a decimal in 64 bits


def fits_word(kind: pa.DataType) -> bool:
    """Whether 64 bits hold every value of an integer or decimal type."""
    return bool(kind.precision <= _MOST_DIGITS if types.is_decimal(kind) else kind != pa.uint64())


def digits_of(kind: pa.DataType) -> int:
    """Returns how many digits stand after the point: the scale of a decimal, 0 for integers."""
    return int(kind.scale) if types.is_decimal(kind) else 0


def limits(kind: pa.DataType) -> tuple[int, int]:
    """Returns the smallest and the largest whole number of a type."""
    if types.is_decimal(kind):
        most = 10**int(kind.precision) - 1
        return -most, most
    bounds = np.iinfo(kind.to_pandas_dtype())
    return int(bounds.min), int(bounds.max)


def whole(values: pa.Array) -> Numbers:
    """Returns integers as they are, and decimals in units of their last digit; 0 where null.

    Args:
        values: Integers or decimals.
    """
    kind, absent = values.type, np.asarray(values.is_null())
    if types.is_decimal(kind):
        found = _unscaled(values)
    elif fits_word(kind):
        found = values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    else:
        found = values.fill_null(0).to_numpy(zero_copy_only=False).astype(object)
    return np.where(absent, 0, found).astype(found.dtype)


def typed(numbers: Numbers, like: pa.Array) -> pa.Array:
    """Returns whole numbers as an array of the type of ``like``, null where that is null.

    Args:
        numbers: What ``whole`` returned of ``like``, or others within the type's limits.
        like: Integers or decimals.
    """
    kind, absent = like.type, np.asarray(like.is_null())
    if not types.is_decimal(kind):
        return pa.array(numbers.astype(kind.to_pandas_dtype()), kind, mask=absent)
    count = kind.byte_width // _WORD
    if count == 0:
        return pa.Array.from_buffers(kind, len(like), [_validity(like), pa.py_buffer(numbers.astype(np.int32).tobytes())])
    words = np.empty((len(numbers), count), np.int64)
    for place in range(count):
        if numbers.dtype == object:
            words[:, place] = ((numbers >> 64 * place) & 2**64 - 1).astype(np.uint64).view(np.int64)
        else:
            words[:, place] = numbers if place == 0 else numbers >> 63
    return pa.Array.from_buffers(kind, len(like), [_validity(like), pa.py_buffer(words.tobytes())])


def _unscaled(values: pa.Array) -> Numbers:
    kind, rows = values.type, slice(values.offset, values.offset + len(values))
    if len(values) == 0:
        return np.zeros(0, np.int64 if fits_word(kind) else object)
    count = kind.byte_width // _WORD
    if count == 0:
        return np.frombuffer(values.buffers()[1], np.int32)[rows].astype(np.int64)
    words = np.frombuffer(values.buffers()[1], np.int64)
    words = words[:len(words) // count * count].reshape(-1, count)[rows]
    if fits_word(kind):
        return np.ascontiguousarray(words[:, 0])
    high = words[:, -1].astype(object)
    for place in range(count - 2, -1, -1):
        high = (high << 64) | np.ascontiguousarray(words[:, place]).view(np.uint64).astype(object)
    return high


def _validity(like: pa.Array) -> pa.Buffer | None:
    if like.null_count == 0:
        return None
    present: pa.Buffer = pa.array(np.asarray(like.is_valid()), pa.bool_()).buffers()[1]
    return present
