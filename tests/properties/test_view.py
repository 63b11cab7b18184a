"""What the normalized view promises of any text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.view import STEPS, View, needs_view, view_of
from engine.detect.view.characters import read_characters
from engine.detect.view.joints import joints
from engine.detect.view.reading import Reading

PIECES = [
    "john", "x.com", "com", "exam", "ple.com", "@", " at ", " dot ", "[at]", "(dot)", ".", "-", "_", " ", "  ", "\n", "\r\n",
    "\t", "\0", "1", "4111", "415-555-2671", "123-45-", "6789", "&amp;", "&#64;", "&#x40", "&copy", ";", "%40", "%C3%A9", "%",
    "&", "é", "e\u0301", "\u0301", "\u0316", "\u200b", "\u202e", "\ufe0f", "\u00ad", "ﬁ", "\uff11", "\u0664",
    "а", "О", "Москва", "\u1112", "\u1161", "\u11ab", "\u3000", "\u2013", "º", "´", "\ud800",
    "\U0001f600", "DE89 3704", "+44", "(", ")", "I ", "a ", "\ufdfa",
]
PARTS = [
    "12", "345", "6789", "A", "AB", "CDEFG", "x", "ab", "fe", "7f", "1a2B", "word", "www.", "://", "a.org", "/", "-", ".", ":",
    "_", "=", "(", ")", " ", "  ", "   ", "\n", "\r\n", "\n  ", " - ", " / ", " . ", "- ", " /", ",", "\t",
]
"""What joints stand between."""

TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=20)
ASCII = st.lists(
    st.sampled_from([one for one in PIECES if one.isascii()]) | st.characters(max_codepoint=127), max_size=16).map("".join)


def all_steps(text: str) -> str:
    reading = Reading.of(text)
    for step in STEPS:
        reading = step(reading)
    return reading.text


def forced(texts: list[str]) -> View:
    return view_of(texts, np.ones(len(texts), bool))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_offsets_rise_and_stay_inside(text: str) -> None:
    view = forced([text])
    size = len(view.texts[0])
    places = [view.original(0, place, place + 1) for place in range(size)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(places))
    if size:
        assert view.original(0, 0, size) == (places[0][0], places[-1][1])
    if view.texts[0] == text:
        assert view.texts[0] is text
        assert places == [(place, place + 1) for place in range(size)]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_each_value_reads_as_if_alone(texts: list[str]) -> None:
    together = forced(texts)
    alone = [forced([text]) for text in texts]
    assert together.texts == [one.texts[0] for one in alone]
    for value, one in enumerate(alone):
        for start in range(len(one.texts[0])):
            assert together.original(value, start, start + 1) == one.original(0, start, start + 1)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_many_stretches_are_as_one_by_one(texts: list[str], data: st.DataObject) -> None:
    view = forced(texts)
    values = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=6))
    starts = [data.draw(st.integers(0, len(view.texts[value]))) for value in values]
    ends = [data.draw(st.integers(start, len(view.texts[value]))) for value, start in zip(values, starts, strict=True)]
    found = view.originals(values, starts, ends)
    expected = [view.original(*one) for one in zip(values, starts, ends, strict=True)]
    assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected


@settings(max_examples=40, deadline=None)
@given(TEXTS.filter(lambda text: "&" not in text and "%" not in text))
def test_a_view_reads_as_itself_character_by_character(text: str) -> None:
    """The steps on characters; an encoding may hold another, and a joined number may stand in a wider one."""
    once = read_characters(Reading.of(text)).text
    assert read_characters(Reading.of(once)).text == once


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(ASCII)
def test_what_needs_no_view_does_not_change(text: str) -> None:
    if not needs_view(pa.array([text]))[0]:
        assert all_steps(text) == text
        assert joints(Reading.of(text)) == []


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=9).map("".join))
def test_what_has_a_joint_needs_a_view(text: str) -> None:
    found = joints(Reading.of(text))
    assert not found or needs_view(pa.array([text]))[0]
    places = [0, *(place for one in found for place in (one.start, one.end)), len(text)]
    assert not found or all(one < other for one, other in pairwise(places))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=9).map("".join), max_size=4))
def test_excerpts_of_several_values_are_those_of_each(texts: list[str]) -> None:
    together = forced(texts).joined()
    alone = {(value, excerpt) for value, text in enumerate(texts) for excerpt in forced([text]).joined().texts}
    assert {*zip(together.value.tolist(), together.texts, strict=True)} == alone


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(TEXTS | ASCII)
def test_steps_that_are_left_out_would_change_nothing(text: str) -> None:
    assert view_of([text]).texts == [all_steps(text)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.data())
def test_edits_compose(text: str, data: st.DataObject) -> None:
    """Two rounds of edits, against a list that carries each character's stretch."""
    reading = Reading.of(text)
    slow = [(one, place, place + 1) for place, one in enumerate(text)]
    for _ in range(2):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(slow)), max_size=6)))
        spans = list(zip(cuts[::2], cuts[1::2], strict=False))
        edits = [(start, end, data.draw(st.text(max_size=3))) for start, end in spans]
        reading = reading.edited(edits)
        for start, end, instead in reversed(edits):
            slow[start:end] = [(one, slow[start][1], slow[end - 1][2]) for one in instead]
    assert reading.text == "".join(one for one, _, _ in slow)
    assert list(zip(reading.first.tolist(), reading.last.tolist(), strict=True)) == [(start, end) for _, start, end in slow]
