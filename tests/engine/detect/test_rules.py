"""What is read off a pattern's text, held against the pattern itself."""

import functools
import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.detect.config import RecognizerConfig, RecognizerEntry
from engine.detect.matching import words_of
from engine.detect.presidio import recognizer_classes
from engine.detect.recognizers import load
from engine.detect.rules import Rule, separable, spaceless, superset


@functools.cache
def rules():
    names = sorted(set(recognizer_classes()) - {"ZaPhoneNumberRecognizer"})
    config = RecognizerConfig(version=1, recognizers=tuple(RecognizerEntry(name=name) for name in names))
    return [one for one in load(config) if isinstance(one, Rule)]


@pytest.mark.parametrize(("written", "apart", "words"), [
    (r"\b\d{9}\b", True, True), (r"\b\d{3} \d{3}\b", True, False), (r"\d[- ]?\d", True, False), (r"a.b", False, False),
    (r"^\d+$", False, False), (r"[^a]b", False, False), (r"[^\s]+@", False, True), (r"\S+@", False, True), (r"x\W", False, False),
    (r"(?<!\d)\d{4}(?!\d)", True, True), (r"(?<![A-Z0-9])[A-Z]{2}", True, True), (r"(?<=\bclaim\s)\d+", True, False),
    (r"[ -~]", True, False), (r"\x00", False, False), (r"([:-])a\1", True, True), (r"\p{Lu}\p{L}+", True, True),
    (r"\p{Z}", False, False),
])
def test_what_a_pattern_meets(written, apart, words):
    assert (separable(written), spaceless(written)) == (apart, words)


def test_most_rules_are_fast():
    assert len(rules()) > 150
    assert sum(rule.separable or rule.spaceless for rule in rules()) > 0.95 * len(rules())
    assert all(rule.filter is not None for rule in rules())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Possible nested set")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_filters_let_every_match_through_and_words_keep_it(data):
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
    if not regex.search("[\u0130\u0131]", text):
        assert pc.match_substring_regex(pa.array([text]), rule.filter)[0].as_py()
    if rule.spaceless and match.group():
        words = words_of([text])
        spans = [(start, start + len(words.text[word].as_py()))
                 for start, word in zip(words.offset.tolist(), words.word.tolist(), strict=True)]
        assert any(start <= match.start() and match.end() <= end for start, end in spans)


def _for_re(written: str) -> str:
    return written.replace(r"\p{Lu}", "[A-ZÀ-Þ]").replace(r"\p{L}", "a-zA-Zà-þ") if "[" in written else written


@given(st.lists(st.text(alphabet="aé1@.:-/ \n\t\0日", max_size=12), min_size=1, max_size=6))
def test_words_stand_where_they_say(values):
    words = words_of(values)
    found = {(value, offset, words.text[word].as_py()) for value, offset, word in zip(
        words.value.tolist(), words.offset.tolist(), words.word.tolist(), strict=True)}
    expected = {(number, match.start(), match.group()) for number, value in enumerate(values)
                for match in re.finditer(r"[^ \t-\r]+", value)
                if re.search(r"[0-9@:\-/]|[^\x00-\x7f]|\.(?=[^ \t-\r])", match.group())}
    assert found == expected


def test_superset_of_what_cannot_be_filtered():
    assert superset(r"(?>a+)b", 0) is None or regex.search(r"(?>a+)b", "aab")
    assert superset(r"a*", 0) is None  # it matches everywhere
