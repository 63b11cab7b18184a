"""The shape index finds what a regular expression for every picture finds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.shapes import SEPARATORS, ShapeIndex

PICTURES = ("999-99-9999", "999999999", "9", "9.9.9.9", "99.9.99.9", "AA99XXXX", "AA99 XXXX XX", "A9A 9A9", "(999) 999-9999",
            "+99 999 9999", "#999", "X9", "9X", "AA 99 99 99 A", "9999-99-99", "A-999_A")
CLASSES = {"9": "[0-9]", "A": "[A-Za-z]", "X": "[0-9A-Za-z]"}
INDEX = ShapeIndex(PICTURES)


def brute(text: str, pictures=PICTURES) -> set[tuple[int, int, str]]:
    """Every picture, as a regular expression, at every place that no letter or digit of the text's alphabet touches."""
    found = set()
    for picture in pictures:
        body = "".join(CLASSES.get(sign, re.escape(sign)) for sign in picture)
        before = "" if picture[0] in "(+#" else "(?<![0-9A-Za-z])"
        for match in re.finditer(f"(?={before}({body})(?![0-9A-Za-z]))", text):
            found.add((match.start(1), match.end(1), picture))
    return found


def found(text: str, index=INDEX) -> set[tuple[int, int, str]]:
    here = index.find(np.frombuffer(text.encode(), np.uint8))
    places = list(zip(here.start.tolist(), here.end.tolist(), (index.pictures[one] for one in here.picture), strict=True))
    assert len(places) == len(set(places))
    return set(places)


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from("0189aZ" + SEPARATORS + "\n;\0"), max_size=120))
def test_every_text_as_by_regular_expressions(text):
    assert found(text) == brute(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["078-05-1120", "DE89 3704 00", "(415) 555-2671", "K1A 0B1", "10.0.0.1", "x" * 200]),
                          st.text(st.sampled_from("ab 1.-"), max_size=90)), max_size=12).map(" ".join))
def test_what_lies_far_from_digits_changes_nothing(text):
    assert found(text) == brute(text)


@pytest.mark.parametrize(("text", "seen"), [
    ("é123456789", False), ("123456789é", False), ("ж123456789", False),  # a letter makes the token longer
    ("号123456789号", True), ("\u00a0123456789\u00a0", True), ("«123456789»", True),
])
def test_letters_of_other_scripts_beside_a_number(text, seen):
    assert bool(found(text, ShapeIndex(["999999999"]))) is seen


@pytest.mark.parametrize("pictures", [["AAA"], ["99;99"], ["9", "9"], ["XX"]])
def test_what_is_no_picture_is_refused(pictures):
    with pytest.raises(ValueError):
        ShapeIndex(pictures)


def test_no_pictures_and_no_digits_find_nothing():
    assert not found("12 34", ShapeIndex([]))
    assert not found("no digits here")
    assert not found("")
