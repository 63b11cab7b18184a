"""round against fractions and Python's calendar, value by value."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.policy.numbers import UNITS
from udfs.round import round as rounded

FINITE = st.floats(allow_nan=False, allow_infinity=False)
HALVES = st.sampled_from(["even", "away"])
STEPS = st.sampled_from(["0.01", "0.1", "0.25", "0.3", "1", "2.5", "7", "1000", "1e-9", "1e12"])
KINDS = st.sampled_from([pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.decimal128(5, 2),
                         pa.decimal128(18, 4), pa.decimal128(38, 3), pa.decimal256(60, 10), pa.decimal32(7, 2)])


def slow(number: Fraction, step: Fraction, half: str) -> Fraction:
    """The textbook's rule, by exact fractions."""
    low = math.floor(number / step)
    twice = 2 * (number / step - low)
    up = twice > 1 or (twice == 1 and (low % 2 if half == "even" else number > 0))
    return (low + bool(up)) * step


def limits(kind: pa.DataType) -> tuple[int, int]:
    if pa.types.is_decimal(kind):
        return -(10**kind.precision) + 1, 10**kind.precision - 1
    bounds = np.iinfo(kind.to_pandas_dtype())
    return int(bounds.min), int(bounds.max)


def made(units: list[int | None], kind: pa.DataType) -> pa.Array:
    """Whole numbers of the last digit as an array."""
    if not pa.types.is_decimal(kind):
        return pa.array(units, kind)
    return pa.array([None if unit is None else Decimal(f"{unit}e{-kind.scale}") for unit in units], kind)


def units_of(values: pa.Array) -> list[int | None]:
    scale = values.type.scale if pa.types.is_decimal(values.type) else 0
    return [None if cell is None else int(Fraction(cell) * 10**scale) for cell in values.to_pylist()]


def within(found: Fraction, number: int, step: int, kind: pa.DataType) -> int:
    low, high = limits(kind)
    return int(found if low <= found <= high else found - (step if number > 0 else -step))


@settings(deadline=None, max_examples=15)
@given(st.data(), KINDS, HALVES)
def test_exact_types_agree_with_fractions(data: st.DataObject, kind: pa.DataType, half: str) -> None:
    low, high = limits(kind)
    near = st.sampled_from([one for one in (low, low + 1, -3, -1, 0, 1, 5, 15, 25, high - 1, high) if low <= one <= high])
    units = data.draw(st.lists(st.none() | near | st.integers(low, high), max_size=8))
    step = data.draw(st.integers(1, min(high, 10**18)) | st.sampled_from([1, 2, 5, 10, 100]))
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    found = rounded(made(units, kind), step=f"{step}e{-scale}", half=half)
    assert found.type == kind
    found.validate(full=True)
    assert units_of(found) == [
        None if unit is None else within(slow(Fraction(unit), Fraction(step), half), unit, step, kind) for unit in units]
    assert rounded(found, step=f"{step}e{-scale}", half=half) == found


@settings(deadline=None, max_examples=25)
@given(st.data(), KINDS, st.integers(1, 20), HALVES)
def test_significant_digits_of_exact_types(data: st.DataObject, kind: pa.DataType, significant: int, half: str) -> None:
    low, high = limits(kind)
    units = data.draw(st.lists(st.none() | st.sampled_from([low, high, 0]) | st.integers(low, high), max_size=8))
    found = rounded(made(units, kind), significant=significant, half=half)
    for unit, cell in zip(units, units_of(found), strict=True):
        if unit is not None:
            step = 10 ** max(len(str(abs(unit))) - significant, 0)
            assert cell == within(slow(Fraction(unit), Fraction(step), half), unit, step, kind)
    assert rounded(found, significant=significant, half=half) == found


@settings(deadline=None, max_examples=25)
@given(st.lists(FINITE | st.floats(-1e4, 1e4) | st.integers(-400, 400).map(lambda n: n / 8), min_size=1), STEPS, HALVES)
def test_floats_agree_with_fractions(cells: list[float], step: str, half: str) -> None:
    found = rounded(pa.array(cells), step=step, half=half).to_pylist()
    for cell, result in zip(cells, found, strict=True):
        if abs(Fraction(cell) / Fraction(step)) < 2**52:
            assert result == float(slow(Fraction(cell), Fraction(step), half))
        assert abs(Fraction(result) - Fraction(cell)) <= Fraction(step) / 2 + Fraction(math.ulp(result))
        assert result or math.copysign(1, result) == 1
    assert rounded(pa.array(found), step=step, half=half).to_pylist() == found
    order = sorted(range(len(cells)), key=cells.__getitem__)
    assert [found[place] for place in order] == sorted(found)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(FINITE, st.integers(1, 17), HALVES)
