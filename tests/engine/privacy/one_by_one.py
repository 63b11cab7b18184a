"""A sampler as its paper has it, in fractions and one draw at a time: what faster ones are held against."""

from __future__ import annotations

import math
from fractions import Fraction

from engine.privacy.mechanisms import _flipped, discrete_laplace


def discrete_gaussian(variance: Fraction) -> int:
    """Returns an integer z with probability proportional to exp(-z² / (2 variance)).

    Algorithm 3 of Canonne, Kamath and Steinke (2020).

    Args:
        variance: Positive; the square of sigma.
    """
    scale = math.isqrt(math.floor(variance)) + 1
    while True:
        proposed = discrete_laplace(Fraction(scale))
        if _flipped((abs(proposed) - variance / scale) ** 2 / (2 * variance)):
            return proposed
