"""Formats stay, values do not; check digits hold, by python-stdnum's word."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban as std_iban
from stdnum import luhn as std_luhn

from engine.detect.registry import Registry
from engine.surrogates import LUHN, Surrogates
from engine.surrogates.formats import Luhn, card, iban, keep_format, social_security, token
from engine.surrogates.keyed import Keyed, sign

KEYED = Keyed(bytes(range(32)))
ALPHABET = "aZ09é漢ж한ア٣- ./(#ñß½"


def kinds(text: str) -> str:
    """What every sign is: D a digit, u and l letters by case, o other letters; all else is itself."""
    def kind(c: str) -> str:
        if c.isdecimal():
            return "D"
        return {"Lu": "u", "Ll": "l"}.get(unicodedata.category(c), "o") if c.isalnum() else c
    return "".join(map(kind, text))


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=12))
def test_letters_stay_letters_and_digits_digits(text):
    made = keep_format(text, KEYED)
    if made is None:
        assert not any(c.isalnum() for c in text) or len(sign(text)) == 1
        return
    assert kinds(made) == kinds(text)
    assert sign(made) != sign(text)
    assert made == keep_format(text, KEYED)


@settings(deadline=None)
@given(st.text("0123456789ab", min_size=4, max_size=10), st.sampled_from(["-", " ", ".", "/"]))
def test_equal_values_map_equally_whatever_their_separators_and_case(text, between):
    made = keep_format(text, KEYED)
    parted = keep_format(between.join([text[:2], text[2:]]).upper(), KEYED)
    assert sign(parted) == sign(made)
    assert parted[2] == between


@settings(deadline=None)
@given(st.from_regex(r"[1-9][0-9]{0,8}", fullmatch=True))
def test_a_number_keeps_its_length(number):
    assert len(str(int(keep_format(number, KEYED)))) == len(number)


@settings(deadline=None, max_examples=25)
@given(st.integers(10**6, 10**15), st.sampled_from(["", "80840"]))
def test_a_luhn_sum_that_holds_holds_again(number, prefix):
    written = f"{number}{std_luhn.calc_check_digit(f'{prefix}{number}')}"
    assert std_luhn.is_valid(prefix + keep_format(written, KEYED, luhn=Luhn(prefix)))


@pytest.mark.parametrize("name", LUHN)
def test_every_luhn_type_of_the_registry_stays_valid(name):
    example = Registry.default()[name].example
    made = Surrogates(bytes(range(32))).keep_format(name, example)
    for written in (example, made):
        assert std_luhn.is_valid(LUHN[name].prefix + re.sub(r"\D", "", written)[-LUHN[name].last:])
    assert kinds(made) == kinds(example)


def test_no_luhn_type_of_the_registry_is_missing():
    plain = {one.type: one.check.prefix for one in Registry.default().types if one.check and one.check.kind == "luhn"}
    assert plain == {name: LUHN[name].prefix for name in plain}


@pytest.mark.parametrize("written", [
    "4111 1111 1111 1111", "378282246310005", "5500-0000-0000-0004", "6011000990139424", "3530 1113 3330 0000",
    "2223003122003222", "4222222222222",
])
def test_cards_stay_of_their_network_and_group(written):
    made = card(written, KEYED)
    assert kinds(made) == kinds(written)
    assert std_luhn.is_valid(re.sub(r"\D", "", made))
    assert made[0] == written[0]
    assert sign(made) != sign(written)


@pytest.mark.parametrize("written", [
    "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "ES91 2100 0418 4502 0005 1332", "BE68 5390 0754 7034",
    "NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606", "ch93 0076 2011 6238 5295 7", "IT60 X054 2811 1010 0000 0123 456",
])
def test_ibans_stay_of_their_country_and_valid(written):
    made = iban(written, KEYED)
    assert std_iban.is_valid(made)
    assert made[:2] == written[:2]
    assert kinds(made) == kinds(written)
    assert sign(made) != sign(written)


def test_what_is_no_iban_keeps_its_format():
    assert kinds(iban("DE 12", KEYED)) == "uu DD"
    assert std_iban.compact(iban("XX00 1234 5678", KEYED))[:2] == "XX"


@settings(deadline=None)
@given(st.from_regex(r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}", fullmatch=True))
def test_social_security_numbers_become_nobodys(written):
    made = social_security(written, KEYED)
    assert re.fullmatch(r"9\d\d-[0-4]\d-\d{4}", made)


def test_tokens_say_their_type_and_which_values_are_equal():
    assert token("PERSON", "Jane Roe", KEYED) == token("PERSON", "JANE  ROE", KEYED)
    assert re.fullmatch("KNOWN_[a-z2-7]{16}", token("KNOWN", "Jane Roe", KEYED))
    assert token("KNOWN", "Jane Roe", KEYED)[-16:] == token("PERSON", "Jane Roe", KEYED)[-16:]
    assert token("PERSON", "Jane Doe", KEYED) != token("PERSON", "Jane Roe", KEYED)
    assert token("PERSON", "?", KEYED) != token("PERSON", "!", KEYED)
