"""zCDP's conversions against a fine search, the known bound, and what Gaussian noise really costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.privacy.zcdp import delta_of, epsilon_of, rho_of
from tests.benchmarks.mechanism_proofs import gaussian_delta

RHOS, DELTAS = st.floats(1e-6, 20), st.sampled_from([1e-12, 1e-6, 1e-3, 0.1])


@given(RHOS, st.floats(0.01, 30))
def test_delta_is_the_least_over_all_orders(rho, epsilon):
    """Corollary 13 of Canonne, Kamath and Steinke (2020), by trying a hundred thousand orders."""
    less = np.exp(np.linspace(-15, 15, 100_001))
    tried = less * ((1 + less) * rho - epsilon) - np.log(less) + (1 + less) * np.log1p(-1 / (1 + less))
    assert delta_of(rho, epsilon) == pytest.approx(min(1.0, math.exp(min(0, tried.min()))), rel=1e-6)


@pytest.mark.slow
@given(RHOS, DELTAS)
def test_conversions_are_each_others_inverse(rho, delta):
    epsilon = epsilon_of(rho, delta)
    assert delta_of(rho, epsilon) <= delta
    assume(epsilon > rho)  # delta alone pays for less
    assert rho_of(epsilon, delta) == pytest.approx(rho, rel=1e-6)
    assert delta_of(rho_of(epsilon, delta), epsilon) <= delta
    assert epsilon <= rho + 2 * math.sqrt(rho * math.log(1 / delta)) + 1e-9  # Bun and Steinke 2016, proposition 1.3


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 1e-6), (3, 1e-5)])
def test_gaussian_noise_keeps_what_was_converted(epsilon, delta):
    """Exactly, by the definition of delta; and the conversion gives away a seventh of the noise at most."""
    sigma = 7 / math.sqrt(2 * rho_of(epsilon, delta))
    assert gaussian_delta(sigma, 7, epsilon) <= delta
    assert gaussian_delta(sigma * 6 / 7, 7, epsilon) > delta
