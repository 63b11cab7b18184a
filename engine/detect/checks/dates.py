"""Days that exist, inside numbers (proleptic Gregorian calendar, ISO 8601)."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from engine.detect.checks.matrix import Check, Codes, Passed, by_length
from engine.detect.checks.spec import Date

_LONGEST = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def date(spec: Date) -> Check:
    """Returns the check of a day inside a number. Of two-digit years any multiple of four may be a leap year."""
    end = spec.at + len(spec.layout)
    places = {letter: [spec.at + place for place, other in enumerate(spec.layout) if other == letter] for letter in "YMD"}

    def check(codes: Codes, length: int) -> Passed:
        if length < end:
            return np.zeros(len(codes), np.bool_)
        digits = codes[:, spec.at:end]
        passed: Passed = np.logical_and.reduce((digits >= ord("0")) & (digits <= ord("9")), axis=1)
        year = _number(codes, places["Y"], absent=0)
        month = _number(codes, places["M"], absent=1)
        day = _number(codes, places["D"], absent=1)
        fits = np.zeros(len(codes), np.bool_)
        for more_months, more_days in product(spec.months if places["M"] else (0,), spec.days if places["D"] else (0,)):
            fits |= _exists(year, month - more_months, day - more_days, centuries=len(places["Y"]) > 2)  # noqa: PLR2004 - two digits
        if len(places["Y"]) > 2:  # noqa: PLR2004 - two digits
            passed &= (year >= spec.years[0]) & (year <= spec.years[1])
        return passed & fits
    return by_length(check)


def _number(codes: Codes, places: list[int], absent: int) -> npt.NDArray[np.int64]:
    if not places:
        return np.full(len(codes), absent, np.int64)
    number = np.zeros(len(codes), np.int64)
    for place in places:
        number = number * 10 + (codes[:, place].astype(np.int64) - ord("0"))
    return number


def _exists(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64], *, centuries: bool) -> Passed:
    leap = year % 4 == 0
    if centuries:
        leap &= (year % 100 != 0) | (year % 400 == 0)
    longest = _LONGEST[np.clip(month, 0, 12)] - ((month == 2) & ~leap)  # noqa: PLR2004 - February
    exists: Passed = (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)  # noqa: PLR2004 - December
    return exists
