"""Mechanisms that release a number or a choice. Exact: integers and fractions only, entropy from the operating system.

Floating-point noise leaks through its low bits (Mironov 2012), and a seeded generator can be replayed. Neither is used
here: a sample is drawn from its distribution exactly, with the algorithms of Canonne, Kamath and Steinke (2020), "The
Discrete Gaussian for Differential Privacy".
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from fractions import Fraction

from engine.privacy.limits import all_exactly, exactly, fraction_of


def discrete_laplace(scale: Fraction) -> int:
    """Returns an integer z with probability proportional to exp(-|z| / scale).

    Algorithm 2 of Canonne, Kamath and Steinke (2020).

    Args:
        scale: Positive; sensitivity over epsilon.

    Raises:
        ValueError: If ``scale`` is not positive.
    """
    scale = _positive("the scale of the discrete Laplace distribution", scale)
    whole, part = scale.numerator, scale.denominator
    while True:
        remainder = secrets.randbelow(whole)
        if not _bernoulli_exp(Fraction(remainder, whole)):
            continue
        quotient = 0
        while _bernoulli_exp(Fraction(1)):
            quotient += 1
        magnitude = (remainder + whole * quotient) // part
        negative = bool(secrets.randbelow(2))
        if not (negative and magnitude == 0):
            return -magnitude if negative else magnitude


def noisy_count(count: int, epsilon: float | Fraction) -> int:
    """Returns ``count`` with noise: epsilon-differentially private where one unit changes it by one at most.

    The result can be below zero. Its standard deviation is about 1.41 / epsilon.

    Raises:
        ValueError: If ``epsilon`` is not positive and finite, or ``count`` not whole.
    """
    return exactly("a count", count) + discrete_laplace(1 / _positive("epsilon", epsilon))


def permute_and_flip(scores: Sequence[int], rate: Fraction) -> int:
    """Returns the place of a high score: (rate times sensitivity)-differentially private where more rows never lower a score.

    McKenna and Sheldon (2020), "Permute-and-Flip: A new mechanism for differentially private selection", algorithm 1: in random
    order, a score is taken with probability exp(rate (score - best)). It is report-noisy-max with exponential noise (Ding et al.
    2021), of which scores that rise together need half the noise.

    Args:
        scores: Whole numbers, one at least.
        rate: Epsilon over sensitivity.

    Raises:
        ValueError: If ``rate`` is not positive, or there are no scores, or they are not whole.
    """
    rate = _positive("the rate", rate)
    scores = all_exactly("scores", scores)
    best, order = max(scores), list(range(len(scores)))
    secrets.SystemRandom().shuffle(order)
    return next(place for place in order if _flipped(rate * (best - scores[place])))


def exponential(scores: Sequence[int], rate: Fraction) -> int:
    """Returns the place of a high score, each with a probability proportional to exp(rate score).

    McSherry and Talwar (2007), "Mechanism Design via Differential Privacy", by rejection: (2 rate sensitivity)-differentially
    private, or half of that where more rows never lower a score.

    Args:
        scores: Whole numbers, one at least.
        rate: Positive.

    Raises:
        ValueError: If it is not, or there are no scores, or they are not whole.
    """
    rate = _positive("the rate", rate)
    scores = all_exactly("scores", scores)
    best = max(scores)
    while True:
        place = secrets.randbelow(len(scores))
        if _flipped(rate * (best - scores[place])):
            return place


def _positive(what: str, value: float | Fraction) -> Fraction:
    if not 0 < value < math.inf:
        raise ValueError(f"{what} is positive and finite")
    return fraction_of(value)


def _flipped(gamma: Fraction) -> bool:
    """Returns true with probability exp(-gamma), for 0 <= gamma."""
    return all(_bernoulli_exp(Fraction(1)) for _ in range(int(gamma))) and _bernoulli_exp(gamma % 1)


def _bernoulli_exp(gamma: Fraction) -> bool:
    """Returns true with probability exp(-gamma), for 0 <= gamma <= 1. Algorithm 1 of the same paper."""
    trials = 1
    while _bernoulli(gamma / trials):
        trials += 1
    return trials % 2 == 1


def _bernoulli(chance: Fraction) -> bool:
    return secrets.randbelow(chance.denominator) < chance.numerator
