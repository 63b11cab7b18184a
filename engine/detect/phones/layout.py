"""Which digits and signs are a telephone number, when libphonenumber's matcher is not the last word.

The matcher takes what can be dialled in one of its regions. That lets pass dates, document numbers and amounts with the right
digits, and misses numbers of all other countries unless they begin with a plus. Here the layout counts too: what a number is
written like, as well as what it could be.

*Strong* claims stand alone: a country code and a valid number; a number of one of the regions, grouped as numbers are; an area code
in brackets. *Weak* ones (``WEAK``) need a word beside them that says telephone: digits without any sign between them, local
numbers, numbers of other countries' forms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.detect.block import Bytes, Flags, Floats, Integers
from engine.detect.phones import gaps
from engine.detect.phones.extensions import extended
from engine.detect.phones.matcher import Judge, Verdict, plus
from engine.detect.phones.numbers import formatted, regions_of, world
from engine.detect.phones.signs import balanced, touched
from engine.detect.phones.stretches import Candidates, Groups, digits_of

CERTAIN, STRONG, WEAK = 0.75, 0.4, 0.3
"""Scores: a valid number with + and its country code; what stands alone; what needs context."""

LEAST = 7
"""Digits of the shortest number that is looked for."""

_MOST, _MOST_NATIONAL, _MOST_BARE, _GROUPS = 17, 13, 12, 6
"""Digits of the longest number with a country code, without, and without any sign between them; groups of those without."""

_NANP = 1 << 3 | 1 << 6
"""Where a North American number has gaps: 234-567-8901."""

_DASH, _DOT = gaps.code("-"), gaps.code(".")
_OPENING = np.isin(np.arange(1 << 16), [gaps.code(signs) for signs in ("(", "[", "( ")])
_LEADING = _OPENING | np.isin(np.arange(1 << 16), [gaps.code(signs) for signs in ("", "+", "(+", "+(", "( +", "+ ", "+ (")])

_ALONE = np.isin(np.arange(256), (1, 7, 8))
"""Digits that may stand alone before a number: trunk prefixes, and North America's country code."""

_DIGIT = np.isin(np.arange(256), np.arange(48, 58))
_LETTER = np.isin(np.arange(256), [*range(65, 91), *range(97, 123)])
_WORD = _LETTER | np.isin(np.arange(256), np.frombuffer(b"_$%", np.uint8))
_STOPS = _WORD & ~np.isin(np.arange(256), np.frombuffer(b"xXeEiIaA", np.uint8))
"""What a number does not touch; an extension may begin with one of the letters."""


class Layout(NamedTuple):
    """How candidates are written.

    Attributes:
        size: How many digits.
        count: How many groups.
        sizes: Digits of each of the first groups, one group a row; 0 where there is none.
        value: The first two digits of the first three groups, or their only one, as a number.
        places: Where the gaps are: bit i after i digits.
        sign: The first gap's code; 0 if there is none.
        first: What the first gap is.
        even: All gaps are such as people write in numbers.
        same: All gaps are the same.
        tail: All gaps but the first are the same.
        opened: A bracket opens before the first group.
        coded: A plus stands before it.
    """

    size: Integers
    count: Integers
    sizes: Bytes
    value: Bytes
    places: Integers
    sign: gaps.Codes
    first: gaps.Facts
    even: Flags
    same: Flags
    tail: Flags
    opened: Flags
    coded: Flags

    def at(self, rows: Integers) -> Layout:
        """Returns some of the layouts."""
        return Layout(*(column.take(rows, axis=-1) for column in self))


def layout(found: Groups, rows: Candidates) -> Layout:
    """Returns how candidates are written."""
    count = rows.last - rows.first + 1
    group = rows.first + _FIRST_GROUPS
    sizes = found.size.take(group, mode="clip") * (count > _FIRST_GROUPS)
    size = digits_of(found, rows)
    ends = np.cumsum(sizes, axis=0, dtype=np.uint8)
    places = np.bitwise_or.reduce(_BITS.take(np.minimum(ends, _MOST)), axis=0) & ~_BITS.take(np.minimum(size, _MOST))
    first = found.first.take(group[:3], mode="clip")
    one, two = found.digits.take(first), found.digits.take(first + 1)
    value = np.where(sizes[:3] > 1, one * np.uint8(10) + two, one)
    gap = np.minimum(group[:-1], np.maximum(rows.last - 1, rows.first))
    code = found.code.take(gap)
    sign = code[0] * (count > 1)
    even = np.bitwise_or.reduce(found.facts.take(gap), axis=0) & np.uint32(gaps.UNEVEN) == 0
    return Layout(size, count, sizes, value, places, sign, gaps.facts().take(sign), even | (count == 1),
                  (code == code[0]).all(axis=0), (code[1:] == code[1]).all(axis=0), _OPENING.take(rows.lead), plus(rows))


