"""What a plug-in is, and the two kinds that need no model: rules, and code."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.detect.plugins.budget import BUDGET, Budget
from engine.detect.plugins.guarded import Watch, searched
from engine.detect.plugins.plain import filter_of
from engine.detect.plugins.rules import Rule, Search
from engine.detect.plugins.spans import Claimed, Spans, without_contained
from engine.detect.plugins.texts import Texts, alternatives

Typed = tuple[int, int, str, float]
"""Start, end, entity type, score."""

Judge = Callable[[list[str], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Claimed texts and their scores → new scores, 0 where the claim is none."""


class Plugin(Protocol):
    """A recognizer that a user brings."""

    @property
    def name(self) -> str:
        """Who claims."""
        ...

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What it may claim."""
        ...

    @property
    def context(self) -> tuple[str, ...]:
        """Words that make its claims likelier when they stand before one or in the column's name."""
        ...

    @property
    def needs_context(self) -> bool:
        """Whether its claims count only with such a word."""
        ...

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Least score by entity type, or for all others under ``default``; without either the scan's threshold holds."""
        ...

    @property
    def filter(self) -> str | None:
        """An RE2 expression: it claims nothing in texts that do not match. None where none is known."""
        ...

    def find(self, values: pa.Array, header: str = "") -> Spans:
        """Returns claims on an array of texts. Context words and thresholds are the caller's affair.

        Args:
            values: Texts in UTF-8, best distinct ones; nulls hold nothing.
            header: The column's name or path, for those who look at it.
        """
        ...


@dataclass(frozen=True)
class RulePlugin:
    """Patterns, and searches that are functions of one value. As ``Plugin`` says.

    Attributes:
        rules: What is looked for.
        judge: Has the last word on the rules' claims.
        budget: Time for one cell.
    """

    name: str
    rules: tuple[Rule | Search, ...]
    context: tuple[str, ...] = ()
    needs_context: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    judge: Judge | None = None
    budget: Budget = BUDGET

    @property
    def entity_types(self) -> tuple[str, ...]:
        """The types of its rules."""
        return tuple(dict.fromkeys(one.entity_type for one in self.rules))

    @functools.cached_property
    def filters(self) -> tuple[str | None, ...]:
        """An RE2 expression for each rule, or None."""
        return tuple(filter_of(one) if isinstance(one, Rule) else one.filter for one in self.rules)

    @functools.cached_property
    def filter(self) -> str | None:
        """Matches where any rule may."""
        return alternatives(self.filters)

    def find(self, values: pa.Array, header: str = "") -> Spans:  # noqa: ARG002 - patterns do not look at it
        """Returns what each rule finds on each value alone, less what lies inside another claim of the same type."""
        texts, watch = Texts(values), Watch(self.budget)
        claims: list[Claimed] = []
        for one, expression in zip(self.rules, self.filters, strict=True):
            places = texts.candidates(expression, watch.given_up)
            claims += ((place, start, end, one.entity_type, score)
                       for place, start, end, score in _run(one, places.tolist(), texts.strings(places), watch))
        spans = Spans.of(claims, watch.given_up)
        if self.judge is not None:
            pieces = [text[start:end] for text, start, end in zip(
                texts.strings(spans.value), spans.start.tolist(), spans.end.tolist(), strict=True)]
            spans = replace(spans, score=self.judge(pieces, spans.score))
            spans = spans.take(spans.score > 0)
        return without_contained(spans)


def _run(one: Rule | Search, places: list[int], texts: list[str], watch: Watch) -> Iterator[tuple[int, int, int, float]]:
    if isinstance(one, Rule):
        yield from searched(one, places, texts, watch)
        return
    for place, text in zip(places, texts, strict=True):
        for start, end, score in watch.alone(lambda text, _: one.find(text), place, text):
            yield place, start, end, score


@dataclass(frozen=True)
class CodePlugin:
    """A function of one value, written by somebody else. As ``Plugin`` says.

    Attributes:
        analyze: Value → claims. Called with one value at a time; what it raises, and what it does too slowly, ends that value.
        budget: Time for one cell.
    """

    name: str
    entity_types: tuple[str, ...]
    analyze: Callable[[str], Iterable[Typed]]
    context: tuple[str, ...] = ()
    needs_context: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    filter: str | None = None
    budget: Budget = BUDGET

    def find(self, values: pa.Array, header: str = "") -> Spans:  # noqa: ARG002 - a function of one value
        """Returns what the function says of each value, less what lies inside another claim of the same type."""
        texts, watch = Texts(values), Watch(self.budget)
        places = texts.candidates(self.filter)
        claims = [(place, *claim) for place, text in zip(places.tolist(), texts.strings(places), strict=True)
                  for claim in watch.alone(lambda one, _: self._sound(one), place, text)]
        return without_contained(Spans.of(claims, watch.given_up))

    def _sound(self, text: str) -> Iterator[Typed]:
        for start, end, kind, score in self.analyze(text):
            if not (0 <= start < end <= len(text) and math.isfinite(score) and kind in self.entity_types):
                raise ValueError("a claim outside the text, without a score, or of a type that was not announced")
            yield int(start), int(end), str(kind), min(1.0, float(score))
