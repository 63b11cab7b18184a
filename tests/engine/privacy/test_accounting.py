"""The loss distribution against closed forms, Rényi's bound, itself and published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy.pld import LossDistribution, pld_epsilon, subsampled_gaussian
from tests.engine.privacy.rdp import rdp_epsilon, rdp_step


def _gaussian_delta(sigma: float, epsilon: float) -> float:
    """The exact delta of the Gaussian mechanism (Balle and Wang 2018, Theorem 8)."""
    below = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))
    return below(1 / (2 * sigma) - epsilon * sigma) - math.exp(epsilon) * below(-1 / (2 * sigma) - epsilon * sigma)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.8, 2.0, 20.0])
@pytest.mark.parametrize("steps", [1, 7, 200])
def test_gaussian_composition_is_a_gaussian(sigma, steps):
    """Without subsampling, n steps are one Gaussian with noise sigma / sqrt(n): a closed form."""
    delta = 1e-6
    found = pld_epsilon(sigma, 1.0, steps, delta)
    together = sigma / math.sqrt(steps)
    assert _gaussian_delta(together, found) <= delta
    assert _gaussian_delta(together, max(0.0, found - 2e-3 - 1e-3 * found)) > delta or found == 0


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["add", "remove"])
@pytest.mark.parametrize(("sigma", "rate"), [(0.5, 0.3), (1.0, 0.01), (2.0, 0.9)])
def test_one_step_agrees_with_numeric_integration(sigma, rate, direction):
    x = np.linspace(-12 * sigma, 1 + 12 * sigma, 2_000_001)
    normal = lambda mean: np.exp(-((x - mean) ** 2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    still, mixture = normal(0), (1 - rate) * normal(0) + rate * normal(1)
    upper, lower = (mixture, still) if direction == "remove" else (still, mixture)
    step = subsampled_gaussian(sigma, rate, direction, tail=1e-12)
    assert step.mass.sum() + step.infinite == pytest.approx(1, abs=1e-9)
    for epsilon in (0.05, 0.2, 0.5):
        truth = np.trapezoid(np.maximum(upper - math.exp(epsilon) * lower, 0), x)
        loss = (step.first + np.arange(len(step.mass))) * step.width
        above = loss > epsilon
        found = step.infinite + (step.mass[above] * -np.expm1(epsilon - loss[above])).sum()
        assert truth - 1e-9 <= found <= truth + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "rate", "steps", "delta", "prv"), [
    (1.0, 0.01, 1000, 1e-5, 1.8282), (0.75, 512 / 39073, 763, 1e-5, 4.3802), (1.1, 256 / 60000, 14000, 1e-5, 2.3758),
    (0.6, 0.02, 400, 1e-6, 10.9306), (2.0, 0.5, 20, 1e-5, 5.6895), (10.0, 0.01, 1000, 1e-5, 0.0978),
])
def test_agrees_with_the_prv_accountant_and_is_below_renyi(sigma, rate, steps, delta, prv):
    """``prv`` is the estimate (between its own bounds, 0.01 away each) of Opacus 1.6's PRV accountant."""
    found = pld_epsilon(sigma, rate, steps, delta)
    assert found == pytest.approx(prv, rel=1e-3, abs=2e-4)
    assert found < rdp_epsilon(sigma, rate, steps, delta)


def test_the_mnist_tutorial_of_tensorflow_privacy():
    """Noise 1.1, batch 256 of 60,000, 60 epochs, delta 1e-5: 'epsilon 3.01' with the older conversion, 2.60 with this one."""
    assert rdp_epsilon(1.1, 256 / 60_000, 60 * 60_000 // 256, 1e-5) == pytest.approx(2.59, abs=0.03)


@pytest.mark.parametrize("order", [2, 3, 8, 32])
def test_renyi_step_agrees_with_numeric_integration(order):
    sigma, rate = 1.3, 0.05
    x = np.linspace(-30, 60, 2_000_001)
    log_ratio = np.log1p(rate * np.expm1((2 * x - 1) / (2 * sigma**2)))
    log_density = -(x**2) / (2 * sigma**2) - math.log(sigma * math.sqrt(2 * math.pi))
    truth = math.log(np.trapezoid(np.exp(log_density + order * log_ratio), x)) / (order - 1)
    assert rdp_step(sigma, rate, order) == pytest.approx(truth, rel=1e-5)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(sigma=st.floats(0.9, 5), rate=st.floats(0.005, 1), steps=st.integers(1, 60))
def test_more_noise_is_more_private_and_more_steps_less(sigma, rate, steps):
    here = pld_epsilon(sigma, rate, steps, 1e-5)
    assert pld_epsilon(sigma * 1.2, rate, steps, 1e-5) <= here + 1e-9
    assert pld_epsilon(sigma, rate, steps + steps // 5 + 1, 1e-5) >= here - 1e-9
    assert here <= rdp_epsilon(sigma, rate, steps, 1e-5) + 1e-3


def test_composition_by_transform_agrees_with_direct_convolution():
    rng = np.random.default_rng(5)
    one = LossDistribution(0.01, -20, rng.dirichlet(np.ones(60)) * 0.999, 0.001)
    direct = one.mass
    for _ in range(3):
        direct = np.convolve(direct, one.mass)
    found = one.composed(4, 1e-12)
    start = 4 * one.first - found.first
    overlap = np.zeros(len(found.mass))
    low, high = max(0, start), min(len(overlap), start + len(direct))
    overlap[low:high] = direct[low - start : high - start]
    assert np.abs(found.mass - overlap).max() < 1e-10
    assert found.infinite == pytest.approx(1 - 0.999**4, abs=1e-9)


def test_no_epsilon_reaches_a_delta_below_the_infinite_mass():
    assert LossDistribution(0.1, 0, np.array([0.5, 0.4]), 0.1).epsilon(0.05) == math.inf


def test_so_large_an_epsilon_is_no_promise():
    assert LossDistribution(1.0, 590, np.full(20, 0.05), 0.0).epsilon(1e-6) == math.inf
