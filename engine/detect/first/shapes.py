"""The shape index: finds every stretch of text that has one of many pictures, looking all of them up at once.

A *picture* says the class of each character: ``9`` a digit, ``A`` an ASCII letter, ``X`` either, any other character itself
(``999-99-9999``, ``AA99 XXXX``). Numbers of people and things have some thousand pictures between them, and a regular expression
for each is work for each. Here every run of tokens (``tokens.py``) has a hash, which grows token by token, and is
looked up in one table; a run that begins no picture is not followed. The hash is a polynomial modulo 2^64 (Karp and Rabin, 1987,
IBM Journal of Research and Development 31(2)) of exact codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Bytes, Flags, Integers
from engine.detect.first.pictures import SEPARATORS
from engine.detect.first.tokens import LONGEST, NEIGHBOURS, Tokens, codes_of
from engine.detect.kernels import walking
from engine.detect.kernels.walking import Codes, Masks, Table

_PARTS = re.compile(r"[9AX]+|[^9AX]+")
_GAP, _TOKEN, _STEP = np.uint64(0xD6E8FEB86659FD93), np.uint64(0x9E3779B97F4A7C15), np.uint64(0xA0761D6478BD642F)
_BITS = np.uint64(64 - 16)
_CONSTANTS = np.array([_TOKEN, _GAP, _STEP, _BITS])
_LONGEST_GAP = 2
_TOKEN_BYTES = 8
"""What a token stands for, about."""


class Shaped(NamedTuple):
    """Stretches of a buffer that have a picture, in no order: first byte, end (exclusive), index of the picture."""

    start: Integers
    end: Integers
    picture: Integers


class ShapeIndex:
    """Pictures, ready to be looked for. Immutable; make one a process."""

    def __init__(self, pictures: Sequence[str]) -> None:
        """Prepares a search.

        Args:
            pictures: Distinct; each with a digit for certain.

        Raises:
            ValueError: If a picture has no ``9``, a sign that is no class and no separator, more than two separators in a row, or
                more than one before or after all tokens, too many tokens of letters alone in a row (``NEIGHBOURS``), a token
                longer than ``LONGEST``, or appears twice.
        """
        self.pictures = tuple(pictures)
        if len(set(pictures)) != len(pictures):
            raise ValueError("a picture appears twice")
        self._made = [_Picture.of(picture) for picture in pictures]
        self._either = np.array([one.either for one in self._made], np.bool_)
        self._size = np.array([len(one.masks) for one in self._made], np.int64)
        shape = len(self._made), int(self._size.max(initial=0))
        self._digits, self._letters = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
        for index, one in enumerate(self._made):
            self._digits[index, :len(one.masks)], self._letters[index, :len(one.masks)] = zip(*one.masks, strict=True)
        self._edges: dict[tuple[str, str], Flags] = {}
        for index, one in enumerate(self._made):
            self._edges.setdefault((one.lead, one.trail), np.zeros(len(self._made), np.bool_))[index] = True
        edges = (np.array([ord(sign or "\0") for sign in signs], np.uint8)
                 for signs in zip(*((one.lead, one.trail) for one in self._made), strict=True))
        self._masks = Masks(np.where(self._either, self._size, 0), self._digits, self._letters, *edges)
        self._exact = _table([one.run if not one.either else None for one in self._made])
        self._coarse = _table([one.coarse if one.either else None for one in self._made])

    def find(self, buffer: Bytes, tokens: Tokens, firsts: Integers | None = None) -> Shaped:
        """Returns every run of whole tokens that has one of the pictures; runs may overlap.

        A token that is ``X`` throughout and further than ``NEIGHBOURS`` tokens from every digit is not seen.

        Args:
            buffer: Where to look.
            tokens: Its tokens with a digit and their neighbours.
            firsts: The tokens with which a run may begin; all by default.
        """
        firsts = np.arange(len(tokens.start)) if firsts is None else firsts
        look = self._by_kernel if kernels.worth(_TOKEN_BYTES * len(firsts)) else self._by_arrays
        found = [look(buffer, tokens, codes, firsts, table)
                 for codes, table in zip(codes_of(tokens), (self._exact, self._coarse), strict=True)]
        return Shaped(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def _by_kernel(self, buffer: Bytes, tokens: Tokens, codes: Codes, firsts: Integers, table: Table) -> Shaped:
        room = len(firsts) + 1
        while True:
            found = np.empty((3, room), np.int64)
            count = walking.runs(buffer, tokens.start, tokens.end, tokens.letters, tokens.gap, codes, firsts, _CONSTANTS, table,
                                 self._masks, found)
            if count <= room:
                return Shaped(*found[:, :count])
            room = count

    def _by_arrays(self, buffer: Bytes, tokens: Tokens, codes: Codes, firsts: Integers, table: Table) -> Shaped:
        first, last, picture = _run(codes, tokens, firsts, table)
        fits = self._fitting(tokens, first, picture)
        first, last, picture = first[fits], last[fits], picture[fits]
        return self._with_edges(buffer, Shaped(tokens.start[first], tokens.end[last], picture))

    def _fitting(self, tokens: Tokens, first: Integers, picture: Integers) -> Flags:
        """Compares candidates of pictures with ``X`` token by token; the others were compared exactly."""
        fits = np.ones(len(first), bool)
        doubtful = np.flatnonzero(self._either[picture])
        for place in range(self._digits.shape[1]):
            doubtful = doubtful[self._size[picture[doubtful]] > place]
            which = picture[doubtful]
            seen, letters = tokens.letters[first[doubtful] + place], self._letters[which, place]
            fits[doubtful] &= ((seen & self._digits[which, place]) == 0) & ((seen & letters) == letters)
        return fits

    def _with_edges(self, buffer: Bytes, rows: Shaped) -> Shaped:
        """Keeps candidates beside which stand the signs that their picture begins and ends with."""
        parts = [Shaped(*(column[:0] for column in rows))]
        for (lead, trail), members in self._edges.items():
            chosen = members[rows.picture]
            start, end = rows.start[chosen] - len(lead), rows.end[chosen] + len(trail)
            fits = (start >= 0) & (end <= len(buffer))
            for place, sign in enumerate(lead):
                fits &= buffer[np.maximum(start, 0) + place] == ord(sign)
            for place, sign in enumerate(reversed(trail), 1):
                fits &= buffer[np.minimum(end - place, len(buffer) - 1)] == ord(sign)
            parts.append(Shaped(start[fits], end[fits], rows.picture[chosen][fits]))
        return Shaped(*(np.concatenate(part) for part in zip(*parts, strict=True)))


class _Picture(NamedTuple):
    """A picture, taken apart: what stands before its first token and after its last, and hashes and masks of the run between."""

    lead: str
    trail: str
    run: tuple[int, ...]
    coarse: tuple[int, ...]
    masks: tuple[tuple[np.uint64, np.uint64], ...]
    either: bool

    @classmethod
    def of(cls, picture: str) -> _Picture:
        parts = _PARTS.findall(picture)
        lead = parts.pop(0) if parts and parts[0][0] in SEPARATORS else ""
        trail = parts.pop() if parts and parts[-1][0] in SEPARATORS else ""
        words, gaps = parts[::2], parts[1::2]
        numberless = "".join("-" if set(word) == {"A"} else "9" for word in words).split("9")
        if "9" not in picture or set(picture) - set(SEPARATORS) - set("9AX") or max(map(len, words)) > LONGEST \
                or max(map(len, [*gaps, ""])) > _LONGEST_GAP or max(len(numberless[0]), len(numberless[-1])) > NEIGHBOURS \
                or max(len(lead), len(trail)) > 1 \
                or max(map(len, numberless)) > 2 * NEIGHBOURS:
            raise ValueError(picture)
        exact = [len(word) << LONGEST | _bits(word, "A") for word in words]
        coarse = [len(word) << LONGEST for word in words]
        between = [int.from_bytes(gap.encode(), "little") for gap in gaps]
        masks = tuple((np.uint64(_bits(word, "9")), np.uint64(_bits(word, "A"))) for word in words)
        return cls(lead, trail, _hashes(exact, between), _hashes(coarse, between), masks, "X" in picture)


def _bits(word: str, sign: str) -> int:
    return sum(1 << place for place, other in enumerate(word) if other == sign)


def _hashes(codes: list[int], gaps: list[int]) -> tuple[int, ...]:
    """Hashes of the run's beginnings, the whole run last."""
    found = [codes[0] * int(_TOKEN) % (1 << 64)]
    for code, gap in zip(codes[1:], gaps, strict=True):
        found.append(((found[-1] + gap * int(_GAP)) * int(_STEP) + code * int(_TOKEN)) % (1 << 64))
    return tuple(found)


