"""What libphonenumber's matcher finds, for several regions at once, over a whole block.

The matcher (``phonenumbers.PhoneNumberMatcher``, leniency ``VALID``) takes a stretch of digits and punctuation; if that is no
number as a whole, its parts in a fixed order, and behind a part that is one it goes on. Here all stretches take each of these
steps together.

Source: ``phonenumbermatcher._find``, ``_extract_match`` and ``_extract_inner_match``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.detect.block import Flags, Floats, Integers
from engine.detect.phones import gaps
from engine.detect.phones.numbers import regions_of
from engine.detect.phones.signs import balanced, dates, touched
from engine.detect.phones.stretches import Candidates, Groups, digits_of, joined, leads, parts

_SHIFTS = np.arange(0, 16, 4, dtype=np.uint16)


class Verdict(NamedTuple):
    """What is thought of candidates.

    Attributes:
        takers: Who takes each of them for a number, as bits.
        end: After its last byte, in the padded buffer: an extension may follow its groups.
        score: Between 0 and 1.
    """

    takers: Integers
    end: Integers
    score: Floats

    def at(self, rows: Integers | slice) -> Verdict:
        """Returns what is thought of some of the candidates."""
        return Verdict(self.takers[rows], self.end[rows], self.score[rows])


SCORE = 0.4
"""Presidio's, of every number."""

Judge = Callable[[Groups, Candidates], Verdict]


class Numbers(NamedTuple):
    """What was found: first and last byte in the padded buffer, and scores."""

    begin: Integers
    end: Integers
    score: Floats


def searched(found: Groups, rows: Candidates, judge: Judge, least: int) -> Numbers:
    """Returns the numbers in stretches: the whole, or else the first part that is one, and so on behind it.

    Those who look do not see each other's numbers, so that one may lie inside another.

    Args:
        found: The groups.
        rows: The stretches.
        judge: Who takes what for a number.
        least: Digits of the shortest number.
    """
    looking = np.full(len(rows.first), -1, np.int64)
    numbers = [Numbers(rows.begin[:0], rows.begin[:0], np.zeros(0))]
    while len(rows.first):
        inner, _ = parts(found, rows, least)
        many = len(rows.first)
        verdict = judge(found, joined([rows, inner]))
        verdict, thought = verdict.at(slice(many)), verdict.at(slice(many, None))
        whole = verdict.takers & looking != 0
        some = (thought.takers & np.where(whole, 0, looking)[inner.row]).nonzero()[0]
        hit = whole.copy()
        hit[inner.row[some]] = True
        places = hit.nonzero()[0]
        hit[places] = ~dates(found, rows.at(places))
        whole, some = (whole & hit).nonzero()[0], some[hit[inner.row[some]]]
        inner, thought = _first_taken(inner.at(some), thought.at(some), looking)
        numbers += [Numbers(rows.begin[whole], verdict.end[whole], verdict.score[whole]),
                    Numbers(inner.begin, thought.end, thought.score)]
        rows, which = behind(found, inner, rows.last[inner.row], least)
        looking = thought.takers[which]
    return Numbers(*(np.concatenate(columns) for columns in zip(*numbers, strict=True)))


def _first_taken(inner: Candidates, thought: Verdict, looking: Integers) -> tuple[Candidates, Verdict]:
    """Returns the parts that are the first of their stretch for someone, and for whom."""
    rank = np.arange(len(inner.row)) - np.searchsorted(inner.row, inner.row)
    looking, takers = looking.copy(), thought.takers.copy()
    for place in range(int(rank.max(initial=-1)) + 1):
        rows = (rank == place).nonzero()[0]
        takers[rows] &= looking[inner.row[rows]]
        looking[inner.row[rows]] &= ~takers[rows]
    first = takers.nonzero()[0]
    return inner.at(first), thought._replace(takers=takers).at(first)


def behind(found: Groups, numbers: Candidates, last: Integers, least: int) -> tuple[Candidates, Integers]:
    """Returns what is left of stretches behind numbers, if it has so many digits, and behind which of them.

    Args:
        found: The groups.
        numbers: The numbers.
        last: The last groups of their stretches.
        least: Digits of the shortest number.
    """
    first = np.minimum(numbers.last + 1, last)
    enough = ((numbers.last < last) & (found.stop[last] - found.first[first] >= least)).nonzero()[0]
    first, last = first[enough], last[enough]
    size, lead = leads(found.buffer, found.start(first))
    return Candidates(first, last, found.start(first) - size, lead, numbers.row[enough]), enough


def plus(rows: Candidates) -> Flags:
    """Returns which candidates begin with a plus."""
    found: Flags = rows.lead != 0
    some = found.nonzero()[0]
    found[some] = (rows.lead[some, None] >> _SHIFTS & np.uint16(15) == gaps.PLUS).any(axis=1)
    return found


def known_in(regions: tuple[str, ...]) -> Judge:
    """Returns the judge that knows the numbers of regions as libphonenumber does, a bit for each region."""
    def judge(found: Groups, rows: Candidates) -> Verdict:
        end = found.end.take(rows.last)
        return Verdict(takers(regions, found, rows, end), end, np.full(len(end), SCORE))
    return judge


def takers(regions: tuple[str, ...], found: Groups, rows: Candidates, end: Integers) -> Integers:
    """Returns who takes candidates for numbers: a bit for each region where they are valid.

    Args:
        regions: At most 62 regions.
        found: The groups.
        rows: The candidates.
        end: Where they end, with an extension if there is one.
    """
    taken = regions_of(regions, found.digits, found.first.take(rows.first), digits_of(found, rows), plus(rows))
    hits = taken.nonzero()[0]
    some = rows.at(hits)
    taken[hits[~balanced(found, some) | touched(found, some, end.take(hits))]] = 0
    return taken
