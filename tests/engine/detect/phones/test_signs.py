"""Brackets, dates, neighbours and extensions, against libphonenumber's own expressions."""

import re

import numpy as np
import phonenumbers
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import phonenumbermatcher, phonenumberutil

from engine.detect.block import Block
from engine.detect.phones.extensions import extended
from engine.detect.phones.signs import balanced, dates, touched
from engine.detect.phones.stretches import PAD, groups, stretches

PIECES = [*"0123456789-./()[] ", "12", "345", ") ", " (", "--", "2012-01-02 ", "12/31/", "08", "(2003)", "211-227 "]
CANDIDATE = st.lists(st.sampled_from(PIECES), max_size=9).map("".join).filter(lambda text: re.search("[0-9]", text))


def stretch_of(text):
    found = groups(Block(pa.array([text])), 1)
    return found, stretches(found, 1)


def shown(found, rows):
    return [found.data[begin:end].decode() for begin, end in zip(rows.begin.tolist(), found.end[rows.last].tolist(), strict=True)]


@settings(max_examples=40, deadline=None)
@given(CANDIDATE)
def test_brackets_and_pages(text):
    found, rows = stretch_of(text)
    for candidate, passed in zip(shown(found, rows), balanced(found, rows).tolist(), strict=True):
        matched = phonenumbermatcher._MATCHING_BRACKETS.fullmatch(candidate) is not None
        assert passed == (matched and phonenumbermatcher._PUB_PAGES.search(candidate) is None), candidate


@settings(max_examples=40, deadline=None)
@given(CANDIDATE, st.sampled_from(["", ":00", ":60", ":0", " :00", "a"]))
def test_dates_and_time_stamps(text, behind):
    found, rows = stretch_of(text + behind)
    for candidate, end, dated in zip(shown(found, rows), found.end[rows.last].tolist(), dates(found, rows).tolist(), strict=True):
        slashed = phonenumbermatcher._SLASH_SEPARATED_DATES.search(candidate)
        stamp = phonenumbermatcher._TIME_STAMPS.search(candidate)
        rest = found.data[end:].decode()
        assert dated == bool(slashed or (stamp and phonenumbermatcher._TIME_STAMPS_SUFFIX.match(rest))), (candidate, rest)


def test_neighbours():
    points = [point for point in (*range(0x20, 0x3000), *range(0xA000, 0xA100), *range(0xFE00, 0x10000), 0x1D7D8, 0x1F4DE)
              if not 0x30 <= point <= 0x39 and chr(point) not in "-./ ()[]+"]
    signs = [chr(point) for point in points]
    matcher = phonenumbers.PhoneNumberMatcher
    bad = [matcher._is_invalid_punctuation_symbol(sign) or matcher._is_latin_letter(sign) for sign in signs]
    for texts in ([f"{sign}5551234" for sign in signs], [f"5551234{sign}" for sign in signs]):
        found = groups(Block(pa.array(texts)), 7)
        rows = stretches(found, 7)
        assert touched(found, rows, found.end[rows.last]).tolist() == bad
    assert sum(bad) > 800


def test_brackets_and_pluses_may_touch_letters_before_them():
    found = groups(Block(pa.array(["a(555)1234", "a+5551234", "a5551234", "(555)1234a"])), 7)
    rows = stretches(found, 7)
    assert touched(found, rows, found.end[rows.last]).tolist() == [False, False, True, True]


LABELS = [
    "x", "X", "ext", "EXT.", "extn", "xtn", "extension", "extensi\u00f3n", "extensio\u0301n", "e", "ex", "int", "in",
    "anexo", "#", "~", ";ext=", ";ext", "\u0434\u043e\u0431", " ", "  ", "\t", ",", ".", ":", "-", "\u00a0", "1", "22",
    "1234567890", "a", "\n",
]
EXTENSION = re.compile(phonenumberutil._EXTN_PATTERNS_FOR_MATCHING, phonenumberutil._REGEX_FLAGS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LABELS), max_size=5).map("".join))
def test_extensions(behind):
    text = "5551234" + behind
    data = bytes(PAD) + text.encode() + bytes(PAD)
    end, labelled = extended(data, np.frombuffer(data, np.uint8), np.array([PAD + 7]))
    matches = [match for match in [EXTENSION.match(text, 7)] if match and not re.match("[- ]+[0-9]", match.group())]
    expected = matches[0].end() if matches else 7
    assert data[PAD:end[0]].decode() == text[:expected]
    assert labelled[0] == bool(matches and re.search(r"[^\W\d_]", matches[0].group()))


def test_every_long_extension_is_read_to_its_end():
    for digits in range(1, 24):
        for label in ("x", " ext. "):
            text = f"5551234{label}{'7' * digits}"
            data = bytes(PAD) + text.encode() + bytes(PAD)
            end, _ = extended(data, np.frombuffer(data, np.uint8), np.array([PAD + 7]))
            assert end[0] - PAD == EXTENSION.match(text, 7).end()
