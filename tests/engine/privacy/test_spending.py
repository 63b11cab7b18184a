"""Budgets, divided: what adds up does, and an accountant of privacy loss never finds more than what is promised."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.keys import KeySelection
from engine.privacy.noise import GaussianNoise, LaplaceNoise, l2_squared
from engine.privacy.quantiles import Quantile
from engine.privacy.questions import questions
from engine.privacy.spending import come_to, divided
from engine.privacy.zcdp import delta_of
from schemas.dp_events import DiscreteGaussian, DiscreteLaplace, Event
from tests.engine.statistics.policies import policy

QUERIES = {
    "n": {"count": "rows"}, "people": {"count": "subjects", "by": ["sex"]},
    "ages": {"count": "rows", "by": ["age"], "bins": {"age": 10}, "weight": 2.5}, "s": {"sum": "pay", "by": ["sex"]},
    "m": {"mean": "age"}, "q": {"quantiles": "pay", "by": ["sex"]},
}
JOBS = {"jobs": {"count": "rows", "by": ["job"], "keys": "selected"}}
ASKED = st.fixed_dictionaries({
    "epsilon": st.floats(0.1, 20), "max_rows_per_subject": st.integers(1, 4), "max_groups_per_subject": st.integers(1, 4),
    "unit": st.sampled_from(["subject", "record"])})


def spent_on(asked):
    return divided(asked.statistics, questions(asked, asked.statistics))


def pure(event: Event) -> float:
    """Epsilon of an event, by its definition."""
    if isinstance(event, DiscreteLaplace):
        return event.count * event.rate * event.sensitivity
    return event.count * event.epsilon


def rho(event: Event) -> float:
    if isinstance(event, DiscreteGaussian):
        return event.count * event.sensitivity**2 / (2 * event.sigma**2)
    return event.count * event.epsilon**2 / 2


@given(ASKED)
def test_epsilons_add_up(asked):
    queries = {name: query for name, query in QUERIES.items() if asked["unit"] == "subject" or name != "people"}
    spending = spent_on(policy(**asked, queries=queries))
    assert (spending.kind, spending.epsilon, spending.delta) == ("laplace", asked["epsilon"], 0.0)
    assert asked["epsilon"] * (1 - 1e-9) < sum(map(pure, spending.events)) <= asked["epsilon"] * (1 + 1e-12)
    assert sum(spend.share for spend in spending.spends) == pytest.approx(1)
    weight = 2.5 / (1.5 + len(queries))
    assert sum(map(pure, spending.of("ages")[0].events)) == pytest.approx(weight * asked["epsilon"])


@given(ASKED, st.sampled_from([1e-9, 1e-5]), st.booleans())
def test_rhos_add_up_and_are_converted_once(asked, delta, selecting):
    asked["unit"] = "subject"
    spending = spent_on(policy(**asked, delta=delta, noise="gaussian", queries=QUERIES | (JOBS if selecting else {})))
    for_keys = sum(event.delta * event.count for event in spending.events if getattr(event, "delta", 0))
    assert for_keys == pytest.approx(delta / 2 if selecting else 0)
    total = sum(map(rho, spending.events))
    assert delta_of(total, asked["epsilon"]) <= (delta - for_keys) * (1 + 1e-6)
    assert delta_of(total * 1.001, asked["epsilon"]) > delta - for_keys
    assert spending.epsilon <= asked["epsilon"]
    assert spending.delta == delta


@given(ASKED, st.sampled_from([1e-9, 1e-5]), st.booleans(), st.sampled_from(["laplace", "gaussian"]))
def test_events_come_to_what_was_asked(asked, delta, selecting, noise):
    asked["unit"] = "subject"
    spending = spent_on(policy(**asked, delta=delta, noise=noise, queries=QUERIES | (JOBS if selecting else {})))
    assert come_to(spending.events, spending.delta) == pytest.approx(spending.epsilon)
    assert come_to(spending.events[1:], spending.delta) < spending.epsilon * (1 - 1e-6)


def test_events_come_to_nothing_where_delta_does_not_suffice():
    spending = spent_on(policy(delta=1e-6, queries=JOBS))
    for delta in (0.0, spending.delta / 2):
        assert come_to(spending.events, delta) == math.inf
    assert come_to((), 0.0) == 0.0


def test_noise_is_of_the_kind_that_is_less():
    one = policy(delta=1e-6)
    assert spent_on(one).kind == "laplace"
    many = policy(delta=1e-6, max_groups_per_subject=8, queries={
        f"q{n}": {"count": "rows", "by": ["age"], "bins": {"age": 50}} for n in range(8)})
    assert spent_on(many).kind == "gaussian"
    assert spent_on(policy(delta=1e-6, noise="gaussian")).kind == "gaussian"
    assert spent_on(policy(delta=1e-6, noise="laplace", queries=QUERIES | JOBS)).delta == pytest.approx(5e-7)


def test_mechanisms_fit_what_is_asked():
    spending = spent_on(policy(delta=1e-6, noise="gaussian", max_groups_per_subject=2, queries=QUERIES | JOBS))
    kinds = {(spend.question.name, spend.part): type(spend.mechanism) for spend in spending.spends}
    assert kinds["m", "counts"] is kinds["m", "sums"] is GaussianNoise
    assert kinds["q", "quantiles"] is Quantile
    assert kinds["jobs", "keys"] is KeySelection
    assert [spend.mechanism.share * 4 for spend in spending.of("q")] == [1, 2, 3]
    assert type(spent_on(policy()).spends[0].mechanism) is LaplaceNoise


@pytest.mark.parametrize("noise", ["laplace", "gaussian"])
def test_names_of_groups_have_all_their_share_where_a_unit_is_a_row(noise):
    """Which is in one group, however many a subject might be in."""
    one, five = (spent_on(policy(unit="record", delta=1e-6, noise=noise, max_groups_per_subject=most, queries=JOBS))
                 for most in (1, 5))
    assert [spend.mechanism for spend in five.spends] == [spend.mechanism for spend in one.spends]
    assert five.spends[0].mechanism.groups == 1
    assert come_to(five.events, five.delta) == pytest.approx(1)


def test_the_same_query_costs_a_row_less_where_subjects_have_many():
    """A row more or less, where a subject of five rows counts whole: a fifth of the sensitivity."""
    spend, = spent_on(policy(max_rows_per_subject=5)).spends
    assert l2_squared(spend.sensitivity) == 25
    assert [event.sensitivity for event in spend.events] == [5]
    assert [event.sensitivity for event in spend.record_events] == [1]
    moved = spent_on(policy(max_rows_per_subject=5, queries={"n": {"count": "rows", "by": ["sex"]}})).record_events
    assert [event.sensitivity for event in moved] == [1, 5]


@pytest.mark.slow
@pytest.mark.parametrize("selecting", [True, False])
@pytest.mark.parametrize("noise", ["laplace", "gaussian"])
def test_an_accountant_finds_no_more_than_what_is_promised(noise, selecting):
    """dp_accounting's privacy loss distributions, composed over all events."""
    pld = pytest.importorskip("dp_accounting.pld.privacy_loss_distribution")
    queries = {**QUERIES, **(JOBS if selecting else {})}
    spending = spent_on(policy(epsilon=2, delta=1e-6, noise=noise, max_groups_per_subject=2, queries=queries))
    step, whole = 1e-3, None
    for event in spending.events:
        if isinstance(event, DiscreteGaussian):
            one = pld.from_discrete_gaussian_mechanism(event.sigma, event.sensitivity, value_discretization_interval=step)
        elif isinstance(event, DiscreteLaplace):
            one = pld.from_discrete_laplace_mechanism(event.rate, event.sensitivity, value_discretization_interval=step)
        else:
            one = pld.from_privacy_parameters(pld.common.DifferentialPrivacyParameters(event.epsilon, event.delta),
                                              value_discretization_interval=step)
        one = one.self_compose(event.count)
        whole = one if whole is None else whole.compose(one)
    found = whole.get_epsilon_for_delta(spending.delta or 1e-12)
    assert found <= spending.epsilon + len(spending.events) * step
    assert found > spending.epsilon / 2
