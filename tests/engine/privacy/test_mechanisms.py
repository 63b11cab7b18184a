"""Samplers against their distribution. A sound sampler fails one of these tests in about a million runs."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from engine.privacy.mechanisms import discrete_laplace, noisy_count

FALSE_ALARM = 1e-6


def _chi_square_limit(freedom: int) -> float:
    """Laurent and Massart (2000), Lemma 1: P(X > d + 2 sqrt(d x) + 2 x) <= exp(-x)."""
    x = -math.log(FALSE_ALARM)
    return freedom + 2 * math.sqrt(freedom * x) + 2 * x


@pytest.mark.slow
@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1), Fraction(7, 3), Fraction(25)])
def test_discrete_laplace_has_its_distribution(scale):
    draws = 4_000
    counts = Counter(discrete_laplace(scale) for _ in range(draws))
    decay = math.exp(-1 / scale)
    probability = lambda z: (1 - decay) / (1 + decay) * decay ** abs(z)
    reach = max(z for z in range(1000) if draws * probability(z) >= 10)
    inner = range(-reach, reach + 1)
    expected = [draws * probability(z) for z in inner]
    expected.append(draws - sum(expected))
    seen = [counts[z] for z in inner]
    seen.append(draws - sum(seen))
    statistic = sum((s - e) ** 2 / e for s, e in zip(seen, expected, strict=True) if e > 1)
    assert statistic < _chi_square_limit(len(expected) - 1)


@pytest.mark.slow
def test_the_privacy_loss_of_a_count_is_bounded_by_epsilon():
    """Output frequencies on neighbouring counts: no output's log-ratio exceeds epsilon by more than sampling explains."""
    epsilon, draws = 0.7, 5_000
    one, other = (Counter(noisy_count(count, epsilon) for _ in range(draws)) for count in (10, 11))
    for value in range(8, 14):
        a, b = one[value], other[value]
        slack = 5.2 * math.sqrt(1 / a + 1 / b)
        assert abs(math.log(a / b)) <= epsilon + slack


def test_noise_is_fresh_each_time():
    assert len({noisy_count(0, 0.001) for _ in range(50)}) > 40


def test_a_count_is_right_on_average():
    epsilon, draws = 1.0, 4_000
    found = np.array([noisy_count(1000, epsilon) for _ in range(draws)])
    assert abs(found.mean() - 1000) < 5 * math.sqrt(2) / epsilon / math.sqrt(draws)


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1)])
def test_a_scale_that_is_no_scale_is_refused(scale):
    with pytest.raises(ValueError, match="positive"):
        discrete_laplace(scale)
