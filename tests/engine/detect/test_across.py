"""What goes on behind a line's end, or stands too wide: found there, for every kind of identifier, and nothing else."""

import random
from collections import Counter

import pyarrow as pa
import pytest

from engine.detect.registry import Registry
from engine.detect.scanner import Scanner
from tests.benchmarks.detect.perturbed import KINDS, line_breaks
from tests.engine.detect.perturbing import broken, entities, spaced

DRAW = random.Random
TOGETHER = 0.4


def found(text):
    """What is found in a text, as it is written."""
    return [text[one.start:one.end] for one in Scanner.default().find_distinct(pa.array([text])) if one.score >= TOGETHER]


def places(texts):
    """Where something is found: value, start, end."""
    return {(one.value, one.start, one.end) for one in Scanner.default().find_distinct(pa.array(texts))}


@pytest.mark.parametrize("text", [
    "4111 1111\n1111 1111", "4111\n1111\n1111\n1111", "123-45-\n6789", "223-4\n5-6789", "415 - 555 - 2671", "192 . 168 . 1 . 1",
    "+44 20 7946\n0958", "(415)\n555-2671", "DE89 3704 00\n44 0532 0130 00", "DE89  3704\n0044 0532 0130 00",
    "DE8937040044  0532013000", "AB 12  34 56 C", "AB 12 34 56\r\nC", "AKIAQ3EGT7\nXK5PLM2NVB", "00:1B:44:\n  11:3A:B7",
    "7d444840-9dc0-4d2b-8a1f-\n5c0f6a1b2c3d", "2001:db8:\n8a2e::370:7334", "2021-05-20  15:35:07",
    "https://portal.example.\norg/patients", "https://example.org/u/\njane.roe7", "www.example.org/list?id=\n7711",
])
def test_what_goes_on_is_one(text):
    assert text in found(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("4111 1111\n1111 1112", []), ("DE89 3704 00\n44 0532 0130 01", []), ("1\n2\n3\n4\n5\n6\n7\n8\n9\n1\n2", []),
    ("Room 12\n2023-01-04", ["2023-01-04"]), ("2020-01-02\n2020-01-03", ["2020-01-02", "2020-01-03"]),
    ("415-555-2671\n415-555-2672", ["415-555-2671", "415-555-2672"]), ("+1 415 555 2671\n12 apples", ["+1 415 555 2671"]),
    ("in 2010.\n20 patients", ["2010"]), ("10 - 20", []),
    ("see https://example.org/a.\nThe next", ["https://example.org/a."]), ("driver license H471\n10815", ["H471"]),
    ("see https://example.org.\nThen 20 more", ["https://example.org."]),
    ("4539\n5787\n6362\n1486\n4539\n5787\n6362", []),
])
def test_lines_that_have_nothing_to_do_with_each_other_stay_apart(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize("perturbed", [spaced, broken])
def test_perturbed_entities_are_covered_exactly(perturbed):
    """600 entities: where the plain one is found, the perturbed one is found from its first character to its last."""
    draw = DRAW(7)
    cases = [(one, perturbed(draw, one)) for _ in range(100) for one in entities(draw)]
    plain, written = (places([f"see {case[which]} today" for case in cases]) for which in (0, 1))
    expected = [value for value, (one, _) in enumerate(cases) if (value, 4, 4 + len(one)) in plain]
    right = [value for value in expected if (value, 4, 4 + len(cases[value][1])) in written]
    assert len(expected) >= 0.9 * len(cases)
    assert len(right) >= 0.98 * len(expected), [cases[value] for value in sorted({*expected} - {*right})][:20]


@pytest.mark.slow
def test_types_that_prove_themselves_are_found_however_they_are_written():
    """Every type of the registry whose check lets few random texts pass: its example between words, perturbed in five ways."""
    draw = DRAW(5)
    types = [one for one in Registry.default().types
             if one.check and one.check.chance <= 0.3 and one.verified_score > 0.5 and not one.label]
    assert len(types) >= 300
    cases = []
    for one in types:
        # Nobody puts spaces into a token or an address; of what has a pattern, this is left out.
        ways = [way for way in KINDS if way.__name__ != "spacing" or one.formats]
        cases += [(one, way.__name__, way(one.example, draw)) for way in ways]
    cases = [case for case in cases if case[2] != case[0].example]
    before = [f"The {one.context[0] if one.context else 'value'}: " for one, _, _ in cases]
    texts = [f"{words}{written} and left." for words, (_, _, written) in zip(before, cases, strict=True)]
    hit = set()
    for one in Scanner.default().find_distinct(pa.array(texts)):
        start, size = len(before[one.value]), len(cases[one.value][2])
        covered = min(one.end, start + size) - max(one.start, start)
        if one.score >= TOGETHER and covered >= 0.75 * size and one.end <= start + size + 1:
            hit.add(one.value)
    of = Counter(way for _, way, _ in cases)
    share = {way: sum(cases[value][1] == way for value in hit) / count for way, count in of.items()}
    assert sum(share.values()) >= 0.985 * len(share), share
    assert min(share.values()) >= 0.95, [cases[value][1:] for value in range(len(cases)) if value not in hit]


def test_a_redaction_takes_all_of_it():
    text = pa.array(["paid with 4111 1111\n  1111 1111 and left", "her SSN is 123-45-\r\n6789."])
    assert Scanner.default().redact(text).to_pylist() == ["paid with [CREDIT_CARD] and left", "her SSN is [US_SSN]."]


@pytest.mark.slow
def test_each_value_is_read_as_if_alone():
    draw = DRAW(3)
    examples = [one.example for one in Registry.default().types if one.when == "always" and one.formats][:25]
    texts = ["plain", *(f"{line_breaks(one, draw)}\nnext" for one in examples), "x\0 4111 1111\n1111 1111"]
    scanner = Scanner.default()
    together = scanner.find_distinct(pa.array(texts))
    assert len({one.value for one in together}) > 12
    for value, text in enumerate(texts):
        alone = scanner.find_distinct(pa.array([text]))
        assert [(one.start, one.end, one.entity_type) for one in together if one.value == value] == [
            (one.start, one.end, one.entity_type) for one in alone]
