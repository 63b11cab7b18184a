"""What operators ask of a column's Arrow type, and the plain form in which kernels read it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.errors import PolicyError
from engine.operators.base import Context

_SAMPLE = 1024
"""Values of which is told whether a column's repeat."""


def plain(values: pa.Array) -> pa.Array:
    """Returns ``values`` decoded: no dictionary, and strings and binaries in their 32-bit layout."""
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if is_text(values.type):
        return values.cast(pa.string())
    return values.cast(pa.binary()) if is_bytes(values.type) else values


def over_distinct(values: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Returns ``change`` of values, made once for each distinct one where values repeat: finding them costs as much as a token.

    Args:
        values: Array of a type that has a dictionary.
        change: Takes an array without nulls and returns one of the same length; what it makes of a value depends on nothing else.

    Returns:
        Array of the same length, null where ``values`` is null.
    """
    if _repeat(values):
        coded = values.dictionary_encode()
        return change(coded.dictionary).take(coded.indices)
    if not values.null_count:
        return change(values)
    valid = np.asarray(values.is_valid())
    return change(values.drop_null()).take(pa.array(np.cumsum(valid) - 1, mask=~valid))


def _repeat(values: pa.Array) -> bool:
    """Whether values repeat, told from the first ones: as many repeat there as if each one stood twice in all."""
    some = values[:_SAMPLE].drop_null()
    again = len(some) - pc.count_distinct(some).as_py()
    return bool(again * 2 * len(values) > len(some) ** 2)


def constant(values: pa.Array, value: str) -> pa.Array:
    """Returns ``value`` as a string wherever ``values`` is not null, null elsewhere."""
    present = pc.is_valid(plain(values))
    return pc.if_else(present, pa.scalar(value, pa.string()), pa.scalar(None, pa.string()))


def value_type(kind: pa.DataType) -> pa.DataType:
    """Returns the type of the values, looking through dictionary encoding."""
    return kind.value_type if types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Whether values are strings, in any layout."""
    kind = value_type(kind)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are byte strings, in any layout."""
    kind = value_type(kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
                or types.is_fixed_size_binary(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether values are integers, floats or decimals. Booleans are not numbers."""
    kind = value_type(kind)
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def is_moment(kind: pa.DataType) -> bool:
    """Whether values are dates or timestamps."""
    return bool(types.is_date(value_type(kind)) or types.is_timestamp(value_type(kind)))


def is_scalar(kind: pa.DataType) -> bool:
    """Whether values have a canonical encoding: text, bytes, numbers, booleans, dates, timestamps, or all null."""
    plain_kind = value_type(kind)
    other = types.is_boolean(plain_kind) or types.is_null(plain_kind)
    return is_text(kind) or is_bytes(kind) or is_number(kind) or is_moment(kind) or bool(other)


def require(operator: str, context: Context, fits: Callable[[pa.DataType], bool], allowed: str, instead: str) -> None:
    """Refuses a column whose type does not fit the operator. A column of type null fits every operator.

    Args:
        operator: The operator's name.
        context: Where it stands.
        fits: Whether a type is accepted.
        allowed: The accepted types in words.
        instead: What to do now.

    Raises:
        PolicyError: If ``fits`` refuses the column's type.
    """
    if not (types.is_null(context.type) or fits(context.type)):
        raise PolicyError(
            f"operator {operator} does not work on type {context.type}",
            where=f"column {context.column!r}", allowed=allowed, next=instead,
        )
