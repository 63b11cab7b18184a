"""What guesses about who took part prove about epsilon: lower bounds, from one run of a mechanism.

Steinke, Nasr and Jagielski (2023), "Privacy Auditing with One (1) Training Run": many canaries are each in or out by a fair coin
of their own. Whoever guesses coins from what a mechanism released is right no more often than the claim allows, so that being
right more often refutes it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

MOST = 64.0
"""Largest bound that is looked for."""

_WIDTH = 1e-3


def chance(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """Returns how likely it is at most that so many guesses are right, if the mechanism is (epsilon, delta)-private.

    Theorem 5.2 of the paper: the number of right guesses is dominated by a binomial one with probability e^ε / (1 + e^ε), up to
    a part that delta allows.

    Args:
        canaries: All of them.
        guesses: Coins that were guessed; one may abstain from the others.
        right: Guesses that were right.
        epsilon: Of the claim.
        delta: Of the claim.
    """
    mass = _binomial(guesses, 1 / (1 + math.exp(-epsilon)))
    more = float(mass[right:].sum())
    below = np.cumsum(mass[:right][::-1])
    worst = float((below / np.arange(1, right + 1)).max(initial=0.0))
    return min(1.0, more + 2 * canaries * delta * worst)


def epsilon_at_least(canaries: int, guesses: int, right: int, delta: float, confidence: float) -> float:
    """Returns the largest epsilon that is refuted: no (epsilon, delta)-private mechanism lets one guess so well, but by chance.

    Args:
        canaries: All of them.
        guesses: Coins that were guessed.
        right: Guesses that were right.
        delta: Of the claim.
        confidence: One less how likely a bound above the truth may be.
    """
    low, high = 0.0, MOST
    if chance(canaries, guesses, right, low, delta) > 1 - confidence:
        return 0.0
    while high - low > _WIDTH:
        middle = (low + high) / 2
        low, high = (middle, high) if chance(canaries, guesses, right, middle, delta) <= 1 - confidence else (low, middle)
    return low


def best_bound(
    scores: npt.NDArray[np.float64], present: npt.NDArray[np.bool_], delta: float, confidence: float,
) -> tuple[float, int, int]:
    """Returns the best bound of several numbers of guesses, which share the chance of being wrong; guesses; and right ones.

    Args:
        scores: Of each canary, or of each in each step: higher, if it seems to have been there.
        present: Whether it was.
        delta: Of the claim.
        confidence: Of the bound.
    """
    order, number = np.argsort(scores, kind="stable"), len(scores)
    sizes = sorted({max(1, number // part) for part in (2, 5, 10, 50, 250, 1250)})
    apart = 1 - (1 - confidence) / len(sizes)
    found = []
    for half in sizes:
        right = int(present[order[-half:]].sum() + (~present[order[:half]]).sum())
        found.append((epsilon_at_least(number, 2 * half, right, delta, apart), 2 * half, right))
    return max(found)


def _binomial(times: int, probability: float) -> npt.NDArray[np.float64]:
    """Returns the probability of 0, 1, …, ``times`` successes."""
    if probability >= 1:
        return np.append(np.zeros(times), 1.0)
    successes = np.arange(times + 1)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, times + 1)))])
    logs = factorial[-1] - factorial - factorial[::-1] + successes * math.log(probability)
    return np.asarray(np.exp(logs + (times - successes) * math.log1p(-probability)))
