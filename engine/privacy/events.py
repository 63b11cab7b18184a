"""Sums of events, and what can be said of them without an accountant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from schemas.dp_events import (
    DiscreteGaussian,
    DiscreteLaplace,
    Event,
    Gaussian,
    Laplace,
    Promised,
    SampledGaussian,
    TruncatedSampledGaussian,
)

ROUNDING = 1e-9
"""Relatively, what sums of doubles may be off."""


def merged(events: Iterable[Event]) -> tuple[Event, ...]:
    """Returns the same events with each kind and its constants once, in order of their first appearance."""
    counts: dict[Event, int] = {}
    for event in events:
        one = event.model_copy(update={"count": 1})
        counts[one] = counts.get(one, 0) + event.count
    return tuple(one.model_copy(update={"count": count}) for one, count in counts.items())


def within(part: Iterable[Event], whole: Iterable[Event]) -> bool:
    """Whether each event of ``part`` is in ``whole``, at least as often."""
    counts = {one.model_copy(update={"count": 1}): one.count for one in merged(whole)}
    return all(one.count <= counts.get(one.model_copy(update={"count": 1}), 0) for one in merged(part))


def promised(event: Event) -> tuple[float, float]:
    """Returns epsilon and delta that one such event promises by itself; epsilon is infinite where it depends on delta."""
    match event:
        case Laplace():
            return 1 / event.noise_multiplier, 0.0
        case DiscreteLaplace():
            return event.rate * event.sensitivity, 0.0
        case Promised():
            return event.epsilon, event.delta
        case _:
            return math.inf, 0.0


def added_up(events: Iterable[Event]) -> tuple[float, float]:
    """Returns the sums of what events promise (basic composition: Dwork and Roth 2014, theorem 3.16)."""
    found = [(event.count, *promised(event)) for event in events]
    return math.fsum(count * epsilon for count, epsilon, _ in found), math.fsum(count * delta for count, _, delta in found)


def rho(event: Event) -> float | None:
    """Returns what one such event costs in zCDP (Bun and Steinke 2016); None where it has no such guarantee.

    Pure epsilon is epsilon²/2 (their proposition 3); discrete Gaussian noise costs what Gaussian noise does (Canonne, Kamath and
    Steinke 2020, theorem 4).
    """
    match event:
        case Gaussian():
            return 0.5 / event.noise_multiplier**2
        case DiscreteGaussian():
            return 0.5 * (event.sensitivity / event.sigma) ** 2
        case _:
            epsilon, delta = promised(event)
            return epsilon**2 / 2 if delta == 0 and math.isfinite(epsilon) else None


def mean_loss(events: Sequence[Event]) -> float:
    """Returns a bound on the mean privacy loss: where it is large, no accountant is needed to know that nothing is promised.

    Of a sampled mechanism, by convexity, the sample rate times that of the mechanism.
    """
    return math.fsum(event.count * _mean_loss(event) for event in events)


def _mean_loss(event: Event) -> float:
    match event:
        case SampledGaussian() | TruncatedSampledGaussian():
            return event.sample_rate * 0.5 / event.noise_multiplier**2
        case Promised():
            return event.epsilon
        case _:
            return rho(event) or 0.0
