"""What values say by themselves: sets of words, pictures of codes, openings (``conf/recognizers/vocabulary.yaml``).

Everything is looked up by hash, all values at once, whatever the number of lists.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from engine.detect.block import Block, Flags
from engine.detect.columns.roles import Reading
from engine.detect.config import packaged, parsed
from engine.detect.first.pictures import pictures
from engine.detect.hashing import Hashes, hash_spans, hash_values
from engine.detect.lexicon import word_lists
from schemas.base import Record
from schemas.findings import Category
from schemas.policy import Role


class _Kind(Record):
    name: str
    title: str = Field(description="What cells of the kind are, in the plural.")
    role: Role
    category: Category

    @property
    def reading(self) -> Reading:
        """Role and category."""
        return self.role, self.category


class WordSet(_Kind):
    """Words that a column of few values is made of."""

    words: tuple[str, ...] = ()


class Form(_Kind):
    """Pictures that codes of a public list have."""

    weight: float = Field(gt=0, description="Log-odds that a column of such codes is what they are.")
    formats: tuple[str, ...] = Field(min_length=1)
    also: tuple[str, ...] = ()


class Opening(_Kind):
    """How cells of a kind begin."""

    weight: float = Field(gt=0)
    prefixes: tuple[str, ...] = Field(min_length=1, description="In any case.")


class Pattern(_Kind):
    """What cells of a kind are written like."""

    weight: float = Field(gt=0)
    looks: tuple[str, ...] = Field(min_length=1, description="Only cells that look so are searched (looks.py).")
    pattern: str = Field(description="A regular expression of RE2.")


class VocabularyConfig(Record):
    """The lists of ``conf/recognizers/vocabulary.yaml``."""

    version: Literal[1]
    sets: tuple[WordSet, ...]
    forms: tuple[Form, ...]
    openings: tuple[Opening, ...]
    patterns: tuple[Pattern, ...]


FILLER = "filler"
"""The set of words that say nothing."""

_FROM_LISTS: dict[str, tuple[str, Role, Category]] = {
    "given": ("given names", "direct", "identity"), "family": ("family names", "direct", "identity"),
    "region": ("states, provinces or regions", "quasi", "location"),
}


@dataclass(frozen=True)
class Table:
    """Texts by their hashes, each with the lists that it is on, as bits."""

    hashes: Hashes
    lists: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, lists: Iterable[Iterable[str]]) -> Table:
        """Makes a table; the n-th list has the n-th bit."""
        bits: dict[str, int] = {}
        for place, words in enumerate(lists):
            for word in words:
                bits[word] = bits.get(word, 0) | 1 << place
        if not bits:
            return cls(np.zeros(1, np.uint64), np.zeros(1, np.uint64))
        hashes = hash_values(Block(pa.array(list(bits), pa.string())))
        order = np.argsort(hashes)
        return cls(hashes[order], np.array(list(bits.values()), np.uint64)[order])

    def lookup(self, hashes: Hashes) -> npt.NDArray[np.uint64]:
        """Returns for each hash the lists that its text is on."""
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.lists[at], np.uint64(0))


class Vocabulary:
    """All lists, ready to be looked up. Make one a process."""

    def __init__(self, config: VocabularyConfig, lists: Mapping[str, Iterable[str]]) -> None:
        written = {one.name: one for one in config.sets}
        listed = (WordSet(name=name, title=title, role=role, category=category)
                  for name, (title, role, category) in _FROM_LISTS.items() if name not in written)
        self.sets = (*config.sets, *listed)
        self.forms, self.openings, self.patterns = config.forms, config.openings, config.patterns
        fillers = frozenset(written[FILLER].words) if FILLER in written else frozenset()  # None is a town, too
        self._words = Table.of(_spellings({*one.words, *(frozenset(lists.get(one.name, ())) - fillers)}) for one in self.sets)
        self._opened = _beginning(config.openings)
        drawn = [formats for one in config.forms for formats in (one.formats, one.also)]
        self._pictures = Table.of([picture for each in formats for picture in pictures(each)] for formats in drawn)

    @classmethod
    @functools.cache
    def default(cls) -> Vocabulary:
        """Returns the packaged vocabulary with Faker's lists, made once a process."""
        config = parsed(VocabularyConfig, packaged("vocabulary.yaml"), "conf/recognizers/vocabulary.yaml")
        return cls(config, word_lists())

    def in_sets(self, hashes: Hashes) -> Callable[[str], Flags]:
        """Returns a function from a set's name to whether each hashed text is in it."""
        found = self._words.lookup(hashes)
        place = {one.name: np.uint64(1 << number) for number, one in enumerate(self.sets)}
        return lambda name: np.asarray((found & place[name]) != 0)

    def in_forms(self, block: Block) -> dict[str, Flags]:
        """Returns for each form which values have one of its pictures; under ``NAME+``, one of those that also count."""
        found = self._pictures.lookup(hash_spans(_PICTURE[block.buffer], block.starts, block.ends))
        names = [name for one in self.forms for name in (one.name, one.name + "+")]
        return {name: np.asarray((found & np.uint64(1 << place)) != 0) for place, name in enumerate(names)}

    def in_openings(self, texts: pa.Array) -> dict[str, Flags]:
        """Returns for each opening which texts begin so."""
        likely = pc.match_substring_regex(texts, self._opened).to_numpy(zero_copy_only=False)
        found = {one.name: likely.copy() for one in self.openings}
        if likely.any():
            some = texts.filter(pa.array(likely))
            for one in self.openings:
                found[one.name][likely] = pc.match_substring_regex(some, _beginning((one,))).to_numpy(zero_copy_only=False)
        return found


def _beginning(openings: Iterable[Opening]) -> str:
    return f"^(?i:{'|'.join(re.escape(prefix) for one in openings for prefix in one.prefixes)})"


def _spellings(words: Iterable[str]) -> set[str]:
    """Returns words with and without their accents."""
    whole = set(words)
    return whole | {_plain(word) for word in whole if not word.isascii()}


def _plain(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _picture_table() -> npt.NDArray[Any]:
    table = np.arange(256, dtype=np.uint8)
    for mark, signs in ((b"9", b"0123456789"), (b"A", bytes(range(65, 91)) + bytes(range(97, 123)))):
        table[list(signs)] = mark[0]
    return table


_PICTURE = _picture_table()
