"""What a candidate's signs and neighbours say: brackets that match, dates, pages, letters and money beside it.

Source: ``phonenumbermatcher``'s ``_MATCHING_BRACKETS``, ``_PUB_PAGES``, ``_SLASH_SEPARATED_DATES``, ``_TIME_STAMPS``,
``_is_latin_letter`` and ``_is_invalid_punctuation_symbol``.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.phones import gaps
from engine.detect.phones.automata import Automaton, whole
from engine.detect.phones.stretches import Candidates, Groups

_TEXT, _OPENING, _CLOSING = "0", "1", "2"
_BRACKETS = "1?(?:02)?0(?:102){0,3}0?"
"""Text is 0, an opening bracket 1, a closing one 2."""

_PAGES_DIGITS = 5
_TWO, _DAY_TENS, _HOUR_TENS = 2, 3, 2

_YEAR, _MONTH, _DAY, _SIGN = ("12", "09", "09", "09"), ("01", "09"), ("03", "09"), ("-",)
_LAYOUTS = tuple(_YEAR + one + _MONTH + other + _DAY for one in ((), _SIGN) for other in ((), _SIGN))

_LATIN = (range(0x250), range(0x300, 0x370), range(0x1E00, 0x1F00))
"""Basic Latin to Latin Extended-B, Combining Diacritical Marks, Latin Extended Additional."""

_ASCII, _TWO_BYTES, _THREE_BYTES, _FOUR_BYTES, _KNOWN = 0x80, 0xC0, 0xE0, 0xF0, 0x10000
_LEADING = np.isin(np.arange(16), [gaps.code(sign) for sign in "([+"])


def balanced(found: Groups, rows: Candidates) -> Flags:
    """Returns whether the brackets of candidates match as those of a number do, and they are not pages of a publication."""
    passed = np.ones(len(rows.first), np.bool_)
    brackets = np.append(0, np.cumsum(found.facts & np.uint32(gaps.BRACKETED) != 0, dtype=np.int32))
    some = ((rows.lead != 0) | (brackets.take(rows.last) > brackets.take(rows.first))).nonzero()[0]
    if len(some):
        passed[some] = _balanced(found, rows.at(some))
    return passed


def _balanced(found: Groups, rows: Candidates) -> Flags:
    shape, leading, between = _brackets()
    state = leading.take(rows.lead)
    pages, dashes = np.zeros(len(state), np.bool_), np.zeros(len(state), np.bool_)
    sizes = rows.last - rows.first
    for place in range(int(sizes.max(initial=0))):
        active = (sizes > place).nonzero()[0]
        group = rows.first.take(active) + place
        state[active] = between[state.take(active), shape.take(found.code.take(group))]
        facts = found.facts.take(group)
        pages[active] |= dashes[active] & (found.size.take(group) <= _PAGES_DIGITS) & (facts & np.uint32(gaps.PAGES) != 0)
        dashes[active] = facts & np.uint32(gaps.DASHES) != 0
    matched: Flags = whole(_BRACKETS).out.take(state) == 1
    return matched & ~pages


@functools.cache
def _brackets() -> tuple[Bytes, Integers, Integers]:
    """Returns the shapes of codes, the states after a lead and its digits, and after a state, a gap's shape and its digits."""
    automaton = whole(_BRACKETS)
    shapes: dict[str, int] = {}
    shape, leading = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.int64)
    leading[0] = automaton.next[automaton.start, int(_TEXT)]
    for size in range(1, gaps.REACH + 1):
        for numbers in itertools.product(range(1, len(gaps.SIGNS) + 1), repeat=size):
            code = sum(number << 4 * place for place, number in enumerate(numbers))
            kinds = "".join(_kind(gaps.SIGNS[number - 1]) for number in numbers)
            shape[code] = shapes.setdefault(_joined(_TEXT + kinds + _TEXT)[1:], len(shapes))
            leading[code] = _reached(automaton, automaton.start, _joined(kinds + _TEXT))
    between = np.array([[_reached(automaton, state, kinds) for kinds in shapes] for state in range(len(automaton.next))])
    return shape, leading, between


def _kind(sign: str) -> str:
    return _OPENING if sign in "([" else _CLOSING if sign in ")]" else _TEXT


def _joined(kinds: str) -> str:
    return re.sub(f"{_TEXT}+", _TEXT, kinds)


def _reached(automaton: Automaton, state: int, kinds: str) -> int:
    for kind in kinds:
        state = int(automaton.next[state, int(kind)])
    return state


