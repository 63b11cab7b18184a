"""The shape index finds what a regular expression for every picture finds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect import kernels
from engine.detect.first.pictures import SEPARATORS
from engine.detect.first.shapes import ShapeIndex
from engine.detect.first.tokens import marks_of, tokens_of

PICTURES = ("999-99-9999", "999999999", "9", "9.9.9.9", "99.9.99.9", "AA99XXXX", "AA99 9X XX", "A9A 9A9", "(999) 999-9999",
            "999 A A 9", "A9(X)", "X9", "9X", "AA 99 99 99 A", "9999-99-99", "A-999_A", "A A 9", "9) 9")
CLASSES = {"9": "[0-9]", "A": "[A-Za-z]", "X": "[0-9A-Za-z]"}
INDEX = ShapeIndex(PICTURES)


def brute(text: str, pictures=PICTURES) -> set[tuple[int, int, str]]:
    """Every picture, as a regular expression, at every place that no letter or digit touches."""
    found = set()
    for picture in pictures:
        body = "".join(CLASSES.get(sign, re.escape(sign)) for sign in picture)
        before = "" if picture[0] in SEPARATORS else "(?<![0-9A-Za-z])"
        after = "" if picture[-1] in SEPARATORS else "(?![0-9A-Za-z])"
        for match in re.finditer(f"(?={before}({body}){after})", text):
            found.add((match.start(1), match.end(1), picture))
    return found


def found(text: str, index=INDEX) -> set[tuple[int, int, str]]:
    buffer = np.frombuffer(text.encode(), np.uint8)
    here = index.find(buffer, tokens_of(buffer, marks_of(buffer).numbers))
    places = list(zip(here.start.tolist(), here.end.tolist(), (index.pictures[one] for one in here.picture), strict=True))
    assert len(places) == len(set(places))
    return set(places)


TEXTS = st.text(st.sampled_from("0189aZ" + SEPARATORS + "\n;\0"), max_size=120)


@pytest.mark.slow
@settings(max_examples=80)
@given(TEXTS)
def test_every_text_as_by_regular_expressions(text):
    assert found(text) == brute(text)


@pytest.mark.slow
@pytest.mark.skipif(not kernels.available(), reason="numba is not installed")
@settings(max_examples=80)
@given(TEXTS)
def test_by_kernels_as_by_arrays(text):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "worth", lambda _: True)
        assert found(text) == brute(text)


@given(TEXTS, st.sets(st.integers(0, 40)))
def test_only_runs_that_begin_where_asked(text, chosen):
    buffer = np.frombuffer(text.encode(), np.uint8)
    tokens = tokens_of(buffer, marks_of(buffer).numbers)
    firsts = np.array(sorted(one for one in chosen if one < len(tokens.start)), np.int64)
    here, every = INDEX.find(buffer, tokens, firsts), INDEX.find(buffer, tokens)
    begins = np.isin(np.searchsorted(tokens.end, every.start, "right"), firsts)
    assert set(zip(*(column.tolist() for column in here), strict=True)) == \
        set(zip(*(column[begins].tolist() for column in every), strict=True))


@given(st.lists(st.sampled_from(PICTURES), max_size=12), st.sampled_from(["", " ", ".", "-", "; ", ") "]))
def test_every_picture_among_others(chosen, between):
    text = between.join(one.replace("9", "7").replace("X", "7").replace("A", "k") for one in chosen)
    assert found(text) == brute(text)


@pytest.mark.parametrize("wrong", ["A", "AX", "9;9", "", "9 -.9", "9" * 41, "9 A A A A A 9", "A A A 9", "9 A A A"])
def test_pictures_that_cannot_be_looked_for(wrong):
    with pytest.raises(ValueError):
        ShapeIndex([wrong])


def test_no_picture_twice():
    with pytest.raises(ValueError, match="twice"):
        ShapeIndex(["9", "9"])
