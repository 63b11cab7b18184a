"""What speaks for which label: features of a token and of those beside it, and their weights.

A feature is a kind of word (``given name``), a shape (``capitals``), both at once, an ending of three letters, or a fact about
the line. A table of weights gives for a feature and a place (0 the token itself, -1 the one before it) a weight for each label,
in natural log odds. Weights add up.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Integers
from engine.detect.names.chain import Evidence
from engine.detect.names.facts import FACTS, facts_of
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPE, SHAPES, VALUE_END, WORD_SHAPES, Tokens

FOLLOWS = "follows"
_WORDS = len(WORD_SHAPES)
_LETTER = 31
_AT_ONCE = 1 << 13
"""Tokens whose weights are added up at a time: what belongs to them stays in the cache."""

_CAPITAL = ", with a capital"


@dataclass(frozen=True)
class Weights:
    """Weights as written.

    Attributes:
        labels: The first is of tokens that are nothing.
        at: (place, feature) → a weight for each label.
        follows: (labels, labels): log odds of a label (row) being followed by another.
    """

    labels: tuple[str, ...]
    at: dict[tuple[int, str], npt.NDArray[np.float32]]
    follows: Evidence

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Reads a table as CSV: place, feature, then a column for each label; an empty cell is 0."""
        head, *rows = csv.reader(text.splitlines())
        lines = [(place, feature, np.array([float(cell or 0) for cell in cells], np.float32)) for place, feature, *cells in rows]
        follows = np.array([weights for place, _, weights in lines if place == FOLLOWS], np.float32)
        at = {(int(place), feature): weights for place, feature, weights in lines if place != FOLLOWS}
        return cls(tuple(head[2:]), at, follows)

    def places(self) -> tuple[int, ...]:
        """Returns the places that have weights, in order."""
        return tuple(sorted({place for place, _ in self.at}))


class Seen(NamedTuple):
    """What is looked at of each token: its row in three tables.

    Attributes:
        word: Class and shape together.
        ending: The last three letters and whether it has a capital; 0 of short words and of what is no word.
        facts: ``FACTS``, a bit for each.
    """

    word: Integers
    ending: Integers
    facts: Integers


