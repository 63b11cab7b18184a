"""Units of time against the calendar of the standard library; ordered lists against counting by hand."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import ancestors, generalize_level
from schemas.policy import Hierarchy

UNITS = {
    "hour": lambda t: t.isoformat()[:13], "day": lambda t: t.isoformat()[:10], "month": lambda t: t.isoformat()[:7],
    "week": lambda t: "{:04}-W{:02}".format(*t.isocalendar()), "weekday": lambda t: f"{t:%A}",
    "quarter": lambda t: f"{t.year:04}-Q{(t.month + 2) // 3}", "year": lambda t: f"{t.year:04}",
    "decade": lambda t: f"{t.year // 10 * 10:04}s",
    "century": lambda t: f"{t.year // 100 * 100:04}-{t.year // 100 * 100 + 99:04}",
}


@pytest.mark.slow
@given(st.lists(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(2300, 1, 1)), min_size=1, max_size=8))  # noqa: DTZ001 - naive on purpose
def test_units(moments) -> None:
    for unit, said in UNITS.items():
        found = generalize_level(pa.array(moments, pa.timestamp("us")), Hierarchy(dates=[unit]), 1).to_pylist()
        assert found == [said(moment) for moment in moments]
        days = generalize_level(pa.array([moment.date() for moment in moments]), Hierarchy(dates=[unit]), 1).to_pylist()
        assert days == [UNITS["day" if unit == "hour" else unit](moment) for moment in moments]


def test_a_moment_is_told_in_the_time_zone_of_its_column() -> None:
    late = pa.array([dt.datetime(2021, 12, 31, 23, 30, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    there = late.cast(pa.timestamp("us", "Europe/Berlin"))
    hours = [generalize_level(values, Hierarchy(dates=["hour"]), 1)[0].as_py() for values in (late, there)]
    assert hours == ["2021-12-31T23", "2022-01-01T00"]
    assert generalize_level(there, Hierarchy(dates=["year"]), 1).to_pylist() == ["2022"]


def test_years_have_four_digits_as_in_intervals() -> None:
    """So that labels sort by time, and whoever reads ISO 8601 reads them."""
    early = dt.date(7, 3, 4)
    found = {unit: generalize_level(pa.array([early, None]), Hierarchy(dates=[unit]), 1).to_pylist() for unit in UNITS}
    assert found == {
        "hour": ["0007-03-04", None], "day": ["0007-03-04", None], "month": ["0007-03", None], "week": ["0007-W09", None],
        "weekday": [f"{early:%A}", None], "quarter": ["0007-Q1", None], "year": ["0007", None], "decade": ["0000s", None],
        "century": ["0000-0099", None]}
    assert found["day"][0] == pa.array([early]).cast(pa.string())[0].as_py()


def test_years_before_the_first() -> None:
    old = pa.array([-1_000_000], pa.int32()).cast(pa.date32())  # some 2,700 years before 1970
    assert generalize_level(old, Hierarchy(dates=["decade"]), 1).to_pylist() == ["-0770s"]
    assert generalize_level(old, Hierarchy(dates=["century"]), 1).to_pylist() == ["-0800--0701"]


@pytest.mark.parametrize("dates", [["week", "month"], ["month", "week"], ["week", "year"], ["weekday", "month"],
                                   ["year", "month"], ["month", "month"], ["week", "weekday"], ["fortnight"], []])
def test_units_that_do_not_nest(dates) -> None:
    with pytest.raises(ValueError, match=r"dates|exactly one"):
        Hierarchy(dates=dates)


@given(st.integers(2, 20), st.lists(st.integers(2, 4), min_size=1, max_size=3))
def test_orders_group_neighbours(number, sizes) -> None:
    values = [f"v{n:02}" for n in range(number)]
    width = 1
    for size in sizes:
        width *= size
    if width >= number:
        with pytest.raises(ValueError, match="more than one group"):
            Hierarchy(order={"values": values, "groups": sizes})
        return
    found, width = ancestors(pa.array(values), Hierarchy(order={"values": values, "groups": sizes})), 1
    for size, labels in zip(sizes, found, strict=False):
        width *= size
        for at, label in enumerate(labels.to_pylist()):
            first, last = at // width * width, min(at // width * width + width, number) - 1
            assert label == (values[first] if first == last else f"{values[first]} to {values[last]}")


def test_orders_of_other_types_than_strings() -> None:
    grades = Hierarchy(order={"values": [1, 2, 3, 4], "groups": [2]})
    assert generalize_level(pa.array([3, 1, None, 9], pa.int8()), grades, 1).to_pylist() == ["3 to 4", "1 to 2", None, "*"]
    yes = Hierarchy(order={"values": ["true", "false", "x"], "groups": [2]})
    assert generalize_level(pa.array([True, False]), yes, 1).to_pylist() == ["true to false"] * 2
