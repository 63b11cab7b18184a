"""Edges, ages, widths and coordinates against the same rule in exact arithmetic, one number at a time."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import generalize_level
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Ages

EDGES = Hierarchy(edges=[[-1.5, 0, 0.3, 18, 65], [0, 65]])
WHOLE = Hierarchy(edges=[[0, 18, 65], [18]])
TENTHS = st.decimals(-1000, 1000, places=1)


def holds(label: str, number: Fraction, *, whole: bool = False) -> bool:
    """Whether a label, read by a person, is true of a number."""
    if match := re.fullmatch(r"< (\S+)", label):
        return number < Fraction(match[1])
    if match := re.fullmatch(r"≥ (\S+)", label):
        return number >= Fraction(match[1])
    low, high, close = re.fullmatch(r"\[(\S+), (\S+)([\])])", label).groups()
    return Fraction(low) <= number and (number <= Fraction(high) if close == "]" else number < Fraction(high))


@pytest.mark.slow
@given(st.lists(TENTHS, min_size=1, max_size=10))
def test_edges_put_a_number_where_a_person_would(numbers) -> None:
    for values in (pa.array(numbers, pa.decimal128(6, 1)), pa.array([float(n) for n in numbers]),
                   pa.array([float(n) for n in numbers], pa.float32())):
        for index, edges in enumerate(EDGES.edges, start=1):
            for number, label in zip(numbers, generalize_level(values, EDGES, index).to_pylist(), strict=True):
                assert holds(label, Fraction(number))
                cuts = [Fraction(str(edge)) for edge in edges]
                assert label.count("[") == (cuts[0] <= Fraction(number) < cuts[-1])


@pytest.mark.parametrize(("number", "fine", "coarse"), [
    (-1, "< 0", "< 18"), (0, "[0, 17]", "< 18"), (17, "[0, 17]", "< 18"), (18, "[18, 64]", "≥ 18"), (65, "≥ 65", "≥ 18"),
    (2**63 - 1, "≥ 65", "≥ 18"), (-2**63, "< 0", "< 18")])
def test_edges_of_whole_numbers_are_closed_and_ends_are_open(number, fine, coarse) -> None:
    assert [generalize_level(pa.array([number]), WHOLE, index).to_pylist()[0] for index in (1, 2)] == [fine, coarse]


def test_edges_beyond_the_type_and_beyond_doubles() -> None:
    far = Hierarchy(edges=[[1e20]])
    assert generalize_level(pa.array([1, None], pa.int8()), far, 1).to_pylist() == ["< 100000000000000000000", None]
    values = pa.array([2**64 - 1, 2**53], pa.uint64())
    assert generalize_level(values, Hierarchy(edges=[[2**60]]), 1).to_pylist() == [f"≥ {2**60}", f"< {2**60}"]
    halves = Hierarchy(edges=[[0.5, 2.5]])
    assert generalize_level(pa.array([0, 1, 2, 3]), halves, 1).to_pylist() == ["< 0.5", "[0.5, 2.5)", "[0.5, 2.5)", "≥ 2.5"]


@given(st.lists(st.integers(0, 130), min_size=1, max_size=10), st.sampled_from([[1, 5, 10, 30], [20], [7, 14]]),
       st.sampled_from([18, 65, 89, 90]))
def test_ages(years, bands, top) -> None:
    for index, width in enumerate(bands, start=1):
        hierarchy = Hierarchy(ages=Ages(bands=bands, top=top))
        found = generalize_level(pa.array(years, pa.int16()), hierarchy, index).to_pylist()
        for age, label in zip(years, found, strict=True):
            low = age - age % width
            high = min(low + width, top) - 1
            assert label == (f"{top}+" if age >= top else str(low) if low == high else f"[{low}, {high}]")
        as_floats = generalize_level(pa.array([age + 0.75 for age in years if age < 130]), hierarchy, index).to_pylist()
        expected = [label for label, age in zip(found, years, strict=True) if age < 130]
        assert [re.findall(r"\d+\+?", label)[0] for label in as_floats] == [re.findall(r"\d+\+?", label)[0] for label in expected]


def test_safe_harbor_puts_ninety_and_older_together_at_every_level() -> None:
    ages = Hierarchy.model_validate("ages")
    labels = {generalize_level(pa.array([90, 97, 130]), ages, index).to_pylist()[at] for index in (1, 2, 3, 4) for at in range(3)}
    assert labels == {"90+"}
    assert generalize_level(pa.array([89]), ages, 1).to_pylist() == ["89"]
    assert "90+" not in {label for age in range(90) for label in generalize_level(pa.array([age]), ages, 4).to_pylist()}


def test_what_is_no_age_is_unknown() -> None:
    odd = pa.array([-1.0, 130.5, 131.0, 1e300, float("nan"), float("-inf"), None])
    assert generalize_level(odd, Hierarchy.model_validate("ages"), 1).to_pylist() == ["*", "90+", "*", "*", "*", "*", None]
    decimals = pa.array([Decimal("89.999"), Decimal("-0.001")])
    assert generalize_level(decimals, Hierarchy.model_validate("ages"), 2).to_pylist() == ["[85, 90)", "*"]
    assert generalize_level(pa.array([2**64 - 1], pa.uint64()), Hierarchy.model_validate("ages"), 1).to_pylist() == ["*"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
       st.sampled_from([0.1, 0.3, 1, 7, 1e-3, 1e6]))
def test_widths_are_exact_for_any_double(numbers, width) -> None:
    found = generalize_level(pa.array(numbers, pa.float64()), Hierarchy(widths=[width]), 1).to_pylist()
    for number, label in zip(numbers, found, strict=True):
        assert holds(label, Fraction(repr(number)))
        low, high = map(Fraction, label.strip("[)").split(", "))
        assert high - low == Fraction(str(width))
        assert low % Fraction(str(width)) == 0


def test_widths_wider_than_the_type() -> None:
    small = generalize_level(pa.array([-5, 100], pa.int8()), Hierarchy(widths=[1000]), 1).to_pylist()
    assert small == ["[-1000, -1]", "[0, 999]"]
    assert generalize_level(pa.array([2**64 - 1], pa.uint64()), Hierarchy(widths=[10]), 1).to_pylist() == [
        f"[{2**64 - 6}, {2**64 + 3}]"]
    wide = generalize_level(pa.array([2**63 - 1, -2**63]), Hierarchy(widths=[1e19]), 1).to_pylist()
    assert wide == ["[0, 9999999999999999999]", "[-10000000000000000000, -1]"]


@pytest.mark.slow
@given(st.lists(TENTHS, min_size=1, max_size=10), st.sampled_from([("latitude", 90), ("longitude", 180)]),
       st.sampled_from([0.1, 0.5, 1, 10, 45]))
def test_cells_of_a_grid(numbers, rule, width) -> None:
    name, most = rule
    hierarchy = Hierarchy.model_validate({name: [width]})
    for values in (pa.array(numbers, pa.decimal128(6, 1)), pa.array([float(n) for n in numbers])):
        for number, label in zip(numbers, generalize_level(values, hierarchy, 1).to_pylist(), strict=True):
            place = -number if (name, number) == ("longitude", 180) else number
            assert (label == "*") == (abs(number) > most)
            assert label == "*" or holds(label, Fraction(place))
            assert label == "*" or max(abs(Fraction(end)) for end in label.strip("[])").split(", ")) <= most


def test_the_grid_closes_at_the_pole_and_at_the_date_line() -> None:
    poles = generalize_level(pa.array([90, -90, 89], pa.int32()), Hierarchy(latitude=[10]), 1).to_pylist()
    assert poles == ["[80, 90]", "[-90, -80)", "[80, 90]"]
    line = generalize_level(pa.array([180.0, -180.0, 179.9]), Hierarchy(longitude=[10]), 1).to_pylist()
    assert line == ["[-180, -170)", "[-180, -170)", "[170, 180)"]
    beyond = pa.array([np.nextafter(90, 91), float("inf")])
    assert generalize_level(beyond, Hierarchy(latitude=[10]), 1).to_pylist() == ["*", "*"]
