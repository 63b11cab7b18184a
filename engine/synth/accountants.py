"""The accountants, side by side. The loss distribution is authoritative; Opacus's PRV accountant has to agree."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from engine.errors import GuaranteeNotMet
from engine.privacy.accounting import by_accountant, epsilon_of
from engine.privacy.events import added_up, merged
from schemas.dp_events import Event, Gaussian, SampledGaussian

TOLERANCE = 0.01
"""Relative; beside it, the error that the PRV accountant adds to its own estimate."""

_PRV_ERROR = 0.001


def agreed(events: Iterable[Event], delta: float) -> dict[str, float]:
    """Returns epsilon of events together, by each accountant that has one.

    ``pld`` counts. ``prv`` is an upper bound, 0.001 wide, of Gaussian noise, sampled or not; what other events promise is added.
    ``rdp`` and ``zcdp`` are looser.

    Raises:
        GuaranteeNotMet: If two independent implementations do not say the same of Gaussian noise.
    """
    events = merged(events)
    known = [event for event in events if isinstance(event, Gaussian | SampledGaussian)]
    beside, lost = added_up(event for event in events if event not in known)
    prv = prv_epsilon(known, delta - lost) if known and lost < delta else None
    if prv is not None:
        _require_same(epsilon_of(known, delta - lost), prv)
    found = {**by_accountant(events, delta), "prv": None if prv is None or math.isinf(beside) else prv + beside}
    return {name: value for name, value in found.items() if value is not None}


def _require_same(pld: float, prv: float) -> None:
    if abs(prv - pld) > TOLERANCE * pld + 2 * _PRV_ERROR:
        raise GuaranteeNotMet(
            "two accountants disagree about epsilon", where=f"loss distribution {pld:.4g}, PRV {prv:.4g}",
            allowed=f"a difference of {TOLERANCE:.0%}", next="report this with the sample rate, steps and noise of the run")


def prv_epsilon(events: Iterable[Gaussian | SampledGaussian], delta: float) -> float:
    """Returns the upper bound of Opacus's PRV accountant (Gopi, Lee and Wutschitz 2021)."""
    from opacus.accountants import PRVAccountant  # noqa: PLC0415 - takes seconds to load

    accountant = PRVAccountant()
    accountant.history = [(event.noise_multiplier, getattr(event, "sample_rate", 1.0), event.count) for event in events]
    with np.errstate(divide="ignore"):  # at sample rate 1 it takes the logarithm of 0, which is what it means
        return float(accountant.get_epsilon(delta, eps_error=_PRV_ERROR))
