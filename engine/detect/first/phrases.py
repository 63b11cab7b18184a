"""Context phrases of types, and which of them stand beside a place.

As with Presidio's enhancer, the few words before a claim count, or the column's name. Simpler, since words are compared as
written, in any case, with or without a plural s, and not as lemmas of a language model. A type's title is a phrase, too. What
stands after a claim counts less, and only if it cannot belong to what follows (``engine.detect.first.after``).

How much is heard of a type at a place is one number: ``AFTER``, ``BEFORE``, or with a phrase that stands right before it, or
in the column's name, ``BEFORE`` and what the phrase tells: one of as many types as it speaks of. So *advertising id* tells more
of an advertising identifier than *id* of a UUID, and *passport* little of whose it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Bytes, Flags, Floats, Integers
from engine.detect.context import header_words
from engine.detect.first.after import REACH as REACH_AFTER
from engine.detect.first.after import ends_before
from engine.detect.first.forms import Candidates
from engine.detect.first.spoken import FOLDED, SPACE, TABLE, Spoken
from engine.detect.first.verify import AFTER, BEFORE, cut
from engine.detect.first.windows import Windows
from engine.detect.kernels.walking import spoken
from engine.detect.registry import EntityType

REACH = 96
"""Bytes before a place in which words count."""

_BESIDE = 4
"""Signs that may stand between a value and a phrase right before it."""
_PER_BYTE = 1e-4
"""By how much a longer phrase tells more than a shorter one of as many types."""

_SHORTEST_PLURAL = 3


Kinds = tuple[int, ...]


class Pairs(NamedTuple):
    """Candidates and phrases that stand beside them: index of the candidate, of the mention, and how much it says."""

    row: Integers
    mention: Integers
    heard: Floats


@dataclass(frozen=True)
class Mentions:
    """Phrases in a block, in the order in which they end.

    Attributes:
        phrase: Which phrase.
        start: First byte.
        end: After the last byte.
        value: The value that it stands in.
        ended: Where the number ends that stands before it, if the phrase may speak of that; else -1.
    """

    phrase: Integers
    start: Integers
    end: Integers
    value: Integers
    ended: Integers


class Context:
    """The context phrases of some types; a type is known by its place among them."""

    def __init__(self, types: Sequence[EntityType], words: int) -> None:
        """Prepares the search for phrases that stand among the last ``words`` words before a claim."""
        self._words = words
        spoken = [_phrases(one) for one in types]
        phrases = sorted({phrase for several in spoken for phrase in several})
        number = {phrase: place for place, phrase in enumerate(phrases)}
        written = {form: number[phrase] for phrase in phrases for form in _forms(phrase)}
        self._phrase = np.array(list(written.values()), np.int64)
        self._inner = np.array([b" " in form for form in written], np.bool_)
        self._spoken = Spoken(list(written))
        self._speaks = np.zeros((len(phrases), len(types)), bool)
        for kind, several in enumerate(spoken):
            self._speaks[[number[phrase] for phrase in several], kind] = True
        self._tells = _telling(self._speaks, phrases)
        self._names = [header_words(one.type.lower()) for one in types]

    def mentions(self, block: Block, places: Integers) -> Mentions:
        """Returns the phrases that stand shortly before or after some places, given in ascending order."""
        windows = Windows.around(block, places - REACH, places + REACH_AFTER)
        literal, start, end = self._spoken.find(windows)
        value = block.value_of(start)
        inside = ~self._inner[literal] | (end <= block.ends[value])
        start, end = start[inside], end[inside]
        return Mentions(self._phrase[literal[inside]], start, end, value[inside], ends_before(block, start, end))

    def of_header(self, words: str) -> Floats:
        """Returns how much a column's name says of each type, ``words`` being the name as words; of most of them 0."""
        if not words:
            return np.zeros(self._speaks.shape[1])
        phrases = np.unique(self._phrase[self._spoken.among(words.encode())])
        heard = (self._speaks[phrases] * (BEFORE + self._tells[phrases, None])).max(axis=0, initial=0)
        among = f" {words} "
        for kind, name in enumerate(self._names):
            if name in among and f" {name} " in among:
                heard[kind] = BEFORE + 1 + _PER_BYTE * len(name)
        return np.asarray(heard)

    def speaks_of_forms(self, kinds: Sequence[Kinds]) -> Flags:
        """Returns for each phrase and form whether the phrase speaks of one of the form's types, (phrases, forms).

        Args:
            kinds: For each form the types that have it.
        """
        return np.stack([self._speaks[:, list(members)].any(axis=1) for members in kinds], axis=1)

    def spoken_of(self, block: Block, mentions: Mentions, found: Candidates, speaks: Flags) -> Pairs:
        """Returns every candidate with every phrase beside it that speaks of its form.

        Args:
            block: Where the candidates stand.
            mentions: The phrases beside them.
            found: The candidates.
            speaks: What ``speaks_of_forms`` says.
        """
        _, start, end = found
        first, last = np.searchsorted(mentions.end, start - REACH), np.searchsorted(mentions.end, start, "right")
        look = self._by_kernel if kernels.worth(len(block.data)) else self._by_arrays
        row, at = look(block, mentions, found, speaks, first, last)
        right = _right_before(block, mentions.end[at], start[row])
        before = Pairs(row, at, BEFORE + np.where(right, self._tells[mentions.phrase[at]], 0))
        row, at = _right_after(mentions, end)
        speak = speaks[mentions.phrase[at], found.form[row]]
        after = Pairs(row[speak], at[speak], np.full(int(speak.sum()), AFTER))
        return Pairs(*(np.concatenate(parts) for parts in zip(before, after, strict=True)))

    def _by_kernel(self, block: Block, mentions: Mentions, found: Candidates, speaks: Flags,  # noqa: PLR0917
                   first: Integers, last: Integers) -> tuple[Integers, Integers]:
        room = len(found.start) + 1
        while True:
            out = np.empty((2, room), np.int64)
            count = spoken(block.buffer, found.start, found.form, first, last, mentions.end, mentions.phrase,
                           block.starts[mentions.value], block.ends[mentions.value], speaks, self._words, out)
            if count <= room:
                row, at = out[:, :count]
                return row, at
            room = count

    def _by_arrays(self, block: Block, mentions: Mentions, found: Candidates, speaks: Flags,  # noqa: PLR0917
                   first: Integers, last: Integers) -> tuple[Integers, Integers]:
        row, within = repeated(last - first)
        at = first[row] + within
        near = np.flatnonzero(speaks[mentions.phrase[at], found.form[row]])
        row, at = row[near], at[near]
        value, start = mentions.value[at], found.start[row]
        near = np.flatnonzero((block.starts[value] <= start) & (start <= block.ends[value]))
        row, at = row[near], at[near]
        close = _words_between(block.buffer, mentions.end[at], found.start[row]) < self._words
        return row[close], at[close]

    def kinds_of(self, mentions: Mentions, pairs: Pairs, form: Integers, kinds: Sequence[Kinds],
                 ) -> tuple[Integers, Integers, Floats]:
        """Returns candidates and the types of their forms of which the phrases beside them speak: row, type, how much."""
        key = mentions.phrase[pairs.mention] * len(kinds) + form[pairs.row]
        unique, place = np.unique(key, return_inverse=True)
        common = [self._common(one // len(kinds), kinds[one % len(kinds)]) for one in unique.tolist()]
        count = np.array([len(one) for one in common], np.int64)
        pair, within = repeated(count[place])
        flat = np.concatenate(common) if common else np.zeros(0, np.int64)
        return pairs.row[pair], flat[(np.cumsum(count) - count)[place[pair]] + within], pairs.heard[pair]

    def _common(self, phrase: int, kinds: Kinds) -> Integers:
        members = np.array(kinds, np.int64)
        return np.asarray(members[self._speaks[phrase, members]], np.int64)


def repeated(times: Integers) -> tuple[Integers, Integers]:
    """Returns each row as often as ``times`` says, and how often it came before."""
    row = np.repeat(np.arange(len(times)), times)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)


def _phrases(one: EntityType) -> tuple[str, ...]:
    """Returns what speaks of a type: its context words and its title."""
    return (*one.context, header_words(one.title.partition("(")[0]))


def _telling(speaks: Flags, phrases: Sequence[str]) -> Floats:
    """Returns what each phrase tells of a type of which it speaks: one over the number of them, a little more if it is long."""
    lengths = np.array([len(phrase.encode()) for phrase in phrases], np.float64)
    return np.asarray(1 / np.maximum(speaks.sum(axis=1), 1) + _PER_BYTE * lengths)


def _right_before(block: Block, end: Integers, start: Integers) -> Flags:
    """Returns whether nothing but a few signs stands between the end of each phrase and the place after it."""
    right: Flags = start - end <= _BESIDE
    for more in range(_BESIDE):
        right &= (end + more >= start) | (TABLE[block.padded[end + more]] == SPACE)
    return right


def _right_after(mentions: Mentions, end: Integers) -> tuple[Integers, Integers]:
    """Returns candidates and phrases after them that may speak of them: index of the candidate, of the mention."""
    able = np.flatnonzero(mentions.ended >= 0)
    if not len(able):
        return able, able
    able = able[np.argsort(mentions.ended[able], kind="stable")]
    ended = mentions.ended[able]
    first, last = np.searchsorted(ended, end), np.searchsorted(ended, end, "right")
    row, within = repeated(last - first)
    return row, able[first[row] + within]


def _forms(phrase: str) -> Iterable[bytes]:
    """The ways in which a phrase may stand in folded text: beyond ASCII case is not folded, and a text may be read in NFKC."""
    last = phrase.rsplit(maxsplit=1)[-1]
    plural = len(last) >= _SHORTEST_PLURAL and last[-1].isalpha() and last[-1] != "s"
    written = {phrase, unicodedata.normalize("NFKC", phrase)}
    for one in sorted(written | {f"{form}s" for form in written} if plural else written):
        for form in (one.lower(), one.upper(), one.title()):
            folded = form.encode().translate(FOLDED).strip()
            yield from {folded, b" ".join(folded.split())} - {b""}


def _words_between(buffer: Bytes, begin: Integers, end: Integers) -> Integers:
    """Counts the words that begin between two places."""
    codes, _ = cut(buffer, begin, end)
    word = codes > ord(" ")
    begins = word[:, 1:] & ~word[:, :-1] if codes.shape[1] else word
    return np.asarray(begins.sum(axis=1), np.int64)
