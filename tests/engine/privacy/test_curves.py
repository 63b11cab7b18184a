"""A curve says of two neighbours what normal tables and the accountant say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.privacy.curves import Curve, least_noise
from engine.privacy.pld import pld_epsilon

PROBABILITIES = (1e-6, 1e-3, 0.01, 0.2, 0.5, 0.9, 0.999)


def exact(probability, reach):
    """The best test of N(0, 1) against N(reach, 1)."""
    return stats.norm.cdf(stats.norm.ppf(probability) - reach)


@pytest.mark.parametrize("noise", [0.4, 1.0, 3.0])
def test_normal_noise_is_told_as_the_best_test_has_it(noise):
    curve = Curve.gaussian(noise)
    for probability in PROBABILITIES:
        assert curve.least(probability) == pytest.approx(exact(probability, 1 / noise), rel=2e-3, abs=1e-9)
        assert curve.least(probability) <= exact(probability, 1 / noise) * (1 + 1e-9), "never more than is true"
    assert curve.right_at_most == pytest.approx(stats.norm.cdf(0.5 / noise))


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_the_loss_distribution_of_one_whole_step_is_normal_noise(noise):
    one, other = Curve.sampled(noise, 1.0, 1), Curve.gaussian(noise)
    for probability in PROBABILITIES:
        assert one.least(probability) == pytest.approx(other.least(probability), rel=5e-3, abs=1e-8)


def test_a_sampled_step_is_told_for_both_orders():
    """Brute force: the mixture against its centre, cut at each threshold, in both orders."""
    noise, rate = 0.8, 0.2
    curve, cuts = Curve.sampled(noise, rate, 1), np.linspace(-6, 8, 400)
    still = stats.norm.sf(cuts, 0, noise)
    mixture = (1 - rate) * still + rate * stats.norm.sf(cuts, 1, noise)
    for one, other in ((mixture, still), (still, mixture), (1 - mixture, 1 - still), (1 - still, 1 - mixture)):
        for likely, there in zip(one, other, strict=True):
            assert curve.least(float(likely)) <= there + 1e-9


@pytest.mark.slow
def test_a_training_s_curve_passes_where_the_accountant_says():
    curve = Curve.sampled(1.0, 0.01, 1000)
    for delta in (1e-2, 1e-4, 1e-6):
        epsilon = pld_epsilon(1.0, 0.01, 1000, delta)
        assert np.interp(epsilon, curve.epsilons, curve.deltas) == pytest.approx(delta, rel=0.05)
    assert (np.diff(curve.deltas) <= 1e-12).all()


@given(epsilon=st.floats(0.01, 5), delta=st.floats(0, 0.2), probability=st.floats(0, 1))
def test_one_pair_promises_two_lines(epsilon, delta, probability):
    lines = (0.0, math.exp(-epsilon) * (probability - delta), 1 - delta - math.exp(epsilon) * (1 - probability))
    assert Curve.promised(epsilon, delta).least(probability) == pytest.approx(max(lines), abs=1e-12)


@given(noise=st.floats(0.3, 20), one=st.floats(0, 1), other=st.floats(0, 1))
def test_it_rises_and_is_convex(noise, one, other):
    curve = Curve.gaussian(noise)
    low, high = sorted((one, other))
    assert curve.least(low) <= curve.least(high) + 1e-12
    assert curve.least((low + high) / 2) <= (curve.least(low) + curve.least(high)) / 2 + 1e-12
    assert 0 <= curve.least(high) <= high + 1e-12


@pytest.mark.parametrize("edge", [0.9, 2.0, 7.3])
def test_the_noise_from_which_on_all_is_refuted_is_found(edge):
    assert least_noise(lambda noise: noise > edge, 1.0) == pytest.approx(edge, rel=0.02)
    assert least_noise(lambda noise: noise > edge, 1.0) >= edge


def test_beyond_what_is_looked_at_there_is_an_end():
    assert least_noise(lambda _: False, 1.0) == math.inf
    assert least_noise(lambda _: True, 1.0) == 0.25
