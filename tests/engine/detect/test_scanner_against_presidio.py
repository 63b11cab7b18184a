"""Plug-ins give what Presidio's recognizers give on each value alone, span for span, and together what its analyzer keeps."""

from __future__ import annotations

import functools
import json
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.detect.config import ContextSettings
from engine.detect.plugins import Plugins, from_presidio
from engine.detect.plugins.presidio import suffixes
from engine.detect.plugins.presidio_classes import recognizer_classes

SYNTH = Path(__file__).parents[4] / "shared" / "data" / "pii" / "synth_v2_half.json"
PARENTS = {"ZaPhoneNumberRecognizer"}  # a base class, which takes what to look for


@functools.cache
def presidio():
    """Presidio's own recognizers, with the one network call (the suffix list) answered from the packaged snapshot."""
    found = [kind() for name, kind in sorted(recognizer_classes().items()) if name not in PARENTS]
    for one in found:
        if type(one).__name__ == "EmailRecognizer":
            one.validate_result = lambda text: suffixes()(text).fqdn != ""
    return found


@functools.cache
def everything() -> Plugins:
    """Every recognizer of Presidio's, no threshold, no context."""
    made = [from_presidio(kind()) for name, kind in sorted(recognizer_classes().items()) if name not in PARENTS]
    return Plugins(made, context=ContextSettings(boost=0, floor=0, words=0), threshold=0)


def reference(text: str) -> set[tuple]:
    """One value by Presidio: all recognizers, then its own removal of duplicates."""
    results = [result for one in presidio() for result in one.analyze(text, one.supported_entities)]
    kept = type(presidio()[0]).remove_duplicates(results)
    return {(result.start, result.end, result.entity_type, round(result.score, 6)) for result in kept}


def found(texts: list[str]) -> list[set[tuple]]:
    rows: list[set[tuple]] = [set() for _ in texts]
    claims = everything().find(pa.array(texts, pa.string())).to_pylist()
    for value, start, end, kind, score, _ in (row.values() for row in claims):
        rows[value].add((start, end, kind, round(score, 6)))
    return rows


def agree(values: list[str]) -> int:
    """Returns how much was found."""
    got = found(values)
    for value, claims in zip(values, got, strict=True):
        assert claims == reference(value)
    return sum(map(len, got))


PIECES = [
    "4111 1111 1111 1111", "4111111111111111", "378282246310005", "078-05-1120", "219-09-9999", "123456789", "900-70-0000",
    "GB82WEST12345698765432", "gb82west12345698765432", "DE89 3704 0044 0532 0130 00 2", "jane.doe@example.com", "a@b.co.uk,",
    "x@localhost", "https://example.org/a?b=c", "www.example.com", "'http://a.de'", "192.168.0.1", "::1",
    "fe80::1ff:fe23:4567:890a", "00:1B:44:11:3A:B7", "001B.4411.3AB7", "550e8400-e29b-41d4-a716-446655440000",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "(415) 555-2671", "+44 20 7946 0958", "089/123456", "2024-02-29", "29.02.2024",
    "3/4/99", "May-2020", "943 476 5919", "AB123456C", "12345678Z", "X1234567L", "RSSMRA85T10A562S", "44051401359",
    "S1234567D", "51824753556", "2123 45670 1", "ABCPE1234F", "2345 6789 0124", "131052-308T", "900101-1234568", "K1A 0B1",
    "046 454 286", "T22000129", "B-MW 1234", "claim # 12345678", "rx no. 123456", "referral number: REF-123456", "SW1A 1AA",
    "BD51 SMR", "1234-567890-12", "10000000146", "34 ABC 123", "811228-9874", "name", "Émile", "Žofie", "日本", "\u0131",
    "\u0130", "\u017f", "\u212a", "\xa0", "\u2028", "\x00", "\n", "\t", " ", "  ", ",", ".", ":", "-", "#", "(", ")", "a",
    "Z", "7", "\u0667", "@", "/",
]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
spaced = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(" ".join)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(texts, spaced, st.text(max_size=30)), min_size=1, max_size=12))
def test_generated_texts(values):
    agree(values)


@pytest.mark.slow
def test_every_piece_alone_and_between_others():
    values = [*PIECES, *(f"x {piece} y" for piece in PIECES), *(f"{a}{b}" for a, b in pairwise(PIECES))]
    agree(values)


def sentences() -> list[str]:
    if not SYNTH.exists():
        pytest.skip("no labelled sentences at ../shared/data/pii")
    return [sample["full_text"] for sample in json.loads(SYNTH.read_text(encoding="utf-8"))]


@pytest.mark.slow
def test_labelled_sentences_in_part():
    values = sentences()[::4]
    assert agree(values) > 100


@pytest.mark.slow
def test_labelled_sentences():
    values = sentences()
    assert agree(values) > 700
