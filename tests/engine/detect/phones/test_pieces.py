"""Telephone numbers: the same as Presidio's recognizer, which asks libphonenumber about the whole text for every region."""

import functools
import json
import random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.phones import search
from engine.detect.phones.pieces import pieces
from engine.detect.plugins.presidio_classes import recognizer_classes


@functools.cache
def both():
    recognizer = recognizer_classes()["PhoneRecognizer"]()
    return recognizer, search(recognizer)


def outermost(spans):
    return {one for one in spans if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in spans)}


def same(text):
    recognizer, find = both()
    expected = {(found.start, found.end) for found in recognizer.analyze(text, ["PHONE_NUMBER"])}
    assert outermost({(start, end) for start, end, _ in find(text)}) == expected, ascii(text)
    return len(expected)


PARTS = [
    "1", "2", "5", "0", "555", "2671", "415", "030", "+49", "+1", "(", ")", " ", "-", "/", ".", ":", "ext", "x", "Tel", "and",
    "int.", "#", "$", "%", "é", "\n", "2020-01-02", "08:30", "доб", "anexo", ",", "~", "a", "b", "+44 20 7946 0958",
    "089 1234567", "8001", "(415) 555-2671", "\u0664\u0661\u0665", "\uff0b49", "011 44 20 7946 0958", "00", "0800",
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=16).map("".join))
def test_generated(text):
    same(text)


@pytest.mark.slow
def test_example_numbers_of_every_region():
    found = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number(region)
        if number is None:
            continue
        for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL,
                     phonenumbers.PhoneNumberFormat.E164):
            found += same(f"call {phonenumbers.format_number(number, form)}, or leave a note")
    assert found > 300


@pytest.mark.slow
def test_many_generated():
    draw = random.Random(3)  # noqa: S311 - texts for a test
    assert sum(same("".join(draw.choices(PARTS, k=draw.randint(2, 18)))) for _ in range(3000)) > 300


def test_sentences(shared_data):
    samples = json.loads((shared_data / "pii" / "synth_v2_half.json").read_text(encoding="utf-8"))
    assert sum(same(sample["full_text"]) for sample in samples[::5]) >= 5


@given(st.text(alphabet="abcxt19 -+\u00e9", max_size=30))
def test_pieces_are_parts_of_the_text(text):
    for start, piece in pieces(text):
        assert text[start:start + len(piece)] == piece
    digits = {place for place, sign in enumerate(text) if sign.isdigit()}
    covered = {place for start, piece in pieces(text) for place in range(start, start + len(piece))}
    assert digits <= covered
