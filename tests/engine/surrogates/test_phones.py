"""Telephone numbers keep layout and country, and are nobody's where a regulator keeps some for fiction."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.surrogates.keyed import Keyed
from engine.surrogates.phones import phone

KEYED = Keyed(bytes(range(32)))
FICTION = {
    1: r"\d{3}55501\d\d", 44: r"(1632960|1[1-9]\d496\d|1[1-6]1496\d|191498\d|2079460|292018\d|7700900)\d+",
    49: r"(3023125\d{3}|6990009\d{3}|4066969\d{3}|2214710\d{3}|8999998\d{3}|17139200\d\d|176040690\d\d)",
    33: r"(19900|26191|35301|46571|53649|63998)\d{4}", 46: r"(3139006\d\d|4062804\d\d|8465004\d\d|9803192\d\d|7017406\d\d)",
    61: r"([2378](5550|7010)\d{4}|49157\d{4})",
}
"""Written again from the regulators' lists, as patterns of national numbers."""


@pytest.mark.parametrize("written", [
    "+1 (212) 555-7890", "+1-415-555-2671", "001 212 555 7890", "+44 20 7946 0018", "+44 (0)7911 123456", "+49 30 123456 78",
    "+33 6 12 34 56 78",
    "+33 1 42 68 53 00", "+46 70 123 45 67", "+61 2 9374 4000", "+61 412 345 678", "0049 171 1234567", "011 44 20 7946 0018",
])
def test_international_numbers(written):
    found = phone(written, KEYED, "en_US")
    assert re.sub(r"\d", "9", found) == re.sub(r"\d", "9", written)
    plain = re.sub(r"^\+?(00|011)?", "+", re.sub(r"\(0\)|[^\d+]", "", found))
    original = re.sub(r"^\+?(00|011)?", "+", re.sub(r"\(0\)|[^\d+]", "", written))
    read, was = phonenumbers.parse(plain), phonenumbers.parse(original)
    assert read.country_code == was.country_code
    assert re.fullmatch(FICTION[read.country_code], str(read.national_number)), found
    assert read.national_number != was.national_number


@pytest.mark.parametrize(("written", "locale", "expected"), [
    ("(212) 555-7890", "en_US", r"\(\d{3}\) 555-01\d\d"), ("212.555.7890", "en_US", r"\d{3}\.555\.01\d\d"), ("555-7890",
    "en_US", r"555-01\d\d"),
    ("1 212 555 7890", "en_US", r"1 \d{3} 555 01\d\d"), ("020 7123 4567", "en_GB", r"0\d\d \d{4} \d{4}"), ("07911 123456",
    "en_GB", r"07700 900\d{3}"),
    ("06 12 34 56 78", "fr_FR", r"06 39 98 \d\d \d\d"), ("0171 1234567", "de_DE", r"0171 39200\d\d"), ("070-123 45 67",
    "sv_SE", r"070-174 06 \d\d"),
    ("0412 345 678", "en_AU", r"0491 57\d \d{3}"), ("212-555-7890 x123", "en_US", r"\d{3}-555-01\d\d x(?!123)\d{3}"),
    ("212-555-7890 ext. 12", "en_US", r"\d{3}-555-01\d\d ext\. (?!12)\d\d"),
])
def test_national_numbers(written, locale, expected):
    assert re.fullmatch(expected, phone(written, KEYED, locale))


@pytest.mark.parametrize(("written", "begins"), [
    ("+39 06 1234567", "+39 "), ("+7 912 345-67-89", "+7 "), ("+353 85 123 4567", "+353 "), ("(0171) 1234567", "(0"),
    ("12345", ""),
])
def test_elsewhere_the_country_stays_and_the_rest_does_not(written, begins):
    found = phone(written, KEYED, "it_IT")
    assert found.startswith(begins)
    assert re.sub(r"\d", "9", found) == re.sub(r"\d", "9", written)
    assert found[len(begins):] != written[len(begins):]


def test_letters_for_digits():
    assert re.fullmatch(r"\d-\d{3}-[A-Z]{7}", phone("1-800-FLOWERS", KEYED, "en_US"))
    assert phone("none", KEYED, "en_US") != "none"


def test_a_number_maps_alike_whatever_its_layout():
    found = {re.sub(r"\D", "", phone(written, KEYED, "en_US"))[-10:] for written in ("+1 (212) 555-7890", "212.555.7890",
    "12125557890")}
    assert len(found) == 1


@settings(deadline=None)
@example("+00..0")
@given(st.from_regex(r"\+?[0-9][0-9 ().-]{3,18}[0-9]", fullmatch=True))
def test_any_number_keeps_its_layout_and_never_stays(written):
    found = phone(written, KEYED, "en_US")
    assert found is None or (found != written and re.sub(r"\d", "9", found) == re.sub(r"\d", "9", written))
