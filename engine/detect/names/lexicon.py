"""What words are known for: lists of this project and of Faker, looked up for all words of a block at once.

A word's *kinds* (given name, city, title …) are one number, a bit for each; the words that have the same kinds share a *class*.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.names import tokens
from engine.detect.names.looks import LOOKS, Looks
from engine.detect.names.tokens import Keys, Tokens

_LOOK_LIKE = (("given name",), ("family name",), ("city", "region", "well-known place"), ("English word", "common word"))
_LOAD = 0.5
_EXTENDED, _GREEK, _VIETNAMESE = "\u0100", "\u0370", ("\u1e00", "\u1eff")
"""From the first on a key tells capitals from small letters; from the second on, but for the third, letters are not Latin."""


class Table:
    """A hash table of 64-bit keys, looked up for arrays of keys at once (open addressing, linear probing)."""

    def __init__(self, keys: Keys, values: Integers) -> None:
        """Stores a value, not negative, for each key; of equal keys the first counts."""
        keys, first = np.unique(keys, return_index=True)
        values = values[first]
        bits = max(4, int(np.ceil(np.log2(max(1, len(keys)) / _LOAD))))
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._keys = np.zeros(1 << bits, np.uint64)
        self._values = np.zeros(1 << bits, np.int32)
        slots = self._slots(keys)
        while len(keys):
            free = np.flatnonzero(self._keys[slots] == 0)
            free = free[np.unique(slots[free], return_index=True)[1]]
            self._keys[slots[free]], self._values[slots[free]] = keys[free], values[free]
            keys, values, slots = np.delete(keys, free), np.delete(values, free), (np.delete(slots, free) + 1) & self._mask

    def find(self, keys: Keys) -> npt.NDArray[np.int32]:
        """Returns the value of each key, 0 where there is none."""
        found = np.zeros(len(keys), np.int32)
        place, slots = np.arange(len(keys)), self._slots(keys)
        while len(place):
            seen = self._keys[slots]
            hit = seen == keys
            found[place[hit]] = self._values[slots[hit]]
            on = np.flatnonzero(~hit & (seen != 0))
            place, keys, slots = place[on], keys[on], (slots[on] + 1) & self._mask
        return found

    def _slots(self, keys: Keys) -> Integers:
        return (keys >> self._shift).astype(np.int64)


@dataclass(frozen=True)
class Lexicon:
    """Words and pairs of words, by key.

    Attributes:
        kinds: Names of the kinds.
        members: For each class, the kinds of its words: a bit for each. The first classes are of unknown words, by their looks.
        words: Class by key of a word.
        pairs: Class by key of a pair of words.
        looks: Tells what unknown words look like.
    """

    kinds: tuple[str, ...]
    members: tuple[int, ...]
    words: Table
    pairs: Table
    looks: Looks
    _having: dict[tuple[str, ...], Flags] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, lists: Mapping[str, Collection[str]]) -> Lexicon:
        """Builds a lexicon: kind → words and pairs of words."""
        bits: dict[str, int] = defaultdict(int)
        for place, words in enumerate(lists.values()):
            for word in words:
                bits[word] |= 1 << place
        spelled: dict[str, int] = defaultdict(int)
        for word, bit in bits.items():
            for spelling in (word.lower(),) if word.isascii() else _spellings(word):
                spelled[spelling] |= bit
        members = tuple(dict.fromkeys((*(1 << len(lists) + look for look in range(len(LOOKS))), *spelled.values())))
        class_of = {bit: place for place, bit in enumerate(members)}
        looks = Looks([[word for kind in kinds for word in lists.get(kind, ()) if " " not in word and max(word) < _GREEK]
                       for kinds in _LOOK_LIKE])
        single, double = ([word for word in spelled if (" " in word) == both] for both in (False, True))
        return cls((*lists, *LOOKS), members, Table(keys_of(single), _classes(single, spelled, class_of)),
                   Table(_pair_keys(double), _classes(double, spelled, class_of)), looks)

    def classes(self, buffer: Bytes, tokens: Tokens) -> Integers:
        """Returns the class of each token; of those without letters 0."""
        found = np.zeros(len(tokens.key), np.int64)
        named = np.flatnonzero(tokens.key)
        known = self.words.find(tokens.key[named])
        unknown = named[known == 0]
        found[named] = known
        found[unknown] = self.looks.of(buffer, tokens.start[unknown], tokens.end[unknown])
        return found

    def is_of(self, buffer: Bytes, start: Integers, end: Integers, kind: str) -> Flags:
        """Returns which stretches of bytes are a word of a kind; one without length is none."""
        found = np.zeros(len(start), bool)
        some = np.flatnonzero(end > start)
        found[some] = self.having(kind)[self.words.find(tokens.keys(buffer, start[some], end[some]))]
        return found

    def having(self, *kinds: str) -> Flags:
        """Returns which classes are of one of some kinds."""
        if kinds not in self._having:
            wanted = sum(1 << self.kinds.index(kind) for kind in kinds)
            self._having[kinds] = np.array([bool(member & wanted) for member in self.members])
        return self._having[kinds]

    def kinds_of(self, member: int) -> list[str]:
        """Returns the names of a class's kinds."""
        return [kind for place, kind in enumerate(self.kinds) if member >> place & 1]


def _classes(words: list[str], bits: Mapping[str, int], class_of: Mapping[int, int]) -> Integers:
    return np.fromiter((class_of[bits[word]] for word in words), np.int64, len(words))


def keys_of(words: list[str]) -> Keys:
    """Returns the key of each word, as tokens have it."""
    encoded = [word.encode() for word in words]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    return tokens.keys(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)


def _pair_keys(pairs: list[str]) -> Keys:
    split = [pair.split(" ") for pair in pairs]
    return tokens.pair(keys_of([one[0] for one in split]), keys_of([one[1] for one in split]))


def _spellings(word: str) -> Iterator[str]:
    """The ways of writing a word that keys tell apart: small letters, a first capital, capitals; without accents."""
    small, most = word.lower(), max(word)
    yield small
    if _GREEK <= most < _VIETNAMESE[0] or most > _VIETNAMESE[1]:
        if (capitals := word.upper()) != small:  # scripts that have them
            yield from (word, capitals, word.title())
        return
    if most >= _EXTENDED:
        yield from (word, word.upper(), word.title())
    bare = "".join(sign for sign in unicodedata.normalize("NFD", small) if not unicodedata.combining(sign))
    if bare.isascii():
        yield bare