_FIRST_GROUPS = np.arange(_GROUPS)[:, None]
_BITS = 1 << np.arange(_MOST + 1)


def _dated(of: Layout) -> Flags:
    """Whether it is, or begins with, a day, or is two years."""
    year, small = of.sizes[:3] == 4, (of.sizes[:3] == 1) | (of.sizes[:3] == 2)
    recent, years = year & ((of.value == 19) | (of.value == 20)), year & (of.value >= 15) & (of.value <= 20)
    month, day = small & (of.value <= 12) & (of.value > 0), small & (of.value <= 31) & (of.value > 0)
    behind, before = month[1] & day[2] | day[1] & month[2], month[0] & day[1] | day[0] & month[1]
    return recent[0] & behind | recent[2] & before | (of.count == 2) & years[0] & years[1]


def _regular(of: Layout) -> Flags:
    """Whether its groups are those of a number, and not of an address, a decimal, a document or a postal code."""
    first, second, third = of.sizes[:3]
    dots = of.same & (of.sign == _DOT)
    tiny = (of.sizes[1:] == 1).any(axis=0) | (first == 1) & ~_ALONE.take(of.value[0])
    address = dots & (of.count == 4) & (of.sizes <= 3).all(axis=0)
    decimal = dots & (of.count == 2) & ~((of.value[0] < 10) & (first > 2))
    document = (of.count == 3) & of.same & (first == 3) & (second == 2) & (third == 4)
    postal = (of.count == 2) & (of.sign == _DASH) & (first == 5) & ((second == 3) | (second == 4))
    return of.even & ~(tiny | address | decimal | document | postal | _dated(of))


def _stamped(found: Groups, rows: Candidates) -> Flags:
    """Whether the first group is a day of eight digits, with or without the time, or all of it seconds since 1970."""
    first = found.first.take(rows.first)
    size = found.stop.take(rows.first) - first
    century, month, day = (found.digits.take(first + place) * 10 + found.digits.take(first + place + 1) for place in (0, 4, 6))
    dated = ((century == 19) | (century == 20)) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    seconds = (rows.first == rows.last) & ((size == 10) | (size == 13)) & (century >= 10) & (century < 20)
    return dated & ((size == 8) | (size == 12) | (size == 14)) | seconds


def judged(regions: tuple[str, ...]) -> Judge:
    """Returns the judge that knows the numbers of regions, and what numbers look like anywhere."""
    def judge(found: Groups, rows: Candidates) -> Verdict:
        end = found.end.take(rows.last)
        some = _possible(found, rows, end)
        score = np.zeros(len(end))
        score[some] = _rated(regions, found, rows.at(some))
        some = score.nonzero()[0]
        if len(some):
            likely = rows.at(some)
            end[some], labelled = extended(found.data, found.buffer, end.take(some))
            score[some[labelled]] = np.maximum(score[some[labelled]], STRONG)
            upto = end.take(some)
            wrong = ~balanced(found, likely) | touched(found, likely, upto) | _attached(found, likely, upto)
            score[some[wrong]] = 0
        return Verdict(-(score > 0).astype(np.int64), end, score)
    return judge


def _possible(found: Groups, rows: Candidates, end: Integers) -> Integers:
    """Returns the candidates that do not touch words and have the digits of a number."""
    size = digits_of(found, rows)
    free = ~_WORD.take(found.buffer.take(rows.begin - 1)) | (rows.lead != 0)
    free &= ~_STOPS.take(found.buffer.take(end))
    return (free & (size >= LEAST) & (size <= _MOST) & _LEADING.take(rows.lead)).nonzero()[0]


def _rated(regions: tuple[str, ...], found: Groups, rows: Candidates) -> Floats:
    """Returns how likely candidates are numbers; 0 if not at all."""
    first, bare = found.first.take(rows.first), rows.first == rows.last
    abroad = (found.digits.take(first) == 0) & (found.digits.take(first + 1) == 0)
    stamped = _stamped(found, rows)
    score = np.where(bare & ~stamped & (digits_of(found, rows) <= _MOST_BARE), WEAK, 0)
    some = ((rows.lead != 0) | abroad | ~bare & ~stamped).nonzero()[0]
    if len(some):
        some, rated = _written(regions, found, rows, some)
        score[some] = rated
    return score


