"""Many numbers at a time, against phonenumbers one at a time."""

import random

import numpy as np
import phonenumbers
import pytest
from phonenumbers import phonenumbermatcher

from engine.detect.checks import matrix
from engine.detect.phones import REGIONS, valid
from engine.detect.phones.automata import LONGEST
from engine.detect.phones.numbers import Walk, regions_of
from engine.detect.phones.plans import dialled

COUNTRIES = ["US", "GB", "DE", "FR", "IN", "BR", "ES", "ZA"]


def drawn(seed, count, countries):
    draw = random.Random(seed)  # noqa: S311 - numbers for a test
    for _ in range(count):
        example = phonenumbers.example_number_for_type(draw.choice(countries), draw.randint(0, 10))
        if example is None:
            continue
        code, number = str(example.country_code), phonenumbers.national_significant_number(example)
        if draw.random() < 0.4:
            number = number[:-3] + "".join(draw.choices("0123456789", k=draw.randint(2, 4)))
        before = ["", "0", "+" + code, "00" + code, "011" + code, "+00" + code, "0015", "+", "012", "+011" + code]
        yield draw.choice(before) + number


def laid_out(texts):
    digits = [[int(digit) for digit in text.lstrip("+")] for text in texts]
    size = np.array([len(one) for one in digits])
    flat = np.array([digit for one in digits for digit in one] + [0] * LONGEST, np.uint8)
    return flat, np.cumsum(size) - size, size, np.array([text[0] == "+" for text in texts])


@pytest.mark.slow
def test_regions_of_numbers():
    texts = list(drawn(2, 700, COUNTRIES))
    found = regions_of(REGIONS, *laid_out(texts))
    for text, mask in zip(texts, found.tolist(), strict=True):
        assert mask == sum(verified(text, region) << place for place, region in enumerate(REGIONS)), text
    assert (found > 0).sum() > 150


def verified(text, region):
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbermatcher._verify(phonenumbers.Leniency.VALID, number, text, None)


@pytest.mark.slow
def test_more_regions_than_fit_in_one_automaton():
    regions = (*REGIONS, "ES", "IT", "ZA")
    texts = list(drawn(3, 200, COUNTRIES))
    found = regions_of(regions, *laid_out(texts))
    alone = [regions_of((region,), *laid_out(texts)) for region in regions]
    assert (found == np.bitwise_or.reduce([one << place for place, one in enumerate(alone)])).all()


def test_a_walk_says_what_its_automaton_says():
    automaton, rng = dialled("GB"), np.random.default_rng(1)
    size = rng.integers(0, LONGEST + 4, 3000)
    digits = np.concatenate([rng.integers(0, 10, size.sum()), np.zeros(LONGEST, np.int64)]).astype(np.uint8)
    first = np.cumsum(size) - size
    digits[first] = 0  # a trunk prefix, so that some are numbers
    said = Walk.of(automaton).said(digits, first, size)
    expected = [automaton.said("".join(map(str, digits[begin:begin + many]))) for begin, many in zip(first, size, strict=True)]
    assert said.tolist() == expected
    assert sum(expected) > 20


@pytest.mark.parametrize("region", ["US", "ZA", "IM", None])
@pytest.mark.parametrize("line", ["any", "mobile", "fixed"])
def test_valid_numbers_of_a_region(region, line):
    texts = [*drawn(4, 250, ["US", "ZA", "IM", "GB"]), "(202) 456-1111", "+1 (202) 456-1111", "202-456-1111 ext. 5", "0", "",
             "+", "++12024561111", "202+4561111", "1-800-FLOWERS", "tel:+1-202-456-1111", "+27 (0)71 123 4567", "*2024561111"]
    assert valid(*matrix(texts), region, line).tolist() == [expected(text, region, line) for text in texts]


def expected(text, region, line):
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    known = phonenumbers.is_valid_number_for_region(number, region) if region else phonenumbers.is_valid_number(number)
    kinds = {"mobile": {1, 2}, "fixed": {0, 2}}.get(line)
    return known and (kinds is None or phonenumbers.number_type(number) in kinds)
