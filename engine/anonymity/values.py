"""Arrow values as something to compare, and as text. One place for what each type needs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.errors import InputError

_INT64_DIGITS = 18
_PARAMETRIC = re.compile(r"(?P<name>decimal128|timestamp)[(\[](?P<first>\w+)(?:, (?:tz=)?(?P<second>[^)\]]+))?[)\]]")


def is_ordered(type_: pa.DataType) -> bool:
    """Whether values of ``type_`` are generalized to intervals by default."""
    return bool(is_.is_integer(type_) or is_.is_floating(type_) or is_.is_decimal(type_)
                or is_.is_date(type_) or is_.is_timestamp(type_))


def is_categorical(type_: pa.DataType) -> bool:
    """Whether values of ``type_`` are generalized to sets by default."""
    return bool(is_.is_string(type_) or is_.is_boolean(type_))


def normalized(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Returns one flat array: no dictionary, no large or view strings, dates in days, one zero, one NaN."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if is_.is_dictionary(values.type):
        values = values.dictionary_decode()
    type_ = values.type
    if is_.is_large_string(type_) or is_.is_string_view(type_) or is_.is_null(type_):
        return values.cast(pa.string())
    if is_.is_date64(type_):
        return values.cast(pa.date32())
    if is_.is_uint64(type_):
        return values.cast(pa.decimal128(20, 0))
    if is_.is_decimal(type_):
        return values.cast(pa.decimal128(type_.precision, type_.scale))
    if is_.is_float16(type_):
        return values.cast(pa.float32())
    if is_.is_floating(type_):
        values = pc.if_else(pc.is_nan(values), pa.scalar(float("nan"), type_), pc.add(values, pa.scalar(0.0, type_)))
    return values


def of_type(values: pa.Array | pa.ChunkedArray, type_: pa.DataType, name: str) -> pa.Array:
    """Returns ``values`` as ``type_``.

    Raises:
        InputError: If they cannot be read as ``type_`` without loss.
    """
    values = normalized(values)
    if values.type == type_:
        return values
    same_kind = is_ordered(values.type) == is_ordered(type_) or values.null_count == len(values)
    try:
        if same_kind:
            return values.cast(type_)
    except pa.ArrowInvalid:
        same_kind = False
    raise InputError(f"column {name!r} has type {values.type}, the tree was fitted on {type_}", where=name,
                     next="compile the plan again for this table")


def parse_type(text: str) -> pa.DataType:
    """Returns the Arrow type whose ``str`` is ``text``, of those that a quasi-identifier may have."""
    match = _PARAMETRIC.fullmatch(text)
    if match is None:
        return pa.type_for_alias(text)
    first, second = match["first"], match["second"]
    return pa.timestamp(first, tz=second) if match["name"] == "timestamp" else pa.decimal128(int(first), int(second))


def comparable(values: pa.Array) -> npt.NDArray[Any]:
    """Returns non-null ordered values as numbers in the same order, exactly; NaN stays NaN."""
    type_ = values.type
    if is_.is_decimal(type_):
        words = np.frombuffer(values.buffers()[1], dtype="<i8").reshape(-1, 2)[values.offset:values.offset + len(values)]
        if type_.precision <= _INT64_DIGITS:
            return words[:, 0].copy()
        return np.asarray(words[:, 1].astype(object) * 2**64 + words[:, 0].astype(np.uint64).astype(object))
    if is_.is_date(type_):
        values = values.cast(pa.int32())
    if is_.is_timestamp(type_):
        values = values.cast(pa.int64())
    array = values.to_numpy(zero_copy_only=False)
    return np.asarray(array, dtype=np.float64 if is_.is_floating(type_) else np.int64)


def distinct_in_order(values: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Returns the distinct values, each once, and the place of each entry among them.

    Null comes first, then NaN, then numbers and dates by size, everything else by its text: an order that does not depend on the
    order of the entries.
    """
    encoded = normalized(values).dictionary_encode(null_encoding="encode")
    distinct = encoded.dictionary
    null = np.asarray(pc.is_null(distinct))
    nan = np.asarray(pc.is_null(distinct, nan_is_null=True)) & ~null
    real = np.flatnonzero(~(null | nan))
    kept = distinct.take(pa.array(real))
    by_size = comparable(kept) if is_ordered(distinct.type) else np.asarray(kept.cast(pa.string()).to_pylist(), object)
    order = np.concatenate([np.flatnonzero(null), np.flatnonzero(nan), real[np.argsort(by_size, kind="stable")]]).astype(np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return distinct.take(pa.array(order)), place[np.asarray(encoded.indices).astype(np.int64)]


def special_of(values: pa.Array) -> int:
    """Returns how many of distinct values, as ``distinct_in_order`` has them, are null and NaN."""
    return int(pc.sum(pc.is_null(values.slice(0, 2), nan_is_null=True)).as_py() or 0)


def text_of(point: str, type_: str) -> str:
    """Returns a stored point as it stands in a label: timestamps in ISO 8601, without empty fractions."""
    if not type_.startswith("timestamp"):
        return point
    return re.sub(r"\.0+(?=Z?$)", "", point.replace(" ", "T", 1))