def dates(found: Groups, rows: Candidates) -> Flags:
    """Returns whether a date with slashes is in a candidate, or a time stamp that goes on behind it."""
    dated = np.zeros(len(rows.first), np.bool_)
    slash = found.code == gaps.code("/")
    day = (slash[:-1] & slash[1:]).nonzero()[0]
    if len(day):
        size = found.size.take(day + 1)
        month = (size == 1) | (size == _TWO) & (found.digits.take(found.first.take(day + 1)) <= _DAY_TENS)
        day = day[month & (found.size.take(day + 2) >= _TWO)]
        dated = np.searchsorted(day, rows.first) < np.searchsorted(day, rows.last - 1)
    timed = ((found.buffer.take(found.end.take(rows.last)) == ord(":")) & (rows.last > rows.first)).nonzero()[0]
    if len(timed):
        dated[timed] |= _time_stamps(found, rows.at(timed))
    return dated


def _time_stamps(found: Groups, rows: Candidates) -> Flags:
    end, before = found.end.take(rows.last), found.end.take(rows.last - 1)
    hour = (found.size.take(rows.last) == _TWO) & (found.digits.take(found.first.take(rows.last)) <= _HOUR_TENS)
    minute = _between(found.buffer.take(end + 1), "05") & _between(found.buffer.take(end + 2), "09")
    spaced = found.facts.take(rows.last - 1) & np.uint32(gaps.SPACES) != 0
    dated = np.zeros(len(end), np.bool_)
    for layout in _LAYOUTS:
        first = before - len(layout)
        fits = first >= rows.begin
        for place, bounds in enumerate(layout):
            signs = found.buffer.take(np.maximum(first + place, 0))
            fits &= _between(signs, bounds) if bounds != "-" else (signs == ord("-")) | (signs == ord("/"))
        dated |= fits
    stamped: Flags = hour & minute & spaced & dated
    return stamped


def _between(signs: Bytes, bounds: str) -> Flags:
    inside: Flags = (signs >= ord(bounds[0])) & (signs <= ord(bounds[1]))
    return inside


def touched(found: Groups, rows: Candidates, end: Integers) -> Flags:
    """Returns whether candidates touch a Latin letter, a percent sign or one of a currency.

    A number that begins with a bracket or a plus may touch what stands before it.
    """
    bad = _neighbours()
    opened = _LEADING[rows.lead & np.uint16(15)]
    beside: Flags = ~opened & bad.take(_before(found.buffer, rows.begin)) | bad.take(_behind(found.buffer, end))
    return beside


@functools.cache
def _neighbours() -> Flags:
    """Returns the table of characters that a number does not touch; the last entry is of those beyond it."""
    table = np.zeros(_KNOWN + 1, np.bool_)
    for point in range(_KNOWN):
        category = unicodedata.category(chr(point))
        latin = any(point in block for block in _LATIN) and (category[0] == "L" or category == "Mn")
        table[point] = latin or category == "Sc" or point == ord("%")
    return table


def _before(buffer: Bytes, places: Integers) -> Integers:
    """Returns the code points of the characters that end before places."""
    points = buffer.take(places - 1).astype(np.int64)
    rows = (points >= _ASCII).nonzero()[0]
    if len(rows):
        last, middle, first = (buffer.take(places.take(rows) - distance).astype(np.int64) for distance in (1, 2, 3))
        points[rows] = np.where(middle >= _TWO_BYTES, _point(0, middle & 0x1F, last),
                                np.where(first >= _THREE_BYTES, _point(first, middle, last), _KNOWN))
    return points


def _behind(buffer: Bytes, places: Integers) -> Integers:
    """Returns the code points of the characters that begin at places."""
    points = buffer.take(places).astype(np.int64)
    rows = (points >= _ASCII).nonzero()[0]
    if len(rows):
        first, middle, last = (buffer.take(places.take(rows) + distance).astype(np.int64) for distance in (0, 1, 2))
        points[rows] = np.where(first < _THREE_BYTES, _point(0, first & 0x1F, middle),
                                np.where(first < _FOUR_BYTES, _point(first, middle, last), _KNOWN))
    return points


def _point(first: Integers | int, middle: Integers, last: Integers) -> Integers:
    """Returns the code point that three bytes of UTF-8 say."""
    return (first & 0x0F) << 12 | (middle & 0x3F) << 6 | last & 0x3F
