"""Dates and timestamps: hours, days, weeks, months and so on, in the zone of the array's type.

Of a column that is UTC wherever it has a zone: ``engine.plan.types.normalized`` sees to it, on every backend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.hierarchies.arrays import Family, by_key, joined
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import DateLevel

_DAYS = pa.array(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    return [_UNITS[(hierarchy.dates or ())[level - 1]](values) for level in levels]


def _two(numbers: pa.Array) -> pa.Array:
    return pc.utf8_lpad(pc.cast(numbers, pa.string()), 2, "0")


def _years(numbers: pa.Array) -> pa.Array:
    return by_key(np.asarray(numbers.drop_null()), np.asarray(pc.is_valid(numbers)), _year)


def _year(number: int) -> str:
    """Four digits, so that years sort as text and are read as ISO 8601 has them: 0987, -0770."""
    return f"{number:0{4 + (number < 0)}}"


def _month(values: pa.Array) -> pa.Array:
    return joined(_years(pc.year(values)), "-", _two(pc.month(values)))


def _day(values: pa.Array) -> pa.Array:
    return joined(_month(values), "-", _two(pc.day(values)))


def _hour(values: pa.Array) -> pa.Array:
    return _day(values) if is_.is_date(values.type) else joined(_day(values), "T", _two(pc.hour(values)))


def _span(values: pa.Array, years: int, name: Callable[[int], str]) -> pa.Array:
    year = pc.year(values)
    return by_key(np.asarray(year.drop_null()) // years * years, np.asarray(pc.is_valid(year)), name)


_UNITS: dict[DateLevel, Callable[[pa.Array], pa.Array]] = {
    "hour": _hour, "day": _day, "month": _month,
    "week": lambda values: joined(_years(pc.iso_year(values)), "-W", _two(pc.iso_week(values))),
    "weekday": lambda values: _DAYS.take(pc.day_of_week(values)),
    "quarter": lambda values: joined(_years(pc.year(values)), "-Q", pc.cast(pc.quarter(values), pa.string())),
    "year": lambda values: _years(pc.year(values)),
    "decade": lambda values: _span(values, 10, lambda year: f"{_year(year)}s"),
    "century": lambda values: _span(values, 100, lambda year: f"{_year(year)}-{_year(year + 99)}"),
}

DATES = Family(lambda hierarchy, _: len(hierarchy.dates or ()), _labels)
