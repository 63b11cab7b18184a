"""Hyperscan and RE2 say the same, and what the module ``regex`` says by POSIX rules."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.first import multi
from engine.detect.first.closing import closed
from engine.detect.first.multi import Expression, available, compiled

EXPRESSIONS = [
    Expression(r"\b[a-z0-9._]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b", ignore_case=True), Expression(r"\b[0-9]{3}-[0-9]{2}\b"),
    Expression(r"[0-9]{3}"), Expression(r"a|aba"), Expression(r"[a-z]+ [a-z]+"), Expression(r"https?://[^\s\x00]+"),
    Expression(r"(?:ab)+"), Expression(r"key_[A-Za-z0-9]{2,}"),
    Expression(r"[ab1]{3}"), Expression(r"[ab1]{2,4}"), Expression(r"[ab]?-[ab12.]{1,3}"), Expression(r"[^a]{2,}"),
    Expression(r"[a-z]{1,2}[^\s\x00b]{2,5}"), Expression(r"k[A-Z_]+", ignore_case=True), Expression(r"a|b[ab]+"),
    Expression(r"(?:a|b)[ab@]+"),
]
ENGINES = [name for name in ("hyperscan", "re2") if name == "re2" or available() == "hyperscan"]
TEXTS = st.lists(st.sampled_from(["a", "b", "ab", " ", "1", "12", "-", "@", ".", "x.y", "http://", "key_", "A", "\0", "\n", "é"]),
                 max_size=60).map("".join)


def posix(text: bytes) -> set[tuple[int, int, int]]:
    """Leftmost-longest matches that do not overlap, by another library."""
    found = set()
    for index, one in enumerate(EXPRESSIONS):
        flags = regex.POSIX | regex.DOTALL | (regex.IGNORECASE if one.ignore_case else 0)
        found |= {(index, *match.span()) for match in regex.finditer(one.written.encode(), text, flags)}
    return found


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_leftmost_longest(engine, text):
    here = ENGINE[engine].find(text.encode())
    assert set(zip(here.expression.tolist(), here.start.tolist(), here.end.tolist(), strict=True)) == posix(text.encode())


@pytest.mark.parametrize(("written", "closing"), [
    ("k[a-z]{2,}", {"k[a-z]{2,}[^a-z]", r"k[a-z]{2,}\z"}), ("k[^a-z]+", {"k[^a-z]{1,}[a-z]", r"k[^a-z]{1,}\z"}),
    (r"k[\]x]{1,3}", {r"k[\]x]{1,2}[^\]x]", r"k[\]x]{1,2}\z", r"k[\]x]{3}"}),
    ("(?:a|b)[ab]+", {"(?:a|b)[ab]{1,}[^ab]", r"(?:a|b)[ab]{1,}\z"}),
])
def test_an_expression_is_closed(written, closing):
    assert set(closed(written).written) == closing


@pytest.mark.parametrize("written", ["k[a-z]{2}", "k[a-z]*", "k[a-z]{0,2}", "k[a-z]", "kz{2,}", "a|b[ab]+", r"\[a]+", "(?:a[b]+)",
                                     "", "+"])
def test_an_expression_stays_open(written):
    assert closed(written) is None


@pytest.mark.skipif("hyperscan" not in ENGINES, reason="Hyperscan is not here")
def test_a_repetition_is_told_once(monkeypatch):
    """Of each expression, even where it ends with the buffer, and where it begins anywhere."""
    told = []
    monkeypatch.setattr(multi, "_matches", lambda found, matches=multi._matches: told.append(len(found) // 3) or matches(found))
    found = compiled([Expression(r"key_[A-Za-z0-9]{2,}"), Expression("[a-z0-9]{3,}")], "hyperscan").find(b"key_" + b"a1" * 500)
    assert found.end.tolist() == [1004, 3, 1004]
    assert told[0] == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_too_large_when_closed_stays_open(engine):
    found = compiled([Expression(r"[a-z]+:[^ \x00]{2,20}"), Expression("[0-9]{2,}")], engine).find(b"ab:cd12 123 x:yz")
    assert list(zip(*(part.tolist() for part in found), strict=True)) == [(0, 0, 7), (0, 12, 16), (1, 5, 7), (1, 8, 11)]


@pytest.mark.parametrize("engine", ENGINES)
@given(TEXTS)
def test_every_match_of_an_overlapping_expression(engine, text):
    data = text.encode()
    one = Expression(r"\b[0-9a-z]{1,2}(?:-[0-9a-z]{1,2}){1,2}\b", overlapping=True)
    word = [False, *(bytes([byte]).isalnum() or byte == ord("_") for byte in data), False]
    edges = [place for place in range(len(data) + 1) if word[place] != word[place + 1]]
    every = {(start, end) for start in edges for end in edges
             if re.fullmatch(rb"[0-9a-z]{1,2}(?:-[0-9a-z]{1,2}){1,2}", data[start:end])}
    here = compiled([one], engine).find(data)
    spans = set(zip(here.start.tolist(), here.end.tolist(), strict=True))
    assert spans <= every
    assert spans >= {(min(start for start, other in every if other == end), end) for _, end in every}


ENGINE = {name: compiled(EXPRESSIONS, name) for name in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("written", ["(", r"(?=a)", r"(a)\1"])
def test_what_an_engine_cannot_say_is_refused_by_its_index(engine, written):
    with pytest.raises(ValueError) as refusal:
        compiled([Expression("a"), Expression(written)], engine)
    assert refusal.value.args == (1,)


def test_the_engine_that_is_chosen_is_the_one_that_is_there():
    assert available() in ENGINES
    assert compiled(EXPRESSIONS).name == available()
