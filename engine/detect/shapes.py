"""The shape index: finds every stretch of text that has one of many pictures, looking all of them up at once.

A *picture* says the class of each character: ``9`` a digit, ``A`` an ASCII letter, ``X`` either, any other character
itself (``999-99-9999``, ``AA99 XXXX``). Numbers of people and things have some hundred pictures between them, and a
regular expression for each is work for each. Here a text is cut into tokens once, and the class string of every run of
tokens is looked up in one table (``engine/detect/runs.py``). What is found is compared with its picture sign by sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from engine.detect.runs import Bytes, Flags, Found, Integers, RunTable, Tokens, nothing

SEPARATORS = "-./: ()+_#,"
"""What a picture may hold beside classes; any other character ends a run of tokens."""

_OPENERS = "(+#"
_DIGIT, _LETTER, _FIRST_SEPARATOR, _EITHER = 1, 2, 3, 255
_REACH = 40
"""Bytes to the left and right of a digit that are looked at: a picture extends no further without one."""

_WORD_LEADS = (0xC3, 0xDF)
"""First bytes of two-byte letters in UTF-8 (Latin, Greek, Cyrillic, Hebrew, Arabic): beside one, a token is longer than
it looks. Scripts beyond are written without spaces between words and numbers: there a number may stand beside a letter."""


class Candidates(NamedTuple):
    """Stretches of a buffer that have a picture, in no order: first byte, end (exclusive), index of the picture."""

    start: Integers
    end: Integers
    picture: Integers


class ShapeIndex:
    """Pictures, ready to be looked for. Immutable; make one a process."""

    def __init__(self, pictures: Sequence[str]) -> None:
        """Prepares a search.

        Args:
            pictures: Distinct; each with a digit for certain, so that text without digits costs next to nothing.

        Raises:
            ValueError: If a picture has no ``9``, a sign that is no class and no separator, or appears twice.
        """
        for picture in pictures:
            if "9" not in picture or set(picture) - set(SEPARATORS) - set("9AX"):
                raise ValueError(picture)
        if len(set(pictures)) != len(pictures):
            raise ValueError("a picture appears twice")
        self.pictures = tuple(pictures)
        self._codes = [_codes_of(picture) for picture in pictures]
        self._fine = _Alphabet.of([codes if _EITHER not in codes else None for codes in self._codes])
        self._coarse = _Alphabet.of([_COARSE[codes] if _EITHER in codes else None for codes in self._codes])

    def find(self, buffer: Bytes) -> Candidates:
        """Returns every run of whole tokens in a UTF-8 buffer that has one of the pictures; runs may overlap."""
        region = _within_reach(buffer)
        if region is None:
            return Candidates(*nothing())
        classes, place = region
        tokens = _tokens(classes)
        parts = [alphabet.find(codes, tokens) for alphabet, codes in ((self._fine, classes), (self._coarse, _COARSE[classes]))]
        start, end, picture = (np.concatenate(part) for part in zip(*parts, strict=True))
        exact = self._exact(classes, start, picture)
        found = Candidates(place[start[exact]], place[end[exact] - 1] + 1, picture[exact])
        alone = ~(_letter_before(buffer, found.start) | _letter_at(buffer, found.end))
        return Candidates(*(part[alone] for part in found))

    def _exact(self, classes: Bytes, start: Integers, picture: Integers) -> Flags:
        """Compares candidates with their pictures, sign by sign."""
        passed = np.zeros(len(start), bool)
        order = np.argsort(picture, kind="stable")
        changes = np.diff(picture[order], prepend=-1, append=-1)
        for begin, end in pairwise(np.flatnonzero(changes) if len(order) else ()):
            members, wanted = order[begin:end], self._codes[picture[order[begin]]]
            seen = classes[start[members][:, None] + np.arange(len(wanted))]
            passed[members] = ((seen == wanted) | ((wanted == _EITHER) & (seen <= _LETTER))).all(axis=1)
        return passed


class _Alphabet(NamedTuple):
    """Some of the pictures, in the codes by which they are looked up; several may have the same codes.

    Attributes:
        table: The different codes.
        first: For each of them, its first picture's place in ``picture``; and after the last, the end.
        picture: Indices of the pictures, those of the same codes together.
    """

    table: RunTable | None
    first: Integers
    picture: Integers

    @classmethod
    def of(cls, codes: Sequence[Bytes | None]) -> _Alphabet:
        alike: dict[bytes, list[int]] = {}
        for index, each in enumerate(codes):
            if each is not None:
                alike.setdefault(each.tobytes(), []).append(index)
        runs = [np.frombuffer(each, np.uint8) for each in alike]
        table = RunTable(runs, [_tokens(each) for each in runs]) if runs else None
        return cls(table, np.cumsum([0, *map(len, alike.values())]), np.array(list(chain(*alike.values())), np.int64))

    def find(self, codes: Bytes, tokens: Tokens) -> Found:
        if self.table is None:
            return nothing()
        start, end, run = self.table.find(codes, tokens)
        times = self.first[run + 1] - self.first[run]
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        return Found(np.repeat(start, times), np.repeat(end, times), self.picture[np.repeat(self.first[run], times) + within])


def _class_table() -> Bytes:
    table = np.zeros(256, np.uint8)
    table[48:58] = _DIGIT
    table[65:91] = table[97:123] = _LETTER
    for code, sign in enumerate(SEPARATORS, _FIRST_SEPARATOR):
        table[ord(sign)] = code
    return table


_CLASS = _class_table()
_IS_WORD = np.isin(np.arange(256), [_DIGIT, _LETTER, _EITHER])
_COARSE = np.where(_IS_WORD, _DIGIT, np.arange(256)).astype(np.uint8)
_OPENS = np.isin(np.arange(256), [_CLASS[ord(sign)] for sign in _OPENERS])


def _codes_of(picture: str) -> Bytes:
    codes = _CLASS[np.frombuffer(picture.encode(), np.uint8)]
    codes[[sign == "X" for sign in picture]] = _EITHER
    return codes


def _tokens(classes: Bytes) -> Tokens:
    """Longest runs of letters and digits, and each sign that opens a number."""
    word = np.zeros(len(classes) + 2, bool)
    word[1:-1] = _IS_WORD[classes]
    opens = _OPENS[classes]
    start = np.flatnonzero((word[1:-1] & ~word[:-2]) | opens)
    end = np.flatnonzero((word[1:-1] & ~word[2:]) | opens) + 1
    return Tokens(start, end, np.cumsum(classes == 0)[start])


def _within_reach(buffer: Bytes) -> tuple[Bytes, Integers] | None:
    """Returns the classes of the bytes within reach of a digit, a break after each stretch, and their places in the buffer."""
    digits = np.flatnonzero((buffer - np.uint8(48)) <= 9)  # noqa: PLR2004 - one comparison: what is below '0' wraps around
    if not len(digits):
        return None
    apart = np.flatnonzero(np.diff(digits) > 2 * _REACH)
    starts = np.maximum(digits[np.r_[0, apart + 1]] - _REACH, 0)
    lengths = np.minimum(digits[np.r_[apart, len(digits) - 1]] + _REACH, len(buffer)) - starts + 1
    first = np.cumsum(lengths) - lengths
    place = np.arange(int(lengths.sum())) + np.repeat(starts - first, lengths)
    breaks = first + lengths - 1
    place[breaks] -= 1
    classes = _CLASS[buffer[place]]
    classes[breaks] = 0
    return classes, place


def _letter_at(buffer: Bytes, place: Integers) -> Flags:
    """Whether a two-byte letter begins at a place."""
    lead = buffer[np.minimum(place, len(buffer) - 1)]
    return (place < len(buffer)) & (lead >= _WORD_LEADS[0]) & (lead <= _WORD_LEADS[1])


def _letter_before(buffer: Bytes, place: Integers) -> Flags:
    """Whether a two-byte letter ends before a place."""
    return (place > 1) & (buffer[place - 1] >= 0x80) & _letter_at(buffer, np.maximum(place - 2, 0))  # noqa: PLR2004 - UTF-8
