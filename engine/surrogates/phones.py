"""Invented telephone numbers: in the layout of the original, from the numbers that regulators keep for fiction where they do.

Sources: ATIS-0300115 (North America: 555-0100 to 555-0199 of every area); Ofcom, "Telephone numbers for use in TV and radio drama
programmes"; Bundesnetzagentur, Mitteilung 148/2021 ("Drama Numbers"); Arcep, décision 2018-0881 modifiée (blocs réservés aux
œuvres audiovisuelles); PTS, "Telefonnummer till böcker och filmer"; ACMA, "Phone numbers for use in TV shows, films and creative
works". Calling codes: ITU-T E.164.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from engine.surrogates.formats import filled, keep_format
from engine.surrogates.keyed import Keyed, differing

Range = tuple[int, int]
"""First and last number, without the trunk prefix."""


@dataclass(frozen=True)
class _Plan:
    """Numbers of one calling code that nobody has."""

    fixed: tuple[Range, ...]
    mobile: tuple[Range, ...] = ()
    mobile_begins: str = ""
    trunk: str = "0"


def _thousand(*blocks: int) -> tuple[Range, ...]:
    return tuple((block * 1000, block * 1000 + 999) for block in blocks)


_AREAS = (201, 202, 203, 206, 212, 213, 214, 215, 216, 301, 303, 305, 310, 312, 313, 314, 317, 401, 402, 404, 405, 406, 410, 412,
          414, 415, 501, 502, 503, 504, 505, 508, 512, 513, 515, 601, 602, 603, 605, 612, 614, 615, 617, 619, 701, 702, 703, 704,
          713, 716, 718, 801, 802, 803, 804, 808, 813, 816, 817, 901, 903, 907, 912, 913, 915, 916, 918, 919)
_PLANS = {
    "1": _Plan((*((area * 10**7 + 5550100, area * 10**7 + 5550199) for area in _AREAS), (5550100, 5550199)), trunk="1"),
    "44": _Plan(
        _thousand(1632960, 1134960, 1144960, 1154960, 1164960, 1174960, 1184960, 1214960, 1314960, 1414960, 1514960, 1614960,
                  1914980, 2079460, 2920180),
        _thousand(7700900), "7"),
    "49": _Plan(_thousand(3023125, 6990009, 4066969, 2214710, 8999998),
                ((1713920000, 1713920099), (17604069000, 17604069099)), "1"),
    "33": _Plan(tuple((block * 10**4, block * 10**4 + 9999) for block in (19900, 26191, 35301, 46571, 53649)),
                ((639980000, 639989999),), "67"),
    "46": _Plan(((313900600, 313900699), (406280400, 406280499), (846500400, 846500499), (980319200, 980319299)),
                ((701740605, 701740699),), "7"),
    "61": _Plan(tuple((area * 10**8 + block * 10**4, area * 10**8 + block * 10**4 + 9999)
                      for area in (2, 3, 7, 8) for block in (5550, 7010)),
                tuple((number, number) for number in (491570006, 491570156, 491570157, 491570158, 491570159, 491570110, 491570313,
                                                      491570737, 491571266, 491571491, 491571804, 491572549)), "4"),
}
_OF_REGION = {"US": "1", "CA": "1", "GB": "44", "DE": "49", "FR": "33", "SE": "46", "AU": "61"}
_TWO_DIGITS = frozenset(map(str, (
    20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86, *range(90, 96), 98)))
_EXTENSION = re.compile(r"\s*(?:x|ext\.?|extension|#|durchwahl|poste)\s*\.?:?\s*\d+\s*\Z", re.IGNORECASE)
_INTERNATIONAL = re.compile(r"\s*(?:\(\s*)?(?:\+|00|011)")


def phone(text: str, keyed: Keyed, locale: str) -> str | None:
    """Returns a number in the same layout and of the same country, kept for fiction if that country keeps any of its length.

    Mobile numbers stay mobile where the first digit tells them. Area codes do not stay. Elsewhere all but the country's code
    becomes other digits, and the number may be somebody's.
    """
    extension = _EXTENSION.search(text)
    cut = extension.start() if extension else len(text)
    body, tail = text[:cut], text[cut:]
    digits = "".join(str(unicodedata.decimal(c)) for c in body if c.isdecimal())
    if not digits:
        return keep_format(text, keyed)
    begins, code, trunk = _begins(body, digits, locale)
    national = digits[len(begins) + len(trunk):]
    ranges = _ranges(code, national)
    tail = re.sub(r"\d+", lambda match: keep_format(match[0], keyed) or "", tail)

    def drawn(attempt: int) -> str:
        low, high = keyed.choice(ranges, "range", national, attempt)
        number = low + keyed.below(high - low + 1, "number", national, attempt)
        return filled(body, begins + trunk + str(number)) + tail
    if ranges and digits.isalnum() and not any(c.isalpha() for c in body):
        return differing(text, drawn)
    kept = _place_after(body, len(begins) + len(trunk))
    made = keep_format(body[kept:], keyed)
    return None if made is None else body[:kept] + made + tail


def _begins(body: str, digits: str, locale: str) -> tuple[str, str, str]:
    """Returns the digits before the number: those up to the country's code, that code, and the trunk prefix."""
    match = _INTERNATIONAL.match(body)
    if match and (match[0].endswith("+") or len(digits) > 10):  # noqa: PLR2004 - a national number can begin with zeros
        before = "".join(c for c in match[0] if c.isdecimal())
        rest = digits[len(before):]
        code = rest[:1] if rest[:1] in ("1", "7") else rest[:2] if rest[:2] in _TWO_DIGITS else rest[:3]
        plan = _PLANS.get(code)
        trunk = plan.trunk if plan and plan.trunk == "0" and rest[len(code):].startswith("0") else ""
        return before + code, code, trunk
    code = _OF_REGION.get(locale.partition("_")[2], "")
    plan = _PLANS.get(code)
    trunk = plan.trunk if plan and digits[0] != "0" else "0"
    if not digits.startswith(trunk) or (trunk == "1" and len(digits) != 11):  # noqa: PLR2004 - 1, area, number
        return "", code, ""
    return "", code, trunk


def _ranges(code: str, national: str) -> tuple[Range, ...]:
    plan = _PLANS.get(code)
    if plan is None:
        return ()
    mobile = national[:1] in plan.mobile_begins if plan.mobile_begins and national else False
    some = plan.mobile if mobile else plan.fixed
    fit = tuple(one for one in some if len(str(one[0])) == len(national))
    return fit or tuple(one for one in plan.fixed + plan.mobile if len(str(one[0])) == len(national))


def _place_after(body: str, count: int) -> int:
    """Returns where the text goes on after so many digits."""
    places = [place for place, c in enumerate(body) if c.isdecimal()]
    return places[count - 1] + 1 if count else 0
