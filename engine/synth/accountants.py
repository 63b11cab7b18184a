"""The accountants, side by side. The loss distribution is authoritative; Opacus's PRV accountant has to agree."""

from __future__ import annotations

from engine.errors import GuaranteeNotMet
from engine.privacy.budget import Schedule
from engine.privacy.pld import pld_epsilon
from engine.privacy.rdp import rdp_epsilon

TOLERANCE = 0.01
"""Relative; beside it, the error that the PRV accountant adds to its own estimate."""

_PRV_ERROR = 0.001


def agreed_epsilon(schedule: Schedule, delta: float) -> dict[str, float]:
    """Returns epsilon of training by each accountant: ``pld``, ``prv`` (an upper bound, 0.001 wide) and ``rdp``.

    Raises:
        GuaranteeNotMet: If two independent implementations do not say the same.
    """
    constants = schedule.noise_multiplier, schedule.sample_rate, schedule.steps, delta
    pld, prv = pld_epsilon(*constants), prv_epsilon(*constants)
    if abs(prv - pld) > TOLERANCE * pld + 2 * _PRV_ERROR:
        raise GuaranteeNotMet(
            "two accountants disagree about epsilon", where=f"loss distribution {pld:.4g}, PRV {prv:.4g}",
            allowed=f"a difference of {TOLERANCE:.0%}", next="report this with the sample rate, steps and noise of the run")
    return {"pld": pld, "prv": prv, "rdp": rdp_epsilon(*constants)}


def prv_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Returns the upper bound of Opacus's PRV accountant (Gopi, Lee and Wutschitz 2021)."""
    from opacus.accountants import PRVAccountant  # noqa: PLC0415 - takes seconds to load

    accountant = PRVAccountant()
    accountant.history = [(noise_multiplier, sample_rate, steps)]
    return float(accountant.get_epsilon(delta, eps_error=_PRV_ERROR))
