"""Expressions of numbering plans, read as the module re reads them."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.phones.automata import beginning, whole
from engine.detect.phones.expressions import alternatives, parsed

CLASSES = st.sampled_from([r"\d", "[2-9]", "[013-57]", "[1-35-79]", "0", "7"])
EXPRESSIONS = st.recursive(CLASSES, lambda inner: st.one_of(
    st.lists(inner, min_size=1, max_size=3).map("".join),
    st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
    st.tuples(inner, st.sampled_from(["?", "{2}", "{0,2}", "{1,3}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
), max_leaves=8)
DIGITS = st.text("0123456789", max_size=9)


@settings(max_examples=25, deadline=None)
@given(EXPRESSIONS, st.lists(DIGITS, min_size=8, max_size=8))
def test_what_matches_is_said(expression, texts):
    for text in texts:
        assert whole(expression).said(text) == bool(re.fullmatch(expression, text))
        assert beginning(expression).said(text) == bool(re.match(expression, text))


@settings(max_examples=25, deadline=None)
@given(EXPRESSIONS, st.lists(DIGITS, min_size=8, max_size=8))
def test_the_first_alternative_that_fits_is_what_re_matches(expression, texts):
    found = alternatives(expression)
    for text in texts:
        match = re.match(expression, text)
        ends = [len(one.classes) for one in found if fits(one, text)]
        assert (ends[0] if ends else None) == (match and match.end())


def fits(one, text):
    size = len(one.classes)
    inside = len(text) >= size and all(digits >> int(digit) & 1 for digits, digit in zip(one.classes, text, strict=False))
    return inside and not (one.ends and len(text) > size)


@pytest.mark.parametrize("region", ["US", "BR", "AG", "JP", "IM", "GA", "CO", "AU"])
def test_national_prefixes_of_regions_become_what_their_rules_say(region):
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    expression, rule = metadata.national_prefix_for_parsing, metadata.national_prefix_transform_rule
    found = alternatives(expression, rule or "")
    seen = 0
    for text in texts_for(found):
        match = re.match(expression, text)
        one = next((one for one in found if fits(one, text)), None)
        assert (one is None) == (match is None), text
        if match:
            seen += 1
            kept = "".join(digit for digit, keeps in zip(text, one.kept, strict=False) if keeps)
            rewritten = rule and match.groups()[-1] is not None
            assert one.put + kept + text[len(one.classes):] == (
                re.sub(expression, rule, text, count=1) if rewritten else text[match.end():]), text
    assert seen


def texts_for(found):
    for one in found:
        shortest = "".join(str(min(digit for digit in range(10) if digits >> digit & 1)) for digits in one.classes)
        yield from (shortest, shortest + "5", shortest + "2345678", shortest[:-1], "1" + shortest)


@pytest.mark.parametrize("expression", ["a", "1*", "(1", "1)", "?", "[2-9", "1+"])
def test_whatever_else_is_refused(expression):
    with pytest.raises(ValueError):
        parsed(expression)
