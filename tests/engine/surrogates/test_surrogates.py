"""One face for all kinds: the type says which maker, the value is never returned, the key decides."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.registry import Registry
from engine.surrogates import Surrogates, kind_of
from engine.surrogates.keyed import sign
from engine.surrogates.months import month

KEY = bytes(range(32))
MADE = Surrogates(KEY)
TYPES = ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "DATE_TIME", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "URL",
"IP_ADDRESS",
         "MAC_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "AGE", "MEDICAL_RECORD_NUMBER", "KNOWN", "US_NPI", "LAST_NAME"]


@pytest.mark.parametrize(("entity_type", "kind"), [
    ("PERSON", "person"), ("EMAIL_ADDRESS", "email"), ("UK_PHONE_NUMBER", "phone"), ("ZA_MOBILE_NUMBER", "phone"),
    ("FAX_NUMBER", "phone"),
    ("DATE_OF_BIRTH", "date"), ("DATE_TIME", "date"), ("STREET_ADDRESS", "street"), ("STREET_ADDRESS_AFTER", "street"),
    ("GPE", "city"),
    ("ETHEREUM_ADDRESS", "format"), ("IP_ADDRESS", "ip"), ("IBAN_CODE", "iban"), ("UK_POSTCODE", "format"), ("US_ZIP_CODE",
    "format"),
    ("FIRST_NAME", "given"), ("SURNAME", "family"), ("ORG", "company"), ("MEDICAL_RECORD_NUMBER", "format"),
    ("DOMAIN_ACCOUNT", "format"),
    ("AGE", "age"), ("AGE_SECRET_KEY", "format"), ("IMEI", "format"),
])
def test_types_have_their_kind(entity_type, kind):
    assert kind_of(entity_type) == kind


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(TYPES), st.text(max_size=20) | st.text("Jane Ro.,-@/:0123456789é", max_size=24))
def test_nothing_that_is_made_up_says_what_the_original_says(entity_type, text):
    for made in (MADE.surrogate(entity_type, text), MADE.keep_format(entity_type, text)):
        assert made is None or sign(made) != sign(text)
    assert MADE.surrogate(entity_type, text) == Surrogates(KEY).surrogate(entity_type, text)


def test_every_example_of_the_registry_gets_a_surrogate_of_its_own():
    other = Surrogates(KEY[::-1])
    for one in Registry.default().types:
        made = MADE.surrogate(one.type, one.example)
        if made is None:  # words of a type that has no maker, a time of day
            assert not any(map(str.isdigit, one.example)) or kind_of(one.type) != "format", one.type
        else:
            assert sign(made) != sign(one.example), one.type
            assert made != other.surrogate(one.type, one.example) or len(sign(one.example)) < 4, one.type


def test_scopes_are_apart():
    found = {MADE.surrogate("PERSON", "Jane Roe", scope=scope) for scope in (b"", b"1", b"2")}
    assert len(found) == 3


@pytest.mark.parametrize(("text", "expected"), [
    ("jane.roe@acme.com", r"\w+\.\w+@example\.\w+"), ("1961-03-04", r"\d{4}-\d\d-\d\d"), ("12 Main Street", r"\d\d \w+ Street"),
    ("P-00123", r"[A-Z]-\d{5}"), ("Jane Roe", r"\w+ \w+"), ("Roe", r"\w+"), ("72.5", r"\d\d\.\d"),
])
def test_what_a_row_is_known_by_is_read_by_its_form(text, expected):
    assert re.fullmatch(expected, MADE.surrogate("KNOWN", text))


def test_a_known_name_is_the_same_person_as_a_found_one():
    assert MADE.surrogate("KNOWN", "Jane Roe") == MADE.surrogate("PERSON", "Jane Roe")
    assert MADE.surrogate("KNOWN", "Roe", role="family") == MADE.surrogate("LAST_NAME", "Roe")


def test_prose_is_no_name():
    assert MADE.surrogate("KNOWN", "a long sentence that somebody wrote into a column") is None
    assert MADE.surrogate("NRP", "Catholic") is None


def test_ages_stay_on_their_side_of_ninety():
    assert 90 <= int(MADE.surrogate("AGE", "94")) < 100
    assert 1 <= abs(int(MADE.surrogate("AGE", "34")) - 34) <= 3
    assert {int(MADE.surrogate("AGE", str(age))) < 90 for age in range(86, 90)} == {True}
    assert MADE.surrogate("AGE", "94 years old").endswith(" years old")
    assert MADE.surrogate("AGE", "old") is None


def test_dates_of_a_subject_keep_their_intervals():
    first, second = (MADE.surrogate("DATE_TIME", text, subject=b"7") for text in ("2021-03-04", "2021-03-14"))
    assert int(second[-2:]) - int(first[-2:]) == 10 or first[:7] != second[:7]
    assert MADE.surrogate("DATE_TIME", "2021-03-04", subject=b"8") != first


def test_a_key_does_not_show():
    assert KEY.hex() not in repr(MADE)


@pytest.mark.parametrize(("entity_type", "text", "pattern"), [
    ("DATE_OF_BIRTH", "1978-03-04", r"(\d{4})-(\d\d)-(\d\d)"),
    ("DATE_TIME", "1978-03-04T10:30:00Z", r"(\d{4})-(\d\d)-(\d\d)T10:30:00Z"),
    ("KNOWN", "1978/03/04", r"(\d{4})/(\d\d)/(\d\d)"), ("DATE_TIME", "19780304", r"(\d{4})(\d\d)(\d\d)"),
])
def test_dates_that_keep_their_format_are_days_of_the_calendar(entity_type, text, pattern):
    for number in range(20):
        made = Surrogates(bytes([number]) * 32).keep_format(entity_type, text)
        year, month, day = map(int, re.fullmatch(pattern, made).groups())
        assert abs((dt.date(year, month, day) - dt.date(1978, 3, 4)).days) in range(1, 181)


def test_what_keeps_its_format_stays_in_its_range():
    day, name, year = MADE.keep_format("DATE_TIME", "4 März 1978").split()
    assert month(name, "de").language == "de"
    assert 1 <= int(day) <= 31
    assert 1977 <= int(year) <= 1978
    assert 1 <= abs(int(MADE.keep_format("AGE", "34")) - 34) <= 3
    assert ipaddress.ip_address(MADE.keep_format("IP_ADDRESS", "2001:db8::8a2e:370:7334"))
    assert MADE.keep_format("DATE_TIME", "yesterday") is None
