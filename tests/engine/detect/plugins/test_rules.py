"""What is read off a pattern's text, held against the pattern itself."""

import functools
import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.detect.plugins import RulePlugin, from_presidio
from engine.detect.plugins.plain import filter_of
from engine.detect.plugins.presidio_classes import recognizer_classes
from engine.detect.plugins.rules import Rule, separable, superset


@functools.cache
def rules():
    plugins = [from_presidio(kind()) for name, kind in sorted(recognizer_classes().items()) if name != "ZaPhoneNumberRecognizer"]
    return [rule for one in plugins if isinstance(one, RulePlugin) for rule in one.rules if isinstance(rule, Rule)]


@pytest.mark.parametrize(("written", "apart"), [
    (r"\b\d{9}\b", True), (r"\b\d{3} \d{3}\b", True), (r"\d[- ]?\d", True), (r"a.b", False), (r"^\d+$", False), (r"[^a]b", False),
    (r"[^\s]+@", False), (r"\S+@", False), (r"x\W", False), (r"(?<!\d)\d{4}(?!\d)", True), (r"(?<![A-Z0-9])[A-Z]{2}", True),
    (r"(?<=\bclaim\s)\d+", True), (r"[ -~]", True), (r"\x00", False), (r"([:-])a\1", True), (r"\p{Lu}\p{L}+", True),
    (r"\p{Z}", False),
])
def test_what_a_pattern_meets(written, apart):
    assert separable(written) == apart


def test_most_rules_are_fast():
    assert len(rules()) > 150
    assert sum(rule.separable for rule in rules()) > 0.85 * len(rules())
    assert sum(filter_of(rule) is not None for rule in rules()) > 0.98 * len(rules())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Possible nested set")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_filters_let_every_match_through(data):
    """Texts made from the rules' own patterns."""
    rule = data.draw(st.sampled_from(rules()))
    simple = _for_re(rule.written)
    try:
        compiled = re.compile(simple, rule.flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL))
    except re.error:
        return  # only the module regex reads it
    text = data.draw(st.from_regex(compiled))
    around = data.draw(st.sampled_from(["", " ", "x ", "é", "."]))
    text = f"{around}{text}"
    match = next(rule.pattern.finditer(text), None)
    if match is None:
        return
    if not regex.search("[\u0130\u0131]", text) and filter_of(rule) is not None:
        assert pc.match_substring_regex(pa.array([text]), filter_of(rule))[0].as_py()


def _for_re(written: str) -> str:
    return written.replace(r"\p{Lu}", "[A-ZÀ-Þ]").replace(r"\p{L}", "a-zA-Zà-þ") if "[" in written else written


def test_superset_of_what_cannot_be_filtered():
    assert superset(r"(?>a+)b", 0) is None or regex.search(r"(?>a+)b", "aab")
    assert superset(r"a*", 0) is None  # it matches everywhere
