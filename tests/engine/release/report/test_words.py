"""Numbers in words: nothing rounds to a claim that the number does not make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.release.report import words
from schemas.policy import Guarantees
from schemas.receipt import GuaranteeVerdict


@pytest.mark.parametrize(("share", "text"), [
    (0, "0%"), (1, "100%"), (0.02, "2%"), (0.01325, "1.3%"), (0.00004, "< 0.1%"), (0.99999, "> 99.9%"), (0.5, "50%")])
def test_percent(share, text):
    assert words.percent(share) == text


@given(st.floats(0, 1))
def test_percent_says_none_or_all_only_when_it_is(share):
    assert (words.percent(share) == "0%") == (share == 0)
    assert (words.percent(share) == "100%") == (share * 100 == 100)


@given(st.floats(1e-6, 1))
def test_one_in_never_understates_the_risk(risk):
    assert 1 / int(words.one_in(risk).removeprefix("1 in ").replace("\u202f", "")) >= risk


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (18_400_000, "18 MB"), (2 * 10 ** 15, "2000 TB")])
def test_size(count, text):
    assert words.size(count) == text


@given(st.floats(0.001, 100))
def test_budget_never_understates_what_was_spent(epsilon):
    assert epsilon - 1e-8 <= float(words.budget(epsilon)) <= epsilon + 0.0011


@pytest.mark.parametrize(("delta", "text"), [(1e-5, "1e-5"), (1.5e-6, "1.5e-6"), (1e-12, "1e-12"), (0.0, "0")])
def test_tiny(delta, text):
    assert words.tiny(delta) == text


@pytest.mark.parametrize(("name", "text"), [
    ("EMAIL_ADDRESS", "e-mail address"), ("US_SSN", "US SSN"), ("IP_ADDRESS", "IP address"), ("PERSON", "person"),
    ("DATE_TIME", "date or time")])
def test_entity(name, text):
    assert words.entity(name) == text


@pytest.mark.parametrize(("name", "promised", "measured", "texts"), [
    ("k", 10, 12, ("k-anonymity", "≥\u200910", "12")),
    ("suppression", 0.02, 0.013, ("suppression", "≤\u20092%", "1.3%")),
    ("t(diagnosis)", 0.2, 0.1834, ("t-closeness of diagnosis", "≤\u20090.2", "0.1834")),
    ("subjects(who)", 4, 5, ("people in a group of who", "≥\u20094", "5")),
    ("recursive l(dx)", 3, 1.5, ("recursive l-diversity of dx", "<\u20093", "1.5")),
    ("l(dx) over versions", 2, 3, ("l-diversity of dx, over all versions", "≥\u20092", "3")),
    ("k of those who left", 4, 6, ("those who left", "≥\u20094", "6")),
    ("columns", 6, 6, ("columns and types", "=\u20096", "6"))])
def test_verdicts(name, promised, measured, texts):
    verdict = GuaranteeVerdict(guarantee=name, promised=promised, measured=measured, holds=True)
    assert (words.guarantee(verdict), words.promised(verdict), words.measured(verdict)) == texts
    assert words.explain(verdict)


def test_every_claim_of_a_policy_has_its_sign_and_words():
    on = {"column": "s"}
    promised = Guarantees.model_validate({
        "k": 2, "subjects": {**on, "least": 2},
        "l": [{**on, "distinct": 2}, {**on, "entropy": 2}, {**on, "recursive": {"c": 2, "l": 2}}],
        "t": [{**on, "max": 1}, {**on, "max": 1, "distance": "ordered"},
              {**on, "max": 1, "distance": "hierarchical", "hierarchy": {"groups": {"a": ["x"]}}}],
        "beta": [{**on, "max": 1}, {**on, "max": 1, "enhanced": True}], "delta": {**on, "below": 1}})
    for claim in promised.on_columns:
        said = claim.said
        verdict = GuaranteeVerdict(guarantee=said.name, promised=said.promised, measured=1, holds=True, detail="not this")
        assert words.promised(verdict)[0] == said.sign
        assert words.explain(verdict) != "not this"
