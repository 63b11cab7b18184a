"""What an unknown word looks like: a given name, a family name, a place, or a word of everyday language.

Naive Bayes over the letters with which words begin and end, counted in the lists of the lexicon itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Flags, Integers

LOOKS = (*(f"{how}like a {what}" for what in ("given name", "family name", "place", "word") for how in ("", "much ")),
         "like a street", "like nothing")
"""What a word can look like; the last where no one is clearly likelier than the others."""

_STREETS = ("straße", "strasse", "gasse", "weg", "platz", "allee", "straat", "laan", "plein", "gracht", "gatan", "gata", "vägen",
            "gade", "vej", "veien", "utca", "katu")
"""Endings of words that name streets in German, Dutch, Swedish, Danish, Norwegian, Hungarian, Finnish."""

_LIKE, _MUCH = 0.55, 0.85
_SHORTEST, _GREEK = 3, 0xCD
"""Letters that are too few to tell anything; and the first byte of the first script after Latin, whose letters the codes do not
tell apart."""

_CODES = 1 << 15
_SMOOTH = 0.3
_PARTS = ((0, 1, 2), (-3, -2, -1), (-4, -3, -2))
"""Places of the letters that are looked at, from the beginning and from the end."""


class Looks:
    """Log probabilities of groups of three letters among given names, family names, places and words."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self._weights = np.zeros((len(_PARTS), _CODES, len(lists)), np.float32)
        for column, words in enumerate(lists):
            encoded = [word.lower().encode() for word in words if len(word) > _SHORTEST]
            ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
            starts = ends - np.fromiter(map(len, encoded), np.int64, len(encoded))
            for part, codes in enumerate(_codes(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)):
                count = np.bincount(codes, minlength=_CODES) + _SMOOTH
                self._weights[part, :, column] = np.log(count / count.sum())

    def of(self, buffer: Bytes, start: Integers, end: Integers) -> Integers:
        """Returns what each stretch of letters looks like: an index into ``LOOKS``."""
        found = np.full(len(start), len(LOOKS) - 1)
        long = np.flatnonzero((end - start > _SHORTEST) & (buffer[np.minimum(start, len(buffer) - 1)] < _GREEK))
        if len(long):
            parts = zip(self._weights, _codes(buffer, start[long], end[long]), strict=True)
            found[long] = _decided(np.sum([weights[codes] for weights, codes in parts], axis=0))
            found[long[_streets(buffer, start[long], end[long])]] = len(LOOKS) - 2
        return found


def _decided(logs: npt.NDArray[np.float32]) -> Integers:
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    best = odds.argmax(axis=1)
    share = 1 / odds.sum(axis=1)
    return np.where(share >= _LIKE, 2 * best + (share >= _MUCH), len(LOOKS) - 1)


def _streets(buffer: Bytes, start: Integers, end: Integers) -> Flags:
    """Which stretches have letters before one of the endings of streets."""
    found = np.zeros(len(start), bool)
    for ending in (word.encode() for word in _STREETS):
        at = np.flatnonzero(end - start > len(ending) + 1)
        for back, letter in enumerate(reversed(ending), 1):
            at = at[(buffer[end[at] - back] | 32) == letter | 32]
        found[at] = True
    return found


def _codes(buffer: Bytes, start: Integers, end: Integers) -> list[Integers]:
    """Codes of three letters each: five bits of each byte, which tell letters apart and capitals not."""
    found = []
    for places in _PARTS:
        code = np.zeros(len(start), np.int64)
        for place in places:
            code = code << 5 | (buffer[(end if place < 0 else start) + place] & 31)
        found.append(code)
    return found
