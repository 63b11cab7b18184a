from __future__ import annotations

import pytest

from engine.errors import BudgetExceeded, PolicyError
from engine.privacy.budget import COUNT_SHARE, LEAST_NOISE, calibrate, schedule, split
from engine.privacy.pld import pld_epsilon
from schemas.policy import Synthesis


@pytest.mark.slow
@pytest.mark.parametrize(("epsilon", "rate", "steps"), [(0.5, 0.01, 500), (1.0, 0.016, 625), (3.0, 0.0131, 763), (8.0, 0.1, 100)])
def test_calibrated_noise_spends_what_it_may_and_hardly_less(epsilon, rate, steps):
    noise = calibrate(epsilon, 1e-6, rate, steps)
    spent = pld_epsilon(noise, rate, steps, 1e-6)
    assert spent <= epsilon
    assert spent > 0.99 * epsilon


@pytest.mark.slow
def test_a_large_epsilon_still_gets_the_least_noise():
    assert calibrate(1e4, 1e-5, 0.01, 10) == LEAST_NOISE


def test_an_epsilon_that_no_noise_meets_is_refused_before_anything_is_spent():
    with pytest.raises(BudgetExceeded, match="epsilon is too small"):
        calibrate(0.001, 1e-6, 0.5, 10_000)


def test_counting_is_paid_for_only_where_the_number_is_not_public():
    estimated = split(Synthesis(epsilon=2, delta=1e-6))
    assert estimated.counting == pytest.approx(2 * COUNT_SHARE)
    assert estimated.training + estimated.counting == pytest.approx(2)
    public = split(Synthesis(epsilon=2, delta=1e-6, records=1000))
    assert (public.training, public.counting) == (2, 0)


@pytest.mark.parametrize("delta", [2e-5, 1e-3])
def test_delta_above_one_over_units_is_refused(delta):
    synthesis = Synthesis(epsilon=1, delta=delta, records=100_000)
    with pytest.raises(PolicyError, match="delta is no promise"):
        schedule(synthesis, 100_000, split(synthesis))


@pytest.mark.parametrize("units", [-3, 0, 1])
def test_a_table_without_units_is_refused(units):
    synthesis = Synthesis(epsilon=1, delta=1e-6, holdout=0.2)
    with pytest.raises(PolicyError, match="nothing is left"):
        schedule(synthesis, units, split(synthesis))


@pytest.mark.slow
def test_the_schedule_follows_from_public_constants():
    synthesis = Synthesis(epsilon=3, delta=1e-6, records=10_000, batch=400, epochs=5, holdout="20%")
    plan = schedule(synthesis, 10_000, split(synthesis))
    assert plan.sample_rate == pytest.approx(400 / 8000)
    assert plan.steps == 100
    assert plan.expected_batch == pytest.approx(400)
    assert pld_epsilon(plan.noise_multiplier, plan.sample_rate, plan.steps, 1e-6) <= 3


@pytest.mark.slow
def test_a_batch_larger_than_the_table_is_the_whole_table():
    synthesis = Synthesis(epsilon=3, delta=1e-6, records=100, batch=400, epochs=5, holdout=0)
    plan = schedule(synthesis, 100, split(synthesis))
    assert (plan.sample_rate, plan.steps, plan.expected_batch) == (1.0, 5, 100)
