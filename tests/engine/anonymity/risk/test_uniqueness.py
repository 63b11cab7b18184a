"""Estimators of population uniqueness: formulas worked out in another way, ARX's figures, odd samples."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from engine.anonymity.risk import superpopulations, uniqueness
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples
from engine.anonymity.risk.uniqueness import estimate

SAMPLE = Sizes.of([1] * 40 + [2] * 22 + [3] * 9 + [4] * 5 + [7, 12, 30])
samples = st.lists(st.one_of(st.integers(1, 4), st.integers(1, 60)), min_size=1, max_size=60)


def by_model(sample: Sizes, population: int) -> dict[str, float | None]:
    return {found.model: found.uniques for found in estimate(sample, population).estimates}


def hypergeometric_one(size: int, rows: int, population: int) -> Fraction:
    return Fraction(size * math.comb(population - size, rows - 1), math.comb(population, rows))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 200))
def test_one_row_of_a_class_is_hypergeometric(size, more, unseen):
    rows = size + more
    population = rows + unseen
    found = uniqueness._once(np.array([1.0, size]), rows, population)
    assert found[1] == pytest.approx(float(hypergeometric_one(size, rows, population)), rel=1e-12, abs=1e-300)
    assert found[0] == pytest.approx(rows / population)


def test_beyond_the_exact_product(monkeypatch):
    sizes = np.array([1.0, 2, 50, 900, 4000])
    exact = uniqueness._once(sizes, 100_000, 3_000_000)
    monkeypatch.setattr(uniqueness, "_EXACT", 10)
    assert uniqueness._once(sizes, 100_000, 3_000_000) == pytest.approx(exact, rel=1e-4)
    assert exact == pytest.approx(stats.hypergeom(3_000_000, sizes, 100_000).pmf(1), rel=1e-6, abs=1e-30)


@pytest.mark.slow
@settings(max_examples=15)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 100))
def test_zayatz_is_bayes_rule(sizes, unseen):
    sample = Sizes.of([1, *sizes])
    rows, population = sample.rows, sample.rows + unseen
    prior = {size: Fraction([1, *sizes].count(size), sample.count) for size in {1, *sizes}}
    seen = sum(share * hypergeometric_one(size, rows, population) for size, share in prior.items())
    given_one = prior[1] * Fraction(rows, population) / seen
    assert by_model(sample, population)["zayatz"] == pytest.approx(
        float(sample.of_size(1) * given_one * Fraction(population, rows)), rel=1e-9)


def log_likelihood(sample: Sizes, theta: float, alpha: float) -> float:
    """Of Pitman's formula, as the sum of its factors."""
    found = sum(math.log(theta + i * alpha) for i in range(1, sample.count))
    found -= sum(math.log(theta + i) for i in range(1, sample.rows))
    return found + sum(times * sum(math.log(i - alpha) for i in range(1, size))
                       for size, times in zip(sample.sizes.tolist(), sample.classes.tolist(), strict=True))


@pytest.mark.parametrize("sizes", [
    [1] * 20 + [2] * 11 + [3] * 4 + [4] * 2 + [7, 12], [1] * 30 + [2] * 3 + [20], [1] * 10 + [40]])
