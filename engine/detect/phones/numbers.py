"""Numbers as digits, many at a time: which can be dialled in which region, and which are valid after a country code.

Automata are compiled when they are first needed and kept for the process: those of regions when numbers are first looked for in
them (about 70 ms each), those of a country code when a number with it turns up.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.phones import plans
from engine.detect.phones.automata import LONGEST, Automaton, Outs, product

_CODE_DIGITS = 3  # of the longest country code, and of the shortest number with one
_PEEKED = 3  # digits looked at before a number is walked; fewer are no number in any region
_TOGETHER = 8  # regions of one automaton
_PREFIX_BITS = 4  # what the longest international prefix needs


class Walk(NamedTuple):
    """Automata made ready for many numbers at a time. What a number's first digits and length rule out is not walked.

    Attributes:
        steps: State and digit to state; a state is ten times its number.
        out: What is said in each state.
        start: Where each of the automata begins.
        lengths: Of each of them and each first digits, how many digits can follow so that something is said, in bits.
    """

    steps: Integers
    out: Outs
    start: Integers
    lengths: Integers

    @classmethod
    def of(cls, automaton: Automaton) -> Walk:
        """Returns an automaton made ready."""
        lengths = np.zeros(len(automaton.next), np.int64)
        for _ in range(LONGEST + 1):
            lengths = (automaton.out != 0) | np.bitwise_or.reduce(lengths[automaton.next], axis=1) << 1
        state = np.array([automaton.start])
        for _ in range(_PEEKED):
            state = automaton.next[state].ravel()
        return cls(automaton.next.astype(np.int64).ravel() * 10, automaton.out, np.array([automaton.start * 10]), lengths[state])

    @classmethod
    def joined(cls, walks: Sequence[Walk]) -> Walk:
        """Returns the automata of several walks, in their order."""
        offsets = 10 * np.cumsum([0, *(len(one.out) for one in walks)])
        return cls(np.concatenate([one.steps + offset for one, offset in zip(walks, offsets, strict=False)]),
                   np.concatenate([one.out for one in walks]),
                   np.concatenate([one.start + offset for one, offset in zip(walks, offsets, strict=False)]),
                   np.concatenate([one.lengths for one in walks]))

    def said(self, digits: Bytes, first: Integers, size: Integers, which: Integers | None = None) -> Outs:
        """Returns what is said of numbers.

        Args:
            digits: Digits, 0 to 9, of all numbers, and some more behind them.
            first: Where in ``digits`` each number begins.
            size: How many digits each has.
            which: Which of the automata reads it; by default the first.
        """
        peek = np.zeros(len(first), np.int64) if which is None else which
        for column in range(_PEEKED):
            peek = peek * 10 + digits[first + column]
        more = size - _PEEKED
        rows = (self.lengths[peek] >> np.clip(more, 0, LONGEST) & (more >= 0) & (size <= LONGEST)).nonzero()[0]
        order = rows[np.argsort((LONGEST - size[rows]).astype(np.uint8), kind="stable")]  # so that what is still read is a slice
        longer = len(order) - np.cumsum(np.bincount(size[order], minlength=LONGEST + 1))
        place = first[order]
        state = self.start[np.zeros(len(order), np.int64) if which is None else which[order]]
        for column, many in enumerate(longer[longer > 0].tolist()):
            state[:many] = self.steps[state[:many] + digits[place[:many] + column]]
        said = np.zeros(len(first), np.int64)
        said[order] = self.out[state // 10]
        return said


class World:
    """Numbers with their country codes, of all codes that turned up so far.

    Attributes:
        region: The one region whose numbers are known; None if all are.
    """

    def __init__(self, region: str | None = None) -> None:
        """Knows the codes, and no number yet."""
        self.region = region
        self.codes = sorted(code for code, regions in plans.regions_of_codes().items() if region is None or region in regions)
        self.size = np.array([len(str(code)) for code in self.codes])
        self.index = np.full(10**_CODE_DIGITS, -1, np.int64)
        for number, code in enumerate(self.codes):
            width = 10**(_CODE_DIGITS - len(str(code)))
            self.index[code * width:(code + 1) * width] = number
        self.place = np.full(len(self.codes), -1, np.int64)
        self.walk: Walk | None = None

    def code(self, digits: Bytes, first: Integers) -> Integers:
        """Returns which of the codes each number of at least three digits begins with; -1 if with none."""
        return self.index[digits[first] * np.int64(100) + digits[first + 1] * np.int64(10) + digits[first + 2]]

    def said(self, digits: Bytes, first: Integers, size: Integers) -> Outs:
        """Returns what ``plans.international`` says of numbers, code and all."""
        found = np.zeros(len(first), np.int64)
        known = (size >= _CODE_DIGITS).nonzero()[0]
        code = self.code(digits, first[known])
        known, code = known[code >= 0], code[code >= 0]
        if len(known):
            place, walk = self._learned(code)
            found[known] = walk.said(digits, first[known] + self.size[code], size[known] - self.size[code], place[code])
        return found

    def _learned(self, codes: Integers) -> tuple[Integers, Walk]:
        new = np.unique(codes[self.place[codes] < 0])
        if len(new) or self.walk is None:
            place = self.place.copy()
            place[new] = np.arange(len(new)) + place.max() + 1
            walks = [Walk.of(plans.international(self.codes[code], self.region)) for code in new]
            self.place, self.walk = place, Walk.joined(walks if self.walk is None else [self.walk, *walks])
        return self.place, self.walk


@functools.cache
def world(region: str | None = None) -> World:
    """Returns the numbers of the world, or of a region."""
    return World(region)


@functools.cache
def _dialled(regions: tuple[str, ...]) -> tuple[Walk, tuple[int, ...]]:
    """Returns what says in which regions a number can be dialled, and how much of it is which international prefix.

    It says a bit for each region, and behind them for each international prefix how many digits it has, or 0; with the regions
    that have each prefix, as bits.
    """
    prefixes: dict[bytes, tuple[Automaton, int]] = {}
    for place, region in enumerate(regions):
        prefix = plans.abroad(region)
        automaton, mask = prefixes.get(prefix.next.tobytes(), (prefix, 0))
        prefixes[prefix.next.tobytes()] = automaton, mask | 1 << place
    shifts = [*range(len(regions)), *(len(regions) + _PREFIX_BITS * place for place in range(len(prefixes)))]
    union = product([*map(plans.dialled, regions), *(automaton for automaton, _ in prefixes.values())],
                    lambda *outs: np.bitwise_or.reduce([out << shift for out, shift in zip(outs, shifts, strict=True)]))
    return Walk.of(union), tuple(mask for _, mask in prefixes.values())


@functools.cache
def _formats(regions: tuple[str, ...]) -> tuple[Walk, Integers]:
    """Returns what says which row of a table a number has: where the format of each region has its gaps, or 0."""
    rows = []

    def decide(*outs: Outs) -> Outs:
        table, row = np.unique(np.stack(outs, axis=1), axis=0, return_inverse=True)
        rows.append(table)
        return row.ravel()
    walk = Walk.of(product([plans.places(region) for region in regions], decide))
    return walk, rows[0]


def formatted(regions: tuple[str, ...], digits: Bytes, first: Integers, size: Integers, gaps: Integers) -> Flags:
    """Returns which numbers without any prefix have gaps where a format of one of the regions has them: bit i after i digits."""
    walk, table = _formats(regions)
    found: Flags = (table[walk.said(digits, first, size)] == gaps[:, None]).any(axis=1) & (gaps != 0)
    return found


def regions_of(regions: tuple[str, ...], digits: Bytes, first: Integers, size: Integers, plus: Flags) -> Integers:
    """Returns where numbers are valid as they are dialled, a bit for each of the regions; with a plus, everywhere.

    Args:
        regions: At most 62 regions.
        digits: Digits, 0 to 9, of all numbers, and some more behind them.
        first: Where in ``digits`` each number begins.
        size: How many digits each has.
        plus: Whether a plus stands before it.
    """
    found, home = np.zeros(len(first), np.int64), (~plus).nonzero()[0]
    coded = plus.nonzero()[0]
    if len(coded):
        lost = world().code(digits, first[coded]) < 0  # libphonenumber drops a plus that no country code follows
        found[coded[world().said(digits, first[coded], size[coded]) != 0]] = (1 << len(regions)) - 1
        coded = coded[lost]
    for begin in range(0, len(regions), _TOGETHER):
        some = regions[begin:begin + _TOGETHER]
        found[home] |= _regions_of(some, digits, first[home], size[home], home=True) << begin
        if len(coded):
            found[coded] |= _regions_of(some, digits, first[coded], size[coded], home=False) << begin
    return found


def _regions_of(regions: tuple[str, ...], digits: Bytes, first: Integers, size: Integers, *, home: bool) -> Integers:
    walk, masks = _dialled(regions)
    said = walk.said(digits, first, size)
    found = said & ((1 << len(regions)) - 1) * home
    rows = (said >> len(regions)).nonzero()[0]
    if len(rows):
        widths = [said[rows] >> (len(regions) + _PREFIX_BITS * place) & ((1 << _PREFIX_BITS) - 1) for place in range(len(masks))]
        which, row = np.nonzero(np.stack(widths))
        width, row, mask = np.stack(widths)[which, row], rows[row], np.array(masks)[which]
        valid = world().said(digits, first[row] + width, size[row] - width) != 0
        np.bitwise_or.at(found, row[valid], mask[valid])
    return found
