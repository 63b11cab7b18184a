"""Exactly what Presidio's recognizer finds, over a whole block.

Stretches of ASCII digits and punctuation are decided by tables. What the tables do not know goes to libphonenumber itself, piece
by piece, and what it finds there replaces what the tables found: extensions behind something that is no number, signs beyond
ASCII, leads and stretches longer than usual.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from typing import Any, NamedTuple

import numpy as np

from engine.detect.block import Block, Flags, Integers
from engine.detect.phones import gaps
from engine.detect.phones.automata import LONGEST
from engine.detect.phones.extensions import extended
from engine.detect.phones.matcher import SCORE, Numbers, known_in, searched, takers
from engine.detect.phones.numbers import regions_of
from engine.detect.phones.pieces import numbers, pieces
from engine.detect.phones.signs import dates
from engine.detect.phones.stretches import PAD, Candidates, Groups, digits_of, groups, joined, parts, stretches

LEAST = 4
"""Digits of the shortest number of any region."""

_LENIENCY = 1  # of Presidio's recognizer: valid numbers
_MOST_GROUPS, _MOST_DIGITS = 21, 20  # source: phonenumbermatcher._BLOCK_LIMIT, _DIGIT_BLOCK_LIMIT
_LEAD = 10  # bytes of the longest lead: twice a bracket or plus with four signs behind it

_SIGNS = "‐‑‒–—―−ー－．／\u00a0\u00ad\u200b\u2060\u3000（）［］⁓∼～＋ＥＸＴＮＩ＃ｅｘｔｎｉ"
_LABELS = "доб", "ДОБ", "Доб", "ensió", "ENSIÓ", "ensio\u0301", "ENSIO\u0301"
"""Signs beyond ASCII in phonenumberutil's _VALID_PUNCTUATION and _PLUS_CHARS; what is in extension labels with such signs."""

_BESIDE = 24  # bytes in which there are four digits that are joined
_ASCII = np.arange(256) < 0x80  # noqa: PLR2004 - the end of ASCII
_SOME_DIGIT = re.compile(r"\d")
_DIGIT, _X, _LEADING, _INSIDE = (np.isin(np.arange(256), np.frombuffer(signs, np.uint8)) for signs in (
    b"0123456789", b"xX~", b"([+", b"- ./()[]xX~"))


class Places(NamedTuple):
    """Stretches of bytes, padded as the buffer of ``Groups`` is."""

    begin: Integers
    end: Integers


def exactly(block: Block, regions: tuple[str, ...]) -> tuple[Numbers, int]:
    """Returns the numbers that libphonenumber's matcher finds for some region, without those inside others.

    Also returns how many places of the block only libphonenumber could decide on.
    """
    found = groups(block, LEAST)
    unknown, known = [_beyond_ascii(block)], []
    if found is not None:
        rows = stretches(found, LEAST)
        row, longer, unclear = _with_extensions(block, found, rows, regions)
        rest = np.ones(len(rows.first), np.bool_)
        rest[row] = False
        row, wider = _with_leads(found, rows, regions)
        rest[row] = False
        odd = (_odd(found, rows) & rest).nonzero()[0]
        rest[odd] = False
        odd = odd[_may_hold_numbers(found, rows.at(odd), regions)]
        unknown += [Places(rows.begin[odd], found.end[rows.last[odd]]), unclear, _outside(_joined_by_x(found, block), longer)]
        found_here = searched(found, rows.at(rest.nonzero()[0]), known_in(regions), LEAST)
        known += [longer, _outside(wider, longer), _outside(found_here, longer)]
    places = _with_digits(block, Places(*(np.concatenate(columns) for columns in zip(*unknown, strict=True))))
    looked_at, asked = _asked(block, places, regions)
    every = [*(_outside(one, looked_at) for one in known), asked]
    return _outermost(Numbers(*(np.concatenate(columns) for columns in zip(*every, strict=True)))), len(looked_at.begin)


def _group_ends(block: Block) -> tuple[Integers, Integers]:
    """Returns where all groups end, and how far it is to the next."""
    places = block.digits
    apart = np.append(places[1:] - places[:-1], len(block.buffer))
    last = (apart != 1).nonzero()[0] if len(places) else places
    return places[last] + (PAD + 1), apart[last] - 1


