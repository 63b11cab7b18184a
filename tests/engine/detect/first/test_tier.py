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
from engine.detect.context import header_words
from engine.detect.first import multi
from engine.detect.first.phrases import _forms
from engine.detect.first.pictures import compact, expression
from engine.detect.first.spoken import FOLDED
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
    """Of claims on one stretch those of which words tell most, and those of which none speaks, if that is little."""
    found = [(index, start, end, one.type, heard) for index, value in enumerate(values) for one in TYPES
             for start, end, heard in claims_of(value.encode(), one, header)]
    most: dict[tuple[int, int, int], float] = {}
    for *place, _, heard in found:
        most[tuple(place)] = max(heard, most.get(tuple(place), 0))
    own: dict[tuple[int, int, int, str], float] = {}
    for *claim, heard in found:
        own[tuple(claim)] = max(heard, own.get(tuple(claim), 0))
    return {claim for claim, heard in own.items() if heard == most[claim[:3]] or (heard == 0 and most[claim[:3]] < 1.25)
            or Registry.default()[claim[3]].label}


def claims_of(text: bytes, one, header: str):
    """One type on one value, by the module regex; places are characters; and how much words say of the type."""
    forms = [(written, True, one.when == "context") for written in one.formats]
    forms += [(written, True, True) for written in one.formats_in_context]
    if one.pattern:
        forms = [(one.pattern, False, one.when == "context")]
    said = [(*span, phrase) for phrase in phrases_of(one) for span in mentions(text, phrase)]
    for written, shaped, asked in forms:
        for start, end in matches(text, one, written, shaped, asked):
            if one.not_after and text[start - 1:start] == one.not_after.encode():
                continue
            heard = max([named(header, one), *(saying(text, start, end, mention) for mention in said)])
            if asked and not heard:
                continue
            begin = start + (len(re.match(one.label.encode(), text[start:end], flags(one, asked))[0]) if one.label else 0)
            if passes(text[begin:end].decode(), one, shaped):
                yield len(text[:begin].decode()), len(text[:end].decode()), heard


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


def phrases_of(one) -> tuple[str, ...]:
    return (*one.context, header_words(one.title.partition("(")[0]))


def tells(phrase: str) -> float:
    return 1 / sum(phrase in phrases_of(one) for one in TYPES) + 1e-4 * len(phrase.encode())


def mentions(text: bytes, phrase: str):
    for form in {*_forms(phrase)}:
        yield from ((match.start(), match.start() + len(form)) for match in re.finditer(
            rb"(?<![^ ])(?=%b(?![^ ]))" % re.escape(form), text.translate(FOLDED)))


def saying(text: bytes, start: int, end: int, mention: tuple[int, int, str]) -> float:
    """How much a phrase says of what stands at a place: if among the five words before it, or right after it."""
    first, last, phrase = mention
    if last <= start:
        between = re.findall(rb"(?<=[^!-\xff])[!-\xff]", text[last:start] + b" ")
        if start - last > 96 or len(between) >= SETTINGS.words:
            return 0
        return 1 + tells(phrase) * (start - last <= 4 and not text[last:start].translate(FOLDED).strip())
    token = re.search(rb"[0-9A-Za-z]*\Z", text[:end])[0]
    opens = re.fullmatch(rb"[ (\[]{1,2}(?:[A-Za-z]+[ (\[]{1,2}){0,2}", text[end:first])
    if not (opens and len(token) <= 40 and re.search(rb"[0-9]", token)):
        return 0
    after = (text[last:] + b"\0")[:24]
    closed = re.search(rb"[\0),\]};|]|[\n\r.](?! ?[0-9])", after)
    promised = re.search(rb"[0-9:=#]", after)
    return 0.5 * (not promised or bool(closed and closed.start() < promised.start()))


def named(header: str, one) -> float:
    words = f" {header.lower()} ".encode().translate(FOLDED)
    heard = [1 + tells(phrase) for phrase in phrases_of(one) if any(b" %b " % form in words for form in _forms(phrase))]
    name = one.type.lower().replace("_", " ")
    return 2 + 1e-4 * len(name) if b" %b " % name.encode() in words else max([0, *heard])


PIECES = [one.example for one in TYPES]
AROUND = ["card", "Card:", "ssn", "social security numbers", "SSN#", "the", "IBAN", "bic", "Swift", "nhs", "passport no", "VIN",
          "zip", "PLZ", "é", "漢", "12", "7", "x", "-", ".", "/", "(", ")", ",", ";", "=", "\n", "\0", "4539 5787 6362 1486",
          "078-05-1120", "219099999", "is her", "vehicle", "handle", "twitter", "npi", "imei", "tax id", "Führerschein"]
TEXTS = st.lists(st.sampled_from(PIECES + AROUND), max_size=9).flatmap(
    lambda parts: st.sampled_from([" ", "", " "]).map(lambda between: between.join(parts)))


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_as_by_trying_everything(values):
    values = [value.replace("\0", " ") for value in values]
    assert found(values) == slowly(values)


@pytest.mark.slow
@pytest.mark.parametrize("header", ["ssn", "card number", "npi", "VIN", "note", "us ssn", "Vehicle identification number"])
def test_a_column_s_name_asks_for_types(header):
    values = [*PIECES, "219099999", "4539578763621486", "1234567893", "x"]
    assert found(values, header) == slowly(values, header)


@pytest.mark.slow
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


@pytest.mark.slow
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
