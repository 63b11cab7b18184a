"""Measures of distinct values add up, and count what a slow loop counts."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.columns.measures import measure_days, measure_numbers, measure_texts


def measured(*values, weights=None):
    found = measure_texts(pa.array(values, pa.string()), np.array(weights or [1] * len(values)))
    return {name: cells for name, cells in found.items() if cells}


pieces = st.one_of(st.text(max_size=30), st.sampled_from([
    "Maria Garcia", "Garcia, Maria", "Dr. Maria Q. Garcia", "Paris", "married", "SW1A 1AA", "E11.9", "12 Mill Road", "1980-05-06",
    "42", "199.5", "Acme Holdings Inc", "eyJhbGciOi.x", "51.50735,-0.12776", "two words and some more"]))


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(pieces, st.integers(1, 9)), min_size=1, max_size=10))
def test_many_count_as_one_by_one(cells):
    together = measured(*(value for value, _ in cells), weights=[weight for _, weight in cells])
    alone: Counter[str] = Counter()
    for value, weight in cells:
        alone.update(measured(value, weights=[weight]))
    assert together == {name: count for name, count in alone.items() if count}


@pytest.mark.parametrize(("value", "names"), [
    ("Maria Garcia", {"full name"}), ("GARCIA, MARIA", {"full name"}), ("Dr. Maria Q. Garcia", {"full name"}),
    ("Maria Xqzptl", {"half name"}), ("Acme Holdings Inc", {"company"}),
    ("Married", {"set:marital"}), ("são paulo", {"set:city"}), ("Sao Paulo", {"set:city"}), ("M", {"set:sex"}),
    ("sw1a 1aa", {"form:postcode"}), ("E11.9", {"form:disease code"}), ("E11", {"form:disease code+"}),
    ("94107-1234", {"form:postcode"}), ("Mozilla/5.0 (X11)", {"opening:agent"}), ("$2b$12$abcdefg", {"opening:password hash"}),
    ("12, rue de la Paix", {"pattern:street"}), ("Hauptstraße 5", {"pattern:street"}),
        ("51.50735, -0.12776", {"pattern:coordinates"}),
    ("one two three four", {"wordy"}), ("1957-03-08", {"decade:1950"}), ("1957-03-08 10:11", {"decade:1950", "timed"}),
    ("19570308", {"decade:1950", "look:date"}), ("44", {"range:age", "range:whole"}),
])
def test_measured(value, names):
    assert names <= set(measured(value))


@pytest.mark.parametrize(("value", "name"), [
    ("Steel kettle", "full name"), ("+39 339 123 4567", "wordy"), ("99-99-99", "look:date"), ("A10", "form:disease code")])
def test_not_measured(value, name):
    assert name not in measured(value)


@given(st.lists(st.one_of(st.integers(-200, 2_000_000_000), st.floats(-200, 200), st.just(math.nan), st.just(math.inf)),
    min_size=1))
def test_numbers(values):
    found = measure_numbers(np.array(values, float), np.ones(len(values), np.int64))
    finite = [value for value in map(float, values) if math.isfinite(value)]
    assert found["range:whole"] == sum(value == int(value) for value in finite)
    assert found["range:age"] == sum(value == int(value) and 0 <= value <= 120 for value in finite)
    assert found["range:negative"] == sum(value < 0 for value in map(float, values))


def test_days():
    moments = [dt.datetime(1957, 3, 8, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, 2, 3, tzinfo=dt.UTC)]
    assert measure_days(pa.array(moments), np.array([2, 5])) == {"decade:1950": 2, "decade:2020": 5, "timed": 5}
    assert measure_days(pa.array([dt.date(1200, 1, 1), dt.date(2300, 1, 1)]), np.array([1, 1])) == {"decade:1900": 1,
        "decade:2040": 1}
    assert not measure_days(pa.array([dt.time(10)]), np.array([1]))


def test_of_very_long_texts_the_beginning_is_measured():
    assert measured("word " * 100_000)["wordy"] == 1
