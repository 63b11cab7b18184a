"""The accountants, side by side. The loss distribution is authoritative; Opacus's PRV accountant has to agree."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import GuaranteeNotMet
from engine.privacy.accounting import by_accountant
from engine.privacy.budget import Schedule
from engine.privacy.events import merged
from schemas.dp_events import Event, Gaussian, SampledGaussian

TOLERANCE = 0.01
"""Relative; beside it, the error that the PRV accountant adds to its own estimate."""

_PRV_ERROR = 0.001


def agreed_epsilon(schedule: Schedule, delta: float) -> dict[str, float]:
    """Returns epsilon of training by each accountant. As ``agreed``."""
    steps = SampledGaussian(noise_multiplier=schedule.noise_multiplier, sample_rate=schedule.sample_rate, count=schedule.steps)
    return agreed([steps], delta)


def agreed(events: Iterable[Event], delta: float) -> dict[str, float]:
    """Returns epsilon of events together, by each accountant that has one.

    ``pld`` counts; ``prv`` is an upper bound, 0.001 wide, of Gaussian noise alone, sampled or not; ``rdp`` and ``zcdp`` are
    looser.

    Raises:
        GuaranteeNotMet: If two independent implementations do not say the same.
    """
    events = merged(events)
    found = {**by_accountant(events, delta), "prv": prv_epsilon(events, delta)}
    pld, prv = found["pld"], found["prv"]
    if pld is not None and prv is not None and abs(prv - pld) > TOLERANCE * pld + 2 * _PRV_ERROR:
        raise GuaranteeNotMet(
            "two accountants disagree about epsilon", where=f"loss distribution {pld:.4g}, PRV {prv:.4g}",
            allowed=f"a difference of {TOLERANCE:.0%}", next="report this with the sample rate, steps and noise of the run")
    return {name: value for name, value in found.items() if value is not None}


def prv_epsilon(events: Iterable[Event], delta: float) -> float | None:
    """Returns the upper bound of Opacus's PRV accountant (Gopi, Lee and Wutschitz 2021); None where it does not know a kind."""
    history = []
    for event in events:
        if not isinstance(event, Gaussian | SampledGaussian):
            return None
        history.append((event.noise_multiplier, getattr(event, "sample_rate", 1.0), event.count))
    from opacus.accountants import PRVAccountant  # noqa: PLC0415 - takes seconds to load

    accountant = PRVAccountant()
    accountant.history = history
    return float(accountant.get_epsilon(delta, eps_error=_PRV_ERROR))
