"""What a policy's statistics will cost, and how exact they will be. Nothing is read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.errors import PolicyError, SetupError
from engine.plan import Policy
from engine.privacy.accounting import by_accountant
from engine.privacy.keys import KeySelection
from engine.privacy.noise import GaussianNoise, LaplaceNoise, l2_squared
from engine.privacy.quantiles import Quantile
from engine.privacy.questions import Question, questions
from engine.privacy.spending import Spend, Spending, TooLittle, divided
from engine.privacy.zcdp import epsilon_of
from schemas.dp_events import Event
from schemas.policy.statistics import Statistics
from schemas.statistics import QuerySpend, StatisticsPlan

UNJUDGED = "whether delta is small beside one over the number of units: the policy does not state it (statistics.subjects)"

COMPOSITION = {
    "laplace": "epsilons and deltas of all parts, added up",
    "gaussian": "zCDP: rhos of all parts, added up, and converted once (Canonne, Kamath and Steinke 2020, corollary 13)",
}


def section(policy: Policy) -> Statistics:
    """Returns the policy's section ``statistics``.

    Raises:
        PolicyError: If it has none.
    """
    if policy.statistics is None:
        raise PolicyError("the policy asks for no statistics", where=policy.name, allowed="statistics: {epsilon, queries}",
                          next="docs/statistics.md has examples")
    return policy.statistics


def divide(policy: Policy) -> tuple[tuple[Question, ...], Spending]:
    """Returns the queries and what each may spend.

    Raises:
        PolicyError: If the policy has no statistics, or too little is left to draw noise or to name groups with.
    """
    asked = section(policy)
    found = questions(policy, asked)
    try:
        spending = divided(asked, found)
    except TooLittle as little:
        raise PolicyError("no noise can be drawn for what is left of the budget", where=f"statistics.queries.{little.query}",
                          allowed=str(little), next="give more epsilon or delta, or the query more weight; or let less of a "
                          "subject count") from None
    for spend in spending.spends:
        if isinstance(spend.mechanism, KeySelection):
            _require_chances(spend.question.name, spend.mechanism)
    return found, spending


def _require_chances(name: str, selection: KeySelection) -> None:
    try:
        selection.chances()
    except ValueError:
        raise PolicyError("too little epsilon or delta is left to name groups with", where=f"statistics.queries.{name}",
                          allowed=f"here: epsilon {selection.epsilon:.3g}, delta {selection.delta:.3g} for each group",
                          next="give the query more weight, or its columns a domain") from None


def described(policy: Policy, spending: Spending) -> StatisticsPlan:
    """Returns the plan as a record."""
    asked, by_subject = section(policy), section(policy).unit == "subject"
    at = asked.delta or 0.0
    return StatisticsPlan(
        policy=policy.name, unit=asked.unit, max_rows_per_subject=asked.max_rows_per_subject if by_subject else None,
        max_groups_per_subject=asked.max_groups_per_subject if by_subject else None,
        epsilon=spending.epsilon, delta=spending.delta, composition=COMPOSITION[spending.kind],
        accounted_at=at, epsilon_by_accountant=_accounted(spending.events, at),
        epsilon_record=_accounted(spending.record_events, at) if by_subject else {},
        spends=tuple(_described(spend, spending) for spend in spending.spends),
        post_processing=("counts below 0 are shown as 0",) if asked.non_negative else (),
        caveats=(UNJUDGED,) if asked.delta is not None and asked.subjects is None else ())


def _accounted(events: Sequence[Event], delta: float) -> dict[str, float | None]:
    """Returns what accountants find, where they are installed."""
    try:
        found = by_accountant(events, delta)
    except SetupError:
        return {}
    return {name: epsilon if epsilon is not None and math.isfinite(epsilon) else None for name, epsilon in found.items()}


def _described(spend: Spend, spending: Spending) -> QuerySpend:
    mechanism, question = spend.mechanism, spend.question
    words, error, unit = _words(spend)
    if isinstance(mechanism, KeySelection):
        epsilon, delta = mechanism.epsilon * mechanism.groups, mechanism.delta * mechanism.groups
    elif spending.kind == "laplace":
        epsilon, delta = spending.epsilon * spend.share, 0.0
    elif isinstance(mechanism, Quantile):
        epsilon, delta = mechanism.epsilon * question.touched, 0.0
    else:
        rho = l2_squared(spend.sensitivity) / (2 * mechanism.deviation**2)
        epsilon, delta = epsilon_of(rho, spending.delta), spending.delta
    return QuerySpend(
        query=question.name, part=spend.part, mechanism=words, sensitivity=_sensitivity(spend), share=spend.share,
        epsilon=epsilon, delta=delta, expected_error=error, error_unit=unit, events=spend.events,
        record_events=spend.record_events)


def _words(spend: Spend) -> tuple[str, float, str]:
    """Returns a mechanism in words, its expected error, and in what that is told."""
    mechanism, steps = spend.mechanism, spend.question.steps
    if isinstance(mechanism, LaplaceNoise | GaussianNoise):
        step = steps.step if steps and spend.part == "sums" else 1.0
        on = f" on a grid of {step:g}" if step != 1 else ""
        unit = spend.question.column if spend.part == "sums" else spend.question.measure.replace("mean", "rows")
        return mechanism.what + on, mechanism.deviation * step, unit or ""
    if isinstance(mechanism, Quantile):
        points = steps.ends[1] + 1 if steps else 1
        return (f"permute-and-flip of {points} points for quantile {float(mechanism.share):g}", mechanism.expected_ranks(points),
                "ranks")
    return "partition selection", float(mechanism.even()), "units in a group"


def _sensitivity(spend: Spend) -> str:
    question, mechanism = spend.question, spend.mechanism
    groups = "1 group" if question.touched == 1 else f"{question.touched} groups"
    if isinstance(mechanism, KeySelection):
        return f"{groups}"
    if isinstance(mechanism, Quantile):
        return f"{groups}, {float(mechanism.sensitivity):g} ranks in each"
    change = spend.sensitivity[0]
    step = question.steps.step if question.steps and spend.part == "sums" else 1.0
    return f"{groups}, {change.size * step:g} in each"
