"""What scale of noise a sensitivity, an epsilon and a delta ask for, and on which grid noise is drawn.

Noise that is keyed carries no such guarantee: it is a function, not a fresh draw. The figures say how strong it is compared to
noise that would (``docs/adr/022-numbers-rounded-cut-and-noised.md``).
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from engine.operators.discrete import MOST

_HALVINGS = 200
_TAIL = 40  # standard deviations, after which nothing is left in a double
_MOST_STEPS = 2**51  # that a bound of floats may be from 0: such steps are exact in doubles


class Grid(NamedTuple):
    """Where noise is drawn: values and results are whole numbers of ``step``.

    Attributes:
        step: A power of two for floats; a whole number of the last digit of integers and decimals, in that digit.
        lower: The lower bound in steps; None where values are not bounded.
        upper: The upper bound in steps.
    """

    step: Fraction
    lower: int | None = None
    upper: int | None = None


def grid(spread: float, *, digits: int | None, lower: float | None = None, upper: float | None = None) -> Grid:
    """Returns the grid for noise of about a scale: fine enough that nobody notices, coarse enough to list every outcome.

    Args:
        spread: Scale of the noise, in the unit of the column.
        digits: How many digits an exact type has after the point; None for floats.
        lower: Values below become this one.
        upper: Values above become this one.
    """
    unit = Fraction(1) if digits is None else Fraction(1, 10**digits)
    coarser = math.frexp(float(Fraction(spread) / unit))[1] - (MOST.bit_length() - 1)
    if digits is None and lower is not None and upper is not None:
        coarser = max(coarser, math.frexp(max(abs(lower), abs(upper)) / _MOST_STEPS)[1])
    steps = Fraction(2) ** (coarser if digits is None else max(coarser, 0))
    bounds = [None if bound is None else math.floor(Fraction(str(bound)) / (steps * unit) + Fraction(1, 2))
              for bound in (lower, upper)]
    return Grid(steps, *bounds)


def laplace_of(deviation: float) -> float:
    """Returns the scale at which the discrete Laplace distribution has a standard deviation, both in steps.

    With q = exp(-1 / scale) the variance is 2q / (1 - q)² (Inusah and Kozubowski 2006, "A discrete analogue of the Laplace
    distribution").
    """
    inverse = 1 / deviation**2
    return 1 / math.log1p(inverse + math.sqrt(inverse * (inverse + 2)))


def laplace(sensitivity: float, epsilon: float) -> float:
    """Returns the scale of Laplace noise that is epsilon-differentially private: sensitivity / epsilon, rounded up."""
    return math.nextafter(sensitivity / epsilon, math.inf)


def analytic_gaussian(sensitivity: float, epsilon: float, delta: float) -> float:
    """Returns the smallest standard deviation of Gaussian noise that is (epsilon, delta)-differentially private.

    Source: Balle and Wang (2018), "Improving the Gaussian Mechanism for Differential Privacy", theorem 8: exact, for every
    epsilon, where the classic bound asks for more and holds below 1 alone.
    """
    low, high = 0.0, 1.0
    while _gaussian_delta(high, epsilon) > delta:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _gaussian_delta(middle, epsilon) > delta else (low, middle)
    return sensitivity * high


def discrete_gaussian(sensitivity: int, epsilon: float, delta: float) -> float:
    """Returns a scale of discrete Gaussian noise that is (epsilon, delta)-differentially private.

    It starts from ``analytic_gaussian``, from which it differs where a step is not small beside the scale.

    Args:
        sensitivity: In steps, above 0.
        epsilon: Above 0.
        delta: Between 0 and 1.
    """
    scale, more = _rounded_up(analytic_gaussian(sensitivity, epsilon, delta)), 1e-6
    while discrete_delta(scale, sensitivity, epsilon) > delta:
        scale, more = _rounded_up(scale * (1 + more)), 2 * more
    return scale


def discrete_delta(scale: float, sensitivity: int, epsilon: float) -> float:
    """Returns the delta of discrete Gaussian noise at an epsilon.

    Source: Canonne, Kamath and Steinke (2020), theorem 7.
    """
    reach = math.ceil(_TAIL * scale) + sensitivity
    weights = np.exp(-np.arange(-reach, reach + 1, dtype=np.float64) ** 2 / (2 * scale**2))

    def above(bound: float) -> float:
        first = min(max(math.floor(bound) + 1 + reach, 0), len(weights))
        return float(weights[first:].sum() / weights.sum())

    middle = epsilon * scale**2 / sensitivity
    return above(middle - sensitivity / 2) - math.exp(epsilon) * above(middle + sensitivity / 2)


def _gaussian_delta(deviation: float, epsilon: float) -> float:
    """Delta of Gaussian noise for a sensitivity of 1."""
    return _normal(0.5 / deviation - epsilon * deviation) - math.exp(epsilon) * _normal(-0.5 / deviation - epsilon * deviation)


def _normal(bound: float) -> float:
    """The standard normal distribution function."""
    return math.erfc(-bound / math.sqrt(2)) / 2


def _rounded_up(scale: float) -> float:
    """Returns a number with seven significant digits, so that a last bit of exp() does not show in a plan."""
    number = Decimal(scale)
    place = Decimal(1).scaleb(number.adjusted() - 6)
    return float((number / place).to_integral_value("ROUND_CEILING") * place)
