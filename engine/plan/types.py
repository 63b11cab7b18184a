"""One Arrow type for one meaning, so that every backend measures the same schema."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as is_

_WIDER = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20, 0),
          pa.float16(): pa.float32(), pa.date64(): pa.date32(), pa.null(): pa.string()}

_STORED = (is_.is_boolean, is_.is_signed_integer, is_.is_floating, is_.is_decimal128, is_.is_string, is_.is_binary,
           is_.is_date32, is_.is_timestamp)


_DIGITS = 38
"""Of a decimal, at most: what 128 bits hold. Of more there is no column in a Delta table."""


def normalized(schema: pa.Schema) -> pa.Schema:
    """Returns ``schema`` with storage variants folded, nullability and metadata dropped.

    Large and view strings become ``string``, dictionaries their values, timestamps microseconds (in UTC
    where they carry a zone), unsigned integers the next wider signed type, columns of nulls ``string``.
    """
    return pa.schema([pa.field(field.name, normalized_type(field.type)) for field in schema])


def normalized_type(type_: pa.DataType) -> pa.DataType:  # noqa: PLR0911 - one return for each kind of type
    """Returns the one type that stands for ``type_``, nested types included."""
    if is_.is_dictionary(type_):
        return normalized_type(type_.value_type)
    if is_.is_large_string(type_) or is_.is_string_view(type_):
        return pa.string()
    if is_.is_large_binary(type_) or is_.is_binary_view(type_) or is_.is_fixed_size_binary(type_):
        return pa.binary()
    if is_.is_timestamp(type_):
        return pa.timestamp("us", tz="UTC" if type_.tz else None)
    if is_.is_decimal(type_) and type_.precision <= _DIGITS:
        return pa.decimal128(type_.precision, type_.scale)
    if is_.is_struct(type_):
        return pa.struct([pa.field(f.name, normalized_type(f.type)) for f in type_])
    if is_.is_map(type_):
        return pa.map_(normalized_type(type_.key_type), normalized_type(type_.item_type))
    if is_.is_list(type_) or is_.is_large_list(type_) or is_.is_fixed_size_list(type_) or is_.is_list_view(type_):
        return pa.list_(pa.field("element", normalized_type(type_.value_type)))
    return _WIDER.get(type_, type_)


def storable(type_: pa.DataType) -> bool:
    """Whether a Delta table can hold a normalized ``type_``."""
    if is_.is_struct(type_):
        return all(storable(f.type) for f in type_)
    if is_.is_map(type_):
        return storable(type_.key_type) and storable(type_.item_type)
    if is_.is_list(type_):
        return storable(type_.value_type)
    return any(fits(type_) for fits in _STORED)
