"""surrogate: columns of invented people agree with each other, and with texts."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from stdnum import iban, luhn

from engine.surrogates.keyed import sign
from udfs.redact_text import redact_text
from udfs.surrogate import surrogate

KEY = bytes(range(32))
EXAMPLES = {
    "PERSON": ["Jane Roe", "Dr. John van der Berg", "Müller, Jörg", "李小龙"], "FIRST_NAME": ["Jane", "José"],
    "LAST_NAME": ["Roe", "García"], "ORGANIZATION": ["Acme Widgets Inc.", "Huber & Söhne GmbH", "Northwind"],
    "STREET_ADDRESS": ["12 Elm Street, Springfield, IL 62701", "Hauptstraße 5"], "LOCATION": ["Springfield", "Germany"],
    "EMAIL_ADDRESS": ["jane.roe@acme.test"], "PHONE_NUMBER": ["+1 202-555-0123"], "URL": ["https://acme.test/jane"],
    "IP_ADDRESS": ["10.1.2.3"], "MAC_ADDRESS": ["00:1B:44:11:3A:B7"], "CREDIT_CARD": ["4539 5787 6362 1486"],
    "IBAN_CODE": ["DE89370400440532013000"], "US_SSN": ["219-09-9999"],
}


def made(values: list[str | None], entity_type: str, locale: str = "en_US", key: bytes = KEY) -> list[str | None]:
    return surrogate(pa.array(values, pa.string()), entity_type=entity_type, locale=locale, subkey=key).to_pylist()


@pytest.mark.parametrize("entity_type", EXAMPLES)
def test_values_of_each_type_become_others_of_it(entity_type: str) -> None:
    values = EXAMPLES[entity_type]
    found = made([*values, None, values[0]], entity_type)
    assert found[-1] == found[0]
    assert found[-2] is None
    for value, one in zip(values, found, strict=False):
        assert one
        assert not one.startswith("[")
        assert sign(one) != sign(value)
    assert made(values, entity_type, key=bytes(32)) != found[:len(values)]


def test_forms_are_kept_and_checks_hold() -> None:
    assert made(["Acme Widgets Inc."], "ORGANIZATION")[0].endswith(" Inc.")
    assert re.fullmatch(r"\S+ \S+ Street, .+, IL \d{5}", made(["12 Elm Street, Springfield, IL 62701"], "STREET_ADDRESS")[0])
    assert made(["jane.roe@acme.test"], "EMAIL_ADDRESS")[0].rpartition("@")[2].startswith("example.")
    assert luhn.is_valid(made(["4539 5787 6362 1486"], "CREDIT_CARD")[0].replace(" ", ""))
    assert iban.is_valid(made(["DE89370400440532013000"], "IBAN_CODE")[0])


def test_parts_of_a_name_agree_with_the_whole() -> None:
    given, family = made(["Jane Roe"], "PERSON")[0].split()
    assert made(["Jane"], "FIRST_NAME") == [given]
    assert made(["Roe"], "LAST_NAME") == [family]
    assert made(["ROE, JANE"], "PERSON") == [f"{family.upper()}, {given.upper()}"]
    assert made(["jane.roe@acme.test"], "EMAIL_ADDRESS")[0].startswith(f"{given}.{family}".lower())


@pytest.mark.slow
def test_a_column_agrees_with_a_text() -> None:
    name = made(["Jane Roe"], "PERSON")[0]
    text = redact_text(pa.array(["Jane Roe came back."]), pa.array([["Jane Roe"]]), styles=[("default", "surrogate")], subkey=KEY)
    assert text.to_pylist() == [f"{name} came back."]


def test_locales_have_their_own_names() -> None:
    assert made(["Qwertz Uiopü"], "PERSON", "de_DE") != made(["Qwertz Uiopü"], "PERSON", "en_US")


def test_what_is_not_of_its_type_is_a_placeholder() -> None:
    assert made(["no address"], "EMAIL_ADDRESS") == ["[EMAIL_ADDRESS]"]
    assert made(["", "x" * 501], "PERSON") == ["[PERSON]"] * 2
