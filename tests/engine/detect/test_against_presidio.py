"""What the scanner finds differs from Presidio where the golden file says so, and nowhere else."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest

from engine.detect.scanner import FINDINGS
from tests.engine.detect import presidio_differences as harness
from tests.engine.detect.presidio_differences import (
    Claim,
    compared,
    differences,
    golden,
    groups,
    ours,
    reference,
    strongest,
    written,
)

SOME = 200


@pytest.fixture(scope="module")
def data(shared_data):
    return harness.sentences()


@pytest.mark.slow
def test_some_sentences(data):
    assert differences(ours(), data, every=SOME) == [one for one in golden() if one.sentence % SOME == 0]


@pytest.mark.slow
def test_every_sentence(data):
    """If this is meant: ``python -m tests.engine.detect.presidio_differences > tests/golden/presidio-differences.json``."""
    found = differences(ours(), data)
    assert groups(found) == groups(golden())
    assert found == golden()
    assert written(found, data) == harness.GOLDEN.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_golden_file_holds_places_and_words_of_ours_and_no_text(data):
    content = json.loads(harness.GOLDEN.read_text(encoding="utf-8"))
    assert content["values"] == {name: len(texts) for name, texts in data.items()}
    reasons = r"(ours|presidio): (the span is [A-Z0-9_]+|[a-z ,]+( at 0\.\d+)?)"
    for one in golden():
        assert 0 <= one.start < one.end <= len(data[one.data][one.sentence])
        assert one.type in harness.types()
        assert one.side in {"ours", "presidio"}
        assert re.fullmatch(reasons, one.reason)
        assert re.fullmatch(r"[A-Za-z0-9 +._]+", one.recognizer)


def reasons(text: str, *made: Claim, changed: bool = False) -> dict[tuple, str]:
    return {(side, *one.place): reason for side, one, reason in compared(text, made, changed=changed)}


MAIL = "ann@example.org"


@pytest.mark.slow
def test_the_same_is_no_difference():
    assert reasons(MAIL, *strongest(reference(MAIL))) == {}


@pytest.mark.parametrize(("place", "kind", "reason"), [
    ((0, 15), "PERSON", "ours: the span is PERSON"), ((0, 18), "EMAIL_ADDRESS", "ours: longer span"),
    ((1, 14), "EMAIL_ADDRESS", "ours: shorter span"), ((1, 18), "EMAIL_ADDRESS", "ours: shifted span"),
    ((20, 21), "EMAIL_ADDRESS", "presidio: verified, no context word"),
])
def test_reasons_for_what_presidio_alone_claims(place, kind, reason):
    assert reasons(f"{MAIL} and more", Claim(*place, kind, 0.9, "own"))["presidio", 0, 15, "EMAIL_ADDRESS"] == reason


def test_reasons_that_ask_for_context_and_checks():
    assert reasons("34 ABC 123")["presidio", 0, 10, "TR_LICENSE_PLATE"] == "presidio: verified, no context word"
    assert reasons("postcode SW1A 1AA")["presidio", 9, 17, "UK_POSTCODE"] == "presidio: pattern only, near a context word"
    assert harness.proven("CREDIT_CARD", "4111 1111 1111 1111")
    assert harness.proven("CREDIT_CARD", "4111 1111 1111 1112") is False
    assert harness.proven("PERSON", "Ann") is None


@pytest.mark.parametrize(("text", "kind", "recognizer", "changed", "reason"), [
    ("12345678", "US_BANK_NUMBER", "UsBankRecognizer", False, "presidio: below the threshold at 0.05"),
    ("x", "URL", "UrlRecognizer", True, "ours: the text reads otherwise than it is written"),
    ("x", "URL", "UrlRecognizer", False, "ours: pattern only"), ("x", "URL", "own", False, "ours: a recognizer of its own"),
    ("4111-1111/1111.1111", "CREDIT_CARD", "own", False, "ours: passes the check of its type"),
])
def test_reasons_for_what_we_alone_claim(text, kind, recognizer, changed, reason):
    assert reasons(text, Claim(0, len(text), kind, 0.9, recognizer), changed=changed)["ours", 0, len(text), kind] == reason


def test_any_search_can_be_held_against_presidio_under_other_names_of_types():
    def blind(values):
        return FINDINGS.empty_table()

    def renamed(values):
        rows = [{"row": 0, "start": 0, "end": 15, "entity_type": "MAIL", "score": 1.0, "recognizer": "own"},
                {"row": 0, "start": 0, "end": 3, "entity_type": "OF_NO_INTEREST", "score": 1.0, "recognizer": "own"}]
        return pa.Table.from_pylist(rows, schema=FINDINGS)

    found = differences(blind, {"d": [MAIL, "nothing"]})
    assert {one[:5] for one in found} == {("d", 0, 0, 15, "EMAIL_ADDRESS"), ("d", 0, 4, 15, "URL")}
    assert groups(found)["EmailRecognizer", "EMAIL_ADDRESS", "presidio", "presidio: verified, no context word"] == 1
    assert {one.type for one in differences(renamed, {"d": [MAIL]}, {"MAIL": "EMAIL_ADDRESS"})} == {"URL"}
    assert json.loads(written(found, {"d": [MAIL, "nothing"]}))["differences"].keys() == {"d 0"}