def test_pitman_is_the_maximum_of_the_likelihood(sizes):
    sample, population = Sizes.of(sizes), 20 * sum(sizes)
    best = optimize.minimize(
        lambda x: -log_likelihood(sample, math.exp(x[0]) - 1 / (1 + math.exp(-x[1])), 1 / (1 + math.exp(-x[1]))),
        np.array([2.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000})
    alpha = 1 / (1 + math.exp(-best.x[1]))
    theta = math.exp(best.x[0]) - alpha
    alone = math.prod((theta + alpha + i - 1) / (theta + i) for i in range(1, population))
    found, note = superpopulations.pitman(sample, population)
    assert found == pytest.approx(population * alone, rel=1e-3)
    assert note == ("" if alpha > 1e-4 else superpopulations.EDGE)


def test_pitman_where_classes_are_more_even_than_it_knows():
    sample = Sizes.of([1] * 50 + [2] * 60 + [3] * 40 + [4] * 20)
    found, note = superpopulations.pitman(sample, 4000)
    assert note == superpopulations.EDGE
    theta = optimize.brentq(lambda t: sum(t / (t + i) for i in range(sample.rows)) - sample.count, 1e-3, 1e6)
    assert found == pytest.approx(4000 * theta / (theta + 3999), rel=1e-3)  # Ewens' formula


def test_the_limit_that_others_use_comes_close():
    """Γ(θ+1)/Γ(θ+α)·N^α of Hoshino (2001), as in ARX, for N much larger than θ."""
    alpha = 0.4
    theta = superpopulations._theta(SAMPLE.rows, SAMPLE.count, alpha)[0]
    for population, rel in ((10**5, 1e-2), (10**9, 1e-6)):
        limit = math.exp(math.lgamma(theta + 1) - math.lgamma(theta + alpha)) * population**alpha
        exact = superpopulations.log_gamma_rise(theta + alpha, 1 - alpha) - superpopulations.log_gamma_rise(
            theta + alpha + population - 1, 1 - alpha)
        assert population * math.exp(exact) == pytest.approx(limit, rel=rel)


@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.35, 0.8])
@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.2), (1.5, 0.4), (4.0, 0.7)])
def test_snb_recovers_what_classes_were_drawn_from(alpha, beta, fraction):
    """Expected s(1) and s(2) of K classes of 1 + NB(α, β), thinned, worked out by summing over class sizes."""
    classes = 100_000
    law = stats.nbinom(alpha, beta)
    size = np.arange(1, 4000)
    weight = law.pmf(size - 1)
    ones, twos = (classes * np.sum(weight * stats.binom(size, fraction).pmf(seen)) for seen in (1, 2))
    sample = Sizes.of([1, 2], [round(ones), round(twos)])
    population = round(sample.rows / fraction)
    found, note = _with_classes(sample, population, classes)
    assert note == ""
    assert found == pytest.approx(classes * beta**alpha, rel=0.03)


