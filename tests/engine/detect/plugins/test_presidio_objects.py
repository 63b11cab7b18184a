"""Presidio's objects as plug-ins: what each says on each value alone, and what happens when it fails."""

from __future__ import annotations

import functools
import re
import sys
import time
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.detect.plugins import Budget, CodePlugin, RulePlugin, from_presidio
from engine.detect.plugins.guarded import OUT_OF_TIME
from engine.detect.plugins.plain import joins
from engine.detect.plugins.presidio_classes import recognizer_classes
from engine.detect.plugins.spans import Spans
from engine.errors import PolicyError
from tests.engine.detect.test_scanner_against_presidio import PIECES, presidio

BASE = next(one for one in recognizer_classes()["UsSsnRecognizer"].__mro__ if one.__name__ == "PatternRecognizer")
ENTITY = next(one for one in BASE.__mro__ if one.__name__ == "EntityRecognizer")
PATTERN, RESULT = BASE.from_dict.__func__.__globals__["Pattern"], ENTITY.remove_duplicates.__globals__["RecognizerResult"]


@functools.cache
def plugged():
    return [from_presidio(one) for one in presidio()]


def claims(spans: Spans) -> list[set[tuple]]:
    found: dict[int, set] = {}
    for value, start, end, kind, score in zip(spans.value, spans.start, spans.end, spans.kind, spans.score, strict=True):
        found.setdefault(int(value), set()).add((int(start), int(end), spans.types[kind], round(float(score), 6)))
    return found


def said(recognizer, text: str) -> set[tuple]:
    results = type(recognizer).remove_duplicates(recognizer.analyze(text, recognizer.supported_entities))
    return {(one.start, one.end, one.entity_type, round(one.score, 6)) for one in results}


def agree(recognizers, plugins, texts) -> None:
    for recognizer, plugin in zip(recognizers, plugins, strict=True):
        spans = plugin.find(pa.array(texts, pa.string()))
        got = claims(spans)
        assert not spans.unscannable
        for place, text in enumerate(texts):
            assert got.get(place, set()) == (said(recognizer, text) if text else set()), (plugin.name, text)


@pytest.mark.slow
def test_every_recognizer_on_every_piece():
    agree(presidio(), plugged(), [*PIECES, None, *(f"{a} {b}" for a, b in pairwise(PIECES[:60:3]))])
    assert sum(isinstance(one, RulePlugin) for one in plugged()) > 85


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=8))
def test_every_recognizer_on_generated_texts(texts):
    agree(presidio(), plugged(), texts)


class Ticket(BASE):
    """A checksum and a veto of its own."""

    def __init__(self, **more):
        super().__init__(supported_entity="TICKET", patterns=[PATTERN("p", r"T(\d+)", 0.3), PATTERN("q", r"(?<=#)(\d)\1+", 0.2)],
                         deny_list=["Ward 7", "é+"], deny_list_score=0.9, context=["ticket"], **more)

    def validate_result(self, pattern_text):
        digits = [int(one) for one in pattern_text if one.isdigit()]
        return None if len(digits) < 3 else sum(digits) % 3 == 0

    def invalidate_result(self, pattern_text):
        return pattern_text.endswith("9")


TICKETS = [
    "T12", "t12", "T123", "T124", "T9", "xT999 T3", "#11 #222 #12", "Ward 7",
    "in ward 7.", "Wards 7", "é+", "aé+", "T1\nT2", "", "é+ T12"]


@pytest.mark.parametrize("flags", [26, 0, int(re.IGNORECASE), int(re.MULTILINE)])
def test_a_pattern_recognizer_of_the_users(flags):
    recognizer = Ticket(global_regex_flags=flags)
    plugin = from_presidio(recognizer)
    agree([recognizer], [plugin], TICKETS)
    assert (plugin.entity_types, plugin.context, plugin.name) == (("TICKET",), ("ticket",), "Ticket")
    assert all(joins(one) for one in plugin.rules)


class Loud(ENTITY):
    """Code of the user's: claims capitals; fails in several ways."""

    def load(self):
        pass

    def analyze(self, text, *_):
        if "raise" in text:
            raise KeyError(text)
        if "hang" in text:
            re.search(r"(?:(?:a|a)+)+b", "a" * 60)
        if "leave" in text:
            sys.exit(text)
        if "outside" in text:
            return [RESULT("LOUD", 0, len(text) + 1, 0.5)]
        if "none" in text:
            return None
        return [RESULT("LOUD", *match.span(), 0.5) for match in re.finditer("[A-Z]{2,}", text)]


@pytest.mark.slow
def test_code_runs_on_each_value_and_fails_alone():
    plugin = from_presidio(Loud(["LOUD"], name="loud"), budget=Budget(0.2))
    assert isinstance(plugin, CodePlugin)
    began = time.monotonic()
    spans = plugin.find(pa.array(["hi YOU", "raise", "hang", "outside", None, "none", "ME", "leave"]))
    assert time.monotonic() - began < 5
    assert claims(spans) == {0: {(3, 6, "LOUD", 0.5)}, 6: {(0, 2, "LOUD", 0.5)}}
    assert spans.unscannable == {1: "KeyError", 2: OUT_OF_TIME, 3: "ValueError", 7: "SystemExit"}


class Stubborn(Ticket):
    """A validator that hangs on one value and fails on another."""

    def validate_result(self, pattern_text):
        if pattern_text == "T66":
            time.sleep(60)
        return 1 / (pattern_text != "T77") > 0


@pytest.mark.slow
def test_a_validator_that_hangs_or_raises_ends_its_value_alone():
    spans = from_presidio(Stubborn(), budget=Budget(0.2)).find(pa.array(["T55", "T66", "T77", "T88"]))
    assert sorted(claims(spans)) == [0, 3]
    assert spans.unscannable == {1: OUT_OF_TIME, 2: "ZeroDivisionError"}


def test_what_cannot_be_plugged_in():
    with pytest.raises(PolicyError, match="not a recognizer"):
        from_presidio(object())
    reader = type("SpacyRecognizer", (Loud,), {})(["PERSON"])
    with pytest.raises(PolicyError, match="load_model"):
        from_presidio(reader)


def test_a_subclass_of_the_mail_recognizer_asks_no_network(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("network"))
    mail = type("Mail", (recognizer_classes()["EmailRecognizer"],), {})
    spans = from_presidio(mail()).find(pa.array(["a@b.co.uk a@b.nowhere"]))
    assert claims(spans) == {0: {(0, 9, "EMAIL_ADDRESS", 1.0)}}