def test_significant_digits_of_floats_agree_with_fractions(cell: float, significant: int, half: str) -> None:
    found = rounded(pa.array([cell]), significant=significant, half=half)[0].as_py()
    if cell and abs(cell) > 1e-300:
        place = len(str(math.floor(abs(Fraction(cell)) * 10**400))) - 401
        expected = slow(Fraction(cell), Fraction(10) ** (place + 1 - significant), half)
        assert found == (float(expected) if abs(expected) < 1.797e308 else pytest.approx(cell, rel=1))
    assert math.isfinite(found)


@pytest.mark.parametrize(("cell", "how", "expected"), [
    (2.5, {"step": "1"}, 2.0), (2.5, {"step": "1", "half": "away"}, 3.0), (-2.5, {"step": "1", "half": "away"}, -3.0),
    (2.675, {"step": "0.01"}, 2.67), (0.3, {"step": "0.1"}, 0.3), (1e22, {"step": "0.01"}, 1e22), (-0.2, {"step": "1"}, 0.0),
    (123456.0, {"significant": 2}, 120000.0), (0.00012345, {"significant": 2}, 0.00012),
    (1.7976931348623157e308, {"significant": 1}, 1e308),
    (5e-324, {"step": "1"}, 0.0), (1e-300, {"significant": 3}, 1e-300), (7, {"step": "5"}, 5),
    (Decimal("1.25"), {"step": "0.1"}, Decimal("1.20")),
])
def test_examples(cell: Any, how: dict[str, Any], expected: Any) -> None:
    assert rounded(pa.array([cell]), **how).to_pylist() == [expected]


def test_a_multiple_beyond_the_type_becomes_the_one_before() -> None:
    assert rounded(pa.array([127, -128, 124], pa.int8()), step="5").to_pylist() == [125, -125, 125]
    assert rounded(pa.array([2**63 - 1, -(2**63)]), step="10").to_pylist() == [2**63 - 8, -(2**63) + 8]
    assert rounded(pa.array([2**64 - 1], pa.uint64()), step="10").to_pylist() == [2**64 - 6]
    assert rounded(pa.array([Decimal("9.97")], pa.decimal128(3, 2)), step="0.1").to_pylist() == [Decimal("9.90")]
    assert rounded(pa.array([65504, -65504], pa.float16()), step="10000").to_pylist() == [60000, -60000]
    assert rounded(pa.array([3.4e38], pa.float32()), significant=1).cast(pa.float64())[0].as_py() == pytest.approx(3e38)


def test_what_is_no_number_stays() -> None:
    found = rounded(pa.array([math.nan, math.inf, -math.inf, None]), step="10").to_pylist()
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, None]
    assert rounded(pa.nulls(2), step="10").null_count == 2
    assert rounded(pa.array([], pa.int64()), significant=2).to_pylist() == []
    assert rounded(pa.array([7, None]).dictionary_encode(), step="5").to_pylist() == [5, None]
    sliced = made([1, 7, None, -7], pa.decimal128(5, 0)).slice(1)
    assert rounded(sliced, step="5").to_pylist() == [5, None, -5]
    with pytest.raises(ValueError, match="last digit"):
        rounded(pa.array([1]), step="0.5")


def begins(moment: dt.datetime, unit: str) -> dt.datetime:
    """The start of a unit, by Python's calendar."""
    sizes = {"second": {}, "minute": {"second": 0}, "hour": {"minute": 0, "second": 0}}
    bare = moment.replace(microsecond=0)
    if unit in sizes:
        return bare.replace(**sizes[unit])
    day = bare.replace(hour=0, minute=0, second=0)
    months = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    if unit in months:
        return day.replace(day=1, month=months[unit])
    return day - dt.timedelta(days=day.weekday() if unit == "week" else 0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.datetimes()), st.sampled_from(UNITS))
def test_moments_and_dates_agree_with_the_calendar(moments: list[dt.datetime | None], unit: str) -> None:
    expected = [moment and begins(moment, unit) for moment in moments]
    for zone in (None, "UTC", "Asia/Tokyo"):
        kind = pa.timestamp("us", zone)
        found = rounded(pa.array(moments, pa.timestamp("us")).cast(pa.int64()).cast(kind), step=unit)
        assert found.type == kind
        assert found.cast(pa.int64()).cast(pa.timestamp("us")).to_pylist() == expected
    if unit in ("week", "month", "quarter", "year"):
        for kind in (pa.date32(), pa.date64()):
            found = rounded(pa.array([moment and moment.date() for moment in moments], kind), step=unit)
            assert (found.type, found.to_pylist()) == (kind, [moment and moment.date() for moment in expected])


@pytest.mark.parametrize(("kind", "extremes"), [
    (pa.date32(), (-719_163, 2_932_897, 2**31 - 1, -(2**31))), (pa.timestamp("s"), (2**63 - 1, -(2**63))),
    (pa.timestamp("us", "UTC"), (2**63 - 1, -(2**63))),
])
def test_what_is_outside_the_calendar_is_null(kind: pa.DataType, extremes: tuple[int, ...]) -> None:
    carrier = pa.int32() if kind == pa.date32() else pa.int64()
    assert rounded(pa.array(extremes, carrier).cast(kind), step="year").null_count == len(extremes)
