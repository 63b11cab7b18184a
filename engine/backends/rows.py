"""Rows in memory: read in normalized types, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from engine.anonymity.itemsets import distinct_sets
from engine.backends.tables import LocalTable
from engine.errors import InputError
from schemas.reserved import COUNT


def read_columns(table: LocalTable, schema: pa.Schema, columns: list[str]) -> pa.Table:
    """Returns the named columns of a source in memory, in normalized types.

    Raises:
        InputError: If values do not fit: timestamps finer than a microsecond.
    """
    wanted = pa.schema([schema.field(name) for name in columns])
    batches = list(table.batches(columns))
    if not batches:
        return wanted.empty_table()
    held = pa.Table.from_batches(batches, schema=batches[0].schema)
    return pa.table([_cast(held[field.name], field) for field in wanted], schema=wanted)


def _cast(values: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        return values.cast(field.type)
    except pa.ArrowInvalid:
        finer = pa.types.is_timestamp(values.type)
    raise InputError(
        f"{values.type} values do not fit {field.type}" + (": some are finer than a microsecond" if finer else ""),
        where=f"column {field.name!r}", allowed=f"values that {field.type} holds",
        next="write it in microseconds at the source (pandas: df.to_parquet(…, coerce_timestamps='us', "
             "allow_truncated_timestamps=True))" if finer else "convert it at the source")


def count_rows(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Returns the distinct tuples of ``columns`` with their number of rows, as ``schemas.reserved.COUNT``.

    Nulls equal each other, and so do NaNs, and lists that hold the same items. With no columns: one row with the number of rows.
    """
    if not columns:
        return pa.table({COUNT: pa.array([table.num_rows], pa.int64())})
    codes, values = [], []
    for name in columns:
        dictionary, places = _encoded(table[name])
        codes.append(places)
        values.append(dictionary)
    counted = Counter(zip(*codes, strict=True))
    tuples = list(zip(*counted, strict=True)) if counted else [()] * len(columns)
    arrays = [dictionary.take(pa.array(taken, pa.int64())) for dictionary, taken in zip(values, tuples, strict=True)]
    return pa.table([*arrays, pa.array(counted.values(), pa.int64())], names=[*columns, COUNT])


def _encoded(column: pa.ChunkedArray) -> tuple[pa.Array, list[int]]:
    """Returns the distinct values of a column, null among them, and the place of each cell's value."""
    if pa.types.is_list(column.type):
        sets, places = distinct_sets(column)
        return sets, places.tolist()
    encoded = pa.compute.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return encoded.dictionary, encoded.indices.to_pylist()
