"""Entries of a ledger: as rows, by digest, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from pydantic import ValidationError

from schemas.dp_events import DiscreteLaplace, SampledGaussian
from schemas.ledger import FIRST, LEDGER, Entry, OwnersCap, digest, entry_of, row_of

EVENTS = (DiscreteLaplace(rate=0.1, sensitivity=1), SampledGaussian(noise_multiplier=1.0, sample_rate=0.01, count=1000))


def entry(**changes) -> Entry:
    return Entry.model_validate({
        "number": 0, "previous": FIRST, "id": "a", "kind": "reserve", "reservation": "a",
        "time": datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "job": "j", "purpose": "p", "lineage": "l", "population": "people",
        "unit": "subject", "source": "s", "events": EVENTS,
        "epsilon": 1.9, "delta": 1e-5, "policy": "f", "principal": "me", "lakeveil": "0", **changes})


def test_a_row_is_the_entry_again():
    row = row_of(entry(receipt="r"))
    (stored,) = pa.Table.from_pylist([row], LEDGER).to_pylist()
    assert entry_of(stored) == entry(receipt="r")
    assert digest(stored) == digest(row)


def test_a_digest_is_the_same_in_ten_years():
    assert digest(row_of(entry())) == "53a584c75158b731d52cf723ec10ea7bd90642e976e0c63065ccfcff5e0c8c80"


def test_columns_that_come_later_and_hold_nothing_change_no_digest():
    row = row_of(entry())
    assert digest({**row, "later": None}) == digest(row)
    assert digest({**row, "later": "x"}) != digest(row)


@pytest.mark.parametrize("change", [
    {"events": ()}, {"epsilon": 1.8}, {"time": datetime(2026, 1, 2, tzinfo=UTC)}, {"lineage": "m"}, {"number": 1},
    {"kind": "settle"}, {"receipt": "r"}, {"principal": "you"}])
def test_each_part_changes_the_digest(change):
    assert digest(row_of(entry(**change))) != digest(row_of(entry()))


def test_a_moment_is_one_whatever_its_zone():
    there = entry().time.astimezone(timezone(timedelta(hours=14)))
    assert digest(row_of(entry(time=there))) == digest(row_of(entry()))
    with pytest.raises(ValidationError):
        entry(time=datetime(2026, 1, 2))  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize("change", [
    {"epsilon": float("inf")}, {"epsilon": -1}, {"delta": 1}, {"unit": "household"}, {"kind": "refund"}, {"previous": "x"},
    {"number": -1}, {"lineage": " "}, {"events": ({"kind": "gaussian", "noise_multiplier": 0},)}, {"note": "x"}])
def test_what_is_no_entry(change):
    with pytest.raises(ValidationError):
        entry(**change)


def test_an_owners_cap_is_on_something():
    with pytest.raises(ValidationError, match="a lineage, or a population"):
        OwnersCap(epsilon=1, delta=0)
    with pytest.raises(ValidationError, match=r"delta is at most 0\.001"):
        OwnersCap(population="people", epsilon=1, delta=0.01)
