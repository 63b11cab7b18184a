"""Which digits and signs are a telephone number, when libphonenumber's matcher is not the last word.

The matcher takes what can be dialled in one of its regions. That lets pass dates, document numbers and amounts with the right
digits, and misses numbers of all other countries unless they begin with a plus. Here the layout counts too: what a number is
written like, as well as what it could be.

*Strong* claims stand alone: a country code and a valid number; a number of one of the regions, grouped as numbers are; an area
code in brackets. *Weak* ones (``WEAK``) need a word beside them that says telephone: digits without any sign between them, local
numbers, numbers of other countries' forms.
"""

# ruff: noqa: PLR2004 - layouts are numbers of digits

from __future__ import annotations

import numpy as np

from engine.detect.block import Flags, Floats, Integers
from engine.detect.phones import gaps
from engine.detect.phones.extensions import extended
from engine.detect.phones.layout import GROUPS, Layout, layout, places, regular, stamped
from engine.detect.phones.matcher import Numbers, behind
from engine.detect.phones.numbers import formatted, regions_of, world
from engine.detect.phones.signs import balanced, touched
from engine.detect.phones.stretches import Candidates, Groups, digits_of, joined, parts

CERTAIN, STRONG, WEAK = 0.75, 0.4, 0.3
"""Scores: a valid number with + and its country code; what stands alone; what needs context."""

LEAST = 7
"""Digits of the shortest number that is looked for."""

_MOST, _MOST_NATIONAL, _MOST_BARE = 17, 13, 12
"""Digits of the longest number with a country code, without, and without any sign between them."""

_NANP = 1 << 3 | 1 << 6
"""Where a North American number has gaps: 234-567-8901."""

_TRIED = ((gaps.SLASH, False), (gaps.SLASH, True), (gaps.BRACKET, False), (gaps.DASH, False), (gaps.DASH, True),
          (gaps.DOT, False), (gaps.SPACE, False))
"""How stretches are split; lists of numbers in one step."""

_TO_END = np.array([to_end for _, to_end in _TRIED])
_DOT = gaps.code(".")
_LEADING = np.isin(np.arange(1 << 16), [gaps.code(signs) for signs in (
    "", "(", "[", "( ", "+", "(+", "+(", "( +", "+ ", "+ (")])
_DIRECT = np.isin(np.arange(1 << 16), [gaps.PLUS, gaps.code("(+")])
_DIGIT = np.isin(np.arange(256), np.arange(48, 58))
_LETTER = np.isin(np.arange(256), [*range(65, 91), *range(97, 123)])
_WORD = _LETTER | np.isin(np.arange(256), np.frombuffer(b"_$%", np.uint8))
_STOPS = _WORD & ~np.isin(np.arange(256), np.frombuffer(b"xXeEiIaA", np.uint8))
"""What a number does not touch; an extension may begin with one of the letters."""


def likely(found: Groups, rows: Candidates, regions: tuple[str, ...]) -> Numbers:
    """Returns what is likely a number in stretches: the whole, or else the likeliest of its parts, and so on behind them.

    Args:
        found: The groups.
        rows: The stretches.
        regions: At most 62 regions whose numbers are known.
    """
    rows = _plainly(rows)
    numbers = [Numbers(rows.begin[:0], rows.begin[:0], np.zeros(0))]
    while len(rows.first):
        inner, way = parts(found, rows, LEAST, _TRIED)
        some = joined([rows, inner])
        end, score = _judged(found, some, regions)
        many = len(rows.first)
        whole = score[:many] > 0
        taken = many + _likeliest(inner.row, way, np.where(whole[inner.row], 0, score[many:]), many)
        kept = np.concatenate([whole.nonzero()[0], taken])
        numbers.append(Numbers(some.begin[kept], end[kept], score[kept]))
        ends = np.ones(len(taken), np.bool_)
        ends[:-1] = some.row[taken[1:]] != some.row[taken[:-1]]
        rows, _ = behind(found, some.at(taken[ends]), rows.last[some.row[taken[ends]]], LEAST)
        rows = _plainly(rows)
    return _apart(Numbers(*(np.concatenate(columns) for columns in zip(*numbers, strict=True))))


