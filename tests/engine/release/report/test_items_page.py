"""What the report says of sets of items."""

from __future__ import annotations

import re

from engine.release.report import Section, render
from engine.release.report.words import explain, guarantee, measured, promised
from schemas import receipt
from schemas.policy import Guarantees

CLAIM = {"column": "diagnoses", "k": 1500, "m": 2, "items": 0.05}
VERDICT = receipt.GuaranteeVerdict(guarantee="k^m(diagnoses)", promised=1500, measured=1502, holds=True)
LEFT = receipt.ItemUtility(column="diagnoses", items=812, labels=96, left_out=7, occurrences=40_000, suppressed=1200, loss=0.183)


def page(full: Section, **changes) -> str:
    guarantees = Guarantees(k=10, km=(CLAIM,))
    found = full.receipt.model_copy(update={
        "guarantees": guarantees, "items": (LEFT,), "verdicts": (*full.receipt.verdicts, VERDICT), **changes})
    return render([Section(found)])


def text_of(html: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", "", html))


def test_the_page_tells_what_is_left_and_what_is_not_promised(full) -> None:
    text = text_of(page(full))
    assert "What is left of sets of items" in text
    assert "Whoever knows at most 2 of the items in a row's diagnoses finds 1\u202f500 rows or more with them." in text
    assert "Nothing is promised of who knows items and other columns, too" in text
    assert "7 items, 3% of all occurrences" in text
    assert "18.3%" in text


def test_nothing_is_said_where_there_are_no_sets(full) -> None:
    assert "sets of items" not in render([full])


def test_names_are_escaped(full) -> None:
    odd = LEFT.model_copy(update={"column": "<b>dx</b>"})
    claim = full.receipt.guarantees.model_copy(update={"km": Guarantees(km=({**CLAIM, "column": "<b>dx</b>"},)).km})
    html = page(full, items=(odd,), guarantees=claim)
    assert "<b>dx" not in html
    assert html.count("&lt;b&gt;dx&lt;/b&gt;") == 2


def test_a_column_without_occurrences(full) -> None:
    none = LEFT.model_copy(update=dict.fromkeys(("items", "labels", "left_out", "occurrences", "suppressed"), 0))
    assert "0 items, 0% of all occurrences" in text_of(page(full, items=(none,)))


def test_the_verdict_in_words() -> None:
    assert guarantee(VERDICT) == "k^m-anonymity of diagnoses"
    assert promised(VERDICT) == "≥\u20091\u202f500"
    assert measured(VERDICT) == "1\u202f502"
    assert explain(VERDICT) == "Whoever knows as many items of a row as promised finds at least this many rows with them."
