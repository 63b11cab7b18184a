"""What stands for a value of a type is of the type: every type of the registry, by its example; and the checksums one by one."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from engine.detect.checks.encoded import KINDS
from engine.detect.checks.renewed import RENEWED
from engine.detect.redaction import Spans, Styles, replaced
from engine.detect.redaction.typed import typed
from engine.detect.scanner import Scanner
from engine.surrogates import kind_of
from engine.surrogates.keyed import Keyed, sign

KEY = bytes(range(32))
PARTS = 12

FORM_ALONE = {"CZ_BANK_ACCOUNT", "MC_VAT_ID", "MX_CURP"}
"""Checks of several parts that too few draws pass: what stands there has the form alone. Other keys have others."""


def types(part: int):
    return [one for one in Scanner.default().config.types() if kind_of(one.reported) in ("format", "card", "iban")][part::PARTS]


def found(texts: list[str], some) -> list[tuple[int, int] | None]:
    """Where each type is found in its text."""
    table = Scanner.default().find(pa.array(texts, pa.string()))
    places: list[tuple[int, int] | None] = [None] * len(texts)
    for row, start, end, kind in zip(*(table[name].to_pylist() for name in ("row", "start", "end", "entity_type")), strict=True):
        if kind == some[row].reported:
            places[row] = (start, end)
    return places


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("style", ["surrogate", "keep_format"])
def test_every_type_keeps_its_type(style, part):
    texts = [f"{one.context[0] if one.context else ''} {one.example}" for one in types(part)]
    there = [(one, text, place) for one, text, place in zip(types(part), texts, found(texts, types(part)), strict=True) if place]
    some, before, places = zip(*there, strict=True)
    names = tuple({one.reported: 0 for one in some})
    spans = Spans(np.arange(len(some)), *np.array(places).T, np.array([names.index(one.reported) for one in some]),
                  np.ones(len(some)), names)
    made = replaced(pa.array(before), spans, Styles(style, key=KEY)).to_pylist()
    lost = {one.type for one, place in zip(some, found(made, some), strict=True) if place is None}
    assert lost == {one.type for one in some} & FORM_ALONE
    for one, text, other, (start, end) in zip(some, before, made, places, strict=True):
        assert other[:start] == text[:start], one.type
        assert sign(other[start:]) != sign(text[start:end]), one.type


def test_what_has_the_form_alone_has_it():
    for name in sorted(FORM_ALONE):
        (form,) = (one for one in Scanner.default().config.types() if one.type == name)
        (made,) = typed(form.reported, [form.example], [Keyed(KEY)], keep_classes=False)
        assert len(made) == len(form.example)
        assert [c.isalnum() for c in made] == [c.isalnum() for c in form.example]


@pytest.mark.parametrize("kind", sorted(RENEWED))
def test_checksums_are_made_again(kind):
    examples = [one.example for one in Scanner.default().config.types() if f'"{kind}"' in one.model_dump_json(include={"check"})]
    assert examples
    for text in filter(KINDS[kind], examples):
        made = list(RENEWED[kind](text, bytes(range(7, 200)) * 2))
        assert any(KINDS[kind](one) and one != text for one in made)


@pytest.mark.parametrize(("entity_type", "text", "pattern"), [
    ("COORDINATE_PAIR_LABELLED", "48.85661", r"[1-8]\d\.\d{5}"), ("COORDINATE_PAIR_LABELLED", "116.39128", r"1[0-7]\d\.\d{5}"),
    ("COORDINATES", "-33.86742, 151.20931", r"-[1-8]\d\.\d{5}, 1[0-7]\d\.\d{5}"),
    ("LDAP_DN", "CN=Jane Roe,OU=Cardiology,DC=clinic,DC=example", r"CN=\w{4} \w{3},OU=\w{10},DC=\w{6},DC=\w{7}"),
    ("UUID", "7d444840-9dc0-4d2b-8a1f-5c0f6a1b2c3d", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("ETHEREUM_ADDRESS", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", r"0x[0-9a-fA-F]{40}"),
    ("HOME_DIRECTORY", "/home/jroe", r"/home/[a-z]{4}"),
])
def test_what_says_which_it_is_stays(entity_type, text, pattern):
    made = [typed(entity_type, [text], [Keyed(KEY, bytes([scope]))], keep_classes=False)[0] for scope in range(5)]
    assert all(re.fullmatch(pattern, one) for one in made)
    assert len({*made, text}) == 6


def test_codes_do_not_keep_where_their_digits_stood():
    texts = ["7d444840-9dc0-4d2b-8a1f-5c0f6a1b2c3d"] * 8
    made = typed("UUID", texts, [Keyed(KEY, bytes([scope])) for scope in range(8)], keep_classes=False)
    assert len({tuple(map(str.isdigit, one)) for one in made}) == 8
    kept = typed("UUID", texts, [Keyed(KEY, bytes([scope])) for scope in range(8)], keep_classes=True)
    assert {tuple(map(str.isdigit, one)) for one in kept} == {tuple(map(str.isdigit, texts[0]))}


def test_a_draw_is_a_function_of_key_and_value_not_of_what_stands_beside_it():
    texts = ["54072347114", "44051401458", "54072347114"]
    together = typed("PL_PESEL", texts, [Keyed(KEY)] * 3, keep_classes=False)
    assert together == [typed("PL_PESEL", [text], [Keyed(KEY)], keep_classes=False)[0] for text in texts]
    assert together != typed("PL_PESEL", texts, [Keyed(KEY[::-1])] * 3, keep_classes=False)


def test_what_the_registry_does_not_know_is_left_to_others():
    assert typed("NRP", ["Catholic"], [Keyed(KEY)], keep_classes=False) == [None]
    assert typed("PL_PESEL", ["54072347113", ""], [Keyed(KEY)] * 2, keep_classes=False) == [None, None]


def test_labels_stay():
    text = "latitude: 48.2082, longitude: 16.3738; Lat=-33.8674"
    for style in (Styles("surrogate", key=KEY), Styles("keep_format", key=KEY)):
        (made,) = Scanner.default().redact(pa.array([text]), styles=style).to_pylist()
        assert re.fullmatch(r"latitude: \d\d\.\d{4}, longitude: \d\d\.\d{4}; Lat=-\d\d\.\d{4}", made)
        assert not set(re.findall(r"\d+\.\d+", text)) & set(re.findall(r"\d+\.\d+", made))
    (made,) = Scanner.default().redact(pa.array([text])).to_pylist()
    assert made == "latitude: [COORDINATE_PAIR_LABELLED], longitude: [COORDINATE_PAIR_LABELLED]; Lat=[COORDINATE_PAIR_LABELLED]"
