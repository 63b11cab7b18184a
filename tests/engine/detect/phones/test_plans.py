"""Numbering plans as automata, against phonenumbers one number at a time."""

import random

import phonenumbers
import pytest
from phonenumbers import phonenumbermatcher

from engine.detect.phones import plans
from engine.detect.phones.automata import LONGEST

SOME = ["US", "CA", "DE", "BR", "IM", "KZ", "CR"]
"""Two with one code; an open plan; carrier codes; a prefix that adds digits; a leading digit; a prefix that begins numbers."""


def dialled(digits, region):
    """What libphonenumber's matcher says of digits without any other sign, but those with the international prefix: no."""
    try:
        number = phonenumbers.parse(digits, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False, 0
    if number.country_code_source == phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return False, 0
    valid = phonenumbermatcher._verify(phonenumbers.Leniency.VALID, number, digits, None)
    if not phonenumbers.is_valid_number_for_region(number, region):
        return valid, 0
    line = phonenumbers.number_type(number)
    return valid, (plans.VALID | plans.MOBILE * (line in {1, 2}) | plans.FIXED * (line in {0, 2}))


def numbers(region, seed, count):
    """Digits that are, nearly are, or begin like numbers of a region."""
    draw = random.Random(seed)  # noqa: S311 - numbers for a test
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    code = str(metadata.country_code)
    examples = [phonenumbers.national_significant_number(example) for line in range(11)
                if (example := phonenumbers.example_number_for_type(region, line))]
    before = ["", "", "0", "1", "00", "011", "8", code, code + "0", "00" + code, "90", "015", "0031",
              metadata.national_prefix or ""]
    for _ in range(count):
        example = draw.choice(examples)
        kept = draw.randint(0, len(example))
        rest = max(0, len(example) - kept + draw.choice([0, 0, 0, -1, 1]))
        digits = draw.choice(before) + draw.choice([""] * 9 + before) + example[:kept]
        digits += "".join(draw.choices("0123456789", k=rest))
        if 3 <= len(digits) <= LONGEST:
            yield digits


def agrees(region, seed, count):
    home, own = plans.dialled(region), plans.dialled(region, of_region=True)
    code = phonenumbers.country_code_for_region(region)
    abroad, found = plans.international(code), 0
    for digits in numbers(region, seed, count):
        valid, of_region = dialled(digits, region)
        assert home.said(digits) == valid, (region, digits)
        assert own.said(digits) == of_region, (region, digits)
        try:
            valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+{code}{digits}"))
        except phonenumbers.NumberParseException:
            valid = False
        assert bool(abroad.said(digits) & plans.VALID) == valid, (region, digits)
        found += valid
    assert found > count / 100


@pytest.mark.slow
@pytest.mark.parametrize("region", SOME)
def test_some_regions(region):
    agrees(region, 5, 150)


@pytest.mark.slow
@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_region(region):
    agrees(region, 6, 500)


@pytest.mark.parametrize("region", ["US", "GB", "BR", "AU", "CL", "HK"])
def test_international_prefixes(region):
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefixes = ["00", "011", "0014", "0031", "0015", "0011", "14110011", "1230", "00300", "0010", "119", "0"]
    for prefix in prefixes:
        for rest in ("442079460958", "0442079460958", "", "4"):
            digits = prefix + rest
            stripped, number = phonenumbers.phonenumberutil._parse_prefix_as_idd(
                phonenumbers.re_util.re.compile(metadata.international_prefix), digits)
            assert plans.abroad(region).said(digits) == (len(digits) - len(number) if stripped else 0), digits


def test_places_are_where_formats_have_gaps():
    assert plans.places("US").said("2024561111") == 1 << 3 | 1 << 6
    assert plans.places("IN").said("9876543210") == 1 << 5
    assert plans.places("FR").said("123456789") == 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7
    assert plans.places("US").said("1234567890") == 0


def test_numbers_of_no_country():
    assert plans.regions_of_codes()[800] == ("001",)
    assert plans.international(800).said("12345678") & plans.VALID
    assert not plans.international(800).said("123")
