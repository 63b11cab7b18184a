"""Where a text names a known date, however it writes it.

Read are numbers in any order and with any separator (1961-03-04, 4/3/61, 03.04.1961, 19610304) and
month names of seven languages (March 4, 1961; 4th of March; 4 de marzo de 1961), with and without year.
A numeric date without year is not read: 3/4 is too often something else. Reading is generous, for a place
counts only if one of its readings is a known date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Date = tuple[int, int, int]
"""Year, month, day."""
_Reading = tuple[int, int, tuple[int | None, int, int]]
"""Start, end; year (four or two digits, or none), month, day."""

MONTHS = (  # English, Spanish, German, French, Italian, Portuguese, Dutch, without accents
    "january jan enero januar jaenner janner janvier janv gennaio gen janeiro januari",
    "february feb febrero februar fevrier fevr febbraio fevereiro fev februari",
    "march mar marzo marz maerz mars marco maart mrt",
    "april apr abril abr avril avr aprile",
    "may mayo mai maggio mag maio mei",
    "june jun junio juni juin giugno giu junho",
    "july jul julio juli juillet juil luglio lug julho",
    "august aug agosto ago aout augustus",
    "september sept sep septiembre set settembre setembro septembre",
    "october oct octubre oktober okt octobre ottobre ott outubro out",
    "november nov noviembre novembre novembro",
    "december dec diciembre dic dezember dez decembre dicembre dezembro",
)
_MONTH = {name: month for month, names in enumerate(MONTHS, 1) for name in names.split()}
_FLAT = {code: unicodedata.normalize("NFD", chr(code))[0] for code in range(0xC0, 0x250)}

_NAME = r"(?P<month>[a-z]{3,12})(?![a-z])\.?"
_BETWEEN = r"[\s,./-]{0,3}"
_DAY = r"(?P<day>\d{1,2})(?!\d)(?:st|nd|rd|th|er|[.ºª°])?"
_YEAR = rf"(?P<tail>{_BETWEEN}(?:(?:of|de|del)\s{{1,3}})?(?P<year>\d{{4}}|['’]?\d{{2}})(?!\d))?"
_DAY_MONTH = re.compile(rf"{_DAY}{_BETWEEN}(?:(?:of|de|den|do|di)\s{{1,3}})?{_NAME}{_YEAR}", re.IGNORECASE)
_YEAR_MONTH = re.compile(rf"(?P<year>\d{{4}})(?P<tail>){_BETWEEN}{_NAME}{_BETWEEN}{_DAY}", re.IGNORECASE)
_MONTH_BEFORE = re.compile(rf"(?<![a-z]){_NAME}{_BETWEEN}(?:the\s{{1,3}})?\Z", re.IGNORECASE)
_DAY_AFTER = re.compile(f"{_DAY}{_YEAR}", re.IGNORECASE)
_NUMERIC = re.compile(r"(\d{1,4})\s?([-/.\s])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_NUMBER = re.compile(r"\d+")
_TIME = re.compile(r"(?:[T\s]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE)

_CENTURY = 100
_LONGEST = 64
"""Signs of the longest value that is taken for a date."""
_MONTH_SIGNS = 24
"""Signs before a day in which its month is looked for."""


def known_dates(value: str) -> frozenset[Date]:
    """Returns every full date that ``value`` as a whole may mean; a time of day may follow.

    A value such as 4/3/1961 means two dates. One with a two-digit year means that year of three centuries;
    six digits in a row are a number.
    """
    value = value.strip()
    if len(value) > _LONGEST or (value.isdigit() and len(value) != 8):  # noqa: PLR2004 - 19610304
        return frozenset()
    return frozenset(
        (year, month, day)
        for start, end, (written, month, day) in _readings(value)
        if start == 0 and written is not None and _TIME.fullmatch(value, end)
        for year in ((written,) if written >= _CENTURY else (1800 + written, 1900 + written, 2000 + written))
    )


def date_spans(text: str, dates: frozenset[Date]) -> list[tuple[int, int]]:
    """Returns the places of ``text`` that can be read as one of ``dates``; they may overlap."""
    if not dates:
        return []
    known = {key for year, month, day in dates for key in ((year, month, day), (year % _CENTURY, month, day), (None, month, day))}
    numbers = frozenset(number for key in known for number in key if number is not None)
    return [(start, end) for start, end, reading in _readings(text, numbers) if reading in known]


def _readings(text: str, numbers: frozenset[int] | None = None) -> Iterator[_Reading]:
    """Yields every possible reading of every possible date.

    Args:
        text: Any text.
        numbers: Years, months and days of interest; a date that does not begin with one of them is passed over.
    """
    flat = text.translate(_FLAT)
    for match in _NUMBER.finditer(flat):
        start, end = match.span()
        if end - start in (6, 8):
            yield from _compact(match[0], start)
        elif end - start <= 4 and (numbers is None or int(match[0]) in numbers):  # noqa: PLR2004 - digits of a year
            yield from _beginning_at(flat, start)


def _beginning_at(flat: str, start: int) -> Iterator[_Reading]:
    """Yields the dates whose first number begins at ``start``."""
    for pattern in (_DAY_MONTH, _YEAR_MONTH):
        if match := pattern.match(flat, start):
            yield from _named(start, match["month"], match)
    if match := _DAY_AFTER.match(flat, start):
        month = _MONTH_BEFORE.search(flat, max(0, start - _MONTH_SIGNS), start)
        yield from _named(month.start(), month["month"], match) if month else ()
    if match := _NUMERIC.match(flat, start):
        yield from ((start, match.end(), reading) for reading in _numeric((match[1], match[3], match[4])))


def _compact(digits: str, start: int) -> Iterator[_Reading]:
    for low, high in ((4, 6), (2, 4)) if len(digits) == 8 else ((2, 4),):  # noqa: PLR2004 - with the century
        for reading in _numeric((digits[:low], digits[low:high], digits[high:])):
            yield start, start + len(digits), reading


def _named(start: int, name: str, match: re.Match[str]) -> Iterator[_Reading]:
    month, day = _MONTH.get(name.lower()), int(match["day"])
    if month is None:
        return
    if match["year"] is None:
        yield start, match.end(), (None, month, day)
        return
    yield start, match.end(), (int(match["year"].lstrip("'’")), month, day)
    if len(match["year"]) < 4:  # noqa: PLR2004 - 'March 4, 10 mg': the number may not be a year
        yield start, match.start("tail"), (None, month, day)


def _numeric(fields: tuple[str, str, str]) -> Iterator[tuple[int, int, int]]:
    """Yields the readings year-month-day, day-month-year and month-day-year; a year has two or four digits."""
    first, second, third = fields
    for year, month, day in ((first, second, third), (third, second, first), (third, first, second)):
        if len(year) in (2, 4) and len(month) <= 2 and len(day) <= 2 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:  # noqa: PLR2004 - the calendar
            yield int(year), int(month), int(day)
