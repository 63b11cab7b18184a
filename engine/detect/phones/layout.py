"""How candidates are written: their groups and gaps, and what such groups are if they are no number.

Of a candidate the first groups count; a number without a country code has no more.
"""

# ruff: noqa: PLR2004 - layouts are numbers of digits

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.phones import gaps
from engine.detect.phones.matcher import plus
from engine.detect.phones.stretches import Candidates, Groups, digits_of

GROUPS = 6
"""Groups that are looked at."""

_MOST = 17  # digits of a number
_DASH, _DOT = gaps.code("-"), gaps.code(".")
_OPENING = np.isin(np.arange(1 << 16), [gaps.code(signs) for signs in ("(", "[", "( ")])
_ALONE = np.isin(np.arange(256), (1, 7, 8))
"""Digits that may stand alone before a number: trunk prefixes, and North America's country code."""

_FIRST_GROUPS = np.arange(GROUPS)[:, None]
_BITS = 1 << np.arange(_MOST + 1)


class Layout(NamedTuple):
    """How candidates are written.

    Attributes:
        size: How many digits.
        groups: How many groups.
        sizes: Digits of each of the first groups, one group a row; 0 where there is none.
        value: The first two digits of the first three groups, or their only one, as a number.
        sign: The first gap's code; 0 if there is none.
        first: What the first gap is.
        even: All gaps are such as people write in numbers.
        same: All gaps are the same.
        tail: All gaps but the first are the same.
        opened: A bracket opens before the first group.
        coded: A plus stands before it.
    """

    size: Integers
    groups: Integers
    sizes: Bytes
    value: Bytes
    sign: gaps.Codes
    first: gaps.Facts
    even: Flags
    same: Flags
    tail: Flags
    opened: Flags
    coded: Flags

    def at(self, rows: Integers) -> Layout:
        """Returns some of the layouts."""
        columns: list[Any] = [column.take(rows, axis=-1) for column in self]
        return Layout(*columns)


def layout(found: Groups, rows: Candidates) -> Layout:
    """Returns how candidates are written."""
    count = rows.last - rows.first + 1
    group = rows.first + _FIRST_GROUPS
    sizes = found.size.take(group, mode="clip") * (count > _FIRST_GROUPS)
    size = digits_of(found, rows)
    first = found.first.take(group[:3], mode="clip")
    one, two = found.digits.take(first), found.digits.take(first + 1)
    value = np.where(sizes[:3] > 1, one * np.uint8(10) + two, one)
    gap = np.minimum(group[:-1], np.maximum(rows.last - 1, rows.first))
    code = found.code.take(gap)
    sign = code[0] * (count > 1)
    even = np.bitwise_or.reduce(found.facts.take(gap), axis=0) & np.uint32(gaps.UNEVEN) == 0
    return Layout(size, count, sizes, value, sign, gaps.facts().take(sign), even | (count == 1),
                  (code == code[0]).all(axis=0), (code[1:] == code[1]).all(axis=0), _OPENING.take(rows.lead), plus(rows))


def places(of: Layout) -> Integers:
    """Returns where gaps are, for those of at most ``GROUPS`` groups and sixteen digits: bit i after i digits."""
    ends, found = np.zeros(len(of.size), np.uint8), np.zeros(len(of.size), np.int64)
    for size in of.sizes:
        ends = np.minimum(ends + size, _MOST)
        found |= _BITS.take(ends)
    gaps_only: Integers = found & ~_BITS.take(np.minimum(of.size, _MOST))
    return gaps_only


def _dated(of: Layout) -> Flags:
    """Whether it is, or begins with, a day, or is two years."""
    year, small = of.sizes[:3] == 4, (of.sizes[:3] == 1) | (of.sizes[:3] == 2)
    recent, years = year & ((of.value == 19) | (of.value == 20)), year & (of.value >= 15) & (of.value <= 20)
    month, day = small & (of.value <= 12) & (of.value > 0), small & (of.value <= 31) & (of.value > 0)
    behind, before = month[1] & day[2] | day[1] & month[2], month[0] & day[1] | day[0] & month[1]
    days: Flags = recent[0] & behind | recent[2] & before | (of.groups == 2) & years[0] & years[1]
    return days


def regular(of: Layout) -> Flags:
    """Whether its groups are those of a number, and not of an address, a decimal, a document or a postal code."""
    first, second, third = of.sizes[:3]
    dots = of.same & (of.sign == _DOT)
    tiny = (of.sizes[1:] == 1).any(axis=0) | (first == 1) & ~_ALONE.take(of.value[0])
    address = dots & (of.groups == 4) & (of.sizes <= 3).all(axis=0)
    decimal = dots & (of.groups == 2) & ~((of.value[0] < 10) & (first > 2))
    document = (of.groups == 3) & of.same & (first == 3) & (second == 2) & (third == 4)
    postal = (of.groups == 2) & (of.sign == _DASH) & (first == 5) & ((second == 3) | (second == 4))
    numbers: Flags = of.even & ~(tiny | address | decimal | document | postal | _dated(of))
    return numbers


def stamped(found: Groups, rows: Candidates) -> Flags:
    """Whether the first group is a day of eight digits, with or without the time, or all of it seconds since 1970."""
    timed = np.zeros(len(rows.first), np.bool_)
    some = _STAMPS.take(found.size.take(rows.first)).nonzero()[0]
    group = rows.first.take(some)
    first, size = found.first.take(group), found.size.take(group)
    century, month, day = (found.digits.take(first + place) * 10 + found.digits.take(first + place + 1) for place in (0, 4, 6))
    dated = ((century == 19) | (century == 20)) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    seconds = (group == rows.last.take(some)) & (century >= 10) & (century < 20)
    timed[some] = np.where((size == 10) | (size == 13), seconds, dated)
    return timed


_STAMPS = np.isin(np.arange(256), (8, 10, 12, 13, 14))