def features_of(lexicon: Lexicon, row: int) -> list[str]:
    """Names the features of a row that ``Seen.word`` points to."""
    known = len(lexicon.members) * _WORDS
    if row >= known:
        return [f"shape: {SHAPES[row - known + _WORDS]}"]
    return features_of_word(lexicon.kinds_of(lexicon.members[row // _WORDS]), WORD_SHAPES[row % _WORDS])


def features_of_word(kinds: list[str], shape: str) -> list[str]:
    """Names the features of a word: its shape, its kinds, and both."""
    return [f"shape: {shape}", *kinds, *(f"{kind}, {shape}" for kind in kinds)]


def ending(code: int) -> str:
    """Names the feature of an ending by its code."""
    letters = "".join(chr(96 + (code >> shift & _LETTER)) for shift in (10, 5, 0))
    return f"ending -{letters}{_CAPITAL if code >> 15 else ''}"


def _code(name: str) -> int:
    """Returns the code of a feature that is an ending."""
    first, second, third = (ord(letter) & _LETTER for letter in name.removeprefix("ending -")[:3])
    return first << 10 | second << 5 | third | (1 << 15 if name.endswith(_CAPITAL) else 0)


def seen(tokens: Tokens, buffer: Bytes, lexicon: Lexicon) -> Seen:
    """Looks at every token."""
    classes = lexicon.classes(buffer, tokens)
    shape = tokens.shape
    word = np.where(shape < _WORDS, classes * _WORDS + shape, (len(lexicon.members) - 1) * _WORDS + shape)
    return Seen(word, _endings(tokens, buffer), facts_of(tokens, buffer, classes, lexicon))


def _endings(tokens: Tokens, buffer: Bytes) -> Integers:
    long = np.flatnonzero((tokens.shape < _WORDS) & (tokens.end - tokens.start > 4))  # noqa: PLR2004 - more than the ending
    end = tokens.end[long]
    codes = np.zeros(len(long), np.int64)
    plain = np.ones(len(long), bool)
    for back in (3, 2, 1):
        letter = buffer[end - back]
        plain &= letter < 128  # noqa: PLR2004 - ASCII
        codes = codes << 5 | (letter & _LETTER)
    found = np.zeros(len(tokens.shape), np.int64)
    capital = tokens.shape[long] > SHAPE["lower among lower"]
    found[long] = np.where(plain, codes | capital.astype(np.int64) << 15, 0)
    return found


class Neighbours:
    """The rows of the tokens beside each token, of its own value alone: before a value stands an end, and beyond that nothing."""

    def __init__(self, word: Integers, tokens: Tokens, nothing: int, end: int) -> None:
        """Prepares rows: ``word`` of each token, of what is not there, of an end."""
        ends = np.flatnonzero(tokens.shape == VALUE_END)
        place = np.arange(len(word))
        self._word, self._nothing, self._end = word, nothing, end
        self._after = ends[tokens.value] - place
        self._before = place - np.concatenate(([0], ends + 1))[tokens.value]

    def rows(self, place: int, tokens: Integers) -> Integers:
        """Returns for some tokens the row of what stands ``place`` tokens away from each."""
        if place == 0:
            return self._word[tokens]
        found = self._word[np.clip(tokens + place, 0, len(self._word) - 1)]
        room = (self._after if place > 0 else self._before)[tokens]
        found[np.flatnonzero(room < abs(place))] = self._nothing
        if place < 0:
            found[np.flatnonzero(room == -place - 1)] = self._end
        return found


def _as_rows(members: Iterable[int], kinds: int) -> Evidence:
    """Returns (members, kinds): the bits of each member, the lowest first."""
    size = (kinds + 7) // 8
    packed = np.frombuffer(b"".join(bits.to_bytes(size, "little") for bits in members), np.uint8).reshape(-1, size)
    return np.unpackbits(packed, axis=1, bitorder="little", count=kinds).astype(np.float32)


class Tables:
    """Weights added up for everything that a token can be."""

    def __init__(self, weights: Weights, lexicon: Lexicon) -> None:
        self.labels = weights.labels
        self.follows = weights.follows
        self.places = weights.places()
        self._at = weights.at
        self._blank = np.zeros(len(weights.labels), np.float32)
        member = _as_rows(lexicon.members, len(lexicon.kinds))
        self._words = [self._of_words(place, lexicon.kinds, member) for place in self.places]
        endings = [feature for place, feature in weights.at if place == 0 and feature.startswith("ending -")]
        self._endings = np.stack([self._blank, *(weights.at[0, name] for name in endings)])
        self._ending_row = np.zeros(1 << 16, np.int16)
        self._ending_row[[_code(name) for name in endings]] = np.arange(1, len(endings) + 1)
        facts = self._stack(0, FACTS)
        self._facts = (np.arange(1 << len(FACTS))[:, None] >> np.arange(len(FACTS)) & 1).astype(np.float32) @ facts

    def weight(self, place: int, feature: str, label: int) -> float:
        """Returns one weight, 0 where there is none."""
        return float(self._at.get((place, feature), self._blank)[label])

    def fact(self, bit: int) -> Evidence:
        """Returns the weights of a fact."""
        weights: Evidence = self._facts[1 << bit]
        return weights

    def evidence(self, at: Seen, tokens: Tokens, chosen: Integers) -> Evidence:
        """Returns (chosen tokens, labels): the weights of each token's features and of its neighbours', added up."""
        found = np.empty((len(chosen), len(self.labels)), np.float32)
        room = np.empty((_AT_ONCE, len(self.labels)), np.float32)
        nothing = len(self._words[0]) - 1
        beside = Neighbours(at.word, tokens, nothing, nothing - 1)
        for begin in range(0, len(found), _AT_ONCE):
            some, mine = found[begin:begin + _AT_ONCE], chosen[begin:begin + _AT_ONCE]
            np.take(self._endings, self._ending_row[at.ending[mine]], axis=0, out=some, mode="clip")
            some += np.take(self._facts, at.facts[mine], axis=0)
            for place, table in zip(self.places, self._words, strict=True):
                some += np.take(table, beside.rows(place, mine), axis=0, out=room[:len(some)], mode="clip")
        return found

    def _stack(self, place: int, features: Iterable[str]) -> Evidence:
        names = tuple(features)
        found = np.zeros((len(names), len(self.labels)), np.float32)
        for row, feature in enumerate(names):
            if (place, feature) in self._at:  # few have weights
                found[row] = self._at[place, feature]
        return found

    def _of_words(self, place: int, kinds: Sequence[str], member: Evidence) -> Evidence:
        plain, shapes = self._stack(place, kinds), self._stack(place, (f"shape: {shape}" for shape in SHAPES))
        table = np.empty((len(member), _WORDS, len(self._blank)), np.float32)
        for index, shape in enumerate(WORD_SHAPES):
            table[:, index] = member @ (plain + self._stack(place, (f"{kind}, {shape}" for kind in kinds))) + shapes[index]
        return np.concatenate((table.reshape(-1, len(self._blank)), shapes[_WORDS:], self._blank[None]))
