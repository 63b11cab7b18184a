"""Noise that states its guarantee: its events against its definition, and what it does to numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.noise import Change, GaussianNoise, LaplaceNoise, OnGrid, l1, l2_squared
from schemas.dp_events import DiscreteGaussian, DiscreteLaplace
from tests.benchmarks.mechanism_proofs import gaussian_chances, laplace_chances

CHANGES = st.lists(st.builds(Change, st.integers(1, 5), st.integers(1, 2000)), min_size=1, max_size=3).map(tuple)


@given(epsilon=st.floats(1e-3, 20), changes=CHANGES)
def test_laplace_spends_its_epsilon_and_hardly_less(epsilon, changes):
    noise = LaplaceNoise.of(epsilon, changes)
    spent = sum(event.rate * event.sensitivity * event.count for event in noise.events(changes))
    assert epsilon * (1 - 1e-12) < spent <= epsilon * (1 + 1e-15)
    assert l1(changes) == sum(cells * size for cells, size in changes)


@given(rho=st.floats(1e-6, 10), changes=CHANGES)
def test_gaussian_spends_its_rho_and_hardly_less(rho, changes):
    noise = GaussianNoise.of(rho, changes)
    spent = sum(event.count * event.sensitivity**2 / (2 * event.sigma**2) for event in noise.events(changes))
    assert rho * (1 - 1e-12) < spent <= rho * (1 + 1e-15)
    assert l2_squared(changes) == sum(cells * size**2 for cells, size in changes)


def test_events_say_what_was_drawn():
    assert LaplaceNoise(0.25).events((Change(3, 2),)) == (DiscreteLaplace(rate=0.25, sensitivity=2, count=3),)
    assert GaussianNoise(7.5).events((Change(2, 9),)) == (DiscreteGaussian(sigma=7.5, sensitivity=9, count=2),)


@given(shift=st.integers(1, 6), rate=st.floats(0.05, 2))
def test_a_smaller_shift_loses_less(shift, rate):
    """What ``LaplaceNoise`` rests on: for every epsilon the delta of a shift rises with the shift, for both kinds of noise."""
    for chances in (laplace_chances(rate, 400), gaussian_chances(1 / rate, 400)):
        for epsilon in (0.1, 0.5, 1.0):
            deltas = [np.maximum(chances[more:] - math.exp(epsilon) * chances[:len(chances) - more], 0).sum()
                      for more in range(1, shift + 1)]
            assert all(a <= b + 1e-12 for a, b in pairwise(deltas))


@pytest.mark.parametrize("rate", [0.01, 0.7, 3.0])
def test_the_deviation_is_that_of_the_distribution(rate):
    reach = int(40 / rate)
    z = np.arange(-reach, reach + 1)
    assert LaplaceNoise(rate).deviation == pytest.approx(math.sqrt((z**2 * laplace_chances(rate, reach)).sum()))
    assert (z**2 * gaussian_chances(1 / rate, reach)).sum() <= GaussianNoise(1 / rate).deviation ** 2 * (1 + 1e-9)


def test_noise_keeps_shapes_and_says_its_name():
    for noise in (LaplaceNoise(0.5), GaussianNoise(2.0)):
        assert noise(np.zeros((3, 4), np.int64)).shape == (3, 4)
        assert noise(np.zeros((0, 4), np.int64)).shape == (0, 4)
        assert "discrete" in noise.what


@given(sensitivity=st.floats(1e-6, 1e6), epsilon=st.floats(0.01, 10))
def test_a_grid_is_fine_and_its_rounding_paid_for(sensitivity, epsilon):
    noise = OnGrid.laplace(sensitivity, epsilon)
    assert math.log2(noise.step).is_integer()
    assert noise.size * noise.step >= sensitivity + noise.step * (1 - 1e-9)
    assert noise.size * noise.step <= sensitivity * 1.003
    event = noise.events()[0]
    assert event.rate * event.sensitivity <= epsilon
    gaussian = OnGrid.gaussian(sensitivity, epsilon)
    event = gaussian.events(2)[0]
    assert event.sensitivity**2 / (2 * event.sigma**2) <= epsilon
    assert event.count == 2


@given(one=st.floats(-1e6, 1e6), apart=st.floats(-1, 1))
def test_neighbours_on_the_grid_are_as_near_as_it_says(one, apart):
    """Rounded as ``OnGrid`` does, without its noise."""
    noise = OnGrid.laplace(1.0, 0.5)
    still = OnGrid(noise.step, lambda steps: steps, noise.size)
    found = still(np.array([one, one + apart])) / noise.step
    assert abs(found[1] - found[0]) <= noise.size


def test_numbers_that_are_none_get_noise_like_others():
    noise = OnGrid.laplace(1.0, 1.0)
    found = noise(np.array([math.nan, math.inf, -math.inf, 1e300, 2.5]))
    assert np.isfinite(found).all()
    assert ((found / noise.step) % 1 == 0).all()
    assert abs(found[4] - 2.5) < 50  # e^-47
