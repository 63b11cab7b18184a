"""The least likely of several figures: found, and its limits held against the distributions themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chi2

from engine.privacy.farthest import drawn, spread

CHANCE = 1e-7


@pytest.mark.parametrize(("times", "rate"), [(40, 0.5), (512, 0.5), (20_000, 0.001), (10_000_000, 0.002)])
@pytest.mark.parametrize("counts", [1, 200])
def test_counts_beyond_the_limits_are_as_rare_as_is_said_and_hardly_rarer(times, rate, counts):
    far = drawn(np.full(counts, round(times * rate)), times, rate, CHANCE)
    assert far.value == pytest.approx(1)
    side = CHANCE / 2 / counts
    for beyond, just in ((binom.sf(np.floor(far.most * times * rate), times, rate),
                          binom.sf(np.floor(far.most * times * rate) - 2, times, rate)),
                         (binom.cdf(np.ceil(far.least * times * rate) - 1, times, rate),
                          binom.cdf(np.ceil(far.least * times * rate) + 1, times, rate))):
        assert beyond <= side
        assert not beyond or just > side / 300


@pytest.mark.parametrize("draws", [1, 20, 512, 1_000_000])
@pytest.mark.parametrize("figures", [1, 17_000])
def test_deviations_beyond_the_limits_are_as_rare_as_is_said_and_hardly_rarer(draws, figures):
    far = spread(np.full(figures, float(draws)), np.full(figures, draws), CHANCE)
    side = CHANCE / 2 / figures
    for tail in (chi2.sf(draws * far.most**2, draws), chi2.cdf(draws * far.least**2, draws)):
        assert side / 300 < tail <= side


def test_the_least_likely_is_told_and_not_the_farthest():
    far = spread(np.array([30.0, 4000.0, 11.0]), np.array([10, 5000, 10]), CHANCE)
    assert far.value == pytest.approx(np.sqrt(0.8)), "5,000 draws weigh more than 10 that are three times as large"
    assert not far.least <= far.value <= far.most


def test_where_everybody_is_in_or_nothing_is_added_one_draw_tells():
    assert drawn(np.array([500]), 500, 1.0, CHANCE) == (1, 1, 1)
    less = drawn(np.array([499]), 500, 1.0, CHANCE)
    assert less.value < less.least
    none = spread(np.array([20.0, 0.0]), np.array([20, 1]), CHANCE)
    assert none.value == 0 < none.least


def test_none_is_likely_of_few():
    far = drawn(np.array([0]), 20_000, 0.0001, CHANCE)
    assert far.value == far.least == 0


def test_what_is_no_number_is_beyond_the_limits():
    far = spread(np.array([20.0, np.nan]), np.array([20, 20]), CHANCE)
    assert not far.least <= far.value <= far.most
