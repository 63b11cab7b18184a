"""Words after a number count for it, unless they belong to what follows; less than words before it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner


def found(text):
    return {(text[row["start"]:row["end"]], row["entity_type"]): row["score"] for row in Scanner.default().find(
        pa.array([text])).to_pylist()}


@pytest.mark.parametrize(("text", "what", "kind"), [
    ("880320-0016 personnummer", "880320-0016", "SE_PERSONNUMMER"), ("219099999 (SSN)", "219099999", "US_SSN"),
    ("219099999 is her social security number.", "219099999", "US_SSN"), ("471234567 passport no", "471234567", "US_PASSPORT"),
    ("9434765919 NHS, and 3 beds", "9434765919", "UK_NHS"), ("9434765919 NHS number of a patient", "9434765919", "UK_NHS"),
    ("555-0199 cell", "555-0199", "PHONE_NUMBER"),
])
def test_a_word_after_a_number(text, what, kind):
    assert (what, kind) in found(text)


@pytest.mark.parametrize("text", [
    "219099999 ssn 987654321", "219099999 ssn: 987654321", "219099999 ssn of 987654321", "219099999. SSN unknown",
    "219099999, SSN unknown", "219099999 is what we have for an SSN", "219099999\nSSN", "9434765919 nhs no. 4711",
    "219099999 ssn\n987654321",
])
def test_a_word_that_belongs_to_what_follows_or_to_another_clause(text):
    assert not any(what in {"219099999", "9434765919"} for what, _ in found(text))


def test_it_weighs_less_than_a_word_before():
    after, before = found("219099999 (SSN)"), found("SSN 219099999")
    assert 0.4 <= after["219099999", "US_SSN"] < before["219099999", "US_SSN"]
