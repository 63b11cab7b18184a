"""Invented dates: moved by a keyed number of days, and written as the original is written.

Read are numeric dates in the usual orders and with any separator, dates with names of months in seven languages, with and
without year, and days of the week. What is read as a date of one form is written in that form again, so a move never makes a day
that does not exist. Times of day stay.
"""

from __future__ import annotations

import datetime as dt
import functools
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.surrogates.keyed import Keyed, differing
from engine.surrogates.months import Named, month, weekday

MOST_DAYS = 180
"""A date moves by at most this many days, back or forth."""

_MONTH_FIRST = ("US", "PH", "FM", "MH", "PW")
"""Territories that write the month before the day in numeric dates. Source: Unicode CLDR, short date formats."""
_SPRING, _MIDDLE = 2000, 15  # a leap year for dates without one; a day for months without one
_PIVOT = 69  # two digits from here on are of the twentieth century (POSIX strptime, %y)

_ENGLISH = ("st", "nd", "rd", "th")
_SEPARATED = r"(?P<s>\s?[-/.\s]\s?)"
_DAY = r"(?P<d>\d{1,2})(?!\d)(?P<ordinal>st|nd|rd|th|er|[ºª°.](?=\s|[^\W\d_]))?"
_NAME = r"(?P<name>[^\W\d_]{3,12})(?![^\W\d_])\.?"
_GLUE = r"[\s,/\-]{0,3}(?:(?:of|de|den|do|di|del|the)\s{1,3})?"
_YEAR = r"(?P<y>(?<!\d)\d{4}|['’]\d{2}|(?<=[-/\s])\d{2})(?!\d)"
_FORMS = tuple(re.compile(form, re.IGNORECASE) for form in (
    rf"(?<![\d.])(?P<y>\d{{4}}){_SEPARATED}(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?!\d)",
    r"(?<!\d)(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日",
    rf"(?<![\d.])(?P<a>\d{{1,2}}){_SEPARATED}(?P<b>\d{{1,2}})(?P=s)(?P<y>\d{{4}}|\d{{2}})(?!\d)",
    r"(?<!\d)(?P<y>1[89]\d\d|20\d\d)(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
    rf"(?<!\d){_DAY}{_GLUE}{_NAME}(?:{_GLUE}{_YEAR})?",
    rf"(?<![^\W\d_]){_NAME}\s{{0,3}}(?:the\s)?{_DAY}(?:,?{_GLUE}{_YEAR})?",
    rf"(?<!\d)(?P<y>\d{{4}})[\s,/\-]{{0,3}}{_NAME}[\s,/\-]{{0,3}}{_DAY}",
    rf"(?<![^\W\d_]){_NAME}{_GLUE}(?P<y>\d{{4}})(?!\d)",
    r"(?<![\d.])(?P<m>\d{1,2})[-/.](?P<y>\d{4})(?!\d)",
    r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?!\d)",
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<s>[/.-])(?P<b>\d{1,2})(?![\d])",
    r"(?<!\d)(?P<y>1[89]\d\d|20\d\d)(?!\d)",
))
_TIME = re.compile(
    r"T?\s?\d{1,2}[:h.]\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[ap]\.?\s?m\.?(?![^\W\d_])|uhr)?\s?"
    r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:-feira)?")
_AROUND = frozenset("""
    a al am an and as at au aos between bis by das de dem den der di do du e el en et from il in la le les los of om on op
    the to tot um und until van vom von y zum à o h t z
""".split())  # noqa: SIM905 - reads as words
"""Words that may stand around and between dates."""


@dataclass(frozen=True)
class _Field:
    """One part of a date: where it is written, and how to write another day there."""

    start: int
    end: int
    write: Callable[[dt.date], str]


@dataclass(frozen=True)
class _Date:
    """A date that was read: the day, or the middle of the month or year that it leaves open."""

    day: dt.date
    fields: tuple[_Field, ...]
    start: int
    end: int
    year_alone: bool = False


def subject_days(subject: bytes, key: bytes, most: int = MOST_DAYS) -> int:
    """Returns by how many days all dates of a subject move, as ``udfs.date_shift`` moves them under the same subkey.

    Args:
        subject: The subject in canonical bytes (``engine.operators.canonical``).
        key: The subkey, 32 bytes.
        most: Largest number.
    """
    sixty_bits = int.from_bytes(hmac.digest(key, subject, "sha256")[:8], "big") >> 4
    return sixty_bits % (2 * most + 1) - most


def date(text: str, keyed: Keyed, locale: str, *, days: int | None = None, most: int = MOST_DAYS) -> str | None:
    """Returns all dates of ``text`` moved by one number of days; None where something in it cannot be read.

    Args:
        text: One or more dates, with or without times of day.
        keyed: Where draws come from.
        locale: Decides between day and month where the numbers do not, and between languages.
        days: How far its subject's dates move, so that intervals stay; None draws a number for the date. Where a move would
            leave the text as it is (by no day; of a month within itself), a number is drawn too.
        most: Largest number that is drawn.
    """
    dates, weekdays = _parsed(text, locale)
    if not (dates or weekdays):
        return None
    value = "/".join(one.day.isoformat() for one in dates) or text.casefold()

    def drawn(attempt: int) -> str | None:
        moved = keyed.below(2 * most, "days", value, attempt) - most
        moved = days if days is not None and attempt == 0 else moved if moved < 0 else moved + 1
        try:
            return _written(text, dates, weekdays, moved)
        except OverflowError:  # before the year 1 or after 9999
            return None
    return differing(text, drawn)


@functools.lru_cache(maxsize=16_384)
def _parsed(text: str, locale: str) -> tuple[list[_Date], list[tuple[int, int, Named]]]:
    """Returns the dates and the days of the week in a text, nothing where something else stands in it."""
    dates = _dates(text, locale)
    weekdays = _weekdays(text, dates, locale)
    return (dates, weekdays) if _readable(text, dates, weekdays) else ([], [])


