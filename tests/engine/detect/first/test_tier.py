"""The first tier claims what every form, tried at every place of every value alone, claims."""

from __future__ import annotations

import functools
import re

import pyarrow as pa
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.checks import compiled, matrix
from engine.detect.checks.domains import begins_top_level
from engine.detect.config import ContextSettings
from engine.detect.first import multi
from engine.detect.first.pictures import compact, expression
from engine.detect.first.tier import FirstTier
from engine.detect.registry import Registry

NAMES = ("US_SSN", "US_ITIN", "CREDIT_CARD", "CREDIT_CARD_BESIDE_ITS_NAME", "IBAN_CODE", "EMAIL_ADDRESS", "URL",
         "URL_WITHOUT_SCHEME",
         "IP_ADDRESS", "MAC_ADDRESS", "DATE_TIME", "UK_NHS", "DE_TAX_ID", "US_PASSPORT", "MEDICAL_RECORD_NUMBER", "GITHUB_TOKEN",
         "ETHEREUM_ADDRESS", "VIN", "US_ZIP_CODE", "SWIFT_BIC", "PLUS_CODE", "LDAP_DN", "PASSWORD_ASSIGNMENT", "IMEI", "US_MBI",
         "US_FL_DRIVER_LICENSE", "SOCIAL_HANDLE", "DICOM_UID", "CN_LICENSE_PLATE", "US_NPI")
TYPES = tuple(Registry.default()[name] for name in NAMES)
SETTINGS = ContextSettings()


@functools.cache
def tier() -> FirstTier:
    return FirstTier(TYPES, SETTINGS)


def found(values: list[str], header: str = "") -> set[tuple[int, int, int, str]]:
    block = Block(pa.array(values, pa.string()))
    claims = tier().find(block, header)
    columns = block.value_of(claims.start), block.characters(claims.start), block.characters(claims.end), claims.kind
    return {(value, start, end, NAMES[kind]) for value, start, end, kind in zip(*(one.tolist() for one in columns), strict=True)}


def slowly(values: list[str], header: str = "") -> set[tuple[int, int, int, str]]:
    return {(index, start, end, one.type) for index, value in enumerate(values) for one in TYPES
            for start, end in claims_of(value.encode(), one, header)}


def claims_of(text: bytes, one, header: str):
    """One type on one value, by the module regex; places are characters."""
    forms = [(written, True, one.when == "context") for written in one.formats]
    forms += [(written, True, True) for written in one.formats_in_context]
    if one.pattern:
        forms = [(one.pattern, False, one.when == "context")]
    for written, shaped, asked in forms:
        for start, end in matches(text, one, written, shaped, asked):
            if one.not_after and text[start - 1:start] == one.not_after.encode():
                continue
            if asked and not spoken(text[:start], one) and not named(header, one):
                continue
            begin = start + (len(re.match(one.label.encode(), text[start:end], flags(one, asked))[0]) if one.label else 0)
            if passes(text[begin:end].decode(), one, shaped):
                yield len(text[:begin].decode()), len(text[:end].decode())


def flags(one, asked) -> int:
    return re.DOTALL | (re.IGNORECASE if one.ignore_case or (asked and not one.pattern) else 0)


def matches(text, one, written, shaped, asked):
    if not shaped:
        pattern = regex.compile((one.label + written).encode(), flags(one, asked) | regex.POSIX)
        spans = {match.span() for match in pattern.finditer(text)}
        if one.near == "number":
            spans = {span for span in spans if re.search(rb"[0-9]", text[slice(*span)])}
    else:
        pattern = regex.compile(expression(written).encode(), flags(one, asked))
        edges = [place for place in range(len(text) + 1) if not (word(text[place - 1:place]) and word(text[place:place + 1]))]
        spans = {(start, end) for start in edges for end in edges
                 if start < end <= start + 45 and pattern.fullmatch(text, start, end)}
        spans = {span for span in spans if not longer(text, *span)}
    return {span for span in spans if whole(text, *span)}


def word(byte: bytes) -> bool:
    return byte.isalnum() and byte.isascii()


def whole(text: bytes, start: int, end: int) -> bool:
    return not any(word(text[place - 1:place]) and word(text[place:place + 1]) for place in (start, end))


def longer(text: bytes, start: int, end: int) -> bool:
    before = re.search(rb"[0-9][-.]\Z|[\xc3-\xdf][\x80-\xbf]\Z", text[:start])
    return bool(before or re.match(rb"[-.][0-9]|[\xc3-\xdf]", text[end:]))


