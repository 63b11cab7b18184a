"""top_bottom_code against min and max, value by value."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.top_bottom_code import top_bottom_code

UTC = pa.timestamp("us", "UTC")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.integers(-128, 127)), st.integers(-128, 0), st.integers(1, 127),
       st.sampled_from([pa.int8(), pa.int64(), pa.float16(), pa.float32(), pa.decimal128(7, 2), pa.decimal256(60, 2)]))
def test_agrees_with_min_and_max(cells: list[int | None], bottom: int, top: int, kind: pa.DataType) -> None:
    found = top_bottom_code(pa.array(cells, pa.int16()).cast(kind), bottom=str(bottom), top=str(top))
    assert found.type == kind
    assert found.to_pylist() == [None if cell is None else min(max(cell, bottom), top) for cell in cells]
    assert top_bottom_code(found, bottom=str(bottom), top=str(top)) == found


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.integers(-2**63, 2**63 - 1)), st.integers(-2**63, 2**63 - 1))
def test_a_label_makes_the_same_classes_as_its_bound(cells: list[int | None], top: int) -> None:
    values = pa.array(cells, pa.int64())
    plain, labelled = top_bottom_code(values, top=str(top)), top_bottom_code(values, top=str(top), top_label="more")
    assert labelled.to_pylist() == [None if cell is None else "more" if cell == top else str(cell) for cell in plain.to_pylist()]


def test_the_safe_harbor_age() -> None:
    ages = pa.array([17, 18, 89, 90, 91, 104, None], pa.int32())
    assert top_bottom_code(ages, top="90").to_pylist() == [17, 18, 89, 90, 90, 90, None]
    assert top_bottom_code(ages, top="90", top_label="90+").to_pylist() == ["17", "18", "89", "90+", "90+", "90+", None]
    found = top_bottom_code(ages, bottom="18", bottom_label="minor", top="90")
    assert found.to_pylist() == ["minor", "minor", "89", "90", "90", "90", None]


def test_what_is_no_number_and_what_has_no_end() -> None:
    found = top_bottom_code(pa.array([math.nan, math.inf, -math.inf, -0.0, None]), bottom="0", top="1e3").to_pylist()
    assert math.isnan(found[0])
    assert found[1:] == [1000, 0, 0, None]
    assert math.copysign(1, found[3]) == 1
    assert top_bottom_code(pa.array([math.nan, 0.1]), top="5", top_label="x").to_pylist() == ["NaN", "0.1"]
    assert top_bottom_code(pa.nulls(2), top="5").type == pa.null()
    assert top_bottom_code(pa.nulls(2), top="5", top_label="x") == pa.nulls(2, pa.string())


def test_large_numbers_are_exact() -> None:
    assert top_bottom_code(pa.array([2**53 + 2, 2**53 + 1]), top=str(2**53 + 1)).to_pylist() == [2**53 + 1] * 2
    assert top_bottom_code(pa.array([Decimal("0.30")], pa.decimal128(38, 2)), top="0.1").to_pylist() == [Decimal("0.10")]


def test_dates_and_moments() -> None:
    dates = pa.array([dt.date(1890, 5, 1), dt.date(1950, 5, 1), None])
    assert top_bottom_code(dates, bottom="1930-01-01").to_pylist() == [dt.date(1930, 1, 1), dt.date(1950, 5, 1), None]
    assert top_bottom_code(dates, bottom="1930-01-01", bottom_label="earlier").to_pylist() == ["earlier", "1950-05-01", None]
    moments = pa.array([dt.datetime(2024, 5, 17, 8, 30, tzinfo=dt.UTC), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)], UTC)
    coded = top_bottom_code(moments, top="2024-05-17T09:00:00+02:00")
    assert coded.to_pylist() == [dt.datetime(2024, 5, 17, 7, tzinfo=dt.UTC)] * 2
    bare = top_bottom_code(moments.cast(pa.timestamp("us")), top="2025-01-01", top_label="later").to_pylist()
    assert bare == ["2024-05-17 08:30:00.000000", "later"]


def test_layouts() -> None:
    assert top_bottom_code(pa.array([7, None]).dictionary_encode(), top="5").to_pylist() == [5, None]
    assert top_bottom_code(pa.array([], pa.float32()), top="5").to_pylist() == []


@pytest.mark.parametrize(("text", "kind", "why"), [
    ("89.5", pa.int32(), "more digits"), ("200", pa.int8(), "range"), ("1e39", pa.float32(), "range"),
    ("0.001", pa.decimal128(5, 2), "more digits"), ("ninety", pa.int8(), "no number"), ("NaN", pa.float64(), "finite"),
    ("2024-13-01", pa.date32(), "no date"),
    ("2024-05-17T08:00:00+02:00", pa.timestamp("us"), "zone"), ("today", UTC, "moment"),
])
def test_a_bound_that_the_type_does_not_hold_is_refused(text: str, kind: pa.DataType, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        top_bottom_code(pa.array([None], kind), top=text)
