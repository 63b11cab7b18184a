"""What speaks for which label: features of a token and of those beside it, and their weights.

A feature is a kind of word (``given name``), a shape (``capitals``), both at once, an ending of three letters, or a fact about the
line. A table of weights gives for a feature and a place (0 the token itself, -1 the one before it) a weight for each label, in
natural log odds. Weights add up.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.names.chain import Evidence
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPE, SHAPES, VALUE_END, WORD_SHAPES, Tokens, pair

FACTS = ("words that name a place together", "known to the row", "named elsewhere in the text", "short line", "short text",
         "line that begins with a number")
"""What is known of a token beside what it is: bit by bit."""

FOLLOWS = "follows"
_WORDS = len(WORD_SHAPES)
_SHORT_LINE, _SHORT_TEXT = 6, 4
_LETTER = 31
_NEVER = np.float32(-60)


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
    def read(cls, path: Path) -> Weights:
        """Reads a table: place, feature, then a column for each label; an empty cell is 0."""
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(line for line in file if not line.startswith("#"))
        lines = [(place, feature, np.array([float(cell or 0) for cell in cells], np.float32)) for place, feature, *cells in rows]
        follows = np.array([weights for place, _, weights in lines if place == FOLLOWS], np.float32)
        return cls(tuple(head[2:]), {(int(place), feature): weights for place, feature, weights in lines if place != FOLLOWS}, follows)

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


def rows_of_words(lexicon: Lexicon) -> Iterator[list[str]]:
    """Names the features of every row of the table that ``Seen.word`` points into."""
    for member in lexicon.members:
        kinds = lexicon.kinds_of(member)
        for shape in WORD_SHAPES:
            yield [f"shape: {shape}", *kinds, *(f"{kind}, {shape}" for kind in kinds)]
    for shape in SHAPES[_WORDS:]:
        yield [f"shape: {shape}"]


def rows_of_endings() -> Iterator[str]:
    """Names the features of every row of the table that ``Seen.ending`` points into."""
    for capital in ("", ", with a capital"):
        for code in range(1 << 15):
            letters = "".join(chr(96 + (code >> shift & _LETTER)) for shift in (10, 5, 0))
            yield f"ending -{letters}{capital}" if letters.isalpha() else ""


def seen(tokens: Tokens, buffer: Bytes, lexicon: Lexicon) -> Seen:
    """Looks at every token."""
    classes = lexicon.classes(buffer, tokens)
    shape = tokens.shape
    word = np.where(shape < _WORDS, classes * _WORDS + shape, (len(lexicon.members) - 1) * _WORDS + shape)
    return Seen(word, _endings(tokens, buffer), _facts(tokens, lexicon))


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


def _facts(tokens: Tokens, lexicon: Lexicon) -> Integers:
    both = np.flatnonzero(tokens.word[:-1] & tokens.word[1:])
    together = both[lexicon.pairs.find(pair(tokens.key[both], tokens.key[both + 1])) > 0]
    facts = np.zeros(len(tokens.shape), np.int64)
    facts[together] |= 1
    facts[together + 1] |= 1
    breaks = tokens.shape >= SHAPE["line end"]
    inside = ~breaks
    length = np.bincount(tokens.line, inside)
    facts |= ((length <= _SHORT_LINE)[tokens.line] & inside).astype(np.int64) << 3
    size = np.bincount(tokens.value, inside)
    facts |= ((size <= _SHORT_TEXT)[tokens.value] & inside).astype(np.int64) << 4
    begins = np.flatnonzero(inside & np.concatenate(([True], breaks[:-1])))
    numbered = np.zeros(len(length), bool)
    numbered[tokens.line[begins]] = (tokens.shape[begins] >= _WORDS) & (tokens.shape[begins] <= SHAPE["digits then letters"])
    facts |= (numbered[tokens.line] & inside).astype(np.int64) << 5
    return facts


class Tables:
    """Weights added up for everything that a token can be."""

    def __init__(self, weights: Weights, lexicon: Lexicon) -> None:
        self.labels = weights.labels
        self.follows = weights.follows
        self.places = weights.places()
        blank = np.zeros(len(weights.labels), np.float32)
        at = weights.at
        self.words = np.stack([self._words(at, place, lexicon, blank) for place in self.places])
        self.endings = np.stack([at.get((0, name), blank) for name in rows_of_endings()])
        facts = np.stack([at.get((0, name), blank) for name in FACTS])
        self.facts = (np.arange(1 << len(FACTS))[:, None] >> np.arange(len(FACTS)) & 1).astype(np.float32) @ facts

    @staticmethod
    def _words(at: dict[tuple[int, str], Evidence], place: int, lexicon: Lexicon, blank: Evidence) -> Evidence:
        kinds = lexicon.kinds
        member = np.array([[bits >> index & 1 for index in range(len(kinds))] for bits in lexicon.members], np.float32)
        plain = np.stack([at.get((place, kind), blank) for kind in kinds])
        shapes = np.stack([at.get((place, f"shape: {shape}"), blank) for shape in SHAPES])
        table = np.empty((len(member), _WORDS, len(blank)), np.float32)
        for index, shape in enumerate(WORD_SHAPES):
            both = np.stack([at.get((place, f"{kind}, {shape}"), blank) for kind in kinds])
            table[:, index] = member @ (plain + both) + shapes[index]
        return np.concatenate((table.reshape(-1, len(blank)), shapes[_WORDS:]))

    def evidence(self, at: Seen, tokens: Tokens) -> Evidence:
        """Returns (tokens, labels): the weights of each token's features and of its neighbours', added up."""
        found = self.endings[at.ending] + self.facts[at.facts]
        count = len(found)
        for place, table in zip(self.places, self.words, strict=True):
            near = np.take(table, at.word, axis=0)
            if place < 0:
                found[-place:] += near[:count + place]
            else:
                found[:count - place] += near[place:]
        found[tokens.shape == VALUE_END, 1:] = _NEVER
        return found


def mentioned(tokens: Tokens, among: Flags) -> Flags:
    """Returns which words have the key of one of some words of the same value."""
    key = tokens.key ^ (tokens.value.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return tokens.word & np.isin(key, key[among])
