"""bucket against exact fractions, value by value."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.bucket import bucket

WIDTHS = st.sampled_from([0.1, 0.25, 0.3, 1.0, 2.5, 5.0, 7.0, 10.0, 1000.0])
ORIGINS = st.sampled_from([0.0, 0.05, 1.0, -3.0, 18.0])


def bounds(label: str) -> tuple[Decimal, Decimal]:
    low, high = label.removeprefix("[").removesuffix(")").split(", ")
    return Decimal(low), Decimal(high)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.none() | st.integers(-2**63, 2**63 - 1) | st.integers(-50, 50)), st.integers(1, 100), st.integers(-20, 20))
def test_integers_agree_with_exact_division(cells: list[int | None], width: int, origin: int) -> None:
    def slow(cell: int | None) -> str | None:
        if cell is None:
            return None
        place = math.floor(Fraction(cell - origin, width))
        return f"[{origin + place * width}, {origin + (place + 1) * width})" if abs(place) <= 2**53 else None

    assert bucket(pa.array(cells, pa.int64()), width=float(width), origin=float(origin)).to_pylist() == [slow(c) for c in cells]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1), WIDTHS, ORIGINS)
def test_a_float_lies_between_the_doubles_nearest_to_its_bounds(cells: list[float], width: float, origin: float) -> None:
    for cell, label in zip(cells, bucket(pa.array(cells), width=width, origin=origin).to_pylist(), strict=True):
        low, high = bounds(label)
        assert float(low) <= cell < float(high)
        assert high - low == Decimal(repr(width))
        assert (low - Decimal(repr(origin))) % Decimal(repr(width)) == 0


@pytest.mark.parametrize(("cell", "width", "label"), [
    (0.3, 0.1, "[0.3, 0.4)"), (0.7, 0.1, "[0.7, 0.8)"), (20, 10, "[20, 30)"), (19.999, 10, "[10, 20)"), (-0.0, 10, "[0, 10)"),
    (-0.5, 0.5, "[-0.5, 0)"), (1e6, 1e-3, "[1000000, 1000000.001)"), (Decimal("29.99"), 10, "[20, 30)"),
])
def test_labels(cell: float, width: float, label: str) -> None:
    assert bucket(pa.array([cell]), width=width).to_pylist() == [label]


@settings(deadline=None, max_examples=25)
@given(st.floats(allow_nan=True, allow_infinity=True), WIDTHS)
def test_every_float_is_total(cell: float, width: float) -> None:
    label = bucket(pa.array([cell]), width=width).to_pylist()[0]
    if not math.isfinite(cell) or abs(cell) / width > 2**53 + 1:
        assert label is None
    elif abs(cell) / width < 2**53 - 1:
        assert float(bounds(label)[0]) <= cell < float(bounds(label)[1]) or abs(cell) > 2**40


def test_nulls_small_types_and_layouts() -> None:
    assert bucket(pa.array([None, math.nan, math.inf, -math.inf]), width=1).to_pylist() == [None] * 4
    assert bucket(pa.array([127, -128], pa.int8()), width=1000, origin=-500).to_pylist() == ["[-500, 500)"] * 2
    assert bucket(pa.array([2**64 - 1], pa.uint64()), width=2.0**60).to_pylist() == [f"[{15 * 2**60}, {2**64})"]
    assert bucket(pa.nulls(2), width=1) == pa.nulls(2, pa.string())
    assert bucket(pa.array([5, None, 5]).dictionary_encode(), width=5).to_pylist() == ["[5, 10)", None, "[5, 10)"]
    assert bucket(pa.array([], pa.float32()), width=5).to_pylist() == []
