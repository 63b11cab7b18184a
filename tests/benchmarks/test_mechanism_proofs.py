"""The statistical tests themselves: sound samples pass, planted bugs fail. They use a seed of their own, no mechanism's."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from tests.benchmarks.mechanism_proofs import (
    FALSE_ALARM,
    approximate_loss,
    fit,
    flip_chances,
    gaussian_chances,
    gaussian_delta,
    laplace_chances,
    pure_loss,
    whole,
)

SIZE = 200_000


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def geometric(rng, rate, size=SIZE):
    one, other = rng.geometric(-math.expm1(-rate), (2, size))
    return one - other


def test_chances_add_up():
    assert laplace_chances(0.3, 200).sum() == pytest.approx(1)
    assert gaussian_chances(0.4, 20).sum() == pytest.approx(1)
    assert flip_chances([5, 3, 3, 0], 0.4).sum() == pytest.approx(1)


def test_flip_chances_are_those_over_all_orders():
    scores, rate = [4, 3, 1, 0], 0.6
    taken = [math.exp(rate * (score - 4)) for score in scores]
    found = np.zeros(4)
    for order in permutations(range(4)):
        left = 1 / 24
        for place in order:
            found[place] += left * taken[place]
            left *= 1 - taken[place]
    assert flip_chances(scores, rate) == pytest.approx(found)


def test_flip_chances_are_those_of_the_noisy_maximum(rng):
    """Ding et al. 2021, by simulation."""
    scores = np.array([4, 3, 1, 0])
    noisy = scores + rng.exponential(1 / 0.6, (SIZE, 4))
    assert fit(np.bincount(noisy.argmax(1), minlength=4), flip_chances(scores, 0.6)) > FALSE_ALARM


def test_a_sound_sample_fits_and_half_the_noise_does_not(rng):
    drawn = geometric(rng, 0.2)
    assert whole(drawn, lambda reach: laplace_chances(0.2, reach)) > FALSE_ALARM
    assert whole(drawn, lambda reach: laplace_chances(0.21, reach)) < FALSE_ALARM
    assert whole(drawn, lambda reach: gaussian_chances(7.0, reach)) < FALSE_ALARM
    assert fit([10, 10, 10], [1 / 3] * 3) == 1.0


def test_a_pure_loss_is_kept_by_sound_noise_and_broken_by_less(rng):
    assert pure_loss(geometric(rng, 0.5), geometric(rng, 0.5) + 2, 1.0) > FALSE_ALARM
    assert pure_loss(geometric(rng, 1.0), geometric(rng, 1.0) + 2, 1.0) < FALSE_ALARM
    assert pure_loss(geometric(rng, 0.55), geometric(rng, 0.55) + 2, 1.0) < FALSE_ALARM


def test_an_approximate_loss_is_kept_by_sound_noise_and_broken_by_less(rng):
    deltas = {epsilon: gaussian_delta(4.0, 3, epsilon) for epsilon in (0.2, 0.7, 1.5)}
    sound, less = np.rint(rng.normal(0, 4, (2, SIZE))).astype(int), np.rint(rng.normal(0, 2, (2, SIZE))).astype(int)
    assert approximate_loss(sound[0], sound[1] + 3, deltas) > FALSE_ALARM
    assert approximate_loss(less[0], less[1] + 3, deltas) < FALSE_ALARM


def test_the_gaussian_delta_is_that_of_the_continuous_one_where_steps_are_fine():
    """Balle and Wang 2018, theorem 8."""
    sigma, shift, epsilon = 40.0, 30, 0.8
    normal = lambda bound: math.erfc(-bound / math.sqrt(2)) / 2
    mu = shift / sigma
    expected = normal(mu / 2 - epsilon / mu) - math.exp(epsilon) * normal(-mu / 2 - epsilon / mu)
    assert gaussian_delta(sigma, shift, epsilon) == pytest.approx(expected, rel=1e-3)
