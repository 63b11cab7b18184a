"""Context phrases of types, and which of them stand before a place.

As with Presidio's enhancer, the few words before a claim count, or the column's name. Simpler, since words are compared as
written, in any case, with or without a plural s, and not as lemmas of a language model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.first.spoken import FOLDED, Spoken
from engine.detect.first.verify import cut
from engine.detect.first.windows import Windows
from engine.detect.kernels.walking import spoken
from engine.detect.registry import EntityType

REACH = 96
"""Bytes before a place in which words count."""

_SHORTEST_PLURAL = 3
_CERTAIN = 0.9


Kinds = tuple[int, ...]


class Pairs(NamedTuple):
    """Candidates and phrases that stand before them: index of the candidate, phrase."""

    row: Integers
    phrase: Integers


@dataclass(frozen=True)
class Mentions:
    """Phrases in a block, in the order in which they end.

    Attributes:
        phrase: Which phrase.
        start: First byte.
        end: After the last byte.
        value: The value that it stands in.
    """

    phrase: Integers
    start: Integers
    end: Integers
    value: Integers


class Context:
    """The context phrases of some types; a type is known by its place among them."""

    def __init__(self, types: Sequence[EntityType], words: int) -> None:
        """Prepares the search for phrases that stand among the last ``words`` words before a claim."""
        self._words = words
        phrases = sorted({phrase for one in types for phrase in one.context if _matters(one)})
        number = {phrase: place for place, phrase in enumerate(phrases)}
        written = {form: number[phrase] for phrase in phrases for form in _forms(phrase)}
        self._phrase = np.array(list(written.values()), np.int64)
        self._inner = np.array([b" " in form for form in written], np.bool_)
        self._spoken = Spoken(list(written))
        self._speaks = np.zeros((len(phrases), len(types)), bool)
        for kind, one in enumerate(types):
            self._speaks[[number[phrase] for phrase in one.context if _matters(one)], kind] = True

    def mentions(self, block: Block, places: Integers) -> Mentions:
        """Returns the phrases that stand shortly before some places, given in ascending order."""
        windows = Windows.around(block, places - REACH, places)
        literal, start, end = self._spoken.find(windows)
        value = block.value_of(start)
        inside = ~self._inner[literal] | (end <= block.ends[value])
        return Mentions(self._phrase[literal[inside]], start[inside], end[inside], value[inside])

    def of_header(self, words: str) -> frozenset[int]:
        """Returns the types that a column's name speaks of, ``words`` being the name as words."""
        literal = self._spoken.among(words.encode())
        return frozenset(np.flatnonzero(self._speaks[self._phrase[literal]].any(axis=0)).tolist())

    def speaks_of_forms(self, kinds: Sequence[Kinds]) -> Flags:
        """Returns for each phrase and form whether the phrase speaks of one of the form's types, (phrases, forms).

        Args:
            kinds: For each form the types that have it.
        """
        return np.stack([self._speaks[:, list(members)].any(axis=1) for members in kinds], axis=1)

    def spoken_of(self, block: Block, mentions: Mentions, start: Integers, form: Integers, speaks: Flags) -> Pairs:
        """Returns every candidate with every phrase among the words before it that speaks of its form.

        Args:
            block: Where the candidates stand.
            mentions: The phrases before them.
            start: First byte of each candidate.
            form: Which form each has.
            speaks: What ``speaks_of_forms`` says.
        """
        first, last = np.searchsorted(mentions.end, start - REACH), np.searchsorted(mentions.end, start, "right")
        look = self._by_kernel if kernels.worth(len(block.data)) else self._by_arrays
        return look(block, mentions, start, form, speaks, first, last)

    def _by_kernel(self, block: Block, mentions: Mentions, start: Integers, form: Integers, speaks: Flags,  # noqa: PLR0917
                   first: Integers, last: Integers) -> Pairs:
        room = len(start) + 1
        while True:
            found = np.empty((2, room), np.int64)
            count = spoken(block.buffer, start, form, first, last, mentions.end, mentions.phrase, block.starts[mentions.value],
                           block.ends[mentions.value], speaks, self._words, found)
            if count <= room:
                return Pairs(*found[:, :count])
            room = count

    def _by_arrays(self, block: Block, mentions: Mentions, start: Integers, form: Integers, speaks: Flags,  # noqa: PLR0917
                   first: Integers, last: Integers) -> Pairs:
        row, within = repeated(last - first)
        at = first[row] + within
        near = np.flatnonzero(speaks[mentions.phrase[at], form[row]])
        row, at = row[near], at[near]
        near = np.flatnonzero((block.starts[mentions.value[at]] <= start[row]) & (start[row] <= block.ends[mentions.value[at]]))
        row, at = row[near], at[near]
        close = _words_between(block.buffer, mentions.end[at], start[row]) < self._words
        return Pairs(row[close], mentions.phrase[at[close]])

    def kinds_of(self, pairs: Pairs, form: Integers, kinds: Sequence[Kinds]) -> tuple[Integers, Integers]:
        """Returns candidates and the types of their forms of which the phrases beside them speak: row, type."""
        key = pairs.phrase * len(kinds) + form[pairs.row]
        unique, place = np.unique(key, return_inverse=True)
        common = [self._common(one // len(kinds), kinds[one % len(kinds)]) for one in unique.tolist()]
        count = np.array([len(one) for one in common], np.int64)
        pair, within = repeated(count[place])
        flat = np.concatenate(common) if common else np.zeros(0, np.int64)
        return pairs.row[pair], flat[(np.cumsum(count) - count)[place[pair]] + within]

    def _common(self, phrase: int, kinds: Kinds) -> Integers:
        members = np.array(kinds, np.int64)
        return np.asarray(members[self._speaks[phrase, members]], np.int64)


def repeated(times: Integers) -> tuple[Integers, Integers]:
    """Returns each row as often as ``times`` says, and how often it came before."""
    row = np.repeat(np.arange(len(times)), times)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)


def _matters(one: EntityType) -> bool:
    """Whether a context word changes anything: a claim that is as good as certain stays so."""
    return one.when == "context" or bool(one.formats_in_context) or one.verified_score < _CERTAIN


def _forms(phrase: str) -> Iterable[bytes]:
    """The ways in which a phrase may stand in folded text: beyond ASCII case is not folded."""
    last = phrase.rsplit(maxsplit=1)[-1]
    plural = len(last) >= _SHORTEST_PLURAL and last[-1].isalpha() and last[-1] != "s"
    for one in (phrase, phrase + "s") if plural else (phrase,):
        for form in (one.lower(), one.upper(), one.title()):
            folded = b" ".join(form.encode().translate(FOLDED).split())
            if folded:
                yield folded


def _words_between(buffer: Bytes, begin: Integers, end: Integers) -> Integers:
    """Counts the words that begin between two places."""
    codes, _ = cut(buffer, begin, end)
    word = codes > ord(" ")
    begins = word[:, 1:] & ~word[:, :-1] if codes.shape[1] else word
    return np.asarray(begins.sum(axis=1), np.int64)
