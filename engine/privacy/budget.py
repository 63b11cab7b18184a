"""Turns a policy's epsilon and delta into what each spend may use, and refuses what cannot be met."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import BudgetExceeded, PolicyError
from engine.privacy.pld import pld_epsilon
from schemas.policy import Synthesis

COUNT_SHARE = 0.02
"""Share of epsilon that estimating the number of units costs, where the policy does not state it."""

MOST_NOISE = 50.0
"""Largest noise multiplier that is accepted: beyond it a model learns nothing that a coin would not say."""

LEAST_NOISE = 0.3
"""Smallest noise multiplier that is used. Below it epsilon is no longer a claim worth making; what is left is not spent."""

HEADROOM = 0.002
"""Share of epsilon that is left unspent, so that the bound of a second accountant, its own error added, stays below it too."""

Accountant = Callable[[float, float, int, float], float]


@dataclass(frozen=True)
class Budget:
    """Epsilon, split. Delta goes to training whole: counting is pure epsilon.

    Attributes:
        training: Epsilon of DP-SGD.
        counting: Epsilon of the noisy count, 0 where the policy states the number of units.
        delta: Delta of DP-SGD.
    """

    training: float
    counting: float
    delta: float


@dataclass(frozen=True)
class Schedule:
    """DP-SGD's public constants. None of them is read off the private table.

    Attributes:
        noise_multiplier: Standard deviation of the noise over the clipping norm.
        sample_rate: Probability that a unit takes part in a step.
        steps: Number of steps.
        expected_batch: Units that a step takes part of on average; gradients are divided by it.
    """

    noise_multiplier: float
    sample_rate: float
    steps: int
    expected_batch: float


def split(synthesis: Synthesis) -> Budget:
    """Returns how ``synthesis.epsilon`` is spent. Spends add up (sequential composition)."""
    counting = 0.0 if synthesis.records else synthesis.epsilon * COUNT_SHARE
    return Budget(training=synthesis.epsilon - counting, counting=counting, delta=synthesis.delta)


def schedule(synthesis: Synthesis, units: int, budget: Budget) -> Schedule:
    """Returns sample rate, steps and calibrated noise for a table of ``units`` units.

    Args:
        synthesis: The policy's section.
        units: The public or privately estimated number of units; those held out included.
        budget: From ``split``.

    Raises:
        PolicyError: If delta is no promise for so many units, or nothing is left to train on.
        BudgetExceeded: If epsilon cannot be met by any sensible noise.
    """
    trained = units * (1 - synthesis.holdout)
    if trained < 1:
        raise PolicyError(
            "nothing is left to train on", where=f"synthesis: about {max(units, 0)} units, holdout {synthesis.holdout:.0%}",
            allowed="at least one unit in training", next="lower synthesis.holdout, or give more data",
        )
    if budget.delta > 1 / units:
        raise PolicyError(
            "delta is no promise: a mechanism that publishes one unit in full would meet it", where="synthesis.delta",
            allowed=f"at most 1/{units}, one over the number of units; a tenth of that is usual",
            next=f"give synthesis.delta: {10 ** math.floor(math.log10(0.1 / units)):.0e} or less",
        )
    rate = min(1.0, synthesis.batch / trained)
    steps = max(1, math.ceil(synthesis.epochs / rate))
    noise = calibrate(budget.training * (1 - HEADROOM), budget.delta, rate, steps)
    return Schedule(noise_multiplier=noise, sample_rate=rate, steps=steps, expected_batch=rate * trained)


def calibrate(
    epsilon: float, delta: float, sample_rate: float, steps: int, accountant: Accountant = pld_epsilon, *, slack: float = 2e-3,
) -> float:
    """Returns a noise multiplier that spends at most ``epsilon``, and hardly less.

    Regula falsi on logarithms: epsilon falls as noise grows. The answer is always on the safe side.

    Args:
        epsilon: What may be spent.
        delta: At which delta.
        sample_rate: Probability that a unit takes part in a step.
        steps: Number of steps.
        accountant: (noise multiplier, sample rate, steps, delta) → epsilon.
        slack: Relative width at which the search stops.

    Raises:
        BudgetExceeded: If even ``MOST_NOISE`` spends more.
    """
    if accountant(MOST_NOISE, sample_rate, steps, delta) > epsilon:
        raise BudgetExceeded(
            "epsilon is too small for this much training", where="synthesis",
            allowed=f"a noise multiplier up to {MOST_NOISE:g}; this would need more",
            next="raise synthesis.epsilon, or lower synthesis.epochs or synthesis.batch",
        )

    def spent(noise: float) -> float:
        return accountant(noise, sample_rate, steps, delta)

    low, high, above, below = _bracket(spent, epsilon)
    while high / low > 1 + slack:
        share = math.log(above / epsilon) / math.log(above / below)
        middle = low * (high / low) ** min(max(share, 0.0) * 0.98 + 0.02, 0.98)
        found = spent(middle)
        if found <= epsilon:
            high, below = middle, found
            if below > epsilon * (1 - slack):
                break
        else:
            low, above = middle, found
    return high


def _bracket(spent: Callable[[float], float], epsilon: float) -> tuple[float, float, float, float]:
    """Returns a noise multiplier that spends too much, one that does not, and what the two spend."""
    noise, found = 1.0, spent(1.0)
    if found > epsilon:
        while found > epsilon:
            low, above = noise, found
            noise = min(MOST_NOISE, noise * 1.5)
            found = spent(noise)
        return low, noise, above, found
    while found <= epsilon and noise > LEAST_NOISE:
        high, below = noise, found
        noise = max(LEAST_NOISE, noise / 1.3)
        found = spent(noise)
    return (noise, high, found, below) if found > epsilon else (noise, noise, found, found)
