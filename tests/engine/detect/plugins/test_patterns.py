"""Patterns of a user's own: what they mean, and Lakeveil's checks on them."""

import pyarrow as pa
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.plugins import Plugins
from engine.detect.plugins.patterns import plugins_of
from engine.detect.plugins.reading import Origin
from engine.errors import PolicyError

BADGE = {"name": "badge", "type": "BADGE", "regex": r"\bB-?(?P<entity>[0-9 ]{5,9})\b", "score": 0.5, "check": {"kind": "luhn"}}


def plugins(*patterns: dict):
    return list(plugins_of({"version": 1, "patterns": list(patterns)}, Origin("own.yaml")))


def found(texts, *patterns: dict, **more) -> list[tuple]:
    table = Plugins(plugins(*patterns), threshold=0).find(pa.array(texts), **more)
    return [(row["value"], row["start"], row["end"], row["entity_type"], round(row["score"], 4)) for row in table.to_pylist()]


def test_a_check_has_the_last_word():
    assert found(["B-18", "B-7992 73", "B-7992 70", "B799270"], BADGE) == [
        (2, 2, 9, "BADGE", round(0.5 / (0.5 + 0.5 * 0.1), 4)), (3, 1, 7, "BADGE", 0.9091)]


def luhn(text: str) -> bool:
    digits = [int(one) for one in reversed(text) if one.isdigit()]
    return sum(one if place % 2 == 0 else sum(divmod(2 * one, 10)) for place, one in enumerate(digits)) % 10 == 0


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text("0123456789 ", min_size=5, max_size=9).map("B-{}".format), max_size=8))
def test_checks_see_digits_without_what_is_between(texts):
    expected = [(place, *match.span("entity")) for place, text in enumerate(texts)
                for match in regex.finditer(BADGE["regex"], text) if match["entity"].strip() and luhn(match["entity"])]
    assert [row[:3] for row in found(texts, BADGE)] == expected


def test_a_claim_inside_one_that_fails_its_check_stands():
    one = {"name": "n", "type": "N", "regex": r"(?<!\d)\d{4}(?!\d)|\d{2}(?= )", "score": 0.5, "check": {"kind": "luhn"}}
    assert [row[:3] for row in found(["1234 18 x"], one)] == [(0, 5, 7)]


def test_decodings_and_structures_see_what_is_written():
    one = {"name": "key", "type": "KEY", "regex": r"k_\w+", "score": 0.5, "check": [{"kind": "structure", "regex": "k_[a-z]+"}]}
    assert [row[:3] for row in found(["k_ab", "k_AB", "k_a_b"], one)] == [(0, 0, 4)]


def test_perls_meaning_not_the_longest():
    one = {"name": "a", "type": "A", "regex": "ab|abc", "score": 0.5}
    assert found(["abc"], one) == [(0, 0, 2, "A", 0.5)]


def test_unicode_digits_and_words():
    one = {"name": "a", "type": "A", "regex": r"\b\d+", "score": 0.5}
    assert found(["\u0661\u0662", "x12", "é12"], one) == [(0, 0, 2, "A", 0.5)]


def test_the_group_entity_is_claimed():
    assert found(["no: 12"], {"name": "a", "type": "A", "regex": r"no: (?P<entity>\d+)", "score": 0.5}) == [(0, 4, 6, "A", 0.5)]
    assert found(["no: "], {"name": "a", "type": "A", "regex": r"no: (?P<entity>\d+)?", "score": 0.5}) == []


def test_deny_lists_case_and_context():
    wards = {"name": "w", "type": "WARD", "deny_list": ["Ward 7", "é"], "score": 0.2, "ignore_case": True, "context": ["Unit"]}
    assert found(["unit ward 7", "ward 7", "wards 7", "É"], wards) == [
        (0, 5, 11, "WARD", 0.55), (1, 0, 6, "WARD", 0.2), (3, 0, 1, "WARD", 0.2)]
    assert [row[0] for row in found(["unit ward 7", "ward 7"], {**wards, "when": "context"})] == [0]
    assert found(["ward 7"], {**wards, "ignore_case": False}) == []


@pytest.mark.parametrize(("change", "words"), [
    ({"regex": "(a"}, ["does not compile", "pattern 'badge'"]), ({"regex": None}, ["'regex' or 'deny_list'"]),
    ({"deny_list": ["x"]}, ["not both"]), ({"when": "context"}, ["without 'context'"]), ({"type": "badge"}, ["patterns.0.type"]),
    ({"check": {"kind": "lun"}}, ["patterns.0.check"]), ({"scor": 1}, ["patterns.0.scor"]), ({"score": 0}, ["patterns.0.score"]),
    ({"regex": None, "deny_list": ["x", " "]}, ["deny_list.1"]), ({"type": "UNSCANNABLE"}, ["UNSCANNABLE", "another type"]),
])
def test_what_is_refused(change, words):
    with pytest.raises(PolicyError) as caught:
        Plugins(plugins({**BADGE, **change}))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_patterns_have_different_names():
    with pytest.raises(PolicyError, match="one name"):
        plugins(BADGE, {**BADGE, "type": "OTHER"})
