"""What guesses about who took part prove about epsilon: lower bounds, from one run of a mechanism.

Many canaries are each in or out by a fair coin of their own. Whoever guesses coins from what a mechanism released is right no
more often than the claim allows, so that being right more often refutes it. Three ways to say how often that is:

- of one (ε, δ) and nothing else: Steinke, Nasr and Jagielski (2023), "Privacy Auditing with One (1) Training Run";
- of a whole curve: Mahloujifar, Melis and Chaudhuri (2024), "Auditing f-Differential Privacy in One Run";
- of many steps with noise of their own, by wagers: each step is a run, so that chance evens out step by step and not only canary
  by canary (Shafer 2021, "Testing by Betting"; Waudby-Smith and Ramdas 2024).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from engine.privacy.curves import Curve

MOST = 64.0
"""Largest bound that is looked for."""

_WIDTH = 1e-3
_PARTS = (3, 5, 10, 20, 50, 250, 1250)
_STAKES = np.arange(1, 20) / 20


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
    tried = counted(scores, present)
    apart = 1 - (1 - confidence) / len(tried)
    return max((epsilon_at_least(len(scores), guesses, right, delta, apart), guesses, right) for guesses, right in tried)


def counted(scores: npt.NDArray[np.float64], present: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Returns several numbers of guesses, fewer of them and surer ones, and how many of each are right; last, if all are guessed.

    The highest scores are guessed to have been there: alone, for who was in a table and in no step of it looks like who was not;
    and with as many lowest ones, which are guessed not to have been. All are guessed by where scores fall apart.
    """
    order, found, number = np.argsort(scores, kind="stable"), [], len(scores)
    for some in sorted({number // part for part in _PARTS} - {0}):
        high = int(present[order[-some:]].sum())
        found += [(some, high), (2 * some, high + int((~present[order[:some]]).sum()))]
    apart = _apart(scores[order])
    return [*found, (number, int(present[order[apart:]].sum() + (~present[order[:apart]]).sum()))]


def _apart(rising: npt.NDArray[np.float64]) -> int:
    """Returns how many of the scores are low, if they are two heaps: the means of both differ most (Otsu 1979)."""
    low = np.arange(1, len(rising))
    if not len(low):
        return 0
    distance = np.cumsum(rising - rising.mean())[:-1] ** 2 / (low * (len(rising) - low))
    return int(low[distance.argmax()])


def contradicts(curve: Curve, canaries: int, guesses: int, right: int, chance: float) -> bool:
    """Returns whether no mechanism on the curve lets so many guesses be right with probability ``chance`` or more.

    With p_j the probability that j guesses are right and any i: those that are right are Σ_(j≥i) j p_j of the canaries on
    average; with each such coin turned over they are wrong, one of Σ_(j≥i-1) (guesses - j) p_j; and the curve bounds the one
    by the other (the paper's Theorem 7, and its Section 4 for guesses that abstain). Going down from ``right`` gives the least
    that all p_j are together; above 1 there is no such mechanism.

    Args:
        curve: What is claimed.
        canaries: All of them.
        guesses: Coins that were guessed.
        right: Guesses that were right.
        chance: That a mechanism on the curve is contradicted.
    """
    rightly, wrongly = chance * right / canaries, chance * (guesses - right) / canaries
    for fewer in range(right - 1, -1, -1):
        more = max(wrongly, curve.least(rightly))
        rightly += fewer / (guesses - fewer) * (more - wrongly)
        wrongly = more
        if rightly + wrongly > guesses / canaries:
            return True
    return False


def contradicted(curve: Curve, scores: npt.NDArray[np.float64], present: npt.NDArray[np.bool_], chance: float) -> bool:
    """Returns whether one of several numbers of guesses contradicts the curve; in vain with ``chance`` at most.

    Half of the chance is for all coins guessed, which sees most where little is hidden; the surest guesses share the other half.
    """
    *some, every = counted(scores, present)
    shared = [(guessed, chance / 2 / len(some)) for guessed in some]
    return any(contradicts(curve, len(scores), *guessed, apart) for guessed, apart in [(every, chance / 2), *shared])


def lost(right_at_most: float, shares: npt.NDArray[np.float64], chance: float) -> bool:
    """Returns whether a gambler, who bets at fair odds that more is right than is claimed, becomes 1 / ``chance`` times as rich.

    If the share of right guesses of a step is ``right_at_most`` on average, whatever came before, that has probability
    ``chance`` at most (Ville 1939). He splits his money over several stakes and never plays it all.

    Args:
        right_at_most: Share that is right on average, at most.
        shares: What was right, step by step, each 0 to 1.
        chance: That he becomes rich in vain.
    """
    growth = np.log1p((_STAKES / right_at_most)[:, None] * (shares - right_at_most)).cumsum(axis=1)
    wealth = np.logaddexp.reduce(growth, axis=0) - math.log(len(_STAKES))
    return bool(wealth.max(initial=-math.inf) >= -math.log(chance))


def _binomial(times: int, probability: float) -> npt.NDArray[np.float64]:
    """Returns the probability of 0, 1, …, ``times`` successes."""
    if probability >= 1:
        return np.append(np.zeros(times), 1.0)
    successes = np.arange(times + 1)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, times + 1)))])
    logs = factorial[-1] - factorial - factorial[::-1] + successes * math.log(probability)
    return np.asarray(np.exp(logs + (times - successes) * math.log1p(-probability)))