def _with_extensions(block: Block, found: Groups, rows: Candidates, regions: tuple[str, ...]) -> tuple[Integers, Numbers, Places]:
    """Returns the stretches that are numbers and have an extension, those numbers, and extensions behind anything else."""
    before, _ = _group_ends(block)
    end, _ = extended(found.data, found.buffer, before)
    some = (end > before).nonzero()[0]
    before, end = before[some], end[some]
    row = np.searchsorted(found.end[rows.last], before)
    last = found.end[rows.last[np.minimum(row, len(rows.first) - 1)]] if len(rows.first) else before[:0]
    clear = np.zeros(len(end), np.bool_) if not len(rows.first) else (row < len(rows.first)) & (last == before)
    clear &= ~_DIGIT[found.buffer[end + np.arange(gaps.REACH + 1)[:, None]]].any(axis=0)  # nothing goes on behind it
    which = clear.nonzero()[0]
    mine = rows.at(row[which])
    taken = (takers(regions, found, mine, end[which]) != 0) & ~dates(found, mine) & ~_odd(found, mine, lead=False)
    clear[which] = taken
    mine = mine.at(taken.nonzero()[0])
    return mine.row, Numbers(mine.begin, end[clear], np.full(len(mine.row), SCORE)), Places(before[~clear] - 1, end[~clear])


def _with_leads(found: Groups, rows: Candidates, regions: tuple[str, ...]) -> tuple[Integers, Numbers]:
    """Returns the stretches with leads of more than one sign that are numbers as a whole, and those numbers."""
    row = ((rows.lead > gaps.PLUS) & ~_odd(found, rows, lead=False)).nonzero()[0]
    mine = rows.at(row)
    taken = (takers(regions, found, mine, found.end[mine.last]) != 0) & ~dates(found, mine)
    row = row[taken]
    return row, Numbers(rows.begin[row], found.end[rows.last[row]], np.full(len(row), SCORE))


def _joined_by_x(found: Groups, block: Block) -> Places:
    """Returns gaps in which an x or a tilde joins two groups, or takes part in a lead, and is not an extension's."""
    before, size = _group_ends(block)
    some = ((size <= gaps.REACH) & ~_DIGIT[found.buffer[before]]).nonzero()[0]
    before, size = before[some], size[some]
    signs = found.buffer[before + np.arange(gaps.REACH)[:, None]]
    inside = np.arange(gaps.REACH)[:, None] < size
    joins = (_INSIDE[signs] | ~inside).all(axis=0) & (_X[signs] & inside).any(axis=0)
    return Places(before[joins] - 1, before[joins] + 1)


def _odd(found: Groups, rows: Candidates, *, lead: bool = True) -> Flags:
    """Whether a stretch has gaps, groups or a lead that the tables do not know.

    They know a lead of one sign; of more, ``lead`` tells whether to ask, they know what it is to the whole.
    """
    odd = np.append(0, np.cumsum(found.facts & np.uint32(gaps.ODD) != 0))
    long = np.append(0, np.cumsum(found.size > _MOST_DIGITS))
    before = found.buffer[rows.begin - np.arange(1, _LEAD + 1)[:, None]]
    near = np.logical_and.accumulate(_INSIDE[before] | _LEADING[before])
    pluses = sum((rows.lead >> np.uint16(shift) & np.uint16(15) == gaps.PLUS).astype(np.int64) for shift in (0, 4, 8, 12))
    far = (near & _LEADING[before]).any(axis=0) | (rows.lead > gaps.PLUS) & lead
    unknown: Flags = ((odd[rows.last] > odd[rows.first]) | (long[rows.last + 1] > long[rows.first]) | (pluses > 1)
                      | (rows.last - rows.first >= _MOST_GROUPS) | far)
    return unknown


