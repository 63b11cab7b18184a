"""Finds personal data in an Arrow array: distinct values only, whole buffers at a time."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect import context as contexts
from engine.detect.config import RecognizerConfig
from engine.detect.matching import Found, Integers, Unscannable, Words, at, matches, passing, searched, words_of
from engine.detect.recognizers import load
from engine.detect.rules import Rule, Search
from engine.detect.view import View, view_of

UNSCANNABLE = "UNSCANNABLE"
"""Entity type of a cell that could not be scanned within its budget: all of it, with score 1."""

FINDINGS = pa.schema([
    ("row", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), ("entity_type", pa.string()), ("score", pa.float64()),
    ("recognizer", pa.string()),
])
_BLOCK = 1 << 22
"""Characters that are scanned at a time, which bounds memory to about ten times as many bytes."""


@dataclass(frozen=True, order=True)
class Finding:
    """One finding in a list of values; sorted as it should be told."""

    value: int
    start: int
    end: int
    entity_type: str
    score: float
    recognizer: str


class Scanner:
    """Compiled recognizers. Make one a process and use it for every column."""

    def __init__(self, config: RecognizerConfig) -> None:
        self.config = config
        self.rules = load(config)

    @classmethod
    @functools.cache
    def default(cls) -> Scanner:
        """Returns the scanner of ``conf/recognizers/default.yaml``, made once a process."""
        return cls(RecognizerConfig.default())

    @classmethod
    def load(cls, config: RecognizerConfig | str | Path) -> Scanner:
        """Returns the scanner of a configuration or of a YAML file.

        Raises:
            InputError: If the file cannot be read.
            PolicyError: If it is not a list of recognizers, or names an unknown one.
        """
        return cls(config if isinstance(config, RecognizerConfig) else RecognizerConfig.load(config))

    def find(self, array: pa.Array | pa.ChunkedArray, *, header: str = "") -> pa.Table:
        """Finds personal data in an array of texts, or of whole numbers, which are read as written in decimal.

        Args:
            array: Texts; nulls hold nothing.
            header: The column's name or path, for its words.

        Returns:
            A table with the schema ``FINDINGS``, sorted by row and place: row, start and end (characters, that is, code
            points; end exclusive), entity type, score, and who claims it. Findings of different types may overlap.
        """
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        found = self.find_distinct(encoded.dictionary.cast(pa.string()), header=header)
        if not found:
            return FINDINGS.empty_table()
        return _spread(found, encoded.indices, len(encoded.dictionary))

    def find_distinct(self, values: pa.Array, *, header: str = "") -> list[Finding]:
        """Finds personal data in an array of texts, each looked at. Returns findings sorted by value and place.

        A text that reads otherwise than it is written (``engine/detect/view``) is looked at both ways, and a finding stands
        where its characters are written.
        """
        words = contexts.header_words(header)
        texts = values.fill_null("").to_pylist()
        view = view_of(texts)
        found = self._in_texts(view.texts, words)
        changed = [index for index, text in enumerate(texts) if view.texts[index] is not text]
        if changed:
            as_written = self._in_texts([texts[index] for index in changed], words)
            found = [*_as_written(found, view), *(replace(one, value=changed[one.value]) for one in as_written)]
            best = {(one.value, one.start, one.end, one.entity_type, one.recognizer): one for one in sorted(found)}
            found = list(best.values())
        return sorted(found)

    def _in_texts(self, texts: Sequence[str], header: str) -> list[Finding]:
        found: list[Finding] = []
        for begin, end in _blocks(texts):
            block = _Block(list(texts[begin:end]), header, self.config)
            for place, one in enumerate(self.rules):
                block.apply(place, one)
            found += (Finding(begin + one[0], *one[1:]) for one in block.findings(self.rules))
        return found


def _as_written(found: Sequence[Finding], view: View) -> Iterator[Finding]:
    places = np.array([(one.value, one.start, one.end) for one in found], np.int64).reshape(-1, 3)
    starts, ends = view.originals(*places.T)
    for one, start, end in zip(found, starts.tolist(), ends.tolist(), strict=True):
        yield replace(one, start=start, end=end)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    begin = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size >= _BLOCK:
            yield begin, index + 1
            begin, size = index + 1, 0
    if begin < len(texts):
        yield begin, len(texts)


class _Block:
    """Some values, and the claims on them so far."""

    def __init__(self, texts: list[str], header: str, config: RecognizerConfig) -> None:
        self.texts = texts
        self.array = pa.array(texts, pa.string())
        self.header = header
        self.config = config
        self.claims: list[tuple[int, int, int, float, int]] = []
        self.unscannable: set[int] = set()

    @functools.cached_property
    def folds_alike(self) -> bool:
        """Whether RE2 and the module regex fold the case of every letter alike: of all but the dotted and the dotless i."""
        return not pc.any(pc.match_substring_regex(self.array, "[\u0130\u0131]")).as_py()

    @functools.cached_property
    def words(self) -> Words:
        return words_of(self.texts)

    def apply(self, place: int, one: Rule | Search) -> None:
        """Runs one rule over the block; values on which it runs out of time become unscannable, and it starts again."""
        values = self._worth_it(one)
        while len(values):
            try:
                found = list(self._run(one, values))
            except Unscannable as stuck:
                self.unscannable.add(stuck.index)
                values = values[~np.isin(values, list(self.unscannable))]
                continue
            self.claims += ((*claim, place) for claim in found)
            return

    def _worth_it(self, one: Rule | Search) -> Integers:
        """Returns the indices of the values on which a claim of the rule could count."""
        everywhere = np.arange(len(self.texts))
        if not one.needs_context or contexts.stands_in(one.context, self.header):
            return everywhere
        if not one.context or self.config.context.words == 0:
            return everywhere[:0]
        return self._mentioning(one.context)

    @functools.lru_cache(maxsize=256)  # noqa: B019 - a block lives for one call
    def _mentioning(self, context: tuple[str, ...]) -> Integers:
        return passing(self.array, contexts.expression(context))

    def _run(self, one: Rule | Search, values: Integers) -> Iterator[Found]:
        if isinstance(one, Rule) and one.spaceless:
            yield from self._run_on_words(one, values)
            return
        array = self.array if len(values) == len(self.texts) else self.array.take(pa.array(values))
        places = values[passing(array, one.filter if self.folds_alike else None)]
        texts = [self.texts[place] for place in places]
        try:
            found = searched(one, texts) if isinstance(one, Search) else matches(one, texts, "\0" if one.separable else None)
            yield from at(places, found)
        except Unscannable as stuck:
            raise Unscannable(int(places[stuck.index])) from None

    def _run_on_words(self, one: Rule, values: Integers) -> Iterator[Found]:
        words = self.words
        here = np.ones(len(words.value), bool) if len(values) == len(self.texts) else np.isin(words.value, values)
        wanted = np.unique(words.word[here])
        wanted = wanted[passing(words.text.take(pa.array(wanted)), one.filter if self.folds_alike else None)]
        occurrences = np.flatnonzero(here & np.isin(words.word, wanted))
        occurrences = occurrences[np.argsort(words.word[occurrences], kind="stable")]
        first = np.searchsorted(words.word[occurrences], wanted)
        last = np.searchsorted(words.word[occurrences], wanted, "right")
        try:
            for word, start, end, score in matches(one, words.text.take(pa.array(wanted)).to_pylist(), " "):
                for occurrence in occurrences[first[word]:last[word]]:
                    offset = int(words.offset[occurrence])
                    yield int(words.value[occurrence]), offset + start, offset + end, score
        except Unscannable as stuck:
            raise Unscannable(int(words.value[occurrences[first[stuck.index]]])) from None

    def findings(self, rules: Sequence[Rule | Search]) -> Iterator[tuple[int, int, int, str, float, str]]:
        """Returns the block's findings: context heeded, contained ones dropped, the threshold passed."""
        for value in self.unscannable:
            yield value, 0, len(self.texts[value]), UNSCANNABLE, 1.0, "budget"
        kept = (claim for claim in self.claims if claim[0] not in self.unscannable)
        weighed = (self._weighed(*claim[:4], rules[claim[4]]) for claim in kept)
        for claim in without_contained(claim for claim in weighed if claim is not None):
            if claim[4] >= self.config.threshold:
                yield claim

    def _weighed(
        self, value: int, start: int, end: int, score: float, one: Rule | Search,
    ) -> tuple[int, int, int, str, float, str] | None:
        settings = self.config.context
        if one.context and (settings.boost or one.needs_context):
            likely = contexts.stands_in(one.context, self.header) or contexts.stands_in(
                one.context, contexts.before(self.texts[value], start, settings.words))
            if one.needs_context and not likely:
                return None
            score = contexts.raised(score, settings) if likely else score
        elif one.needs_context:
            return None
        return value, start, end, one.entity_type, score, one.recognizer