def _apart(some: Numbers) -> Numbers:
    """Leaves out numbers that begin in another's extension (*ext. 5467 3395*)."""
    order = np.argsort(some.begin, kind="stable")
    upto = np.maximum.accumulate(some.end[order])
    order = order[np.concatenate(([True], some.begin[order][1:] >= upto[:-1]))] if len(order) else order
    return Numbers(some.begin[order], some.end[order], some.score[order])


def _likeliest(row: Integers, way: Integers, score: Floats, many: int) -> Integers:
    """Returns the parts of each stretch that are numbers if it is split the likeliest way; of tails, the first."""
    some = score.nonzero()[0]
    row, way, score = row[some], way[some], score[some]
    best, first = np.zeros(many), np.full(many, len(_TRIED))
    np.maximum.at(best, row, score)
    top = (score == best[row]).nonzero()[0]
    np.minimum.at(first, row[top], way[top])
    mine = way == first[row]
    begins = np.ones(len(row), np.bool_)
    begins[1:] = (row[1:] != row[:-1]) | (way[1:] != way[:-1])
    taken: Integers = some[mine & (begins | ~_TO_END[way])]
    return taken


def _plainly(rows: Candidates) -> Candidates:
    """Returns stretches with leads that people write: of ``((030`` the second bracket."""
    begin, lead = rows.begin.copy(), rows.lead.copy()
    for _ in range(gaps.REACH):
        some = (~_LEADING.take(lead)).nonzero()[0]
        begin[some] += 1
        lead[some] >>= np.uint16(4)
    return rows._replace(begin=begin, lead=lead)


def _judged(found: Groups, rows: Candidates, regions: tuple[str, ...]) -> tuple[Integers, Floats]:
    """Returns where candidates end, with extensions, and how likely they are numbers."""
    end = found.end.take(rows.last)
    some = _possible(found, rows, end)
    score = np.zeros(len(end))
    score[some] = _rated(regions, found, rows.at(some))
    some = score.nonzero()[0]
    if len(some):
        rated = rows.at(some)
        end[some], labelled = extended(found.data, found.buffer, end.take(some))
        score[some[labelled]] = np.maximum(score[some[labelled]], STRONG)
        upto = end.take(some)
        wrong = ~balanced(found, rated) | touched(found, rated, upto) | _attached(found, rated, upto)
        score[some[wrong]] = 0
    return end, score


def _possible(found: Groups, rows: Candidates, end: Integers) -> Integers:
    """Returns the candidates that do not touch words and have the digits of a number."""
    size = digits_of(found, rows)
    free = ~_WORD.take(found.buffer.take(rows.begin - 1)) | (rows.lead != 0)
    free &= ~_STOPS.take(found.buffer.take(end))
    possible: Integers = (free & (size >= LEAST) & (size <= _MOST) & _LEADING.take(rows.lead)).nonzero()[0]
    return possible


def _rated(regions: tuple[str, ...], found: Groups, rows: Candidates) -> Floats:
    """Returns how likely candidates are numbers; 0 if not at all."""
    first, bare = found.first.take(rows.first), rows.first == rows.last
    abroad = (found.digits.take(first) == 0) & (found.digits.take(first + 1) == 0)
    timed = stamped(found, rows)
    score = np.where(bare & ~timed & (digits_of(found, rows) <= _MOST_BARE), WEAK, 0)
    some = ((rows.lead != 0) | abroad | ~bare & ~timed).nonzero()[0]
    if len(some):
        some, rated = _written(regions, found, rows, some)
        score[some] = rated
    return score


def _written(regions: tuple[str, ...], found: Groups, rows: Candidates, some: Integers) -> tuple[Integers, Floats]:
    """Returns some candidates whose layout counts, and how likely they are numbers."""
    of = layout(found, rows.at(some))
    national = ~of.coded & (of.groups > 1) & (of.size <= _MOST_NATIONAL) & (of.groups <= GROUPS) & regular(of)
    abroad = ~of.coded & (of.value[0] == 0) & (of.sizes[0] > 1) & (of.size > 8)
    kept = (national | of.coded | abroad).nonzero()[0]
    of, some, national, abroad = of.at(kept), some.take(kept), national.take(kept), abroad.take(kept)
    rows = rows.at(some)
    home = regions_of(regions, found.digits, found.first.take(rows.first), of.size, of.coded) != 0
    score = np.where(national, _nationally(regions, found, rows, of, home), (of.groups == 1) * WEAK * ~of.coded)
    code = (of.coded | abroad & home).nonzero()[0]
    if len(code):
        score[code] = np.maximum(score.take(code), _internationally(found, rows.at(code), of.at(code), home.take(code)))
    return some, score


