"""Turns a policy's epsilon and delta into what each spend may use, and refuses what cannot be met."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.errors import BudgetExceeded, PolicyError
from engine.privacy.accounting import epsilon_of
from engine.privacy.keys import KeySelection
from engine.privacy.pld import pld_epsilon
from schemas.dp_events import DiscreteLaplace, Event, SampledGaussian, TruncatedSampledGaussian
from schemas.policy import Synthesis

COUNT_SHARE = 0.02
"""Share of epsilon that estimating the number of units costs, where the policy does not state it."""

NAMING_SHARE = 0.1
"""Share of epsilon and of delta that naming the values of columns costs, where a column has no public domain."""

MOST_STEPS = 1_000_000
"""Steps of a training, at most: accountants and journals are made for so many, and a policy that asks for more has a slip."""

MOST_NOISE = 50.0
"""Largest noise multiplier that is accepted: beyond it a model learns nothing that a coin would not say."""

LEAST_NOISE = 0.3
"""Smallest noise multiplier that is used. Below it epsilon is no longer a claim worth making; what is left is not spent."""

HEADROOM = 0.002
"""Share of epsilon that is left unspent, so that the bound of a second accountant, its own error added, stays below it too."""

Accountant = Callable[[float, float, int, float], float]


@dataclass(frozen=True)
class Budget:
    """Epsilon and delta, split.

    Attributes:
        training: Epsilon of DP-SGD.
        counting: Epsilon of the noisy count, 0 where the policy states the number of units. It needs no delta.
        delta: Delta of DP-SGD.
        naming: What selects the values that columns without a public domain may have; None where there is no such column.
    """

    training: float
    counting: float
    delta: float
    naming: KeySelection | None = None

    @property
    def named(self) -> tuple[float, float]:
        """Epsilon and delta of naming values, all of it."""
        chosen = self.naming
        return (chosen.epsilon * chosen.groups, chosen.delta * chosen.groups) if chosen else (0.0, 0.0)

    def beside(self) -> tuple[Event, ...]:
        """Returns what is drawn before training begins: the number of units, and names of values."""
        count = (DiscreteLaplace(rate=self.counting, sensitivity=1),) if self.counting else ()
        return (*count, *(self.naming.events if self.naming else ()))


@dataclass(frozen=True)
class Schedule:
    """DP-SGD's public constants. None of them is read off the private table.

    Attributes:
        noise_multiplier: Standard deviation of the noise over the clipping norm.
        sample_rate: Probability that a unit takes part in a step.
        steps: Number of steps.
        expected_batch: Units that take part in a step on average; gradients are divided by it.
        most: Units of a step at most; None for no bound.
        units: Units of the table, at most, where ``most`` bounds a step: who is cut off depends on how many others there are.
    """

    noise_multiplier: float
    sample_rate: float
    steps: int
    expected_batch: float
    most: int | None = None
    units: int = 0

    def events(self, steps: int) -> tuple[Event, ...]:
        """Returns what so many steps are."""
        if not steps:
            return ()
        if self.most is None:
            return (SampledGaussian(noise_multiplier=self.noise_multiplier, sample_rate=self.sample_rate, count=steps),)
        return (TruncatedSampledGaussian(noise_multiplier=self.noise_multiplier, sample_rate=self.sample_rate, most=self.most,
                                         units=self.units, count=steps),)


def split(synthesis: Synthesis, columns: int = 0) -> Budget:
    """Returns how ``synthesis.epsilon`` and ``synthesis.delta`` are spent. Spends add up (sequential composition).

    Args:
        synthesis: The policy's section.
        columns: How many have to have their values named. Of each, as many values count for a unit as it has rows at most.
    """
    counting = 0.0 if synthesis.records else synthesis.epsilon * COUNT_SHARE
    if not columns:
        return Budget(synthesis.epsilon - counting, counting, synthesis.delta)
    groups = columns * (synthesis.max_rows_per_subject if synthesis.unit == "subject" else 1)
    naming = KeySelection(synthesis.epsilon * NAMING_SHARE / groups, synthesis.delta * NAMING_SHARE / groups, groups)
    return Budget(synthesis.epsilon * (1 - NAMING_SHARE) - counting, counting, synthesis.delta * (1 - NAMING_SHARE), naming)


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
    if synthesis.delta > 1 / units:
        raise PolicyError(
            "delta is no promise: a mechanism that publishes one unit in full would meet it", where="synthesis.delta",
            allowed=f"at most 1/{units}, one over the number of units; a tenth of that is usual",
            next=f"give synthesis.delta: {10 ** math.floor(math.log10(0.1 / units)):.0e} or less",
        )
    rate = min(1.0, synthesis.batch / trained)
    if synthesis.epochs > rate * MOST_STEPS:
        raise PolicyError(
            "so many steps are a slip", where=f"synthesis: {synthesis.epochs / rate:.3g} steps, epochs over the sample rate",
            allowed=f"{MOST_STEPS:,}", next="lower synthesis.epochs, or raise synthesis.batch")
    steps = max(1, math.ceil(synthesis.epochs / rate))
    target, most = budget.training * (1 - HEADROOM), synthesis.largest_batch
    plan = Schedule(calibrate(target, budget.delta, rate, steps), rate, steps, expected_batch=rate * trained, most=most,
                    units=0 if most is None else units)
    return plan if most is None else _louder(plan, target, budget.delta)


def _louder(plan: Schedule, target: float, delta: float) -> Schedule:
    """Returns the plan with so much more noise, if any, that steps of bounded samples keep to ``target``.

    Raises:
        PolicyError: If samples are cut so often that no sensible noise is enough.
    """
    def spent(noise: float, sample_rate: float, steps: int, delta: float) -> float:
        return epsilon_of(replace(plan, noise_multiplier=noise, sample_rate=sample_rate).events(steps), delta)

    if spent(plan.noise_multiplier, plan.sample_rate, plan.steps, delta) <= target:
        return plan
    try:
        return replace(plan, noise_multiplier=calibrate(target, delta, plan.sample_rate, plan.steps, spent))
    except BudgetExceeded:
        mean = plan.sample_rate * plan.units
        enough = math.ceil(mean + 6 * math.sqrt(mean))
        raise PolicyError("samples would be cut so often that no noise hides who is in them", where="synthesis.largest_batch",
                          allowed="a number that a sample hardly ever exceeds", next=f"say {enough} or more") from None


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
