"""What statistics will cost, told before anything is read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import statistics
from engine.errors import PolicyError, SetupError
from engine.privacy.noise import GaussianNoise, LaplaceNoise
from engine.privacy.quantiles import Quantile
from engine.statistics.planning import divide
from tests.engine.statistics.policies import policy

QUERIES = {
    "people": {"count": "subjects"}, "pay": {"mean": "pay", "by": ["sex"]}, "ranks": {"quantiles": "pay", "at": [0.5]},
    "jobs": {"count": "rows", "by": ["job"], "keys": "selected"},
}


def test_a_plan_says_what_each_part_costs_and_how_exact_it_is(monkeypatch):
    monkeypatch.setattr("engine.statistics.planning.by_accountant", lambda *_: {"pld": math.inf, "rdp": None, "zcdp": 0.5})
    planned = statistics.plan(policy(delta=1e-6, noise="laplace", max_rows_per_subject=2, queries=QUERIES))
    assert planned.epsilon_by_accountant == planned.epsilon_record == {"pld": None, "rdp": None, "zcdp": 0.5}
    assert [(spend.query, spend.part, spend.share) for spend in planned.spends] == [
        ("people", "counts", 0.25), ("pay", "counts", 0.125), ("pay", "sums", 0.125), ("ranks", "quantiles", 0.25),
        ("jobs", "keys", 0.125), ("jobs", "counts", 0.125)]
    assert (planned.epsilon, planned.delta, planned.unit) == (1.0, pytest.approx(5e-7), "subject")
    assert planned.accounted_at == 1e-6
    assert sum(spend.epsilon for spend in planned.spends) == pytest.approx(1)
    people, _, sums, ranks, keys, _ = planned.spends
    assert people.expected_error == pytest.approx(4 * 2**0.5, rel=0.01)
    assert people.sensitivity == "1 group, 1 in each"
    assert sums.error_unit == "pay"
    assert sums.expected_error == pytest.approx(2 * 50_000 * 8 * 2**0.5, rel=0.02)  # half of the range, two rows, an eighth
    assert "grid of 64" in sums.mechanism
    assert ranks.error_unit == "ranks"
    assert keys.expected_error > 50
    assert keys.delta == pytest.approx(5e-7)


def test_without_an_accountant_the_theorem_is_enough(monkeypatch):
    def missing(*_):
        raise SetupError("not installed")

    monkeypatch.setattr("engine.statistics.planning.by_accountant", missing)
    assert statistics.plan(policy()).epsilon_by_accountant == {}


def test_a_gaussian_plan_names_its_theorem(monkeypatch):
    monkeypatch.setattr("engine.statistics.planning.by_accountant", lambda *_: {})
    planned = statistics.plan(policy(delta=1e-6, noise="gaussian", non_negative=True))
    assert "zCDP" in planned.composition
    assert planned.post_processing == ("counts below 0 are shown as 0",)
    assert statistics.plan(policy()).post_processing == ()
    assert planned.epsilon == pytest.approx(1, abs=1e-6)
    assert all(spend.epsilon < 1 for spend in planned.spends)


@pytest.mark.slow
def test_accountants_stand_beside_it():
    pytest.importorskip("dp_accounting")
    planned = statistics.plan(policy(delta=1e-6, noise="gaussian", max_rows_per_subject=4))
    assert planned.epsilon * 0.8 < planned.epsilon_by_accountant["pld"] <= planned.epsilon
    assert planned.epsilon_record["pld"] < planned.epsilon_by_accountant["pld"] / 3
    assert statistics.plan(policy(unit="record")).epsilon_record == {}


def test_a_policy_without_statistics_has_none():
    without = policy().model_copy(update={"statistics": None})
    with pytest.raises(PolicyError, match="asks for no statistics"):
        statistics.plan(without)


def test_too_little_to_name_groups_with_is_said_before_anything_is_read():
    queries = {"jobs": {"count": "rows", "by": ["job"], "keys": "selected", "weight": 1e-6}, "n": {"count": "rows"}}
    with pytest.raises(PolicyError, match="too little") as caught:
        statistics.plan(policy(epsilon=0.01, delta=1e-9, queries=queries))
    assert "queries.jobs" in caught.value.where


@pytest.mark.parametrize("asked", [
    {"epsilon": 1e-300}, {"epsilon": 5e-324, "delta": 1e-6},
    {"epsilon": 1e-300, "queries": {"n": {"quantiles": "pay"}}},
    {"epsilon": 1, "queries": {"n": {"sum": "pay", "max_rows_per_subject": 10_000, "weight": 1e-6}, "m": {"count": "rows"}}},
], ids=str)
def test_noise_that_cannot_be_drawn_is_said_before_anything_is_read(asked):
    with pytest.raises(PolicyError, match="no noise can be drawn") as caught:
        statistics.plan(policy(**asked))
    assert caught.value.where == "statistics.queries.n"
    assert " is from " in caught.value.allowed


def test_the_kind_of_noise_that_can_be_drawn_is_taken():
    asked = {"epsilon": 1, "delta": 1e-3, "queries": {
        "n": {"sum": "pay", "by": ["age"], "bins": {"age": 100_000}, "max_rows_per_subject": 10_000,
              "max_groups_per_subject": 10_000, "weight": 0.01}, "m": {"count": "rows"}}}
    assert "gaussian" in divide(policy(**asked))[1].kind
    with pytest.raises(PolicyError, match="no noise can be drawn"):
        divide(policy(**asked, noise="laplace"))


@given(epsilon=st.floats(0, 100, exclude_min=True), delta=st.none() | st.floats(0, 1e-3, exclude_min=True),
       weight=st.floats(1e-6, 1e6), most=st.integers(1, 10_000))
def test_what_is_planned_can_be_drawn(epsilon, delta, weight, most):
    queries = {"n": {"sum": "pay", "by": ["sex"], "weight": weight}, "ranks": {"quantiles": "pay", "at": [0.5]},
               **({"jobs": {"count": "rows", "by": ["job"], "keys": "selected"}} if delta else {})}
    try:
        _, spending = divide(policy(epsilon=epsilon, delta=delta, max_rows_per_subject=most, queries=queries))
    except PolicyError:
        return
    assert spending.events
    for spend in spending.spends:
        if isinstance(spend.mechanism, LaplaceNoise | GaussianNoise):
            assert len(spend.mechanism(np.zeros(2, np.int64))) == 2
        elif isinstance(spend.mechanism, Quantile):
            assert spend.mechanism(np.arange(3)) in {0, 1, 2}
        else:
            assert spend.mechanism.chances()
