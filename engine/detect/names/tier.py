"""The tier that finds names and places: cheap evidence that adds up, on what the first tier has not settled."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Block, Claims, Flags, Integers
from engine.detect.columns.roles import COARSE
from engine.detect.config import packaged
from engine.detect.names import chain, sources, spans
from engine.detect.names.announced import HONORIFICS, named_by_column
from engine.detect.names.corrected import corrected
from engine.detect.names.evidence import Seen, Tables, Weights, seen
from engine.detect.names.facts import ALONE, ANNOUNCED, COLUMN, ELSEWHERE, KNOWN, PLAIN, honorific
from engine.detect.names.flags import SMALL, shaped
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SETTLED, SHAPE, SHAPES, VALUE_END, WORD_SHAPES, Keys, Tokens, tokens_of
from engine.detect.names.unspaced import cuts

_SURE = 0.9
"""Probability from which a word is taken for a name elsewhere in its text."""

_LONG = 80
"""Tokens from which a text is read twice, the second time knowing the names of the first."""

_REACH = 5
"""Tokens beside one that tells of names which are looked at."""

_OPEN = frozenset({"PERSON", "LOCATION", "STREET_ADDRESS", "STREET_ADDRESS_AFTER", "PO_BOX", "ORGANIZATION", "TITLE", "AGE",
                   "NRP"})
"""Types of settled findings that this tier looks at all the same: it may see more of the same thing, an address's other lines.
Postal codes are such, too."""

_TELLING = ("given name", "family name", "city", "region", "country", "country in another language", "well-known place",
            "demonym", "month", "weekday", "title", "street head")
_TOLD = 1 << KNOWN | 1 << ANNOUNCED | 1 << COLUMN
"""Facts that tell of names."""

_EVERYDAY = ("English word", "common word")
"""A word that is one of the former and none of these tells of names wherever it stands."""
_BLOCK = 1 << 19
"""Bytes that are read at a time: what belongs to them stays in the cache."""

_LONGEST = 1 << 18
"""Bytes of a value that are read at once."""

_VALUE = np.uint64(0x9E3779B97F4A7C15)


class Pieces(NamedTuple):
    """Stretches of a block that are read each by itself, in order: first byte, end (exclusive), and the value of each."""

    start: Integers
    end: Integers
    value: Integers

    def those(self, chosen: Integers) -> Pieces:
        """Returns some of the pieces."""
        return Pieces(self.start[chosen], self.end[chosen], self.value[chosen])

    def block(self, block: Block) -> Block:
        """Returns the pieces as values of a block of their own."""
        bounds = np.stack((self.start, self.end), axis=1).ravel()
        buffers = [None, pa.py_buffer(bounds), pa.py_buffer(block.data)]
        return Block(pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(bounds) - 1, buffers)[::2])


class Reading(NamedTuple):
    """What became of a block: the tokens that were read, what was seen of them, and what is claimed."""

    tokens: Tokens
    at: Seen
    runs: spans.Runs


class _Asked(NamedTuple):
    """What ``find`` was told beside the values."""

    known: pa.Array | None
    types: Sequence[str]
    announced: bool
    people: bool


class NameTier:
    """Lexicon and weights, ready to look at blocks. Make one a process.

    Attributes:
        types: Entity types, by the index that claims have.
        sources: Who claims, likewise.
    """

    def __init__(self, weights: Weights) -> None:
        own = {feature for _, feature in weights.at if feature.startswith("“") and feature.endswith("”")}
        self.lexicon = Lexicon.of(sources.lists() | {word: {word.strip("“”")} for word in sorted(own)})
        self.tables = Tables(weights, self.lexicon)
        self.types = (*weights.labels[1:-1], spans.POSTAL_CODE)
        self.sources = spans.SOURCES
        self._least = spans.least(self.types[:-1])
        self._honorific = honorific(self.lexicon)
        # 様 and pt stand beside names and are no part of one.
        self._beside = self.lexicon.having(*HONORIFICS, "role") & ~self.lexicon.having("given name", "family name")
        self._common = self.lexicon.having("common word")
        self._telling = self.lexicon.having(*_TELLING) & ~self.lexicon.having(*_EVERYDAY)

    @classmethod
    @functools.cache
    def default(cls) -> NameTier:
        """Returns the tier with the weights of ``conf/recognizers/names``, made once a process."""
        return cls(Weights.parse(packaged("names/weights.csv")))

    def find(self, block: Block, settled: Claims | None = None, known: pa.Array | None = None, *,
             settled_types: Sequence[str] = (), announced: bool = False, people: bool = False) -> Claims:
        """Finds names and places.

        A value of one word (``Ford``, ``AST``) says too little: it is claimed only where it is announced.

        Args:
            block: Values.
            settled: What the first tier has found: nothing is claimed inside it, and it is evidence for what stands beside it.
            known: For each value a list of strings that its row knows of its subject: their words are likely to be names, but for
                single letters, and for everyday words in lower case.
            settled_types: The entity types that ``settled.kind`` points into.
            announced: Whether it is known, from a column's name say, that the values are names or places.
            people: Whether it is known that they are names of people: then each is one that reads like nothing else.
        """
        asked = _Asked(known, settled_types, announced or people, people)
        pieces = _pieces(block, np.flatnonzero(_worth_reading(block)))
        group = np.cumsum(pieces.end - pieces.start) // _BLOCK
        parts = np.split(np.arange(len(group)), np.flatnonzero(np.diff(group)) + 1) if len(group) else []
        if len(parts) == 1 and len(group) == len(block.starts):
            return self._in_all(block, settled, asked)
        return Claims.joined([self._in_some(block, pieces.those(part), settled, asked) for part in parts])

    def _in_all(self, block: Block, settled: Claims | None, asked: _Asked) -> Claims:
        """Finds names in every value."""
        tokens = tokens_of(block, cuts(block, self.lexicon))
        if settled is not None and len(settled.start):
            _settle(tokens, settled, asked.types)
        known = _known(tokens, asked.known) if asked.known is not None else None
        reading = self.read(block, tokens, known, announced=asked.announced, people=asked.people)
        return spans.claims_of(reading.tokens, block.buffer, reading.runs, self.types)

    def read(self, block: Block, tokens: Tokens, known: Flags | None = None, *, announced: bool = False,
             people: bool = False) -> Reading:
        """Weighs the evidence for the tokens near those that tell of names; what is further off is nothing."""
        at = seen(tokens, block.buffer, self.lexicon)
        if announced:
            at = at._replace(facts=at.facts & ~(1 << ALONE))
        capital = (tokens.shape > SHAPE["lower among lower"]) & (tokens.shape < SHAPE["letter"])
        words = at.word // len(WORD_SHAPES) * tokens.word
        if known is not None:
            names = known & (tokens.end - tokens.start > 1) & (capital | ~self._common[words])
            at = at._replace(facts=np.where(names, at.facts & ~(1 << PLAIN) | 1 << KNOWN, at.facts))
        if people:
            column = named_by_column(tokens, words, self.lexicon)
            at = at._replace(facts=np.where(column, at.facts & ~(1 << PLAIN) | 1 << COLUMN, at.facts))
        telling = capital | self._telling[words] & tokens.word | _NUMBER[tokens.shape] | (at.facts & _TOLD > 0)
        near = _near(tokens, telling)
        label, most = np.zeros(len(tokens.shape), np.int64), np.zeros(len(tokens.shape), np.float32)
        label[near], most[near] = self._labelled(tokens, at, near, capital)
        told = (at.facts & 1 << ANNOUNCED > 0) & capital & (label == 0)
        label[told], most[told] = self.types.index(spans.PERSON) + 1, spans.LEAST
        label[self._beside[words] & shaped(tokens, SMALL) & (label == self.types.index(spans.PERSON) + 1)] = 0
        corrected(tokens, block.buffer, words, self.lexicon, self.types, label, most)
        titles = self._honorific[words] & tokens.word
        runs = spans.runs_of(tokens, label, most, self.types, titles)
        return Reading(tokens, at, spans.with_titles(tokens, runs, self.types, titles))

    def _labelled(self, tokens: Tokens, at: Seen, near: Integers, capital: Flags) -> tuple[Integers, chain.Evidence]:
        """Returns the labels of the tokens that are looked at, and their probabilities; long texts are read twice."""
        first = np.flatnonzero(np.diff(near, prepend=-2) > 1)
        cut = chain.stretches(first, np.diff(first, append=len(near)))
        evidence = self.tables.evidence(at, tokens, near)
        likely = chain.posteriors(evidence, self.tables.follows, cut)
        again = _mentioned(tokens, near[capital[near]], near[likely[:, 1] >= _SURE])
        if len(again):
            at.facts[again] |= 1 << ELSEWHERE
            place = np.searchsorted(near, again)
            evidence[place] += self.tables.fact(ELSEWHERE)
            sums = np.concatenate(([0], np.cumsum(np.bincount(place, minlength=len(near)))))
            cut = cut.those(sums[cut.start + cut.length] > sums[cut.start])
            chain.posteriors(evidence, self.tables.follows, cut, likely)
        return spans.labelled(likely, self._least)

    def _in_some(self, block: Block, pieces: Pieces, settled: Claims | None, asked: _Asked) -> Claims:
        """Finds names in some pieces of values."""
        some = pieces.block(block)
        offset = pieces.start - some.starts
        if settled is not None:
            place = np.maximum(np.searchsorted(pieces.start, settled.start, "right") - 1, 0)
            inside = (settled.start >= pieces.start[place]) & (settled.end <= pieces.end[place])
            back = offset[place[inside]]
            start, end, kind, score, source = settled
            settled = Claims(start[inside] - back, end[inside] - back, kind[inside], score[inside], source[inside])
        if asked.known is not None:
            asked = asked._replace(known=asked.known.take(pa.array(pieces.value)))
        found = self._in_all(some, settled, asked)
        moved = offset[some.value_of(found.start)]
        return found._replace(start=found.start + moved, end=found.end + moved)


_NUMBER = np.isin(np.arange(len(SHAPES)), [SHAPE[name] for name in ("1 digit", "2 digits", "3 digits", "year", "5 digits")])
"""Shapes of numbers that can be a house's, a year, an age."""