def _table(runs: Sequence[tuple[int, ...] | None]) -> Table:
    alike: dict[int, list[int]] = {}
    for index, run in enumerate(runs):
        if run is not None:
            alike.setdefault(run[-1], []).append(index)
    ordered = sorted(alike)
    hashes = np.array(ordered, np.uint64)
    opening = [_filter(np.array([run[place] for run in runs if run is not None and len(run) > place + 1], np.uint64))
               for place in range(max((len(run) for run in runs if run is not None), default=0))]
    return Table(hashes, np.cumsum([0, *(len(alike[one]) for one in ordered)], dtype=np.int64),
                 np.array(list(chain(*(alike[one] for one in ordered))), np.int64), _filter(hashes),
                 np.array(opening, np.bool_).reshape(len(opening), 1 << 16))


def _run(codes: Codes, tokens: Tokens, firsts: Integers, table: Table) -> tuple[Integers, Integers, Integers]:
    """Returns first and last token of every run in the table, and its picture."""
    found = [(np.zeros(0, np.int64),) * 3]
    first, hashes = firsts, codes[firsts] * _TOKEN
    for more, opening in enumerate(table.opening):
        likely = np.flatnonzero(table.whole[hashes >> _BITS])
        at = np.minimum(np.searchsorted(table.hashes, hashes[likely]), len(table.hashes) - 1)
        true = table.hashes[at] == hashes[likely]
        begin, at = first[likely[true]], at[true]
        times = table.at[at + 1] - table.at[at]
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        begin = np.repeat(begin, times)
        found.append((begin, begin + more, table.picture[np.repeat(table.at[at], times) + within]))
        going = np.flatnonzero(opening[hashes >> _BITS] & (tokens.gap[first + more] > 0))
        first, hashes = first[going], hashes[going]
        following = first + more + 1
        hashes = (hashes + tokens.gap[following - 1] * _GAP) * _STEP + codes[following] * _TOKEN
    first, last, picture = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, last, picture


def _filter(hashes: Codes) -> Flags:
    table = np.zeros(1 << 16, bool)
    table[hashes >> _BITS] = True
    return table
