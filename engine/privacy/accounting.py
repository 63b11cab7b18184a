"""Epsilon of events that happened to the same people, composed jointly: dp_accounting's loss distributions decide.

Losses lie on a grid of ``INTERVAL``. They are put there so that what comes out can only be worse than the truth ("connect the
dots", Doroshenko et al. 2022), and so is what is cut off. A grid ten times finer
changes epsilon of ten thousand steps in the fifth digit (ADR 39).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from engine.errors import PolicyError, SetupError
from engine.privacy.events import added_up, mean_loss, merged, promised, rho
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

AUTHORITATIVE = "privacy loss distribution (dp_accounting, connect the dots), add and remove"
"""What the ledger and receipts believe."""

INTERVAL = 1e-4
"""Width of the grid of losses."""

FLOATING, EACH = 1e-14, 1e-16
"""Of delta, for what is lost in floating point, and for each event that is composed: against exact ones sums of the transform
came out 4e-16 too small, and 2e-13 where 10,000 events are multiplied there."""

HOPELESS = 100.0
"""A mean loss, or a loss of one event, above it is no promise at any delta: epsilon is infinite, and no grid is laid over it."""

FINE = 1_000.0
"""Discrete Gaussian noise of a larger sigma is accounted as Gaussian noise and a slack: its support is too long to walk along."""

ORDERS = (*range(2, 65), 80, 96, 128, 192, 256, 512)
"""Of Rényi divergences: whole ones, for which the sum over a binomial is exact; between them it is a series that can diverge."""

ACCOUNTANTS = ("pld", "rdp", "zcdp")
"""The first is believed; the others are looser, and easier to recompute."""

REFUSED = {"gdp": (
    "Gaussian differential privacy is a limit for many steps, not a bound: of 3,000 steps with noise 1 and rate 0.01 it tells "
    "2.995 where epsilon is 3.192")}
"""Accountants that are known and not believed, and why."""


def epsilon_of(events: Iterable[Event], delta: float, *, replacing: bool = False) -> float:
    """Returns epsilon of all events together at ``delta``: infinite where there is none.

    With delta 0, what events promise is added up. What comes out is never more than that sum.

    Args:
        events: What happened.
        delta: At which delta.
        replacing: Whether neighbours differ by what one unit holds, not by whether it is there. Of steps of DP-SGD alone: what
            else a change within a unit does to other mechanisms, their events do not tell.

    Raises:
        SetupError: If dp_accounting is not installed.
    """
    events = merged(events)
    if replacing and not all(isinstance(event, SampledGaussian | TruncatedSampledGaussian) for event in events):
        raise ValueError("only steps of DP-SGD are accounted for a unit that is replaced")
    if not events:
        return 0.0
    sum_epsilon, sum_delta = added_up(events)
    sure = sum_epsilon if sum_delta <= delta else math.inf
    if delta == 0 or hopeless(events):
        return sure
    return min(sure, _epsilon(events, delta, replacing))


def delta_of(events: Iterable[Event], epsilon: float) -> float:
    """Returns delta of all events together at ``epsilon``, at most 1.

    Raises:
        SetupError: If dp_accounting is not installed.
    """
    events = merged(events)
    if not events:
        return 0.0
    sum_epsilon, sum_delta = added_up(events)
    sure = min(1.0, sum_delta) if sum_epsilon <= epsilon else 1.0
    if hopeless(events):
        return sure
    slack = _slack(events)
    return min(sure, math.exp(slack) * (float(_composed(events).get_delta_for_epsilon(epsilon - 2 * slack)) + _floating(events)))


def by_accountant(events: Iterable[Event], delta: float) -> dict[str, float | None]:
    """Returns epsilon at ``delta`` by each of ``ACCOUNTANTS``. As ``epsilon_by``."""
    events = merged(events)
    return {name: epsilon_by(name, events, delta) for name in ACCOUNTANTS}


def epsilon_by(accountant: str, events: Iterable[Event], delta: float) -> float | None:
    """Returns epsilon at ``delta`` by one accountant.

    None where it has no answer: Rényi orders for a truncated sample or a promised delta, zCDP for any sample.

    Raises:
        PolicyError: If the accountant is unknown, or tells less epsilon than there is.
    """
    events = merged(events)
    match accountant:
        case "pld":
            return epsilon_of(events, delta)
        case "rdp":
            return _renyi(events, delta, _renyi_event)
        case "zcdp":
            return _renyi(events, delta, lambda _, event: _concentrated(event))
        case _:
            raise PolicyError("this accountant is not believed", where=REFUSED.get(accountant, f"accountant: {accountant}"),
                              allowed=", ".join(ACCOUNTANTS), next="go by pld, which is a bound")


def accountants() -> ModuleType:
    """Returns dp_accounting, which takes a second to load.

    Raises:
        SetupError: If it is not installed.
    """
    try:
        import dp_accounting  # noqa: PLC0415 - takes a second to load, and most commands do without
    except ModuleNotFoundError as error:
        raise SetupError("accounting of privacy needs a package that is not installed", where=error.name or "dp_accounting",
                         next="pip install 'lakeveil[privacy]'") from None
    return dp_accounting  # type: ignore[no-any-return] # it has no types


def hopeless(events: Sequence[Event]) -> bool:
    """Whether noise is so little that no epsilon is a promise."""
    return mean_loss(events) > HOPELESS or any(_largest(event) > HOPELESS for event in events)


def _largest(event: Event) -> float:
    """Returns the largest loss that one event can well have, sampled or not: a grid over it has to fit in memory."""
    multiplier = getattr(event, "noise_multiplier", None)
    if multiplier is None and isinstance(event, DiscreteGaussian):
        multiplier = event.sigma / event.sensitivity
    if multiplier is None or isinstance(event, Laplace):
        return promised(event)[0]
    return float(0.5 / multiplier**2)


def _slack(events: Sequence[Event]) -> float:
    """Returns how far, in log-probability, the noise that is accounted is from the noise that was drawn.

    Within 12 sigma, discrete Gaussian noise and Gaussian noise that is rounded, which is a function of Gaussian noise, differ by
    a factor of at most exp(6 / sigma²), since over the bucket of k the density's mean is that of cosh(k u / sigma²), |u| <= 1/2.
    Beyond lies 1e-32.
    """
    return math.fsum(event.count * 6 / event.sigma**2 for event in events
                     if isinstance(event, DiscreteGaussian) and event.sigma > FINE)


def _floating(events: Sequence[Event]) -> float:
    return FLOATING + EACH * sum(event.count for event in events)


@functools.lru_cache(maxsize=256)
def _epsilon(events: tuple[Event, ...], delta: float, replacing: bool) -> float:  # noqa: FBT001 - a key of the cache
    slack = _slack(events)
    asked = delta * math.exp(-slack) - _floating(events)
    return float(_composed(events, replacing=replacing).get_epsilon_for_delta(asked)) + 2 * slack if asked > 0 else math.inf


def _composed(events: Sequence[Event], *, replacing: bool = False) -> Any:  # noqa: ANN401 - a PrivacyLossDistribution
    return functools.reduce(lambda one, other: one.compose(other), (_loss(event, replacing) for event in events))


@functools.lru_cache(maxsize=256)
def _loss(event: Event, replacing: bool) -> Any:  # noqa: ANN401, FBT001, PLR0911 - as above; one return for each kind
    """Returns the loss distribution of an event, as often as it says."""
    library = accountants()
    pld, relation = library.pld.privacy_loss_distribution, library.NeighboringRelation
    neighbours = relation.REPLACE_ONE if replacing else relation.ADD_OR_REMOVE_ONE
    match event:
        case Gaussian():
            spread = event.noise_multiplier / math.sqrt(event.count)
            return pld.from_gaussian_mechanism(spread, value_discretization_interval=INTERVAL)
        case DiscreteGaussian() if event.sigma > FINE:
            return _loss(Gaussian(noise_multiplier=event.sigma / event.sensitivity, count=event.count), replacing)
        case _ if event.count > 1:
            return _loss(event.model_copy(update={"count": 1}), replacing).self_compose(event.count)
        case DiscreteGaussian():
            return pld.from_discrete_gaussian_mechanism(
                event.sigma, sensitivity=event.sensitivity, value_discretization_interval=INTERVAL,
                truncation_bound=max(math.ceil(11.6 * event.sigma), event.sensitivity))
        case Laplace():
            return pld.from_laplace_mechanism(event.noise_multiplier, value_discretization_interval=INTERVAL)
        case DiscreteLaplace():
            return pld.from_discrete_laplace_mechanism(event.rate, event.sensitivity, value_discretization_interval=INTERVAL)
        case SampledGaussian():
            return pld.from_gaussian_mechanism(
                event.noise_multiplier, sampling_prob=event.sample_rate, value_discretization_interval=INTERVAL,
                neighboring_relation=neighbours)
        case TruncatedSampledGaussian():
            return _truncated(event, neighbours)
        case Promised():
            parameters = library.pld.common.DifferentialPrivacyParameters(event.epsilon, event.delta)
            return pld.from_privacy_parameters(parameters, value_discretization_interval=INTERVAL)


def _truncated(event: TruncatedSampledGaussian, neighbours: Any) -> Any:  # noqa: ANN401 - a relation, a distribution
    """Returns the loss of a sample of bounded size, of whatever number of units up to ``event.units``.

    A unit's loss is that of a plain sample; or, where the others alone fill the bound, at most that of a unit that takes
    another's place, if it was drawn and stays (arXiv 2508.15089, as dp_accounting has it for one number of units). More units
    fill the bound more often, fewer leave a unit more room; it stays no more often than it is drawn. So the chance of a full
    sample is that of ``event.units``, and the chance to be in it the sample rate.
    """
    library = accountants()
    from scipy.stats import binom  # noqa: PLC0415 - takes a while to load; dp_accounting needs it, too

    from_gaussian = functools.partial(library.pld.privacy_loss_distribution.from_gaussian_mechanism,
                                      sampling_prob=event.sample_rate, value_discretization_interval=INTERVAL)
    plain = from_gaussian(event.noise_multiplier, neighboring_relation=neighbours)
    full = float(binom.sf(event.most - 1, event.units - 1, event.sample_rate))
    if not full:
        return plain
    in_place = from_gaussian(event.noise_multiplier / 2, neighboring_relation=library.NeighboringRelation.REPLACE_ONE)
    return in_place.compute_mixture(plain, full)


def _renyi(events: Sequence[Event], delta: float, said: Callable[[ModuleType, Event], Any]) -> float | None:
    library = accountants()
    accountant = library.rdp.RdpAccountant(ORDERS)
    for event in events:
        known = said(library, event)
        if known is None:
            return None
        accountant.compose(known, event.count)
    return float(accountant.get_epsilon(delta)) if delta else None


def _renyi_event(library: ModuleType, event: Event) -> Any:  # noqa: ANN401 - a DpEvent
    match event:
        case Gaussian():
            return library.GaussianDpEvent(event.noise_multiplier)
        case SampledGaussian():
            return library.PoissonSampledDpEvent(event.sample_rate, library.GaussianDpEvent(event.noise_multiplier))
        case Laplace():
            return library.LaplaceDpEvent(event.noise_multiplier)
        case _:
            return _concentrated(event)


def _concentrated(event: Event) -> Any:  # noqa: ANN401 - a DpEvent
    cost = rho(event)
    return None if cost is None else accountants().ZCDpEvent(cost)
