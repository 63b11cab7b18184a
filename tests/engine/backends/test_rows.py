"""Rows are counted by their tuples; a list counts as the set of its items."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backends.rows import count_rows, read_columns
from engine.backends.tables import open_table
from engine.errors import InputError
from engine.plan.types import normalized, storable
from schemas.policy.v1 import Source
from schemas.reserved import COUNT

CELL = st.none() | st.lists(st.none() | st.sampled_from("abc"), max_size=4)


@settings(max_examples=15)
@given(rows=st.lists(st.tuples(st.sampled_from([1, 2, None]), CELL), max_size=30))
def test_tuples_with_a_list(rows) -> None:
    table = pa.table({"age": pa.array([age for age, _ in rows], pa.int64()),
                      "dx": pa.array([cell for _, cell in rows], pa.list_(pa.string()))})
    found = count_rows(table, ("age", "dx"))
    as_set = lambda cell: None if cell is None else frozenset(cell) - {None}
    assert Counter({(age, as_set(cell)): n for age, cell, n in zip(*found.to_pydict().values(), strict=True)}) == Counter(
        (age, as_set(cell)) for age, cell in rows)
    assert found.column_names == ["age", "dx", COUNT]
    assert found.num_rows == len({(age, as_set(cell)) for age, cell in rows})


def test_no_columns_and_no_rows() -> None:
    table = pa.table({"dx": pa.array([["a"], None], pa.list_(pa.string()))})
    assert count_rows(table, ()).to_pydict() == {COUNT: [2]}
    assert count_rows(table.slice(0, 0), ("dx",)).num_rows == 0
    chunks = pa.table({"dx": pa.chunked_array([table["dx"].chunk(0), pa.array([["a", "a"]])])})
    assert count_rows(chunks, ("dx",)).to_pydict() == {"dx": [["a"], None], COUNT: [2, 1]}


def test_decimals_of_more_digits_than_delta_has_stay_what_they_are(tmp_path) -> None:
    wide, narrow = pa.decimal256(76, 2), pa.decimal256(38, 2)
    pq.write_table(pa.table({"wide": pa.array([1], wide), "narrow": pa.array([1], narrow)}), tmp_path / "t.parquet")
    table = open_table(Source(table=str(tmp_path / "t.parquet")))
    schema = normalized(table.schema)
    assert (schema.types, [storable(kind) for kind in schema.types]) == ([wide, pa.decimal128(38, 2)], [False, True])
    assert read_columns(table, schema, ["wide", "narrow"]).to_pydict() == {"wide": [Decimal(1)], "narrow": [Decimal(1)]}


def test_nanoseconds_are_read_where_they_are_whole_microseconds(tmp_path) -> None:
    place, day = tmp_path / "t.parquet", 1_600_000_000_123_456_000
    pq.write_table(pa.table({"a": [1], "at": pa.array([day], pa.timestamp("ns"))}), place)
    table = open_table(Source(table=str(place)))
    found = read_columns(table, normalized(table.schema), ["at"])
    assert found["at"].cast(pa.int64()).to_pylist() == [day // 1000]
    pq.write_table(pa.table({"a": [1], "at": pa.array([day + 7], pa.timestamp("ns"))}), place)
    table = open_table(Source(table=str(place)))
    with pytest.raises(InputError, match="finer than a microsecond") as caught:
        read_columns(table, normalized(table.schema), ["a", "at"])
    assert caught.value.where == "column 'at'"
    assert caught.value.__context__ is None
    assert str(day)[:6] not in str(caught.value)
