"""Differences of the gamma function's logarithm and its derivative against scipy, and against sums where scipy loses digits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma, gammaln

from engine.anonymity.risk.digamma import log_gamma_rise, rise
from engine.anonymity.risk.roots import crossing


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e6))
def test_rise_is_a_difference_of_digammas(x, step):
    expected = digamma(x + step) - digamma(x)
    assert rise(x, step)[0] == pytest.approx(expected, rel=1e-9, abs=4e-14 * (1 + abs(digamma(x))))


@pytest.mark.parametrize("x", [1e-9, 0.3, 14.999, 15.0, 1e3, 1e8, 1e12, 1e15])
@pytest.mark.parametrize("step", [1, 2, 30])
def test_rise_by_whole_steps_is_a_sum_of_inverses(x, step):
    assert rise(x, step)[0] == pytest.approx(math.fsum(1 / (x + i) for i in range(step)), rel=1e-13)


def test_rise_takes_arrays_and_no_step():
    assert rise([1.0, 2.0], 0).tolist() == [0.0, 0.0]
    assert rise(0.5, np.array([1, 2, 3])).tolist() == pytest.approx([2, 2 + 1 / 1.5, 2 + 1 / 1.5 + 0.4])


@given(st.floats(1e-6, 1e5), st.floats(0, 1))
def test_log_gamma_rise_against_scipy(x, step):
    expected = gammaln(x + step) - gammaln(x)
    assert log_gamma_rise(x, step) == pytest.approx(expected, rel=1e-8, abs=1e-15 * (1 + abs(gammaln(x))) * 10)


@pytest.mark.parametrize("x", [1e3, 1e6, 1e9, 1e15, 1e20])
def test_log_gamma_rise_by_one_is_a_logarithm(x):
    """Γ(x+1) = x Γ(x). scipy's own difference is off by whole units here."""
    with localcontext() as context:
        context.prec = 40
        assert log_gamma_rise(x, 1) == pytest.approx(float(Decimal(x).ln()), rel=1e-14)
    assert log_gamma_rise(x, 0.25) + log_gamma_rise(x + 0.25, 0.75) == pytest.approx(math.log(x), rel=1e-12)


@given(st.floats(-5, 5))
def test_crossing_finds_a_root(root):
    assert crossing(lambda x: root - x, -6, 6) == pytest.approx(root, abs=1e-12)
    assert crossing(lambda x: root**3 - x**3, -6, 6) == pytest.approx(root, abs=1e-4)


def test_no_crossing():
    assert crossing(lambda _: 1.0, 0, 1) is None
    assert crossing(lambda x: x - 0.5, 0, 1) is None
    assert crossing(lambda _: math.nan, 0, 1) is None
