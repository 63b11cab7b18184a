"""The accountants, side by side. The loss distribution is authoritative; Opacus's PRV accountant has to agree."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable

import numpy as np

from engine.errors import GuaranteeNotMet
from engine.privacy.accounting import by_accountant, epsilon_of
from engine.privacy.events import added_up, merged
from schemas.dp_events import Event, Gaussian, SampledGaussian

TOLERANCE = 0.01
"""Relative; beside it, the error that the PRV accountant adds to its own estimate."""

_PRV_ERROR = 0.001
"""Absolute; of a small epsilon a five-hundredth, down to a tenth of this, below which PRV's grids take minutes."""


def agreed(events: Iterable[Event], delta: float) -> dict[str, float]:
    """Returns epsilon of events together, by each accountant that has one.

    ``pld`` counts. ``prv`` is an upper bound of Gaussian noise, sampled or not; what other events promise is added, as it is to
    ``rdp`` and ``zcdp``, which are looser, where these have no answer for all events.

    Raises:
        GuaranteeNotMet: If two independent implementations do not say the same of Gaussian noise.
    """
    events = merged(events)
    known = [event for event in events if isinstance(event, Gaussian | SampledGaussian)]
    beside, lost = added_up(event for event in events if event not in known)
    found = by_accountant(events, delta)
    if known and lost < delta:
        pld = epsilon_of(known, delta - lost)
        error = min(_PRV_ERROR, max(_PRV_ERROR / 10, pld / 500))
        alone = {**by_accountant(known, delta - lost), "prv": prv_epsilon(known, delta - lost, error)}
        _require_same(pld, alone["prv"] or 0.0, error)
        added = {name: value + beside for name, value in alone.items() if value is not None and math.isfinite(beside)}
        found = {name: added.get(name) if found.get(name) is None else found[name] for name in (*found, "prv")}
    return {name: value for name, value in found.items() if value is not None}


def _require_same(pld: float, prv: float, error: float) -> None:
    if not abs(prv - pld) <= TOLERANCE * pld + 2 * error:
        raise GuaranteeNotMet(
            "two accountants disagree about epsilon", where=f"loss distribution {pld:.4g}, PRV {prv:.4g}",
            allowed=f"a difference of {TOLERANCE:.0%}", next="report this with the sample rate, steps and noise of the run")


def prv_epsilon(events: Iterable[Gaussian | SampledGaussian], delta: float, error: float) -> float:
    """Returns the upper bound of Opacus's PRV accountant (Gopi, Lee and Wutschitz 2021), which adds an absolute ``error``."""
    from opacus.accountants import PRVAccountant  # noqa: PLC0415 - takes seconds to load

    warnings.filterwarnings("ignore", "Optimal order is the largest alpha")  # of a first guess, which it widens
    accountant = PRVAccountant()
    accountant.history = [(event.noise_multiplier, getattr(event, "sample_rate", 1.0), event.count) for event in events]
    with np.errstate(divide="ignore"):  # at sample rate 1 it takes the logarithm of 0, which is what it means
        return float(accountant.get_epsilon(delta, eps_error=error))
