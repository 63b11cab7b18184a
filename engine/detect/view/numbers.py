"""Numbers broken at a line's end, or with too much space in them, where the whole then has the form of a known number.

Forms: payment cards by ISO/IEC 7812-1, annex B (Luhn); IBAN by ISO 13616 (ISO/IEC 7064, mod 97-10); international telephone
numbers by ITU-T E.164, as libphonenumber knows them, and national ones of the North American plan; United States social
security numbers (three, two, four digits); dates in digits; IPv4 addresses (RFC 791).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import phonenumbers

from engine.detect.view.reading import Edit, Reading

_STRETCH = re.compile(r"(?<![\d])[+(]{0,2}(?:[ \t]*\r?\n[ \t]*)?\d(?:[\s.()/\-]{0,4}\d){5,40}")
_SPACE = re.compile(r"[ \t]*\r?\n[ \t]*|[ \t]+(?=[\-./])|(?<=[\-./])[ \t]+|[ \t]{2,4}")
_JOINS_NEXT, _JOINS_LAST = frozenset("-./(+"), frozenset("-./)")
_FEW_BREAKS = 3
"""Line breaks in one stretch of digits that are also tried as inside a group. More are a column of numbers."""

_IBAN = re.compile(r"(?<!\w)[A-Z]\s{0,2}[A-Z]\s{0,2}\d\s{0,2}\d(?:\s{0,3}[A-Z0-9]){11,30}(?!\w)")
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34
_GROUP, _GROUPS_SEEN = 4, 2


def read_numbers(reading: Reading) -> Reading:
    """Mends broken numbers."""
    text = reading.text
    edits = [edit for stretch in _STRETCH.finditer(text) for edit in _mended(text, *stretch.span())]
    reading = reading.edited(edits)
    return reading.edited([edit for match in _IBAN.finditer(reading.text) for edit in _as_iban(match)])


def _luhn(text: str) -> bool:
    digits = [int(one) for one in text if one.isdigit()]
    return sum(sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))) % 10 == 0


def _dialled(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def _is_iban(text: str) -> bool:
    remainder = int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97
    return _SHORTEST_IBAN <= len(text) <= _LONGEST_IBAN and remainder == 1


def _always(_: str) -> bool:
    return True


def _form(written: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\d)(?:{written})(?!\d)")


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_form(r"(?:\d{4}[ -]?){3}\d{1,7}|\d{4}[ -]?\d{6}[ -]?\d{4,5}|\d{13,19}"), _luhn),
    (re.compile(r"\+\d(?:[ .()-]{0,2}\d){7,14}(?!\d)"), _dialled),
    (_form(r"(?:\+?1[ .-]?)?(?:\(\d{3}\)[ .-]?|\d{3}[ .-])\d{3}[ .-]\d{4}|\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}"), _always),
    (_form(r"\d{4}([-./])\d{2}\1\d{2}|\d{1,2}([-./])\d{1,2}\2\d{4}|(?:\d{1,3}\.){3}\d{1,3}"), _always),
)


def _mended(text: str, begin: int, end: int) -> Iterator[Edit]:
    """Yields the edits of one stretch: those that a form spans, first with line breaks as spaces, then with none."""
    spaces = [match.span() for match in _SPACE.finditer(text, begin, end)]
    if not spaces:
        return
    edits = [(start, stop, _instead(text, start, stop)) for start, stop in spaces]
    done = _spanned(text, begin, end, edits)
    breaks = [place for place, (start, stop, instead) in enumerate(edits) if instead == " " and "\n" in text[start:stop]]
    if not done.issuperset(breaks) and len(breaks) <= _FEW_BREAKS:
        for place in breaks:
            closed = [*edits[:place], (*edits[place][:2], ""), *edits[place + 1:]]
            if place not in done and place in (spanned := _spanned(text, begin, end, closed)):
                edits, done = closed, done | spanned
    yield from (edits[place] for place in sorted(done))


def _instead(text: str, start: int, stop: int) -> str:
    return "" if text[start - 1] in _JOINS_NEXT or text[stop:stop + 1] in _JOINS_LAST else " "


def _spanned(text: str, begin: int, end: int, edits: list[Edit]) -> set[int]:
    """Returns which of the edits stand inside a known form, all made."""
    mended, places, before = "", [], begin
    for start, stop, instead in edits:
        mended += text[before:start]
        places.append(len(mended))
        mended += instead
        before = stop
    mended += text[before:end]
    found: set[int] = set()
    for form, holds in _FORMS:
        for match in form.finditer(mended):
            inside = {number for number, place in enumerate(places) if match.start() < place < match.end()}
            if inside and holds(match.group()):
                found |= inside
    return found


def _as_iban(match: re.Match[str]) -> Iterator[Edit]:
    """Yields the wide spaces of an IBAN that ends where one of its groups does: as one space between groups of four."""
    written = match.group()
    wide = [one.span() for one in re.finditer(r"\s*\n\s*|\s{2,}", written)]
    ends = [one.start() for one in re.finditer(r"(?<=\S)(?!\S)", written)]
    for end in ends if wide else ():
        if _is_iban("".join(written[:end].split())):
            grouped = all(len(group) == _GROUP for group in written[:end].split()[:_GROUPS_SEEN])
            for start, stop in (one for one in wide if one[1] < end):
                between = grouped and len("".join(written[:start].split())) % _GROUP == 0
                yield match.start() + start, match.start() + stop, " " if between else ""
            return
