"""Dates and timestamps: hours, days, weeks, months and so on, as the column's own time zone has them."""

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


def _text(numbers: pa.Array, digits: int = 1) -> pa.Array:
    return pc.utf8_lpad(pc.cast(numbers, pa.string()), digits, "0")


def _month(values: pa.Array) -> pa.Array:
    return joined(_text(pc.year(values)), "-", _text(pc.month(values), 2))


def _day(values: pa.Array) -> pa.Array:
    return joined(_month(values), "-", _text(pc.day(values), 2))


def _hour(values: pa.Array) -> pa.Array:
    return _day(values) if is_.is_date(values.type) else joined(_day(values), "T", _text(pc.hour(values), 2))


def _span(values: pa.Array, years: int, name: Callable[[int], str]) -> pa.Array:
    year = pc.year(values)
    return by_key(np.asarray(year.drop_null()) // years * years, np.asarray(pc.is_valid(year)), name)


_UNITS: dict[DateLevel, Callable[[pa.Array], pa.Array]] = {
    "hour": _hour, "day": _day, "month": _month,
    "week": lambda values: joined(_text(pc.iso_year(values)), "-W", _text(pc.iso_week(values), 2)),
    "weekday": lambda values: _DAYS.take(pc.day_of_week(values)),
    "quarter": lambda values: joined(_text(pc.year(values)), "-Q", _text(pc.quarter(values))),
    "year": lambda values: _text(pc.year(values)),
    "decade": lambda values: _span(values, 10, lambda year: f"{year}s"),
    "century": lambda values: _span(values, 100, lambda year: f"{year}-{year + 99}"),
}

DATES = Family(lambda hierarchy, _: len(hierarchy.dates or ()), _labels)