def _written(text: str, dates: list[_Date], weekdays: list[tuple[int, int, Named]], moved: int) -> str:
    pieces = [(start, end, _in_case(named.all[(named.number + moved) % 7], text[start:end])) for start, end, named in weekdays]
    for one in dates:
        far = 366 * ((moved > 0) - (moved < 0)) if one.year_alone else moved
        day = one.day + dt.timedelta(far)
        pieces += [(field.start, field.end, field.write(day)) for field in one.fields]
    made, at = [], 0
    for start, end, piece in sorted(pieces):
        made += [text[at:start], piece]
        at = end
    return "".join([*made, text[at:]])


def _dates(text: str, locale: str) -> list[_Date]:
    found: list[_Date] = []
    at = 0
    while at < len(text):
        matches = [one for form in _FORMS for match in [form.search(text, at)] if match for one in [_read(match, locale)] if one]
        if not matches:
            break
        best = min(matches, key=lambda one: (one.start, -one.end))
        found.append(best)
        at = best.end
    return found


def _read(match: re.Match[str], locale: str) -> _Date | None:
    """Returns the date that a form matched, None where it is no day of the calendar."""
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    named = month(groups["name"], _language(match, locale)) if "name" in groups else None
    if "name" in groups and named is None:
        return None
    places = _places(groups, locale)
    year = _year(groups["y"]) if "y" in groups else _SPRING
    number = named.number if named else int(groups[places["m"]]) if "m" in places else 7
    try:
        day = dt.date(year, number, int(groups[places["d"]]) if "d" in places else _MIDDLE)
    except ValueError:
        return None
    padded = _padded([groups[places[kind]] for kind in ("d", "m") if kind in places], named=named is not None)
    fields = []
    if named:
        fields.append(_Field(*match.span("name"), lambda new: _in_case(named.all[new.month - 1], match["name"])))
    elif "m" in places:
        fields.append(_Field(*match.span(places["m"]), lambda new: f"{new.month:02d}" if padded else str(new.month)))
    if "d" in places:
        fields.append(_Field(*match.span(places["d"]), lambda new: f"{new.day:02d}" if padded else str(new.day)))
    if "ordinal" in groups:
        fields.append(_Field(*match.span("ordinal"), lambda new: _ordinal(new.day, groups["ordinal"])))
    if "y" in groups:
        fields.append(_Field(*match.span("y"), lambda new: _year_like(new.year, groups["y"])))
    return _Date(day, tuple(fields), *match.span(), year_alone=set(groups) == {"y"})


def _places(groups: dict[str, str], locale: str) -> dict[str, str]:
    """Returns the groups that hold day and month: those named so, or ``a`` and ``b`` in the order that fits."""
    if "a" not in groups:
        return {kind: kind for kind in ("d", "m") if kind in groups}
    month_first = locale.partition("_")[2] in _MONTH_FIRST and "." not in groups["s"]
    if int(groups["a"]) > 12:  # noqa: PLR2004 - months
        month_first = False
    elif int(groups["b"]) > 12:  # noqa: PLR2004 - months
        month_first = True
    return {"m": "a", "d": "b"} if month_first else {"d": "a", "m": "b"}


def _year(written: str) -> int:
    digits = written.lstrip("'’")
    return int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= _PIVOT else 2000)  # noqa: PLR2004 - with the century


def _year_like(year: int, like: str) -> str:
    return f"{year:04d}" if len(like.lstrip("'’")) == 4 else f"{like[:-2]}{year % 100:02d}"  # noqa: PLR2004 - with the century


def _padded(numbers: list[str], *, named: bool) -> bool:
    if any(number.startswith("0") for number in numbers):
        return True
    return not named and all(len(number) == 2 for number in numbers)  # noqa: PLR2004 - digits


def _ordinal(day: int, like: str) -> str:
    if like.lower() in _ENGLISH:
        suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")  # noqa: PLR2004 - eleventh to thirteenth
        return suffix.upper() if like.isupper() else suffix
    return ("" if day > 1 else like) if like.lower() == "er" else like


def _language(match: re.Match[str], locale: str) -> str:
    own = locale.partition("_")[0]
    if (match.groupdict().get("ordinal") or "").lower() in _ENGLISH or " of " in match[0]:
        return "en"
    if re.search(r"\sde\s", match[0]):
        return own if own in ("es", "pt") else "es"
    if re.search(r"\d\.", match[0]):
        return own if own != "en" else "de"
    return own


def _weekdays(text: str, dates: list[_Date], locale: str) -> list[tuple[int, int, Named]]:
    taken = [range(one.start, one.end) for one in dates]
    words = [match for match in _WORD.finditer(text) if not any(match.start() in some for some in taken)]
    named = [(match, weekday(match[0], locale.partition("_")[0])) for match in words if match[0].casefold() not in _AROUND]
    return [(*match.span(), found) for match, found in named if found]


def _readable(text: str, dates: list[_Date], days: list[tuple[int, int, Named]]) -> bool:
    """Whether nothing stands around the dates but times of day and small words."""
    rest, at = [], 0
    for start, end in sorted([*((one.start, one.end) for one in dates), *((start, end) for start, end, _ in days)]):
        rest.append(text[at:start])
        at = end
    bare = _TIME.sub(" ", " ".join([*rest, text[at:]]))
    return not re.search(r"\d", bare) and all(word.casefold() in _AROUND for word in _WORD.findall(bare))


def _in_case(name: str, like: str) -> str:
    return name.upper() if like.isupper() else name.lower() if like.islower() else name[0].upper() + name[1:]
