"""Rows of signs (``://``, ``9/9``, ``X-X``): where forms that hold one are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Flags, Integers
from engine.detect.kernels import finding
from engine.detect.kernels.cutting import CLASSES

_ANY = {"9": finding.DIGITS, "A": finding.LETTERS, "X": finding.WORDS}


class Places(NamedTuple):
    """Where rows stand, in the order of their places: the row's number, the place of the sign that it is known by."""

    row: Integers
    place: Integers

    def of(self, wanted: Flags) -> Places:
        """Returns those of some rows; ``wanted`` says of which."""
        these = wanted[self.row]
        return Places(self.row[these], self.place[these])


class Rows:
    """Rows of signs, looked for together; in them ``9`` is a digit, ``A`` a letter, ``X`` one or the other.

    A row is known by its first sign that is none of these three, nor any other letter or digit.
    """

    def __init__(self, rows: Sequence[str]) -> None:
        """Prepares the search; the number of a row is its place among ``rows``."""
        self._written = tuple(rows)
        longest = max(map(len, rows), default=1)
        self._offset, self._asked = np.zeros((2, len(rows), longest), np.int64)
        listed: list[list[int]] = [[] for _ in range(256 * 16)]
        for number, row in enumerate(rows):
            at = next(place for place, sign in enumerate(row) if not sign.isalnum())
            asked = [_ANY.get(sign, ord(sign)) for sign in row]
            self._asked[number] = asked[at]
            self._asked[number, :len(row)], self._offset[number, :len(row)] = asked, np.arange(len(row)) - at
            for key in finding.keys(asked[at], *(asked[side] if 0 <= side < len(row) else 0 for side in (at - 1, at + 1))):
                listed[key].append(number)
        self._first = np.cumsum([0, *map(len, listed)])
        self._listed = np.array([number for some in listed for number in some], np.int64)

    def find(self, block: Block) -> Places:
        """Returns where the rows stand in a block."""
        if not kernels.worth(len(block.data)):
            return self.find_by_arrays(block)
        room = len(block.signs) // 2 + 1
        while True:
            which, place = np.empty(room, np.int64), np.empty(room, np.int64)
            count = finding.rows(block.padded, CLASSES, block.signs, self._first, self._listed, self._offset, self._asked,
                                 which, place)
            if count <= room:
                return Places(which[:count], place[:count])
            room = count

    def find_by_arrays(self, block: Block) -> Places:
        """Returns the same, by numpy."""
        places = [block.places_of(row) for row in self._written]
        row = np.repeat(np.arange(len(places)), [len(one) for one in places])
        place = np.concatenate([np.zeros(0, np.int64), *places])
        order = np.argsort(place, kind="stable")
        return Places(row[order], place[order])
