"""Discrete noise against its probabilities, by fractions and by counting."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import stats

from engine.operators.discrete import MOST, cumulative, drawn

DISTRIBUTIONS = ("discrete_laplace", "discrete_gaussian")
SCALES = (0.2, 1.0, 2.5, 20.0)
FALSE_ALARM = 1e-6  # of one statistical test here; digests are the same in every run, so that a test that passes keeps passing


def slow_weight(distribution: str, scale: float, size: int) -> Decimal:
    """The definition, at 60 digits."""
    with localcontext() as context:
        context.prec = 60
        ratio = Decimal(size) / Decimal(scale)
        return (-ratio if distribution == "discrete_laplace" else -ratio * ratio / 2).exp()


def digests(rows: int) -> np.ndarray:
    return np.frombuffer(b"".join(hashlib.sha256(str(row).encode()).digest() for row in range(rows)), np.uint8).reshape(-1, 32)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("scale", SCALES)
def test_every_outcome_has_its_probability(distribution: str, scale: float) -> None:
    found = [int(one) for one in cumulative(distribution, scale)]
    with localcontext() as context:
        context.prec = 60
        weights = [slow_weight(distribution, scale, size) * (2 if size else 1) for size in range(4 * len(found) + 20)]
        whole, mass = sum(weights), Decimal(0)
        for size, listed in enumerate(found):
            mass += weights[size] / whole
            assert abs(Decimal(listed) - mass * 2**64) <= 1
    assert found == sorted(found)
    assert found[-1] == 2**64 - 1


@pytest.mark.slow
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_largest_scale_is_exact_too(distribution: str) -> None:
    found = cumulative(distribution, float(MOST))
    if distribution == "discrete_laplace":  # its tail is known: P(|z| > k) = 2 q^(k + 1) / (1 + q)
        with localcontext() as context:
            context.prec = 60
            q = (Decimal(-1) / MOST).exp()
            for size in (0, 1, 1000, 40_000, len(found) - 5):
                assert abs(int(found[size]) - (1 - 2 * q ** (size + 1) / (1 + q)) * 2**64) <= 1
    else:  # sums are within 1e-16 of an integral (Poisson's summation formula)
        for size in (0, 100, MOST, 3 * MOST):
            assert int(found[size]) / 2**64 == pytest.approx(math.erf((size + 0.5) / MOST / math.sqrt(2)), abs=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("scale", SCALES)
def test_draws_are_distributed_as_stated(distribution: str, scale: float) -> None:
    rows = 20_000
    found = drawn(digests(rows), distribution, scale)
    values = range(int(found.min()) - 1, int(found.max()) + 2)
    weights = np.array([float(slow_weight(distribution, scale, abs(value))) for value in values])
    expected = weights / sum(float(slow_weight(distribution, scale, abs(size))) for size in range(-2000, 2001)) * rows
    counts = np.array([(found == value).sum() for value in values])
    common = expected >= 5
    chi = ((counts - expected)[common] ** 2 / expected[common]).sum()
    rest = rows - expected[common].sum()
    chi += (counts[~common].sum() - rest) ** 2 / max(rest, 1)
    assert chi < stats.chi2.ppf(1 - FALSE_ALARM, common.sum())


def test_size_and_sign_come_from_bits_of_their_own() -> None:
    made = np.zeros((4, 32), np.uint8)
    made[1, :8] = made[2, :8] = 255
    made[2, 8] = made[3, 8] = 1
    sizes = drawn(made, "discrete_laplace", 1.0)
    assert sizes.tolist() == [0, len(cumulative("discrete_laplace", 1.0)), -len(cumulative("discrete_laplace", 1.0)), 0]
