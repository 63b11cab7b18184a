"""Tags raise protection, are never lowered by data, and say where they conflict with it."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from engine.detect.columns.classify import SEVERITY, classify, classify_container
from engine.detect.columns.tags import tags_of
from engine.detect.tables.tally import ColumnTally, EntityTally


def column(path="c", **entities):
    found = {name: EntityTally(100, 100, 100 * 950_000, 950_000, {"R"}, 100) for name in entities}
    return ColumnTally(path, "string", path, cells=100, rows=100, entities=found, sketch=tuple(range(20)),
                       measures=Counter({"measured": 100, "look:word": 100}))


@pytest.mark.parametrize(("metadata", "comment", "personal"), [
    ({"pii": "true"}, "", True), ({"PII": "Yes"}, "", True), ({"dataclassification": "Confidential"}, "", True),
    ({"sensitivity": "high"}, "", True), ({"my.org.classification": "phi"}, "", True), ({"class.email_address": ""}, "", True),
    ({}, "the mail address @pii", True), ({}, "[PHI] first diagnosis", True), ({}, "#sensitive", True),
    ({"pii": "false"}, "", False), ({"classification": "public"}, "", False), ({}, "@public reference data", False),
    ({"pii": "not personal"}, "", False), ({"lakeveil.role": "insensitive"}, "", False)])
def test_tags(metadata, comment, personal):
    (tag,) = tags_of(metadata, comment)
    assert tag.personal is personal
    assert tag.says


@pytest.mark.parametrize(("metadata", "comment"), [
    ({"owner": "jane@example.com"}, ""), ({"classification": "internal"}, ""), ({"delta.identity.start": "1"}, ""),
        ({"pii": ""}, ""),
    ({}, "write to team@pii.example.com"), ({}, "see issue #12"), ({"lakeveil.role": "nonsense"}, "")])
def test_no_tags(metadata, comment):
    assert tags_of(metadata, comment) == ()


def test_a_tag_never_quotes_its_value():
    (tag,) = tags_of({"classification": "jane@example.com"})
    assert "jane" not in tag.says


def test_personal_raises():
    found = classify(column(), tags_of({"pii": "true"}))
    assert (found.role, found.category, found.conflicts) == ("direct", "identity", ())
    assert classify(column(), tags_of({"classification": "phi"})).category == "health"
    assert classify(column(), tags_of({"class.us_ssn": "x"})).role == "direct"


def test_a_role_is_a_floor_whatever_the_data_says():
    columns = (column(), column("salary"), column(EMAIL_ADDRESS=1), column("sex"))
    for role, one in itertools.product(SEVERITY, columns):
        alone, found = classify(one), classify(one, tags_of({"lakeveil.role": role}))
        assert SEVERITY.index(found.role) == min(SEVERITY.index(alone.role), SEVERITY.index(role)) or found.role == "insensitive"
        if role != "insensitive":
            assert SEVERITY.index(found.role) <= SEVERITY.index(role)


def test_not_personal_against_what_was_found_is_a_conflict():
    found = classify(column("code", EMAIL_ADDRESS=1), tags_of({"pii": "false"}))
    assert (found.role, found.category) == ("direct", "contact")
    assert found.conflicts[0].startswith("conflict: ")
    assert found.conflicts[0] in found.evidence


def test_not_personal_is_believed_where_nothing_but_a_name_says_otherwise():
    assert classify(column("city")).role == "quasi"
    found = classify(column("city"), tags_of({}, "@public"))
    assert (found.role, found.conflicts) == ("insensitive", ())


def test_less_than_the_data_shows_is_a_conflict():
    found = classify(column(EMAIL_ADDRESS=1), tags_of({"lakeveil.role": "quasi"}))
    assert found.role == "direct"
    assert "protects more" in found.conflicts[0]


def test_a_container_honours_its_own_tags():
    inner = classify(column())
    assert classify_container([inner]).role == "insensitive"
    assert classify_container([inner], tags_of({"pii": "true"})).role == "direct"
    assert classify_container([], tags_of({"pii": "true"})).role == "direct"
