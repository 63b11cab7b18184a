"""Calibration against the definition of differential privacy, outcome by outcome, and against published figures."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from engine.operators.calibration import (
    analytic_gaussian,
    discrete_delta,
    discrete_gaussian,
    grid,
    laplace,
    laplace_of,
)
from engine.operators.discrete import MOST

EPSILONS = st.sampled_from([0.1, 0.5, 1.0, 3.0])
DELTAS = st.sampled_from([1e-2, 1e-5, 1e-9])


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-3, 1e6), EPSILONS, DELTAS)
def test_the_gaussian_is_tight(sensitivity: float, epsilon: float, delta: float) -> None:
    scale = analytic_gaussian(sensitivity, epsilon, delta)
    cut = epsilon * scale / sensitivity - sensitivity / (2 * scale)  # where one density is e^epsilon times the other
    spent = stats.norm.sf(cut) - math.exp(epsilon) * stats.norm.sf(cut + sensitivity / scale)
    assert spent == pytest.approx(delta, rel=1e-3)
    classic = sensitivity * math.sqrt(2 * math.log(1.25 / delta)) / epsilon
    assert scale <= classic or epsilon > 1


def test_the_gaussian_by_integration() -> None:
    scale = analytic_gaussian(1.0, 1.0, 1e-3)
    def excess(at: float) -> float:
        return max(stats.norm.pdf(at, 1, scale) - math.e * stats.norm.pdf(at, 0, scale), 0)

    over, _ = integrate.quad(excess, -30, 40, limit=400)
    assert over == pytest.approx(1e-3, rel=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 30), EPSILONS, DELTAS)
def test_the_discrete_gaussian_holds(sensitivity: int, epsilon: float, delta: float) -> None:
    scale = discrete_gaussian(sensitivity, epsilon, delta)
    values = np.arange(-math.ceil(60 * scale), math.ceil(60 * scale) + sensitivity + 1, dtype=np.float64)
    one, other = (np.exp(-(values - at) ** 2 / (2 * scale**2)) for at in (0, sensitivity))
    over = np.maximum(one / one.sum() - math.exp(epsilon) * other / other.sum(), 0).sum()
    assert over <= delta * (1 + 1e-6)
    assert over == pytest.approx(discrete_delta(scale, sensitivity, epsilon), rel=1e-4, abs=1e-14)
    assert scale <= 1.1 * analytic_gaussian(sensitivity, epsilon, delta) + 0.2


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5000), st.floats(0.01, 10))
def test_discrete_laplace_loses_at_most_epsilon_from_bound_to_bound(sensitivity: int, epsilon: float) -> None:
    assert Fraction(sensitivity) / Fraction(laplace(sensitivity, epsilon)) <= Fraction(epsilon)


@pytest.mark.parametrize("deviation", [1e-3, 0.5, 1.0, 7.3, 4000.0])
def test_the_scale_of_a_deviation(deviation: float) -> None:
    scale = laplace_of(deviation)
    sizes = np.arange(0, math.ceil(80 * scale) + 3, dtype=np.float64)
    weights = np.exp(-sizes / scale)
    variance = 2 * (sizes**2 * weights).sum() / (2 * weights.sum() - 1)
    assert math.sqrt(variance) == pytest.approx(deviation, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.floats(1e-6, 1e9), st.sampled_from([None, 0, 2, 8]), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_grids_are_fine_beside_the_noise(spread: float, digits: int | None, lower: float, apart: float) -> None:
    on = grid(spread, digits=digits, lower=lower, upper=lower + apart)
    unit = Fraction(1, 10 ** (digits or 0))
    steps = Fraction(spread) / (on.step * unit)
    assert steps < 2 * MOST
    assert digits is None or (on.step.denominator == 1 and (on.step == 1 or steps >= MOST / 4))
    assert digits is not None or math.frexp(float(on.step))[0] == 0.5
    assert digits is not None or max(abs(on.lower), abs(on.upper)) <= 2**51
    assert abs(on.lower * on.step * unit - Fraction(str(lower))) <= on.step * unit / 2
