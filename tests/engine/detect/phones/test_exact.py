"""Exactly what Presidio's recognizer finds: libphonenumber's matcher for each region on each text, without what lies inside."""

import gzip
import json
import random
import re

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.phones import REGIONS, PhoneFinder
from engine.detect.phones.exact import exactly
from engine.detect.phones.stretches import groups, stretches

FINDER = PhoneFinder(exact=True)


def reference(text, regions=REGIONS):
    matcher = phonenumbers.PhoneNumberMatcher
    spans = {(match.start, match.end) for region in regions for match in matcher(text, region, leniency=1)}
    return sorted(one for one in spans
                  if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in spans))


def found_in(texts, finder=FINDER):
    block = Block(pa.array(texts))
    claims = finder.find(block)
    rows = block.value_of(claims.start)
    spans = zip(block.characters(claims.start).tolist(), block.characters(claims.end).tolist(), strict=True)
    found = [[] for _ in texts]
    for row, span in zip(rows.tolist(), spans, strict=True):
        found[row].append(span)
    return [sorted(one) for one in found]


def same(texts, finder=FINDER):
    found = found_in(texts, finder)
    for text, spans in zip(texts, found, strict=True):
        assert spans == reference(text, finder.regions), ascii(text)
    return sum(map(len, found))


PARTS = [
    "1", "2", "5", "0", "555", "2671", "415", "030", "+49", "+1", "+", "(", ")", "[", " ", "  ", "-", " - ", "/", ".", ". ",
    ":", ",", "ext", "x", "X", "xx", "Tel", "and", "int.", "#", "$", "%", "\u00e9", "\u20ac", "\n", "\t", "\0", "2020-01-02",
    " 08:30", "08", "12/31/1999", "211-227 (2003)", "\u0434\u043e\u0431", "anexo", "~", "a", "+44 20 7946 0958",
    "089 1234567", "8001", "(415) 555-2671", "415-555-2671", "\u0664\u0661\u0665", "\uff0b49", "\u2013", "\u00a0",
    "011 44 20 7946 0958", "00", "0800", "4111 1111 1111 1111", "550e8400-e29b-41d4-a716-446655440000",
    "DE89 3704 0044 0532 0130 00", "192.168.100.200", "11 91234-5678",
]


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), min_size=1, max_size=9).map("".join), min_size=1, max_size=4))
def test_generated(texts):
    same(texts)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("0123456789 -()+./x", max_size=24), min_size=1, max_size=4))
def test_signs_and_digits(texts):
    same(texts)


@pytest.mark.slow
def test_many_generated():
    draw = random.Random(7)  # noqa: S311 - texts for a test
    texts = ["".join(draw.choices(PARTS, k=draw.randint(1, 14))) for _ in range(4000)]
    assert same(texts) > 1000


@pytest.mark.parametrize(("text", "count"), [
    ("call 415-555-2671 or 415-555-2672", 2), ("415-555-2671/415-555-2672", 2), ("(415) 555-2671 (415) 555-2672", 2),
    ("12 - 415-555-2671", 1), ("12345. 415-555-2671", 1), ("4155552671 4155552672", 2), ("((415) 555-2671", 1),
    ("+ (415) 555-2671", 1), ("on 12/31/1999 415-555-2671", 0), ("2012-01-02 08:00", 0), ("211-227 (2003)", 0),
    ("a4155552671", 0), ("4155552671b", 0), ("$4155552671", 0), ("415-555-2671x123", 1),
    ("415-555-2671 ext. 123, or 124", 1), ("415-555-2671 x1 415-555-2672", 2), ("12 ext:4155552671", 0),
    ("415-555-2671 - 503#", 1), ("\uff14\uff11\uff15-555-2671", 1), ("415\u2013555\u20132671", 1), ("+49 30 1234567", 1),
    ("+0049 30 1234567", 1), ("++49 30 1234567", 1), ("+999 12345678", 0), ("1 " * 30, 0), ("7" * 400, 0),
    ("4155552671 " * 25, 25), ("", 0), ("no digits", 0), ("1", 0),
])
def test_cases_of_the_matcher(text, count):
    assert same([text]) == count


def test_values_do_not_see_each_other():
    texts = ["415-555", "-2671", "(415)", " 555-2671", "+49", "30 1234567", "a", "4155552671", None, "4155552671"]
    assert found_in(texts) == [[] if text is None else reference(text) for text in texts]


EXAMPLES = ["US", "GB", "DE", "FR", "IL", "IN", "CA", "BR", "ES", "NL", "JP", "MX", "IT", "ZA", "AU", "CH"]


def examples(regions):
    for region in regions:
        for line in range(11):
            number = phonenumbers.example_number_for_type(region, line)
            for form in range(4) if number else ():
                yield f"call {phonenumbers.format_number(number, form)}, or leave a note"


@pytest.mark.slow
def test_example_numbers():
    assert same(list(examples(EXAMPLES))) > 300


@pytest.mark.slow
def test_example_numbers_of_every_region():
    assert same(list(examples(sorted(phonenumbers.SUPPORTED_REGIONS)))) > 3000


@pytest.mark.slow
@pytest.mark.parametrize("regions", [("AU", "KR", "IM"), ("JP", "RU", "SM"), ("ZA",)])
def test_other_regions(regions):
    draw = random.Random(8)  # noqa: S311 - texts for a test
    texts = ["".join(draw.choices(PARTS, k=draw.randint(1, 9))) for _ in range(500)]
    assert same([*texts, *examples(regions)], PhoneFinder(regions, exact=True)) > 50


def sentences(shared_data):
    samples = json.loads((shared_data / "pii" / "synth_v2_half.json").read_text(encoding="utf-8"))
    yield from (sample["full_text"] for sample in samples)
    for name, column, unpack in (("wnut17/dev.conll", 0, open), ("uner-ewt/dev.iob2.gz", 1, gzip.open)):
        with unpack(shared_data / "pii" / name, "rt", encoding="utf-8") as lines:
            text = lines.read()
        for sentence in re.split(r"\n\s*\n", text):
            rows = [re.split(r"\s+", line) for line in sentence.splitlines() if line and not line.startswith("#")]
            yield " ".join(row[column] for row in rows if len(row) > column)


def test_sentences(shared_data):
    assert same(list(sentences(shared_data))[::12]) >= 3


@pytest.mark.slow
def test_all_sentences(shared_data):
    assert same(list(sentences(shared_data))) >= 40


@pytest.mark.slow
def test_libphonenumber_is_asked_about_few_stretches(shared_data):
    block = Block(pa.array(sentences(shared_data)))
    found = groups(block, 4)
    _, asked = exactly(block, REGIONS)
    assert asked <= 0.01 * len(stretches(found, 4).first)