def _with_classes(sample: Sizes, population: int, classes: int):
    """Fits the model with a known number of classes in place of Shlosser's estimate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(superpopulations, "_shlosser", lambda *_: float(classes))
        return superpopulations.slide_negative_binomial(sample, population)


@given(samples, st.floats(1e-6, 0.999))
def test_shlosser_by_its_sums(sizes, f):
    sample = Sizes.of([1, *sizes])
    pairs = list(zip(sample.sizes.tolist(), sample.classes.tolist(), strict=True))
    a = sum(j * f * f * (1 - f * f) ** (j - 1) * s for j, s in pairs)
    b = sum((1 - f) ** j * ((1 + f) ** j - 1) * s for j, s in pairs)
    c = sum((1 - f) ** j * s for j, s in pairs)
    d = sum(j * f * (1 - f) ** (j - 1) * s for j, s in pairs)
    found = superpopulations._shlosser(sample, f)
    assert found == pytest.approx(sample.count + sample.of_size(1) * a / b * (c / d) ** 2, rel=1e-6)


@pytest.mark.slow
def test_arx_on_adult(shared_data):
    """ARX's own tests (TestRiskMetrics): average risk, sample uniqueness, Pitman and Zayatz at three sampling fractions.

    ARX takes the limit of Pitman's expectation, we the expectation: they differ by θ²/N. Where ARX falls back on Zayatz its SNB
    does not converge; it multiplies where the second moment equation divides.
    """
    table = pyarrow.csv.read_csv(shared_data / "adult" / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    sample = Tuples.of(table, table.column_names).by(table.column_names)
    assert sample.distinctness == 0.6465751607983555
    assert sample.alone == 0.5142895033485844
    shares = {f: {found.model: found.share for found in estimate(sample, round(sample.rows / f)).estimates}
              for f in (0.01, 0.1, 0.2, 1)}
    assert shares[0.1]["zayatz"] == pytest.approx(0.3207402393466189, rel=1e-12)
    assert shares[0.2]["zayatz"] == pytest.approx(0.3577099234829125, rel=1e-12)
    assert shares[0.1]["pitman"] == pytest.approx(0.27684993883653597, rel=4e-3)
    assert shares[0.01]["pitman"] == pytest.approx(0.1446083531167384, rel=4e-4)
    assert set(shares[1].values()) == {0.5142895033485844}
    assert estimate(sample, round(sample.rows / 0.01)).model == "pitman"


@pytest.mark.slow
@settings(max_examples=40)
@given(samples, st.one_of(st.integers(0, 1000), st.integers(0, 10**30)))
def test_whatever_the_sample_an_estimate_is_a_number_of_people(sizes, unseen):
    sample = Sizes.of(sizes)
    population = sample.rows + unseen
    found = estimate(sample, population)
    assert [one.model for one in found.estimates] == ["zayatz", "pitman", "snb"]
    for one in found.estimates:
        assert (one.uniques is None) == (one.share is None)
        if one.uniques is None:
            assert one.note
        else:
            assert 0 <= one.uniques <= population
            assert 0 <= one.share <= 1
    assert 0 <= found.uniques <= population
    assert found.estimates[0].uniques is not None
    assert found.why
    assert found.match is None or 0 <= found.match <= 1


@given(samples)
def test_a_sample_that_is_everybody_is_counted(sizes):
    sample = Sizes.of(sizes)
    found = estimate(sample, sample.rows)
    assert found.uniques == sizes.count(1)
    assert {one.uniques for one in found.estimates} == {sizes.count(1)}
    assert found.fraction == 1


def test_a_sample_without_uniques_has_none():
    found = estimate(Sizes.of([2, 3, 3, 9]), 1000)
    assert (found.uniques, found.match) == (0, None)
    assert {one.note for one in found.estimates} == {"no row of the sample is unique"}


def test_nothing_but_uniques():
    found = estimate(Sizes.of([1] * 50), 5000)
    assert {one.model: one.uniques for one in found.estimates} == {
        "zayatz": pytest.approx(5000), "pitman": 5000, "snb": None}
    assert found.match == 1


def test_one_row_of_many():
    assert estimate(Sizes.of([1]), 10**12).uniques == pytest.approx(10**12)
    assert estimate(Sizes.of([1]), 1).uniques == 1


def test_the_rule_and_what_stands_in_where_a_model_has_no_solution():
    few, many = estimate(SAMPLE, 10 * SAMPLE.rows), estimate(SAMPLE, 9 * SAMPLE.rows)
    assert few.model == "pitman"
    least = min(one.uniques for one in many.estimates if one.model != "pitman" and one.uniques is not None)
    assert many.uniques == least
    unsolved = estimate(Sizes.of([1] * 5 + [3] * 30), 300)
    assert unsolved.estimates[2].uniques is None
    assert unsolved.model == "zayatz"
    assert "SNB" in unsolved.why
    assert "two rows" in unsolved.why
    found = uniqueness._decided(tuple(
        one.model_copy(update={"uniques": None, "share": None, "note": "gone"}) if one.model == "pitman" else one
        for one in few.estimates), 0.1)
    assert found[0].model == "zayatz"
    assert "gone" in found[1]


@pytest.mark.slow
def test_more_unseen_people_make_fewer_of_a_sample_unique():
    shares = [estimate(SAMPLE, SAMPLE.rows * times).share for times in (10, 20, 50, 200, 10**6)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.1 * shares[0]


def test_a_population_of_ten_thousand_million_from_a_sample_of_a_thousand_million():
    """Class sizes of a thousand million rows: beyond 2^31, and all models answer within a second or two."""
    sizes = np.unique(np.round(np.logspace(0, 6, 200)).astype(np.int64))
    sample = Sizes.of(sizes, np.maximum(2.4e8 / sizes**1.7, 1).astype(np.int64))
    assert 10**9 < sample.rows < 10**10
    found = estimate(sample, 10 * sample.rows)
    assert all(one.uniques is None or 10**8 < one.uniques < 10**10 for one in found.estimates)
    assert found.estimates[0].uniques is not None
    assert found.estimates[1].uniques is not None


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(st.integers(1, 6), min_size=3, max_size=40))
def test_order_of_classes_does_not_matter(sizes):
    assert estimate(Sizes.of(sizes), 10 * sum(sizes)) == estimate(Sizes.of(sizes[::-1]), 10 * sum(sizes))


def test_the_match_by_every_sample_there_is():
    """Skinner and Elliot: over all samples, f·s1 expects those who are alone, 2(1-f)·s2 those who would be matched with them."""
    population = [0, 0, 1, 2, 2, 2, 3]
    fraction = Fraction(3, 7)
    right, wrong, ones, twos = 0, 0, 0, 0
    for sample in combinations(range(7), 3):
        counts = Counter(population[unit] for unit in sample)
        for value, times in counts.items():
            right += times == 1
            wrong += (population.count(value) - 1) * (times == 1)
        ones += sum(times == 1 for times in counts.values())
        twos += sum(times == 2 for times in counts.values())
    expected = Fraction(right, right + wrong)
    by_formula = fraction * ones / (fraction * ones + 2 * (1 - fraction) * twos)
    assert float(by_formula) == pytest.approx(float(expected), abs=0.06)
