"""Marks that dress a text are no part of how it reads, and stay where a redaction takes what they dress."""

import numpy as np
import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner
from engine.detect.view import needs_view, view_of

SSN, CARD, IBAN = "536-90-4399", "4539 5787 6362 1486", "DE89 3704 0044 0532 0130 00"


def redacted(text):
    return Scanner.default().redact(pa.array([text]))[0].as_py()


@pytest.mark.parametrize(("text", "kind"), [
    (SSN, "US_SSN"), (CARD, "CREDIT_CARD"), (IBAN, "IBAN_CODE"), ("+14155550134", "PHONE_NUMBER"), ("192.168.2.44", "IP_ADDRESS"),
    ("Jane Roe", "PERSON")])
@pytest.mark.parametrize("mark", ["_", "__", "___", "*", "\x1b[1;31m"])
def test_emphasis_stays_and_what_it_dresses_goes(text, kind, mark):
    shown = redacted(f"for {mark}{text}{mark}, and others")
    assert shown == f"for {mark}[{kind}]{mark}, and others"


def test_emphasis_of_more_than_the_number():
    assert redacted(f"_paid with {CARD}_ or _{SSN} of hers_") == "_paid with [CREDIT_CARD]_ or _[US_SSN] of hers_"


@pytest.mark.parametrize("order", ["little", "big"])
def test_zeros_of_utf_16_between_characters_are_nothing(order):
    text = f"ssn {SSN} of".encode(f"utf-16-{order[0]}e").decode("latin-1")
    assert SSN[1:] not in redacted(text).replace("\0", "")


def test_a_blank_of_braille_is_a_space():
    assert redacted(CARD.replace(" ", "\u2800")) == "[CREDIT_CARD]"


def test_code_needs_no_view():
    code = ["__init__", "snake_case_1", "1_000", "_1, _2", "int64_t", "_FILE_", "__LINE__", "def f(x_, _y): return x_",
            "a_1 = b_2", "utf8_", "_", "____", "std::placeholders::_1", "a\0b", "plain words"]
    assert not needs_view(pa.array(code)).any()
    assert not needs_view(pa.array(code * 9000)).any()
    assert view_of(code, np.ones(len(code), bool)).texts == code
