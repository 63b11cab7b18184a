"""An epsilon and a delta, divided over queries, and what each part of a query may spend.

Two ways to divide. With Laplace noise, epsilons add up. With Gaussian noise, zCDP's rhos add up, and one conversion at the end
takes delta; a pure epsilon counts as epsilon²/2 there, a selection of keys as the same for a delta of its own (Bun and Steinke
2016, proposition 1.4 and lemma 8.8). A reader can check either by hand; an accountant of privacy loss finds less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from engine.privacy.events import ROUNDING, added_up, rho
from engine.privacy.keys import KeySelection
from engine.privacy.noise import Changes, GaussianNoise, LaplaceNoise
from engine.privacy.quantiles import Quantile
from engine.privacy.questions import Question
from engine.privacy.zcdp import epsilon_of, rho_of
from schemas.dp_events import Event, Promised
from schemas.policy.statistics import Query, Statistics

Kind = Literal["laplace", "gaussian"]
Mechanism = LaplaceNoise | GaussianNoise | Quantile | KeySelection

SELECTING = 0.5
"""Share of delta that selecting keys gets: the rest is for Gaussian noise, and for accountants to find less epsilon with."""


class TooLittle(ValueError):  # noqa: N818 - reads as a verdict
    """So little of the budget is left for a query that nothing can be drawn for it.

    Attributes:
        query: Its name.
    """

    def __init__(self, query: str, why: str) -> None:
        super().__init__(why)
        self.query = query


@dataclass(frozen=True)
class Spend:
    """One mechanism of a query.

    Attributes:
        question: The query.
        part: ``counts``, ``sums``, ``keys`` or ``quantiles``.
        mechanism: With its constants.
        share: Of the whole budget.
    """

    question: Question
    part: Literal["counts", "sums", "keys", "quantiles"]
    mechanism: Mechanism
    share: float

    @property
    def events(self) -> tuple[Event, ...]:
        """What it tells of one unit."""
        if isinstance(self.mechanism, KeySelection):
            return self.mechanism.events
        if isinstance(self.mechanism, Quantile):
            return self.mechanism.events(self.question.touched)
        return self.mechanism.events(self._changes)

    @property
    def record_events(self) -> tuple[Event, ...]:
        """What it tells of one row."""
        question, mechanism = self.question, self.mechanism
        if question.subject is None:
            return self.events
        if isinstance(mechanism, KeySelection):
            return (Promised(epsilon=mechanism.epsilon, delta=mechanism.delta, count=2),)
        if isinstance(mechanism, Quantile):
            swapped = mechanism.epsilon * float(1 / mechanism.sensitivity)  # another row in its place moves a rank by one
            here = (Promised(epsilon=swapped),)
            return (*here, Promised(epsilon=mechanism.epsilon)) if question.moves else here
        return mechanism.events(question.record_changes(self._part))

    @property
    def sensitivity(self) -> Changes:
        """What one unit changes of numbers."""
        return self._changes if isinstance(self.mechanism, LaplaceNoise | GaussianNoise) else ()

    @property
    def _part(self) -> Literal["counts", "sums"]:
        return "sums" if self.part == "sums" else "counts"

    @property
    def _changes(self) -> Changes:
        return self.question.changes(self._part)


@dataclass(frozen=True)
class Spending:
    """A budget, divided.

    Attributes:
        kind: Whose privacy adds up: epsilons, or rhos.
        spends: In order of queries.
        epsilon: Of everything together, by what adds up.
        delta: Of everything together.
    """

    kind: Kind
    spends: tuple[Spend, ...]
    epsilon: float
    delta: float

    def of(self, name: str) -> tuple[Spend, ...]:
        """Returns what a query spends."""
        return tuple(spend for spend in self.spends if spend.question.name == name)

    @property
    def events(self) -> tuple[Event, ...]:
        """What everything together tells of one unit."""
        return tuple(event for spend in self.spends for event in spend.events)

    @property
    def record_events(self) -> tuple[Event, ...]:
        """What everything together tells of one row."""
        return tuple(event for spend in self.spends for event in spend.record_events)


def come_to(events: Sequence[Event], delta: float) -> float:
    """Returns epsilon of all events together at ``delta``, by what adds up: epsilons, or rhos. Infinite where neither tells.

    Independent of how a budget was divided, and of accountants.
    """
    epsilon, deltas = added_up(events)
    costs = [event.count * (event.epsilon**2 / 2 if isinstance(event, Promised) else rho(event) or math.inf) for event in events]
    left, cost = delta - deltas, math.fsum(costs)
    by_rho = epsilon_of(cost, left) if left > 0 and math.isfinite(cost) else math.inf
    return min(by_rho, epsilon if deltas <= delta * (1 + ROUNDING) else math.inf)


def divided(asked: Statistics, questions: tuple[Question, ...]) -> Spending:
    """Returns what each part of each query spends: by weights of queries, evenly within one; half on keys that are selected.

    Where the policy leaves it open, all noise is of the kind that is less, on the geometric mean over all parts.

    Raises:
        TooLittle: If a mechanism cannot be made of what it may spend, by neither kind.
    """
    kinds: tuple[Kind, ...] = ("laplace", "gaussian") if asked.delta is not None else ("laplace",)
    tried = [_tried(asked, questions, kind) for kind in kinds if asked.noise in {"auto", kind}]
    found = [spending for spending in tried if isinstance(spending, Spending)]
    if not found:
        raise next(little for little in tried if isinstance(little, TooLittle))
    return min(found, key=lambda spending: sum(math.log(_roughness(spend.mechanism)) for spend in spending.spends))


def _tried(asked: Statistics, questions: tuple[Question, ...], kind: Kind) -> Spending | TooLittle:
    try:
        return _divided(asked, questions, kind)
    except TooLittle as little:
        return little


def _divided(asked: Statistics, questions: tuple[Question, ...], kind: Kind) -> Spending:
    selecting = any(question.selected for question in questions)
    for_keys = (asked.delta or 0.0) * (SELECTING if selecting else 0.0)
    budget = asked.epsilon if kind == "laplace" else rho_of(asked.epsilon, (asked.delta or 0.0) - for_keys)
    weights = sum(query.weight for query in asked.queries.values())
    chosen = sum(asked.queries[question.name].weight for question in questions if question.selected)
    spends = []
    for question in questions:
        query = asked.queries[question.name]
        share = query.weight / weights
        delta = for_keys * query.weight / chosen if question.selected else 0.0
        try:
            spends += _spends(question, query, kind, (share, budget * share, delta))
        except ValueError as error:
            raise TooLittle(question.name, str(error)) from None
    delta = for_keys if kind == "laplace" else asked.delta or 0.0
    epsilon = asked.epsilon if kind == "laplace" else epsilon_of(budget, delta - for_keys)
    return Spending(kind, tuple(spends), min(epsilon, asked.epsilon), delta)


def _spends(question: Question, query: Query, kind: Kind, budget: tuple[float, float, float]) -> list[Spend]:
    """Returns the mechanisms of one query: (share of everything, epsilon or rho, delta for keys) → each with its part of it."""
    share, amount, delta = budget
    found = []
    if question.selected:
        share, amount = share / 2, amount / 2
        each = _pure(amount, question.touched, kind)
        found.append(Spend(question, "keys", KeySelection(each, delta / question.touched, question.touched), share))
    if question.measure == "values":
        each = _pure(amount / len(query.at), question.touched, kind)
        return [*found, *(Spend(question, "quantiles", Quantile(_exactly(at), each, question.most), share / len(query.at))
                          for at in query.at)]
    parts: tuple[Literal["counts", "sums"], ...] = {"sum": ("sums",), "mean": ("counts", "sums")}.get(
        question.measure, ("counts",))  # type: ignore[assignment] # mypy takes the words for any text
    for part in parts:
        changes = question.changes(part)
        noise = (LaplaceNoise if kind == "laplace" else GaussianNoise).of(amount / len(parts), changes)
        found.append(Spend(question, part, noise, share / len(parts)))
    return found


def _pure(amount: float, cells: int, kind: Kind) -> float:
    """Returns the epsilon that a choice in each of so many cells may have."""
    return math.nextafter(amount / cells if kind == "laplace" else math.sqrt(2 * amount / cells), 0)


def _exactly(share: float) -> Fraction:
    """Returns a share of four decimals as the fraction that was written."""
    return Fraction(share).limit_denominator(10_000)


def _roughness(mechanism: Mechanism) -> float:
    """Returns what grows with the error of a mechanism."""
    if isinstance(mechanism, LaplaceNoise | GaussianNoise):
        return mechanism.deviation
    return 1 / mechanism.epsilon
