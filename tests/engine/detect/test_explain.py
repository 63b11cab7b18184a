"""Findings of every tier are explained: what spoke for each adds up to its score, and no part of the text is told."""

from __future__ import annotations

import re
from math import log

import pyarrow as pa
import pytest

from engine.detect.config import RecognizerConfig
from engine.detect.explain import explain
from engine.detect.plugins.plugin import RulePlugin
from engine.detect.plugins.rules import Rule
from engine.detect.scanner import Scanner
from engine.errors import InputError


def told(text, entity_type, **how):
    one = next(one for one in explain(text, **how) if one.entity_type == entity_type)
    return dict(one.evidence), one


@pytest.mark.parametrize(("text", "header", "entity_type", "words"), [
    ("Card 4539 5787 6362 1486", "", "CREDIT_CARD",
     ["format of CREDIT_CARD", "luhn", "context word 'card' in the words"]),
    ("4539 5787 6362 1486", "", "CREDIT_CARD", ["format of CREDIT_CARD", "luhn"]),
    ("219-09-9999", "ssn", "US_SSN", ["format of US_SSN", "check passed", "context word 'ssn' in the column's name"]),
    ("219-09-9999 (SSN)", "", "US_SSN", ["format of US_SSN", "context word 'ssn' in the words after it"]),
    ("219-09-9999", "customerSSN", "US_SSN", ["in the column's name"]),
    ("ask jane@example.org", "", "EMAIL_ADDRESS", ["pattern of EMAIL_ADDRESS", "check passed: structure"]),
    ("call +49 30 901820", "", "PHONE_NUMBER", ["numbering plans"]),
    ("seen by Anna Weber", "", "PERSON", ["given name", "family name"]),
])
def test_what_spoke_for_a_finding(text, header, entity_type, words):
    evidence, one = told(text, entity_type, header=header)
    said = "; ".join(evidence)
    assert all(word in said for word in words), said
    assert ("context word" in said) is any("column" in word or "context" in word for word in words)
    score = min(max(one.score, 1e-6), 1 - 1e-6)
    assert sum(evidence.values()) == pytest.approx(log(score / (1 - score)), abs=0.02)
    assert not set(re.findall(r"\d{3,}|\w+@\w+|Anna|Weber", text)) & set(re.findall(r"\d{3,}|\w+@\w+|Anna|Weber", said))


def test_every_finding_of_a_scan_is_explained():
    text = "Card 4539 5787 6362 1486 of Jane Doe, jane@example.org, IBAN DE89 3704 0044 0532 0130 00, born 1980-02-03 in Berlin"
    found = explain(text)
    assert [(*one.span, one.entity_type, one.score) for one in found] == [
        (one.start, one.end, one.entity_type, one.score) for one in Scanner.default().find_distinct(pa.array([text]))]
    assert all(one.evidence for one in found)
    assert explain("") == explain("nothing here") == []


def test_a_scanner_of_ones_own():
    badge = RulePlugin(name="badge", context=(), rules=(Rule("BADGE", r"\bB-\d{4}\b", 0, lambda match: (*match.span(), 0.9)),))
    scanner = Scanner(RecognizerConfig.default().model_copy(update={"names": "off"}), [badge])
    (one,) = explain("Anna Weber has B-1234", scanner)
    assert (one.entity_type, one.evidence) == ("BADGE", [("recognizer 'badge'", pytest.approx(log(9)))])


@pytest.mark.parametrize("text", ["\ud800 x", 5, None])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(InputError, match="explain"):
        explain(text)
