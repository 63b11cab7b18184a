"""Epsilon of events together: against closed forms, brute force, another implementation, and published figures."""

from __future__ import annotations

import builtins
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, norm

from engine.errors import PolicyError, SetupError
from engine.privacy import accounting
from engine.privacy.accounting import accountants, by_accountant, delta_of, epsilon_by, epsilon_of, hopeless
from engine.privacy.pld import pld_epsilon
from schemas.dp_events import (
    DiscreteGaussian,
    DiscreteLaplace,
    Gaussian,
    Laplace,
    Promised,
    SampledGaussian,
    TruncatedSampledGaussian,
)

pytestmark = pytest.mark.slow  # the library takes a second to load

JOB = SampledGaussian(noise_multiplier=1.0, sample_rate=0.01, count=1000)
"""A training of 1,000 steps: epsilon 1.83 at delta 1e-5."""

MIXED = (
    JOB, Gaussian(noise_multiplier=5), DiscreteGaussian(sigma=40, sensitivity=10, count=3), Laplace(noise_multiplier=10),
    DiscreteLaplace(rate=0.1, sensitivity=2), Promised(epsilon=0.1, delta=1e-7),
    TruncatedSampledGaussian(noise_multiplier=1.0, sample_rate=0.01, most=600, units=40_000, count=10))


def test_ten_jobs_are_six_and_not_eighteen():
    alone, ten = epsilon_of([JOB], 1e-5), epsilon_of([JOB] * 10, 1e-5)
    assert alone == pytest.approx(1.83, abs=0.005)
    assert ten == pytest.approx(6.19, abs=0.005)
    assert 10 * alone == pytest.approx(18.3, abs=0.05)


