"""Exact samplers against their distributions. A sound one fails a test here in less than a millionth of all runs."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy import exact
from engine.privacy.exact import MOST_SCALE, discrete_gaussian_many, discrete_laplace_many
from tests.benchmarks.mechanism_proofs import (
    FALSE_ALARM,
    approximate_loss,
    gaussian_chances,
    gaussian_delta,
    laplace_chances,
    pure_loss,
    whole,
)
from tests.engine.privacy.one_by_one import discrete_gaussian

SIZE = 100_000


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(1), Fraction(9, 4), Fraction(60)])
def test_laplace(scale):
    drawn = discrete_laplace_many(scale, SIZE)
    assert whole(drawn, lambda reach: laplace_chances(float(1 / scale), reach)) > FALSE_ALARM


@pytest.mark.parametrize("sigma", [Fraction(1, 2), Fraction(1), Fraction(17, 5), Fraction(80)])
def test_gaussian(sigma):
    drawn = discrete_gaussian_many(sigma**2, SIZE)
    assert whole(drawn, lambda reach: gaussian_chances(float(sigma), reach)) > FALSE_ALARM


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [Fraction(2, 3), Fraction(5)])
def test_gaussian_one_by_one(sigma):
    drawn = np.array([discrete_gaussian(sigma**2) for _ in range(2_000)])
    assert whole(drawn, lambda reach: gaussian_chances(float(sigma), reach)) > FALSE_ALARM


@pytest.fixture
def by_hand(monkeypatch):
    """Lets decimals decide about every draw."""
    monkeypatch.setattr(exact, "_MARGIN", 2.0)


def test_laplace_where_decimals_decide(by_hand):
    drawn = discrete_laplace_many(Fraction(9, 4), 400)
    assert whole(drawn, lambda reach: laplace_chances(4 / 9, reach)) > FALSE_ALARM


@pytest.mark.slow
def test_gaussian_where_decimals_decide(by_hand):
    drawn = discrete_gaussian_many(Fraction(9), 250)
    assert whole(drawn, lambda reach: gaussian_chances(3.0, reach)) > FALSE_ALARM


@pytest.mark.slow
def test_large_scales():
    """The mean of squares within 6 standard errors: a false alarm in a billion."""
    sigma = 1e9
    drawn = discrete_gaussian_many(Fraction(10**18), SIZE) / sigma
    assert abs((drawn**2).mean() - 1) < 6 * math.sqrt(2 / SIZE)
    assert len(np.unique(np.abs(drawn) % 2**-20)) > SIZE / 2  # its low digits are drawn, too


@given(word=st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1]), scale=st.fractions(Fraction(1, 50), 1000))
def test_floors_are_what_fifty_digits_say(word, scale):
    """The floor of a draw that begins with a word's bits is that of some number in its interval."""
    getcontext().prec = 50
    ends = [-(Decimal(word + more) / 2**64).ln() if word + more else Decimal(10**9) for more in (1, 0)]
    low, high = (math.floor(scale * Fraction(end)) for end in ends)
    assert low <= exact._floor(scale, word) <= high


@given(words=st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2, 2**64 - 1]), min_size=1, max_size=20))
def test_the_margin_holds_the_truth(words):
    """What doubles say of a logarithm is off by less than the slack, for either end of the interval."""
    getcontext().prec = 50
    array = np.array(words, np.uint64)
    near, slack = exact._logarithms(array), exact._slack(array)
    for word, about, off in zip(words, near, slack, strict=True):
        for end in (word, word + 1):
            if end:
                assert abs(float((Decimal(end) / 2**64).ln() - Decimal(about))) <= off


def test_the_loss_of_noise_on_neighbours():
    """Shifts by the sensitivity, for Laplace noise of epsilon 1 and Gaussian noise at several epsilons."""
    one, other = discrete_laplace_many(Fraction(3), SIZE), discrete_laplace_many(Fraction(3), SIZE) + 3
    assert pure_loss(one, other, 1.0) > FALSE_ALARM
    assert pure_loss(one, other, 0.8) < FALSE_ALARM  # the test can fail
    one, other = discrete_gaussian_many(Fraction(16), SIZE), discrete_gaussian_many(Fraction(16), SIZE) + 3
    assert approximate_loss(one, other, {epsilon: gaussian_delta(4, 3, epsilon) for epsilon in (0.2, 1, 2)}) > FALSE_ALARM


def test_nothing_is_drawn_twice():
    assert len({tuple(discrete_laplace_many(Fraction(10**6), 4)) for _ in range(20)}) == 20


def test_none_is_none():
    assert discrete_gaussian_many(Fraction(1), 0).shape == discrete_laplace_many(Fraction(1), 0).shape == (0,)


@pytest.mark.parametrize("draw", [discrete_laplace_many, discrete_gaussian_many])
@pytest.mark.parametrize("parameter", [Fraction(0), Fraction(-1), Fraction(MOST_SCALE**2 + 1)])
def test_what_is_no_scale_is_refused(draw, parameter):
    with pytest.raises(ValueError, match="is positive, and at most"):
        draw(parameter, 1)