def _written(regions: tuple[str, ...], found: Groups, rows: Candidates, some: Integers) -> tuple[Integers, Floats]:
    """Returns some candidates whose layout counts, and how likely they are numbers."""
    of = layout(found, rows.at(some))
    national = ~of.coded & (of.count > 1) & (of.size <= _MOST_NATIONAL) & (of.count <= _GROUPS) & _regular(of)
    abroad = ~of.coded & (of.value[0] == 0) & (of.sizes[0] > 1) & (of.size > 8)
    kept = (national | of.coded | abroad).nonzero()[0]
    of, some, national, abroad = of.at(kept), some.take(kept), national.take(kept), abroad.take(kept)
    rows = rows.at(some)
    home = regions_of(regions, found.digits, found.first.take(rows.first), of.size, of.coded) != 0
    score = np.where(national, _nationally(regions, found, rows, of, home), (of.count == 1) * WEAK * ~of.coded)
    code = (of.coded | abroad & home).nonzero()[0]
    if len(code):
        score[code] = np.maximum(score.take(code), _internationally(found, rows.at(code), of.at(code), home.take(code)))
    return some, score


def _nationally(regions: tuple[str, ...], found: Groups, rows: Candidates, of: Layout, home: Flags) -> Floats:
    """Returns how likely grouped candidates are numbers without a country code."""
    area = of.opened & (of.first & np.uint32(gaps.CLOSING) != 0) & of.tail
    bracketed = area & (of.sizes[0] >= 2) & (of.sizes[0] <= 5) & (of.size <= 12)
    american = (of.places == _NANP) & (of.size == 10) & home
    american |= (of.places == _NANP << 3 | 8) & (of.size == 13) & (of.value[0] == 0)
    written = home & area | american | _trunk(of, home)
    some = (home & ~written).nonzero()[0]
    written[some] = _formatted(regions, found, rows.at(some), of.places.take(some))
    local = (of.same | of.tail) & (of.first & np.uint32(gaps.SIMPLE) != 0)
    return np.where((of.size >= 8) & (written | bracketed), STRONG, np.where(home | local | area, WEAK, 0))


def _internationally(found: Groups, rows: Candidates, of: Layout, home: Flags) -> Floats:
    """Returns how likely candidates are numbers with a country code, behind + or 00."""
    last = found.size.take(rows.last)
    known = of.coded & (world().code(found.digits, found.first.take(rows.first)) >= 0) & (of.size >= 8)
    grouped, direct = (of.count > 1) & (last > 1), (of.count == 1) & (rows.lead == gaps.PLUS)
    decimal = (of.count == 2) & (of.sign == _DOT)
    strong = of.even & (~of.coded | known & grouped & ~decimal) | known & direct & (of.size >= 10)
    return np.select([of.coded & home & (grouped | direct), strong, known & direct], [CERTAIN, STRONG, WEAK], 0)


def _trunk(of: Layout, home: Flags) -> Flags:
    """Whether they begin with a trunk prefix 0 and an area code, and the rest is grouped as numbers are in most countries."""
    rest = of.sizes[1:]
    code = (of.value[0] > 0) & (of.value[0] < 10) & (of.size >= 9) & (of.size <= 12)
    wide = (of.sizes[0] >= 3) & (of.sizes[0] <= 6) & (of.count > 1) & (home | (of.count > 2)) & (rest <= 8).all(axis=0)
    return code & (wide | (of.sizes[0] == 2) & (of.count > 2) & (rest <= 4).all(axis=0))


def _formatted(regions: tuple[str, ...], found: Groups, rows: Candidates, places: Integers) -> Flags:
    """Whether numbers have exactly the gaps of a region's format, or of North America's behind a 1."""
    first, size = found.first[rows.first], digits_of(found, rows)
    one = (found.digits[first] == 1) & (size == 11) & (places & 2 != 0)
    return formatted(regions, found.digits, first + one, size - one, np.where(one, places >> 1 & ~1, places))


def _attached(found: Groups, rows: Candidates, end: Integers) -> Flags:
    """Whether candidates are part of something longer: an id, a path, a time, an address."""
    before, earlier = found.buffer[rows.begin - 1], found.buffer[rows.begin - 2]
    behind, later = found.buffer[end], found.buffer[end + 1]
    bare, front = rows.last == rows.first, (before == ord("_")) | (before == ord("-")) | (before == ord(":")) & _DIGIT[earlier]
    front |= (before == ord(".")) & _DIGIT[earlier]
    front |= bare & ((before == ord("/")) & _LETTER[earlier] | (before == ord("#")) | (before == ord(".")))
    back = (behind == ord("_")) | (behind == ord("@")) | (behind == ord("-")) & (_LETTER | _DIGIT)[later]
    back |= ((behind == ord(":")) | (behind == ord("."))) & _DIGIT[later] | bare & (behind == ord("/")) & _LETTER[later]
    return front & (rows.lead == 0) | back