def passes(text, one, shaped) -> bool:
    if shaped and not one.ignore_case and text.upper() != text:
        return False
    seen = compact(text) if shaped else text
    return one.check is None or bool(compiled(one.check)(*matrix([seen]))[0])


def forms_of(phrase: str) -> list[str]:
    plural = len(phrase.rsplit(maxsplit=1)[-1]) > 2 and phrase[-1].isalpha() and phrase[-1] != "s"
    return [phrase, phrase + "s"] if plural else [phrase]


def folded(text: str) -> str:
    return "".join(sign if not sign.isascii() or sign.isalnum() else " " for sign in text).lower()


def spoken(before: bytes, one) -> bool:
    """Whether a context word stands among the last five words, and not further away than 96 bytes."""
    text = before.decode(errors="ignore")
    for phrase in (form for word in one.context for form in forms_of(word)):
        for match in re.finditer(rf"(?= {re.escape(' '.join(folded(phrase).split()))} )", f" {folded(text)} "):
            end = match.start() + len(" ".join(folded(phrase).split()))
            between = re.findall(r"(?<=[^!-~\x80-\U0010ffff])[!-~\x80-\U0010ffff]", text[end:] + " ")
            if len(text[end:].encode()) <= 96 and len(between) < SETTINGS.words:
                return True
    return False


def named(header: str, one) -> bool:
    forms = [form for phrase in one.context for form in forms_of(phrase)]
    return any(f" {' '.join(folded(form).split())} " in f" {folded(header)} " for form in forms)


PIECES = [one.example for one in TYPES]
AROUND = ["card", "Card:", "ssn", "social security numbers", "SSN#", "the", "IBAN", "bic", "Swift", "nhs", "passport no", "VIN",
          "zip", "PLZ", "é", "漢", "12", "7", "x", "-", ".", "/", "(", ")", ",", ";", "=", "\n", "\0", "4539 5787 6362 1486",
          "078-05-1120", "vehicle", "handle", "twitter", "npi", "imei", "tax id", "Führerschein"]
TEXTS = st.lists(st.sampled_from(PIECES + AROUND), max_size=9).flatmap(
    lambda parts: st.sampled_from([" ", "", " "]).map(lambda between: between.join(parts)))


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_as_by_trying_everything(values):
    values = [value.replace("\0", " ") for value in values]
    assert found(values) == slowly(values)


@pytest.mark.parametrize("header", ["ssn", "card number", "npi", "VIN", "note"])
def test_a_column_s_name_asks_for_types(header):
    values = [*PIECES, "219099999", "4539578763621486", "1234567893", "x"]
    assert found(values, header) == slowly(values, header)


def test_every_example_alone():
    claims = found(PIECES)
    assert claims == slowly(PIECES)
    assert len({kind for *_, kind in claims}) > 20


def test_values_do_not_see_each_other():
    values = ["ssn", "219099999", "her ssn:", "219099999", "4539 5787", "6362 1486"]
    assert not found(values)


def test_without_hyperscan(monkeypatch):
    with_hyperscan = found(PIECES)
    monkeypatch.setattr(multi, "available", lambda: "re2")
    slow = FirstTier(TYPES, SETTINGS)
    monkeypatch.setattr(f"{__name__}.tier", lambda: slow)
    assert found(PIECES) == with_hyperscan


ANCHORED = [one for one in Registry.default().types if one.pattern and one.near not in {"text", "number"}]


@settings(max_examples=4)
@pytest.mark.parametrize("one", ANCHORED, ids=lambda one: one.type)
@given(data=st.data())
def test_every_match_holds_what_it_is_looked_for_by(one, data):
    written = f"(?s:{one.label}{one.pattern})".replace(r"\b", "")
    match = data.draw(st.from_regex(re.compile(written, re.IGNORECASE if one.ignore_case else 0), fullmatch=True))
    block = Block(pa.array([match], pa.string()))
    if one.check and not passes(re.sub(f"^(?:{one.label})", "", match), one, shaped=False):
        return  # no claim
    if one.near == "label":
        assert re.search(one.label, match, flags(one, asked=False))
    elif one.near == "domain":
        assert begins_top_level(block.padded, block.places_of(".A") + 1).any()
    else:
        assert len(block.long_tokens) if one.near == "token" else any(len(block.places_of(signs)) for signs in one.near.split())
