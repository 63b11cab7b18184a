"""The exact road: rules run over many values at once, each with just what its pattern gives on each value alone."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect import context as contexts
from engine.detect.config import RecognizerConfig
from engine.detect.matching import Found, Integers, Unscannable, Words, at, matches, passing, searched, words_of
from engine.detect.rules import Rule, Search

UNSCANNABLE = "UNSCANNABLE"
"""Entity type of a cell that could not be scanned within its budget: all of it, with score 1."""

Claim = tuple[int, int, int, str, float, str]
"""Index of the value, start, end (characters), entity type, score, recognizer."""


def exact_claims(texts: Sequence[str], rules: Sequence[Rule | Search], header: str, config: RecognizerConfig) -> Iterator[Claim]:
    """Yields the claims of rules on texts; a text on which one runs out of its time is claimed whole, as ``UNSCANNABLE``.

    Args:
        texts: Any texts.
        rules: What to look for.
        header: The column's name, as words.
        config: Threshold and context settings.
    """
    block = _Block(list(texts), header, config)
    for place, one in enumerate(rules):
        block.apply(place, one)
    yield from block.findings(rules)


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

    def findings(self, rules: Sequence[Rule | Search]) -> Iterator[Claim]:
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
    ) -> Claim | None:
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
    claims: Iterable[Claim],
) -> Iterator[Claim]:
    """Drops a claim inside another of the same value and type with the same or a higher score, as Presidio does."""
    ordered = sorted(claims, key=lambda claim: (claim[0], claim[3], claim[1], -claim[2], -claim[4], claim[5]))
    for _, group in groupby(ordered, key=lambda claim: (claim[0], claim[3])):
        open_claims: list[Claim] = []
        for claim in group:
            open_claims = [other for other in open_claims if other[2] >= claim[1]]
            if not any(claim[2] <= other[2] and claim[4] <= other[4] for other in open_claims):
                open_claims.append(claim)
                yield claim
