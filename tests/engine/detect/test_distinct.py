"""Distinct values and in how many cells they stand, however they are stored; sketches of how many there are."""

from __future__ import annotations

import datetime as dt
import decimal
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.distinct import LONGEST, SKETCH, distinct, estimate, hashes_of, smallest

cells = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "", "ü", "a long value"])), max_size=30)


def counted(found) -> Counter:
    return Counter(dict(zip(found.values.to_pylist(), found.weights.tolist(), strict=True)))


@given(cells)
def test_plain(values):
    assert counted(distinct(pa.array(values, pa.string()))) == Counter(value for value in values if value is not None)


@given(cells, st.integers(0, 5))
def test_weighted_and_sliced(values, offset):
    weights = np.arange(1, len(values) + 1)
    array = pa.array(["skipped"] * offset + values, pa.string()).slice(offset)
    wanted: Counter = Counter()
    for value, weight in zip(values, weights.tolist(), strict=True):
        if value is not None:
            wanted[value] += weight
    assert counted(distinct(array, weights)) == wanted


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=20))
def test_dictionaries_as_they_come(indices):
    """An entry can be null, stand twice, or in no cell."""
    entries = ["x", "y", "x", None]
    array = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(entries, pa.string()))
    wanted = Counter(entries[place] for place in indices if place is not None and entries[place] is not None)
    assert counted(distinct(array)) == wanted


@pytest.mark.parametrize("values", [
    pa.array([1, 2, 3]), pa.array([1, 2, 3], pa.uint8()), pa.array([1.5, 2.5, float("nan")]), pa.array([True, False]),
    pa.array([dt.date(2020, 1, 1), dt.date(1970, 1, 1)]), pa.array([dt.datetime(2020, 1, 1), dt.datetime(1970, 1, 1)]),  # noqa: DTZ001
    pa.array([decimal.Decimal("1.10"), decimal.Decimal("2.20")]), pa.array(["a", "b"], pa.large_string()),
    pa.array([dt.time(1), dt.time(2)]), pa.array([dt.timedelta(1), dt.timedelta(2)]), pa.array([1, 2], pa.float16()),
])
def test_every_type_hashes(values):
    hashes = hashes_of(values, 0)
    assert len(set(hashes.tolist())) == len(values)
    assert hashes.tolist() == hashes_of(values, 0).tolist() != hashes_of(values, 1).tolist()


def test_storage_does_not_change_a_hash():
    assert hashes_of(pa.array(["ab"]), 5).tolist() == hashes_of(pa.array(["ab"], pa.large_string()), 5).tolist()
    assert hashes_of(pa.array([7], pa.int8()), 5).tolist() == hashes_of(pa.array([7]), 5).tolist()


@given(st.sets(st.integers(0, 2**64 - 1), max_size=50), st.integers(1, 20))
def test_smallest(hashes, number):
    array = np.array(sorted(hashes, reverse=True), np.uint64)
    assert smallest(array, number).tolist() == sorted(hashes)[:number]


def test_estimates():
    assert estimate(np.arange(10, dtype=np.uint64), 100) == 10
    errors = []
    for key in range(20):
        sketch = smallest(hashes_of(pa.array(np.arange(30_000)), key), SKETCH)
        errors.append(estimate(sketch, 10**9) / 30_000 - 1)
    assert abs(float(np.mean(errors))) < 0.02
    assert max(map(abs, errors)) < 0.13  # four standard errors


def test_very_long_texts_hash_too():
    long = ["x" * (LONGEST + 1), "y" * (LONGEST + 1), "short"]
    hashes = hashes_of(pa.array(long), 3)
    assert len(set(hashes.tolist())) == 3
    assert hashes.tolist() == [hashes_of(pa.array([value]), 3)[0] for value in long]
