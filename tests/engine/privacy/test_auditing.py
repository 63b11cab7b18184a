"""Bounds from guesses: right about mechanisms whose epsilon is known, and never above it but by the stated chance.

False alarms of this file together: about one in a million runs.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from engine.privacy.auditing import best_bound, chance, contradicted, contradicts, counted, epsilon_at_least, lost
from engine.privacy.curves import Curve, least_noise
from engine.privacy.pld import pld_epsilon


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


@pytest.mark.slow
def test_randomized_response_is_bounded_from_below_and_nearly_reached():
    """Its epsilon is known: each coin is told right with e^ε / (1 + e^ε). A false alarm in a million."""
    rng, epsilon, number = np.random.default_rng(), 2.0, 200_000
    present = rng.random(number) < 0.5
    told = present ^ (rng.random(number) < 1 / (1 + math.exp(epsilon)))
    bound, guesses, right = best_bound(told + rng.random(number) / 2, present, 0.0, 1 - 1e-6)
    assert 1.9 < bound < epsilon
    assert guesses / 2 < right < guesses


@pytest.mark.slow
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


def likeliest(curve, canaries, guesses, right):
    """Brute force: of all chances p of 0 to ``guesses`` right ones that keep the theorem, the most that is ``right`` or more."""
    j = np.arange(guesses + 1)
    rows, limits = [], []
    for first in range(1, guesses + 1):
        rightly = np.where(j >= first, j, 0) / canaries
        wrongly = np.where(j >= first - 1, guesses - j, 0) / canaries
        for epsilon, delta in zip(curve.epsilons, curve.deltas, strict=True):
            rows.append(rightly - math.exp(epsilon) * wrongly)
            limits.append(delta)
            rows.append(rightly * math.exp(epsilon) - wrongly)
            limits.append(math.exp(epsilon) - 1 + delta)
    found = optimize.linprog(-(j >= right).astype(float), rows, limits, np.ones((1, guesses + 1)), [1.0])
    return -found.fun


@pytest.mark.parametrize(("canaries", "guesses", "right"), [(12, 12, 10), (12, 8, 8), (30, 10, 9), (40, 40, 31)])
@pytest.mark.parametrize("curve", [Curve.promised(1.0, 0.0), Curve.promised(0.7, 0.01), Curve.gaussian(1.0)])
def test_guesses_against_a_curve_agree_with_a_linear_program(curve, canaries, guesses, right):
    few = Curve(curve.epsilons[::8], curve.deltas[::8])
    most = likeliest(few, canaries, guesses, right)
    assert contradicts(few, canaries, guesses, right, most * 1.02 + 1e-9) == (most < 0.98)
    assert not contradicts(few, canaries, guesses, right, most * 0.98)


@given(epsilon=st.floats(0.05, 4), canaries=st.integers(1, 300), share=st.floats(0, 1))
def test_randomized_response_never_contradicts_its_own_curve(epsilon, canaries, share):
    """Exactly: however likely it is that so many are told right, a claim is not contradicted at that chance."""
    right = round(share * canaries)
    likely = stats.binom.sf(right - 1, canaries, math.exp(epsilon) / (1 + math.exp(epsilon)))
    assert not contradicts(Curve.promised(epsilon, 0.0), canaries, canaries, right, likely * (1 - 1e-9))


@given(noise=st.floats(0.3, 5), canaries=st.integers(1, 300), share=st.floats(0, 1))
def test_normal_noise_never_contradicts_its_own_curve(noise, canaries, share):
    right = round(share * canaries)
    likely = stats.binom.sf(right - 1, canaries, stats.norm.cdf(0.5 / noise))
    assert not contradicts(Curve.gaussian(noise), canaries, canaries, right, likely * (1 - 1e-9))


def canaries_under(noise, *shape):
    rng = np.random.default_rng()
    present = rng.random(shape) < 0.5
    return present - 0.5 + noise * rng.standard_normal(shape), present


@pytest.mark.slow
def test_a_true_curve_is_rarely_contradicted_by_the_surest_guesses():
    """Six hundred audits at 80%: a fifth at most, but for six standard errors."""
    against = [contradicted(Curve.gaussian(1.0), *canaries_under(1.0, 200), 0.2) for _ in range(600)]
    assert np.mean(against) < 0.2 + 6 * math.sqrt(0.16 / 600)


@pytest.mark.slow
def test_the_curve_sees_more_than_one_pair():
    """Normal noise 1, of which epsilon is 4.38 at 1e-5: what 10,000 coins prove of it, at one in a million."""
    scores, present = canaries_under(1.0, 10_000)
    curve = least_noise(lambda noise: contradicted(Curve.gaussian(noise), scores, present, 1e-6), 1.0)
    pair, _, _ = best_bound(scores, present, 1e-5, 1 - 1e-6)
    assert pair < pld_epsilon(curve, 1.0, 1, 1e-5) < 4.38
    assert curve < 4, "3.0 or so, more or less by chance"


def test_wagers_nearly_reach_what_is_true():
    """The same noise, 1000 steps of 200 coins: 85% of 4.38 is proved, and never more than all, at one in a million."""
    scores, present = canaries_under(1.0, 1000, 200)
    shares = ((scores > 0) == present).mean(axis=1)
    bound = least_noise(lambda noise: lost(Curve.gaussian(noise).right_at_most, shares, 1e-6), 1.0)
    assert 0.85 * 4.377 < pld_epsilon(bound, 1.0, 1, 1e-5) < 4.38


@pytest.mark.parametrize("right", [0.5, 0.7, 0.95])
def test_a_gambler_gets_rich_in_vain_as_seldom_as_is_said(right):
    """All ways that ten steps can end, each with its exact probability, where each step is one coin."""
    ways = (np.arange(1 << 10)[:, None] >> np.arange(10) & 1).astype(float)
    likely = np.prod(np.where(ways > 0, right, 1 - right), axis=1)
    for allowed in (0.3, 0.1, 0.01):
        with np.errstate(all="raise"):  # who loses everything has nothing to bet with
            rich = np.array([lost(right, way, allowed) for way in ways])
        assert likely[rich].sum() <= allowed
    assert any(lost(right, way, 0.3) for way in ways) == (right < 0.9), "and he can"


@pytest.mark.slow
def test_a_gambler_gets_rich_in_vain_in_no_long_run_either():
    """Six hundred times four hundred steps of ten coins, at 90%: a tenth at most, but for six standard errors."""
    shares = np.random.default_rng().binomial(10, 0.7, (600, 400)) / 10
    assert np.mean([lost(0.7, row, 0.1) for row in shares]) < 0.1 + 6 * math.sqrt(0.09 / 600)
    assert np.mean([lost(0.66, row, 0.1) for row in shares]) > 0.9, "and he does where more is right"


def test_a_gambler_without_steps_wins_nothing():
    assert not lost(0.7, np.empty(0), 0.999)


@pytest.mark.parametrize("number", [2, 9, 1000])
def test_guesses_are_counted_from_both_ends(number):
    present = np.arange(number) >= number / 2
    scores = np.arange(number) + 2 * number * present
    assert all(right == guesses for guesses, right in counted(scores, present))
    assert all(right == 0 for _, right in counted(scores, ~present))
    assert counted(scores, present)[-1][0] == number


def test_who_was_there_unseen_is_no_wrong_guess_of_the_highest():
    """A third of those in the table was in no step: only the highest scores are sure."""
    present = np.arange(900) % 2 == 1
    seen = present & (np.arange(900) % 3 > 0)
    found = dict(counted(np.where(seen, 5.0, 0.0), present))
    assert found[300] == 300
    assert found[600] < 600
    assert found[900] == 750


def test_one_coin_proves_nothing():
    for present in (True, False):
        assert not contradicted(Curve.gaussian(1.0), np.ones(1), np.array([present]), 0.1)


def test_all_guessed_right_refutes_any_noise():
    present = np.random.default_rng().random(4000) < 0.5
    assert contradicted(Curve.gaussian(1.0), present - 0.5, present, 1e-6)
    assert not contradicted(Curve.gaussian(1.0), np.zeros(4000), present, 1e-6)