def _near(tokens: Tokens, telling: Flags) -> Integers:
    """Returns the tokens within reach of one that tells of names, in its value."""
    ends = np.flatnonzero(tokens.shape == VALUE_END)
    at = np.flatnonzero(telling)
    low = np.maximum(at - _REACH, np.concatenate(([0], ends + 1))[tokens.value[at]])
    high = np.minimum(at + _REACH + 1, ends[tokens.value[at]])
    size = len(telling) + 1
    return np.flatnonzero(np.cumsum(np.bincount(low, minlength=size) - np.bincount(high, minlength=size)) > 0)


def _mentioned(tokens: Tokens, capital: Integers, sure: Integers) -> Integers:
    """Returns which words of long values are written elsewhere in their value too, and surely a name there."""
    long = np.bincount(tokens.value) > _LONG
    among = capital[(tokens.word & long[tokens.value])[capital]]
    keys = _keys_in_values(tokens, among)
    names, times = np.unique(keys, return_counts=True)
    return among[np.isin(keys, np.intersect1d(keys[np.isin(among, sure)], names[times > 1]))]


def _pieces(block: Block, values: Integers) -> Pieces:
    """Cuts values that are too long to be read at once, where a word ends if one does."""
    start, end = block.starts[values], block.ends[values]
    long = np.flatnonzero(end - start > _LONGEST)
    if not len(long):
        return Pieces(start, end, values)
    cuts = [(place, cut) for place in long.tolist() for cut in _cuts(block.data, int(start[place]), int(end[place]))]
    place, cut = np.array(cuts).T
    order = np.argsort(np.concatenate((start, cut)), kind="stable")
    return Pieces(np.sort(np.concatenate((start, cut))), np.sort(np.concatenate((end, cut))),
                  np.concatenate((values, values[place]))[order])


