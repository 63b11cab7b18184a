"""Constants that promise nothing, or that cannot be drawn, are refused when a mechanism is made; all others can be drawn."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy import mechanisms
from engine.privacy.choices import AboveThreshold, Choice
from engine.privacy.keys import KeySelection
from engine.privacy.limits import LEAST, LEAST_SIGMA, MOST, MOST_HITS, MOST_SIGMA
from engine.privacy.noise import Change, GaussianNoise, LaplaceNoise, OnGrid
from engine.privacy.quantiles import Quantile

ONE = (Change(1, 1),)
NO_CONSTANT = [0.0, -1.0, math.nan, math.inf, -math.inf, 5e-324, 1e300]
MADE = {
    "rate": LaplaceNoise, "sigma": GaussianNoise,
    "epsilon of Laplace noise": lambda epsilon: LaplaceNoise.of(epsilon, ONE),
    "rho": lambda rho: GaussianNoise.of(rho, ONE),
    "sensitivity on a grid": lambda size: OnGrid.laplace(size, 1.0),
    "sensitivity on a Gaussian grid": lambda size: OnGrid.gaussian(size, 1.0),
    "epsilon on a grid": lambda epsilon: OnGrid.laplace(1.0, epsilon),
    "rho on a grid": lambda rho: OnGrid.gaussian(1.0, rho),
    "step": lambda step: OnGrid(step if step < 1 else 3.0, LaplaceNoise(1.0), 1) if step != 5e-324 else LaplaceNoise(0),
    "epsilon of a choice": Choice, "epsilon above a threshold": AboveThreshold,
    "epsilon of keys": lambda epsilon: KeySelection(epsilon, 1e-6),
    "delta of keys": lambda delta: KeySelection(1.0, 0.0 if delta == 5e-324 else delta),
    "epsilon of a quantile": lambda epsilon: Quantile(Fraction(1, 2), epsilon),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("constant", NO_CONSTANT)
def test_what_promises_nothing_or_cannot_be_drawn_is_refused(name, constant):
    with pytest.raises(ValueError, match=r" is (from|between|a power|positive)"):
        MADE[name](constant)


@pytest.mark.parametrize("make", [
    lambda: LaplaceNoise.of(1.0, ()), lambda: LaplaceNoise.of(1.0, (Change(1, 0),)),
    lambda: GaussianNoise.of(1.0, (Change(0, 1),)), lambda: LaplaceNoise.of(1.0, (Change(1, 1.5),)),
    lambda: Choice(1.0, Fraction(0)), lambda: Choice(1.0, -1), lambda: Choice(1.0, 0.5), lambda: Choice(1.0, math.inf),
    lambda: AboveThreshold(1.0, hits=0),
    lambda: AboveThreshold(1.0, hits=MOST_HITS + 1), lambda: AboveThreshold(1.0, hits=1.5),
    lambda: AboveThreshold(1.0, sensitivity=0), lambda: KeySelection(1.0, 1e-6, 0), lambda: Quantile(Fraction(3, 2), 1.0),
    lambda: Quantile(0.5, 1.0), lambda: Quantile(Fraction(1, 2), 1.0, rows=0), lambda: OnGrid(0.5, LaplaceNoise(1.0), 0),
    lambda: mechanisms.noisy_count(1, 0), lambda: mechanisms.noisy_count(1, math.inf),
    lambda: mechanisms.permute_and_flip([1, 2], Fraction(0)), lambda: mechanisms.exponential([1, 2], Fraction(-1)),
])
def test_a_sensitivity_of_nothing_is_refused(make):
    with pytest.raises(ValueError, match=r"(is|are) (a whole number|one at least|a Fraction|positive)"):
        make()


@pytest.mark.parametrize("noise", [LaplaceNoise(1.0), GaussianNoise(1.0)], ids=["laplace", "gaussian"])
def test_noise_on_whole_numbers_takes_no_fractions(noise):
    for values in (np.array([0.5]), np.array([1.0]), np.array(["1"]), np.array([1], object)):
        with pytest.raises(ValueError, match="takes an array of whole numbers"):
            noise(values)
    assert noise(np.array([200], np.uint8)).dtype == np.int64


@pytest.mark.parametrize("noise", [
    LaplaceNoise(LEAST), LaplaceNoise(MOST), GaussianNoise(LEAST_SIGMA), GaussianNoise(MOST_SIGMA)], ids=str)
def test_what_is_allowed_is_drawn(noise):
    drawn = noise(np.zeros(200, np.int64))
    assert noise.deviation > 0
    assert np.abs(drawn).max() <= 60 * max(noise.deviation, 1)


@given(epsilon=st.floats(2.0**-27, MOST), sensitivity=st.floats(1e-100, 1e100))
def test_what_is_allowed_on_a_grid_is_drawn(epsilon, sensitivity):
    for noise in (OnGrid.laplace(sensitivity, epsilon), OnGrid.gaussian(sensitivity, min(epsilon, 100) ** 2 / 2)):
        assert np.isfinite(noise(np.array([0.0, sensitivity, -1e300]))).all()


def test_many_hits_leave_something_for_the_threshold():
    first, rest = AboveThreshold(LEAST, hits=MOST_HITS)._shares()
    assert min(first, rest) > 0
    assert list(AboveThreshold(MOST, hits=MOST_HITS)([10**6, -10**6], 0)) == [True, False]