def test_no_events_cost_nothing():
    assert (epsilon_of([], 1e-5), delta_of([], 0.0), epsilon_of([], 0.0)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("delta", [1e-3, 1e-5, 1e-9, 1e-12])
@pytest.mark.parametrize("noises", [(0.5,), (1.0, 2.0), tuple(10 + i / 4 for i in range(40))], ids=["one", "two", "forty"])
def test_gaussians_are_what_their_formula_says(noises, delta):
    """Balle and Wang (2018), theorem 8; multipliers compose to 1 / sqrt(sum of 1 / s²)."""
    shift = math.sqrt(sum(1 / noise**2 for noise in noises))
    exact = brentq(lambda e: norm.cdf(shift / 2 - e / shift) - math.exp(e) * norm.cdf(-shift / 2 - e / shift) - delta, 0, 60)
    found = epsilon_of([Gaussian(noise_multiplier=noise) for noise in noises], delta)
    assert exact <= found <= exact * 1.002 + 1e-4


@pytest.mark.parametrize(("rate", "count"), [(0.01, 10_000), (0.1, 100), (0.5, 20), (1e-3, 1000)])
def test_discrete_laplace_is_what_coins_say(rate, count):
    """With sensitivity 1 its loss is ±rate, a coin: exp(rate) to 1. Composed it is binomial."""
    heads, chance = np.arange(count + 1), 1 / (1 + math.exp(-rate))
    loss, mass = rate * (2 * heads - count), binom.pmf(heads, count, chance)
    for delta in (1e-3, 1e-6, 1e-9):
        found = epsilon_of([DiscreteLaplace(rate=rate, sensitivity=1, count=count)], delta)
        divergence = float((mass * np.where(loss > found, -np.expm1(np.minimum(found - loss, 0)), 0)).sum())
        lower = found * 0.998 - 2e-4
        below = float((mass * np.where(loss > lower, -np.expm1(np.minimum(lower - loss, 0)), 0)).sum())
        assert divergence <= delta * (1 + 1e-10), "never too small"
        assert below > delta, "and no larger than it has to be"


@pytest.mark.parametrize(("sigma", "sensitivity", "times"), [(2.0, 1, 1), (3.0, 4, 1), (5.0, 1, 3)])
def test_discrete_gaussian_is_what_summing_up_says(sigma, sensitivity, times):
    reach = math.ceil(12 * sigma) + sensitivity
    values = np.arange(-reach, reach + 1)
    mass = np.exp(-(values**2) / (2 * sigma**2))
    mass /= mass.sum()
    loss = sensitivity * (2 * values + sensitivity) / (2 * sigma**2)
    total, masses = np.array([0.0]), np.array([1.0])
    for _ in range(times):
        total, masses = np.add.outer(total, loss).ravel(), np.multiply.outer(masses, mass).ravel()
    for delta in (1e-3, 1e-6):
        found = epsilon_of([DiscreteGaussian(sigma=sigma, sensitivity=sensitivity, count=times)], delta)

        def divergence(epsilon):
            return float((masses * np.where(total > epsilon, -np.expm1(np.minimum(epsilon - total, 0)), 0)).sum())

        assert divergence(found) <= delta
        assert divergence(found * 0.995 - 2e-3) > delta


@pytest.mark.parametrize("sigma", [1_001.0, 11_000.0, 1e6, 1e9])
def test_large_discrete_gaussians_are_gaussians_and_a_slack(sigma):
    fine = epsilon_of([DiscreteGaussian(sigma=sigma, sensitivity=int(sigma / 5), count=7)], 1e-6)
    smooth = epsilon_of([Gaussian(noise_multiplier=sigma / int(sigma / 5), count=7)], 1e-6)
    assert smooth <= fine <= smooth + 7 * 12 / sigma**2 + 1e-5


@pytest.mark.parametrize("replacing", [False, True])
@pytest.mark.parametrize(("most", "units", "rate"), [(256, 609, 0.512), (100, 200, 0.625), (80, 2000, 0.04)])
def test_samples_of_bounded_size_are_accounted_for_every_number_of_units(most, units, rate, replacing):
    """dp_accounting tells it for one number of units, and less for more of them: some number below is the worst."""
    library = accountants()
    relation = library.NeighboringRelation.REPLACE_ONE if replacing else library.NeighboringRelation.ADD_OR_REMOVE_ONE

    def theirs(number):
        return library.pld.privacy_loss_distribution.from_truncated_subsampled_gaussian_mechanism(
            dataset_size=number, sampling_probability=rate, truncated_batch_size=most, noise_multiplier=2.0,
            neighboring_relation=relation).self_compose(5).get_epsilon_for_delta(1e-5)

    told = {number: theirs(number) for number in (most + 1, (most + units) // 2, int(0.95 * units), units)}
    ours = epsilon_of([TruncatedSampledGaussian(noise_multiplier=2.0, sample_rate=rate, most=most, units=units, count=5)], 1e-5,
                      replacing=replacing)
    assert max(told.values()) <= ours <= 1.3 * max(told.values())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_promises_compose_as_their_optimum(count):
    """Kairouz, Oh and Viswanath (2015), theorem 3.3: over i, (count - 2i) epsilon at a delta in closed form."""
    epsilon, delta = 0.4, 1e-6
    for i in range(count // 2 + 1):
        at = (count - 2 * i) * epsilon
        inner = sum(math.comb(count, j) * (math.exp((count - j) * epsilon) - math.exp((count - 2 * i + j) * epsilon))
                    for j in range(i)) / (1 + math.exp(epsilon)) ** count
        exact = 1 - (1 - delta) ** count * (1 - inner)
        assert delta_of([Promised(epsilon=epsilon, delta=delta, count=count)], at) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(1.0, 0.01, 1000), (0.7, 0.02, 400), (2.0, 0.1, 100), (4.0, 1.0, 10)])
def test_our_own_loss_distribution_agrees(noise, rate, steps):
    """It calibrates noise, several times as fast; the ledger never believes it."""
    events = [SampledGaussian(noise_multiplier=noise, sample_rate=rate, count=steps)]
    for delta in (1e-5, 1e-8):
        assert pld_epsilon(noise, rate, steps, delta) == pytest.approx(epsilon_of(events, delta), rel=2e-3)


def test_the_order_of_events_does_not_matter():
    found = [epsilon_of(order, 1e-5) for order in itertools.islice(itertools.permutations(MIXED), 0, 5040, 4000)]
    assert found == pytest.approx([found[0]] * len(found), rel=1e-6)


def test_more_events_never_cost_less():
    so_far = 0.0
    for end in range(1, len(MIXED) + 1):
        found = epsilon_of(MIXED[:end], 1e-5)
        assert found > so_far
        so_far = found
    assert so_far < sum(epsilon_of([one], 1e-5) for one in MIXED)


def test_delta_at_epsilon_is_the_other_way_round():
    for delta in (1e-4, 1e-6):
        assert delta_of(MIXED, epsilon_of(MIXED, delta)) == pytest.approx(delta, rel=1e-3)


def test_sums_of_pure_epsilon_are_exact():
    """No grid makes a cap of 1 too small for ten tenths; with delta 0 nothing else counts."""
    tenths = [DiscreteLaplace(rate=0.1, sensitivity=1, count=2), Promised(epsilon=0.1), Laplace(noise_multiplier=10, count=2)]
    assert epsilon_of(tenths, 0.0) == pytest.approx(0.5, abs=1e-15)
    assert epsilon_of(tenths, 1e-12) <= 0.5
    assert epsilon_of([*tenths, Gaussian(noise_multiplier=9)], 0.0) == math.inf


@pytest.mark.parametrize("event", [
    Gaussian(noise_multiplier=1e-3), SampledGaussian(noise_multiplier=0.01, sample_rate=1e-6),
    DiscreteGaussian(sigma=1, sensitivity=99),
    SampledGaussian(noise_multiplier=0.5, sample_rate=1.0, count=10**6)], ids=lambda one: one.kind)
def test_too_little_noise_is_told_at_once(event):
    assert hopeless([event])
    assert epsilon_of([event], 1e-5) == math.inf
    assert delta_of([event], 1.0) == 1.0


def test_a_coarser_grid_is_more_pessimistic_and_not_by_much(monkeypatch):
    events, found = [JOB.model_copy(update={"count": 10_000})], {}
    for interval in (1e-2, 1e-3, 1e-4):
        monkeypatch.setattr(accounting, "INTERVAL", interval)
        accounting._loss.cache_clear()
        accounting._epsilon.cache_clear()
        found[interval] = epsilon_of(events, 1e-5)
    accounting._loss.cache_clear()
    accounting._epsilon.cache_clear()
    assert found[1e-4] <= found[1e-3] <= found[1e-2]
    assert found[1e-3] == pytest.approx(found[1e-4], rel=1e-3)


def test_looser_accountants_tell_more():
    told = by_accountant([JOB] * 10, 1e-5)
    assert told["zcdp"] is None
    assert told["pld"] < told["rdp"] == pytest.approx(6.713, abs=0.01)
    unsampled = {"gaussian", "discrete-gaussian", "laplace", "discrete-laplace"}
    told = by_accountant([one for one in MIXED if one.kind in unsampled], 1e-5)
    assert told["pld"] < told["rdp"] <= told["zcdp"]
    assert by_accountant([Promised(epsilon=0.1, delta=1e-7)], 1e-5)["rdp"] is None
    assert by_accountant([Promised(epsilon=0.1)], 0.0)["rdp"] is None


def test_concentrated_is_its_formula():
    """Within Bun and Steinke's conversion, rho + 2 sqrt(rho log(1/delta))."""
    events, rho = [Gaussian(noise_multiplier=2, count=4), DiscreteGaussian(sigma=20, sensitivity=10)], 5 * 0.125
    told = by_accountant(events, 1e-5)["zcdp"]
    assert told <= rho + 2 * math.sqrt(rho * math.log(1e5))
    assert told > by_accountant(events, 1e-5)["pld"]


def test_gdp_tells_less_than_there_is():
    from opacus.accountants.gdp import GaussianAccountant  # noqa: PLC0415 - takes seconds to load

    with pytest.warns(UserWarning, match="underestimate"):
        limit = GaussianAccountant()
    limit.history = [(1.0, 0.01, 3000)]
    assert limit.get_epsilon(1e-5) == pytest.approx(2.995, abs=0.01)
    assert epsilon_of([JOB.model_copy(update={"count": 3000})], 1e-5) == pytest.approx(3.192, abs=0.01)
    for name, why in (("gdp", "not a bound"), ("moments", "accountant: moments")):
        with pytest.raises(PolicyError, match=why) as refused:
            epsilon_by(name, [JOB], 1e-5)
        assert refused.value.allowed == "pld, rdp, zcdp"
    assert epsilon_by("pld", [JOB], 1e-5) == epsilon_of([JOB], 1e-5)


def test_constants_that_follow_what_was_told_cost_more_than_each_of_their_sums():
    """A coin's loss is seen, then Gaussian or Laplace noise is chosen: each sum is epsilon 1, both together are more (ADR 41).

    Their divergences by formula: Balle and Wang's, and that of losses ±b.
    """
    delta, rate, noise, b = 0.01, 0.02, 1.879200586947543, 1.0074050982362774
    events = [[DiscreteLaplace(rate=rate, sensitivity=1), one]
              for one in (Gaussian(noise_multiplier=noise), DiscreteLaplace(rate=b, sensitivity=1))]
    assert [epsilon_of(one, delta) for one in events] == pytest.approx([1, 1], abs=2e-4)

    def divergences(epsilon):
        yield norm.cdf(0.5 / noise - epsilon * noise) - math.exp(epsilon) * norm.cdf(-0.5 / noise - epsilon * noise)
        yield -math.expm1(min(0.0, epsilon - b)) / (1 + math.exp(-b))

    def chosen(epsilon):
        heads = 1 / (1 + math.exp(-rate))
        return heads * max(divergences(epsilon - rate)) + (1 - heads) * max(divergences(epsilon + rate))

    assert 1.4 * delta < chosen(1) < 2 * delta, "of two sums, at most twice their delta"
    rdp = max(epsilon_by("rdp", one, delta / len(accounting.ORDERS)) for one in events)
    assert chosen(rdp) < delta, "which a Rényi filter, and a share of delta for each order, promises"


def test_without_the_library_the_fix_is_named(monkeypatch):
    load = builtins.__import__

    def absent(name, *rest, **more):
        if name == "dp_accounting":
            raise ModuleNotFoundError(name=name)
        return load(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(SetupError, match=r"lakeveil\[privacy\]"):
        accountants()