def without_contained(
    claims: Iterable[tuple[int, int, int, str, float, str]],
) -> Iterator[tuple[int, int, int, str, float, str]]:
    """Drops a claim inside another of the same value and type with the same or a higher score, as Presidio does."""
    ordered = sorted(claims, key=lambda claim: (claim[0], claim[3], claim[1], -claim[2], -claim[4], claim[5]))
    for _, group in groupby(ordered, key=lambda claim: (claim[0], claim[3])):
        open_claims: list[tuple[int, int, int, str, float, str]] = []
        for claim in group:
            open_claims = [other for other in open_claims if other[2] >= claim[1]]
            if not any(claim[2] <= other[2] and claim[4] <= other[4] for other in open_claims):
                open_claims.append(claim)
                yield claim


def _spread(found: Sequence[Finding], indices: pa.Array, distinct: int) -> pa.Table:
    """From findings in distinct values to findings in rows, sorted by row."""
    values = np.fromiter((one.value for one in found), np.int64, len(found))
    first, last = np.searchsorted(values, np.arange(distinct)), np.searchsorted(values, np.arange(distinct), "right")
    rows = np.flatnonzero(pc.is_valid(indices).to_numpy(zero_copy_only=False))
    value_of = pc.drop_null(indices).to_numpy().astype(np.int64)
    times = (last - first)[value_of]
    row = np.repeat(rows, times)
    within = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    pick = pa.array(np.repeat(first[value_of], times) + within)
    columns = [pa.array([getattr(one, name) for one in found], kind).take(pick)
               for name, kind in zip(FINDINGS.names[1:], FINDINGS.types[1:], strict=True)]
    return pa.Table.from_arrays([pa.array(row, pa.int64()), *columns], schema=FINDINGS)