def _may_hold_numbers(found: Groups, rows: Candidates, regions: tuple[str, ...]) -> Flags:
    """Whether there are the digits of a number in a stretch or one of its parts, whatever its signs say."""
    some = joined([rows._replace(row=np.arange(len(rows.first))), parts(found, rows, LEAST)[0]])
    first, size = found.first[some.first], digits_of(found, some)
    valid = [regions_of(regions, found.digits, first, size, np.full(len(size), coded)) for coded in (False, True)]
    may = rows.last - rows.first >= _MOST_GROUPS
    may |= found.stop[rows.last] - found.first[rows.first] > LONGEST  # of these, what the matcher takes at once may be less
    may[some.row[(valid[0] | valid[1]) != 0]] = True
    return may


def _beyond_ascii(block: Block) -> Places:
    """Returns the signs beyond ASCII that can take part in a number."""
    if block.ascii:
        return Places(*2 * [np.zeros(0, np.int64)])
    spans = [match.span() for match in _signs().finditer(block.data)]
    begin, end = np.array(spans, np.int64).reshape(-1, 2).T
    return Places(begin + PAD, end + PAD)


@functools.cache
def _signs() -> re.Pattern[bytes]:
    digits = (chr(point) for point in range(0x80, sys.maxunicode) if unicodedata.category(chr(point)) == "Nd")
    tails: dict[bytes, list[bytes]] = {}
    for sign in sorted({*_SIGNS, *digits}):
        tails.setdefault(sign.encode()[:-1], []).append(sign.encode()[-1:])
    signs = [re.escape(head) + b"[" + b"".join(last) + b"]" for head, last in tails.items()]
    return re.compile(b"|".join([*signs, *(label.encode() for label in _LABELS)]))


def _with_digits(block: Block, places: Places) -> Places:
    """Returns the places beside which there are the digits of a number, or digits of other scripts."""
    begin, end = places.begin - (PAD + _BESIDE), places.end + (_BESIDE - PAD)
    enough = np.searchsorted(block.digits, end) - np.searchsorted(block.digits, begin) >= LEAST
    rows = (enough | ~_ASCII[block.buffer[places.begin - PAD]]).nonzero()[0]
    return Places(places.begin[rows], places.end[rows])


def _asked(block: Block, places: Places, regions: tuple[str, ...]) -> tuple[Places, Numbers]:
    """Returns the pieces of text in which there are places, and the numbers that libphonenumber finds in them."""
    order = np.argsort(places.begin, kind="stable")
    begin, end = places.begin[order] - PAD, places.end[order] - PAD
    value = block.value_of(begin)
    pieces_begin, pieces_end, spans = [], [], []
    for one in np.unique(value).tolist():
        mine = slice(*np.searchsorted(value, [one, one + 1]).tolist())
        place, last = int(block.starts[one]), 0
        text = block.data[place:int(block.ends[one])].decode("utf-8", "surrogateescape")
        for first, piece in pieces(text):
            place += len(text[last:first].encode("utf-8", "surrogateescape"))
            last, upto = first, place + len(piece.encode("utf-8", "surrogateescape"))
            if ((begin[mine] < upto) & (end[mine] > place)).any() and _SOME_DIGIT.search(piece):
                pieces_begin.append(place)
                pieces_end.append(upto)
                spans += [(place + len(piece[:low].encode()), place + len(piece[:high].encode()))
                          for low, high in numbers(piece, regions, _LENIENCY)]
    low, high = np.array(spans, np.int64).reshape(-1, 2).T + PAD
    return (Places(np.array(pieces_begin, np.int64) + PAD, np.array(pieces_end, np.int64) + PAD),
            Numbers(low, high, np.full(len(low), SCORE)))


def _outside(some: Any, places: Any) -> Any:  # noqa: ANN401 - numbers or places: what has begins and ends
    """Returns those of some that overlap none of the places; those are in order."""
    next_one = np.searchsorted(places.end, some.begin, "right")
    begin = np.append(places.begin, sys.maxsize)[next_one]
    rows = (begin >= some.end).nonzero()[0]
    return type(some)(*(column[rows] for column in some))


def _outermost(some: Numbers) -> Numbers:
    """Returns the numbers that lie in no other."""
    order = np.lexsort([-some.end, some.begin])
    farthest = np.maximum.accumulate(np.append(0, some.end[order]))[:-1]
    rows = order[some.end[order] > farthest]
    return Numbers(some.begin[rows], some.end[rows], some.score[rows])
