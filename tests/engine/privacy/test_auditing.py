"""Bounds from guesses: right about mechanisms whose epsilon is known, and never above it but by the stated chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from engine.privacy.auditing import best_bound, chance, epsilon_at_least


@pytest.mark.parametrize(("guesses", "right", "epsilon"), [(10, 8, 0.5), (200, 150, 1.0), (1000, 1000, 4.0), (50, 0, 1.0)])
def test_the_chance_of_pure_epsilon_is_a_binomial_tail(guesses, right, epsilon):
    probability = math.exp(epsilon) / (1 + math.exp(epsilon))
    assert chance(5000, guesses, right, epsilon, 0.0) == pytest.approx(stats.binom.sf(right - 1, guesses, probability), abs=1e-12)


def test_delta_costs_what_the_theorem_says():
    """Written out: delta times twice the number of canaries times the heaviest average below what was right."""
    guesses, right, epsilon, delta = 40, 33, 1.2, 1e-5
    mass = stats.binom(guesses, 1 / (1 + math.exp(-epsilon))).pmf(np.arange(guesses + 1))
    worst = max(sum(mass[right - i] for i in range(1, n + 1)) / n for n in range(1, right + 1))
    assert chance(1000, guesses, right, epsilon, delta) == pytest.approx(mass[right:].sum() + 2 * 1000 * delta * worst)


def test_randomized_response_is_bounded_from_below_and_nearly_reached():
    """Its epsilon is known: each coin is told right with e^ε / (1 + e^ε). A false alarm in a million."""
    rng, epsilon, number = np.random.default_rng(), 2.0, 200_000
    present = rng.random(number) < 0.5
    told = present ^ (rng.random(number) < 1 / (1 + math.exp(epsilon)))
    bound, guesses, right = best_bound(told + rng.random(number) / 2, present, 0.0, 1 - 1e-6)
    assert 1.9 < bound < epsilon
    assert guesses / 2 < right < guesses


def test_bounds_are_rarely_above_the_truth():
    """A thousand audits of randomized response at 90%: above in a tenth at most, but for six standard errors."""
    rng, epsilon, probability = np.random.default_rng(), 1.0, 1 / (1 + math.exp(-1))
    above = [epsilon_at_least(100, 100, int(rng.binomial(100, probability)), 0.0, 0.9) > epsilon for _ in range(1000)]
    assert np.mean(above) < 0.1 + 6 * math.sqrt(0.09 / 1000)


def test_nothing_is_proved_by_guessing():
    rng = np.random.default_rng()
    present = rng.random(5000) < 0.5
    assert best_bound(rng.random(5000), present, 1e-5, 1 - 1e-6)[0] == 0.0
    assert epsilon_at_least(10, 0, 0, 0.0, 0.95) == 0.0