def _nationally(regions: tuple[str, ...], found: Groups, rows: Candidates, of: Layout, home: Flags) -> Floats:
    """Returns how likely grouped candidates are numbers without a country code."""
    year = (of.sizes[0] == 4) & ((of.value[0] == 19) | (of.value[0] == 20))
    area = of.opened & ~year & (of.first & np.uint32(gaps.CLOSING) != 0) & of.tail
    bracketed = area & (of.sizes[0] >= 2) & (of.sizes[0] <= 5) & (of.size <= 12)
    gaps_at = places(of)
    american = (gaps_at == _NANP) & (of.size == 10) & (of.value[0] >= 20) & home
    american |= (gaps_at == _NANP << 3 | 8) & (of.size == 13) & (of.value[0] == 0)
    written = home & area | american | _trunk(of, home)
    some = (home & ~written).nonzero()[0]
    written[some] = _formatted(regions, found, rows.at(some), gaps_at.take(some))
    local = (of.same | of.tail) & (of.first & np.uint32(gaps.SIMPLE) != 0)
    return np.where((of.size >= 8) & (written | bracketed), STRONG, np.where(home | local | area, WEAK, 0))


def _internationally(found: Groups, rows: Candidates, of: Layout, home: Flags) -> Floats:
    """Returns how likely candidates are numbers with a country code, behind + or 00."""
    last = found.size.take(rows.last)
    known = of.coded & (world().code(found.digits, found.first.take(rows.first)) >= 0) & (of.size >= 8)
    grouped, direct = (of.groups > 1) & (last > 1), (of.groups == 1) & _DIRECT.take(rows.lead)
    decimal = (of.groups == 2) & (of.sign == _DOT)
    strong = of.even & (~of.coded | known & grouped & ~decimal) | known & direct & (of.size >= 10)
    return np.select([of.coded & home & (grouped | direct), strong, known & direct], [CERTAIN, STRONG, WEAK], 0)


def _trunk(of: Layout, home: Flags) -> Flags:
    """Whether they begin with a trunk prefix 0 and an area code, and the rest is grouped as numbers are in most countries."""
    rest = of.sizes[1:]
    code = (of.value[0] > 0) & (of.value[0] < 10) & (of.size >= 9) & (of.size <= 12)
    wide = (of.sizes[0] >= 3) & (of.sizes[0] <= 6) & (of.groups > 1) & (home | (of.groups > 2)) & (rest <= 8).all(axis=0)
    trunk: Flags = code & (wide | (of.sizes[0] == 2) & (of.groups > 2) & (rest <= 4).all(axis=0))
    return trunk


def _formatted(regions: tuple[str, ...], found: Groups, rows: Candidates, gaps_at: Integers) -> Flags:
    """Whether numbers have exactly the gaps of a region's format, or of North America's behind a 1."""
    first, size = found.first[rows.first], digits_of(found, rows)
    one = (found.digits[first] == 1) & (size == 11) & (gaps_at & 2 != 0)
    return formatted(regions, found.digits, first + one, size - one, np.where(one, gaps_at >> 1 & ~1, gaps_at))


def _attached(found: Groups, rows: Candidates, end: Integers) -> Flags:
    """Whether candidates are part of something longer: an id, a path, a time, an address."""
    before, earlier = found.buffer[rows.begin - 1], found.buffer[rows.begin - 2]
    behind, later = found.buffer[end], found.buffer[end + 1]
    bare, front = rows.last == rows.first, (before == ord("_")) | (before == ord("-")) | (before == ord(":")) & _DIGIT[earlier]
    front |= (before == ord(".")) & _DIGIT[earlier]
    front |= bare & ((before == ord("/")) & _LETTER[earlier] | (before == ord("#")) | (before == ord(".")))
    back = (behind == ord("_")) | (behind == ord("@")) | (behind == ord("-")) & (_LETTER | _DIGIT)[later]
    back |= ((behind == ord(":")) | (behind == ord("."))) & _DIGIT[later] | bare & (behind == ord("/")) & _LETTER[later]
    attached: Flags = front & (rows.lead == 0) | back
    return attached
