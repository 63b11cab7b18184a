"""Estimators of population uniqueness against populations that are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.anonymity.risk import superpopulations
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.uniqueness import estimate


def seated(rng, theta: float, alpha: float, rows: int) -> list[int]:
    """Returns the class of each row of a population that Pitman's formula describes: the Chinese restaurant process."""
    classes: list[int] = []
    sizes: list[int] = []
    for row, (first, second) in enumerate(rng.random((rows, 2))):
        if first * (row + theta) < theta + alpha * len(sizes):
            sizes.append(1)
            classes.append(len(sizes) - 1)
            continue
        seat = classes[int(second * row)]
        while rng.random() < alpha / sizes[seat]:  # beside somebody who sits already, but for α of each class
            seat = classes[int(rng.random() * row)]
        sizes[seat] += 1
        classes.append(seat)
    return classes


@pytest.mark.slow
@pytest.mark.parametrize(("theta", "alpha"), [(40.0, 0.5), (300.0, 0.2), (5.0, 0.8)])
def test_pitman_on_populations_that_are_its_own(theta, alpha):
    """The expectation against drawn populations, and the estimate against the uniques of each of them."""
    rng = np.random.default_rng(23)
    rows, uniques, errors = 4000, [], []
    for _ in range(5):
        classes = np.array(seated(rng, theta, alpha, rows))
        uniques.append(int((np.unique(classes, return_counts=True)[1] == 1).sum()))
        sample = Sizes.of(np.unique(rng.choice(classes, rows // 4, replace=False), return_counts=True)[1])
        errors.append(superpopulations.pitman(sample, rows)[0] / uniques[-1] - 1)
    alone = superpopulations.log_gamma_rise(theta + alpha, 1 - alpha) - superpopulations.log_gamma_rise(
        theta + alpha + rows - 1, 1 - alpha)
    assert np.mean(uniques) == pytest.approx(rows * math.exp(alone), rel=0.12)
    assert abs(np.median(errors)) < 0.2, errors


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "beta", "fraction"), [(0.5, 0.3, 0.3), (1.5, 0.4, 0.3), (1.5, 0.4, 0.6), (3.0, 0.6, 0.5)])
def test_snb_on_populations_that_are_its_own(alpha, beta, fraction):
    """Classes of 1 + NB(α, β) rows, the number of classes estimated from the sample, too."""
    rng = np.random.default_rng(29)
    sizes = 1 + rng.negative_binomial(alpha, beta, 20_000)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    sample = Sizes.of(np.unique(rng.choice(rows, round(len(rows) * fraction), replace=False), return_counts=True)[1])
    found, note = superpopulations.slide_negative_binomial(sample, len(rows))
    assert note == ""
    assert found / int((sizes == 1).sum()) == pytest.approx(1, abs=0.5 if fraction < 0.5 else 0.2)


def zipf(rng, rows):
    return rng.zipf(1.3, rows)


def uniform(rng, rows):
    return rng.integers(0, rows // 2, rows)


def geometric(rng, rows):
    return rng.geometric(1 / 2000, rows)


def skewed(rng, rows):
    return rng.integers(0, 300, rows) * 1000 + np.minimum(rng.zipf(1.8, rows), 999)


BANDS = [
    (zipf, 0.02, "pitman", 0.2), (zipf, 0.1, "pitman", 0.15), (zipf, 0.3, "zayatz", 0.15), (zipf, 0.6, "zayatz", 0.1),
    (skewed, 0.05, "pitman", 0.65), (skewed, 0.1, "pitman", 0.35), (skewed, 0.3, "zayatz", 0.15),
    (geometric, 0.3, "snb", 0.15), (geometric, 0.6, "zayatz", 0.1), (uniform, 0.6, "snb", 0.1)]
"""Population, sampling fraction, the model that Dankar's rule takes, greatest relative error of the median of three samples. Of
many groups with a few frequent members each ('skewed') a small sample gives too few: docs/risk.md says so."""


@pytest.mark.slow
@pytest.mark.parametrize(("population", "fraction", "model", "band"), BANDS)
def test_simulated_populations(population, fraction, model, band):
    rng = np.random.default_rng(17)
    units = population(rng, 60_000)
    true = int((np.unique(units, return_counts=True)[1] == 1).sum())
    errors, models = [], []
    for _ in range(3):
        sample = Sizes.of(np.unique(rng.choice(units, round(len(units) * fraction), replace=False), return_counts=True)[1])
        found = estimate(sample, len(units))
        errors.append(found.uniques / true - 1)
        models.append(found.model)
    assert abs(np.median(errors)) < band, errors
    assert model in models


@pytest.mark.slow
@pytest.mark.parametrize(("population", "fraction"), [(uniform, 0.05), (uniform, 0.1), (geometric, 0.02), (geometric, 0.1)])
def test_even_populations_are_overestimated_and_said_to_be(population, fraction):
    """Even classes are not what the models are for: the estimate is too high, which is the safe side, and its note says so."""
    rng = np.random.default_rng(5)
    units = population(rng, 60_000)
    true = int((np.unique(units, return_counts=True)[1] == 1).sum())
    sample = rng.choice(units, round(len(units) * fraction), replace=False)
    found = estimate(Sizes.of(np.unique(sample, return_counts=True)[1]), len(units))
    assert true < found.uniques < 4 * true
    assert found.estimates[1].note == superpopulations.EDGE


def test_a_match_is_right_as_often_as_simulated():
    """Rows that are alone in the sample, and one of everybody who is like them: how often are they the same person?"""
    rng = np.random.default_rng(11)
    units = zipf(rng, 40_000)
    size = dict(zip(*(part.tolist() for part in np.unique(units, return_counts=True)), strict=True))
    sample = rng.choice(units, 4_000, replace=False)
    values, counts = np.unique(sample, return_counts=True)
    truth = np.sum(counts == 1) / sum(size[value] for value in values[counts == 1].tolist())
    assert estimate(Sizes.of(counts), 40_000).match == pytest.approx(truth, rel=0.2)