def _cuts(data: bytes, start: int, end: int) -> Iterator[int]:
    while end - start > _LONGEST:
        cut = max(data.rfind(sign, start + _LONGEST // 2, start + _LONGEST) for sign in (b" ", b"\n")) + 1
        start = cut or start + _LONGEST
        while not cut and data[start] & 0xC0 == 0x80:  # not inside a character  # noqa: PLR2004 - UTF-8
            start -= 1
        yield start


def _worth_reading(block: Block) -> Flags:
    """Returns which values have a word: two letters that no letter or digit stands before, and no digit close behind."""
    edge = np.zeros(3, np.uint8)
    data = np.concatenate((edge, block.buffer, edge))
    letter = ((data | np.uint8(32)) - np.uint8(97) <= 25) | (data >= 0x80)  # noqa: PLR2004 - a to z; not ASCII
    digit = data - np.uint8(48) <= 9  # noqa: PLR2004 - what is below '0' wraps around
    word = letter[3:-3] & letter[4:-2] & ~(letter | digit)[2:-4] & ~digit[5:-1] & ~(digit[6:] & (data[5:-1] > 0))
    found: Flags = np.logical_or.reduceat(word, block.starts) if len(block.starts) else np.zeros(0, bool)
    return found


def _settle(tokens: Tokens, settled: Claims, types: Sequence[str]) -> None:
    """Turns tokens in settled findings into tokens of which only the kind of finding is known."""
    low, high = np.searchsorted(tokens.end, settled.start, "right"), np.searchsorted(tokens.start, settled.end)
    count = len(tokens.start) + 1
    for kind in np.unique(settled.kind).tolist():
        if types[kind] in _OPEN or types[kind].endswith(COARSE):
            continue
        mine = settled.kind == kind
        change = np.bincount(low[mine], minlength=count) - np.bincount(high[mine], minlength=count)
        inside = np.cumsum(change)[:-1] > 0
        inside &= tokens.shape != VALUE_END
        tokens.shape[inside] = SETTLED.get(types[kind], SHAPE["other finding"])
        tokens.key[inside] = 0


def _known(tokens: Tokens, known: pa.Array) -> Flags:
    """Returns which words are words of a string that their value's row knows."""
    flat = Block(pc.list_flatten(known).cast(pa.string()))
    theirs = tokens_of(flat)
    parent = pc.list_parent_indices(known).to_numpy()
    keys = theirs.key[theirs.word] ^ parent[theirs.value[theirs.word]].astype(np.uint64) * _VALUE
    return tokens.word & np.isin(_keys_in_values(tokens, np.arange(len(tokens.key))), keys)


def _keys_in_values(tokens: Tokens, among: Integers) -> Keys:
    """Returns keys that are equal where the word and the value are."""
    return tokens.key[among] ^ tokens.value[among].astype(np.uint64) * _VALUE
