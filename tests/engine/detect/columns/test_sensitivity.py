"""Levels of columns: the mapping that ships, and the laws that any rules obey."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.columns.sensitivity import LEVELS, SensitivityConfig, level_of_type, rate, rated
from engine.detect.registry import Registry
from engine.errors import InputError, PolicyError
from schemas.findings import Category, ColumnFindings, EntityFinding, ScanReport
from schemas.policy import Role

RULES = SensitivityConfig.default()


def column(path="c", role="insensitive", category="other", type_="string", **shares):
    entities = tuple(EntityFinding(entity_type=name, cells=round(share * 10_000), share=share, findings=1, score_mean=1,
                                   score_max=1) for name, share in shares.items())
    return ColumnFindings(path=path, type=type_, cells=10_000, nulls=0, distinct=5, scanned=10_000, entities=entities, role=role,
                          category=category, confidence=0.9)


def report(*columns):
    return ScanReport(table="lake/people", format="csv", rows=10_000, columns=columns)


@pytest.mark.parametrize(("one", "level"), [
    (column(), "internal"),
    (column(role="quasi", category="demographic"), "confidential"),
    (column(role="quasi", category="date", DATE_TIME=1.0), "confidential"),
    (column(role="direct", category="contact", EMAIL_ADDRESS=1.0), "confidential"),
    (column(role="direct", category="identity", PERSON=1.0), "confidential"),
    (column(role="direct", category="identity", US_SSN=1.0), "restricted"),
    (column(role="direct", category="identity", DE_ID_CARD=0.5), "restricted"),
    (column(role="direct", category="credential"), "restricted"),
    (column(role="direct", category="financial", IBAN_CODE=1.0), "restricted"),
    (column(role="sensitive", category="health"), "restricted"),
    (column(role="sensitive", category="demographic"), "restricted"),
    (column(role="sensitive", category="financial"), "confidential"),
    (column(role="text", category="free text"), "confidential"),
    (column(role="text", category="free text", US_SSN=0.002), "restricted"),
    (column(role="text", category="free text", US_SSN=0.0005), "confidential"),
    (column(role="text", category="free text", GITHUB_TOKEN=0.0001), "restricted"),
    (column(UNSCANNABLE=0.0001), "restricted"),
    (column(EMAIL_ADDRESS=0.02), "confidential"),
    (column(CREDIT_CARD=0.02), "restricted"),
    (column(US_EIN=1.0), "internal"),
    (column(UUID=1.0, URL=0.5, DATE_TIME=0.5), "internal"),
    (column(SOMETHING_OF_A_PLUGIN=1.0), "confidential"),
])
def test_the_mapping_that_ships(one, level):
    verdict = rate(one, RULES)
    assert verdict.level == level
    assert verdict.because


def test_every_secret_and_every_payment_card_datum_is_restricted():
    for one in Registry.default().types:
        if one.category == "credential" or "pci" in one.laws:
            assert level_of_type(one.type, RULES) == "restricted", one.type
        assert level_of_type(one.type, RULES) != "public"


def test_a_container_is_as_sensitive_as_what_it_holds():
    parts = (column("address", type_="struct"), column("address.zip", "quasi", "location"), column("address.ssn", US_SSN=1.0),
             column("addressee", type_="list"), column("addressee[]"))
    found = {one.path: one.sensitivity for one in rated(report(*parts)).columns}
    assert found == {"address": "restricted", "address.zip": "confidential", "address.ssn": "restricted",
                     "addressee": "internal", "addressee[]": "internal"}
    assert rated(report(*parts)).sensitivity == "restricted"
    document = (column("payload"), column("payload$.user.ssn", US_SSN=1.0), column("payload.x"))
    assert [one.sensitivity for one in rated(report(*document)).columns] == ["restricted", "restricted", "internal"]
    assert rated(report()).sensitivity is None


def test_a_person_decides_in_both_directions(tmp_path):
    text = RULES.model_dump_json().replace('"decided":[]', '"decided":[{"tables":["*/people"],"columns":["c*"],"level":"public",'
                                           '"because":"published yearly"},{"level":"restricted","because":"all of it"}]')
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    rules = SensitivityConfig.load(path)
    assert rate(column("code", US_SSN=1.0), rules, "lake/people").level == "public"
    assert rate(column("other"), rules, "lake/people") == rate(column("code"), rules, "lake/x")
    assert rate(column("other"), rules, "lake/people").level == "restricted"


@pytest.mark.parametrize(("text", "error"), [
    ("version: 1\nleast_share: 2\notherwise: {level: internal, because: x}\n", PolicyError),
    ("version: 1\nleast_share: 0\notherwise: {level: public, because: x}\n", PolicyError),
    ("version: 1\nleast_share: 0\notherwise: {level: secret, because: x}\n", PolicyError),
    (": :", PolicyError), (None, InputError),
])
def test_rules_that_are_none(text, error, tmp_path):
    path = tmp_path / "rules.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error):
        SensitivityConfig.load(path)


TYPES = st.sampled_from(["EMAIL_ADDRESS", "US_SSN", "URL", "CREDIT_CARD", "GITHUB_TOKEN", "UNSCANNABLE", "LEI", "NEW_THING"])
COLUMNS = st.builds(
    lambda role, category, shares: column("c", role, category, **shares), st.sampled_from(get_args(Role)),
    st.sampled_from(get_args(Category)), st.dictionaries(TYPES, st.floats(0, 1), max_size=4))


@given(COLUMNS, TYPES, st.floats(0, 1))
def test_more_findings_never_lower_a_level(one, extra, share):
    more = column("c", one.role, one.category, **{**{e.entity_type: e.share for e in one.entities}, extra: share})
    before = {e.entity_type: e.share for e in one.entities}.get(extra, 0)
    if share >= before:
        assert LEVELS.index(rate(more, RULES).level) >= LEVELS.index(rate(one, RULES).level)


@given(COLUMNS)
def test_a_level_is_a_function_of_the_report(one):
    again = ScanReport.model_validate_json(rated(report(one)).model_dump_json())
    assert rated(again) == rated(report(one)) == rated(rated(again))
    assert again.columns[0].sensitivity == again.sensitivity != "public"
