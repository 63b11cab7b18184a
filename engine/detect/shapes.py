"""The shape index: finds every stretch of text that has one of many pictures, looking all of them up at once.

A *picture* says the class of each character: ``9`` a digit, ``A`` an ASCII letter, ``X`` either, any other character itself
(``999-99-9999``, ``AA99 XXXX``). Numbers of people and things have some thousand pictures between them, and a regular expression
for each is work for each. Here every run of tokens (``engine/detect/tokens.py``) has a hash, which grows token by token, and is
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
from engine.detect.kernels import walking
from engine.detect.kernels.walking import Codes
from engine.detect.pictures import SEPARATORS
from engine.detect.tokens import LONGEST, NEIGHBOURS, Tokens, codes_of

_PARTS = re.compile(r"[9AX]+|[^9AX]+")
_GAP, _TOKEN, _STEP = np.uint64(0xD6E8FEB86659FD93), np.uint64(0x9E3779B97F4A7C15), np.uint64(0xA0761D6478BD642F)
_BITS = np.uint64(64 - 16)
_LONGEST_GAP = 2
_TOKENS = 8
"""Bytes that a token stands for, about."""


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
            ValueError: If a picture has no ``9``, a sign that is no class and no separator, more than two separators in a row,
                too many tokens of letters alone in a row (``NEIGHBOURS``), a token longer than ``LONGEST``, or appears twice.
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
        self._exact = _Table([one.run if not one.either else None for one in self._made])
        self._coarse = _Table([one.coarse if one.either else None for one in self._made])
        self._edges: dict[tuple[str, str], Flags] = {}
        for index, one in enumerate(self._made):
            self._edges.setdefault((one.lead, one.trail), np.zeros(len(self._made), np.bool_))[index] = True

    def find(self, buffer: Bytes, tokens: Tokens, firsts: Integers | None = None) -> Shaped:
        """Returns every run of whole tokens that has one of the pictures; runs may overlap.

        A token that is ``X`` throughout and further than ``NEIGHBOURS`` tokens from every digit is not seen.

        Args:
            buffer: Where to look.
            tokens: Its tokens with a digit and their neighbours.
            firsts: The tokens with which a run may begin; all by default.
        """
        firsts = np.arange(len(tokens.start)) if firsts is None else firsts
        exact, coarse = codes_of(tokens)
        found = [self._exact.find(exact, tokens, firsts), self._coarse.find(coarse, tokens, firsts)]
        first, last, picture = (np.concatenate(part) for part in zip(*found, strict=True))
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


class _Table:
    """Runs by hash. Several pictures may have the same run, and differ in what stands beside it."""

    def __init__(self, runs: Sequence[tuple[int, ...] | None]) -> None:
        alike: dict[int, list[int]] = {}
        for index, run in enumerate(runs):
            if run is not None:
                alike.setdefault(run[-1], []).append(index)
        self._most = max((len(run) for run in runs if run is not None), default=0)
        self._hashes = np.array(sorted(alike), np.uint64)
        self._first = np.cumsum([0, *(len(alike[one]) for one in sorted(alike))])
        self._picture = np.array(list(chain(*(alike[one] for one in sorted(alike)))), np.int64)
        self._whole = _filter(self._hashes)
        opening = [_filter(np.array([run[place] for run in runs if run is not None and len(run) > place + 1], np.uint64))
                   for place in range(self._most)]
        self._opening = np.array(opening, np.bool_).reshape(self._most, 1 << 16)

    def find(self, codes: Codes, tokens: Tokens, firsts: Integers) -> tuple[Integers, Integers, Integers]:
        """Returns first and last token of every run in the table, and its picture."""
        first, more, at = (self._by_kernel if kernels.worth(_TOKENS * len(codes)) else self._by_arrays)(codes, tokens, firsts)
        return self._each(first, more, at)

    def _by_kernel(self, codes: Codes, tokens: Tokens, firsts: Integers) -> tuple[Integers, Integers, Integers]:
        room = len(firsts) + 1
        while True:
            found = tuple(np.empty(room, np.int64) for _ in range(3))
            count = walking.runs(codes, tokens.gap, firsts, _TOKEN, _GAP, _STEP, _BITS, self._hashes, self._whole, self._opening,
                                 *found)
            if count <= room:
                first, more, at = (column[:count] for column in found)
                return first, more, at
            room = count

    def _by_arrays(self, codes: Codes, tokens: Tokens, firsts: Integers) -> tuple[Integers, Integers, Integers]:
        found = [(np.zeros(0, np.int64),) * 3]
        first, hashes = firsts, codes[firsts] * _TOKEN
        for more in range(self._most):
            likely = np.flatnonzero(self._whole[hashes >> _BITS])
            at = np.minimum(np.searchsorted(self._hashes, hashes[likely]), len(self._hashes) - 1)
            true = self._hashes[at] == hashes[likely]
            found.append((first[likely[true]], np.full(int(true.sum()), more), at[true]))
            going = np.flatnonzero(self._opening[more][hashes >> _BITS] & (tokens.gap[first + more] > 0))
            first, hashes = first[going], hashes[going]
            following = first + more + 1
            hashes = (hashes + tokens.gap[following - 1] * _GAP) * _STEP + codes[following] * _TOKEN
        first, more_, at = (np.concatenate(part) for part in zip(*found, strict=True))
        return first, more_, at

    def _each(self, first: Integers, more: Integers, at: Integers) -> tuple[Integers, Integers, Integers]:
        times = self._first[at + 1] - self._first[at]
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        first, last = np.repeat(first, times), np.repeat(first + more, times)
        return first, last, self._picture[np.repeat(self._first[at], times) + within]


def _filter(hashes: Codes) -> Flags:
    table = np.zeros(1 << 16, bool)
    table[hashes >> _BITS] = True
    return table
