"""Sums of events: multisets by kind and constants."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.events import added_up, mean_loss, merged, promised, rho, within
from schemas.dp_events import (
    DiscreteGaussian,
    DiscreteLaplace,
    Gaussian,
    Laplace,
    Promised,
    SampledGaussian,
    TruncatedSampledGaussian,
)

SOME = (
    Gaussian(noise_multiplier=1), Gaussian(noise_multiplier=2), Laplace(noise_multiplier=1),
    DiscreteLaplace(rate=0.5, sensitivity=2), DiscreteGaussian(sigma=4, sensitivity=2),
    SampledGaussian(noise_multiplier=1, sample_rate=0.1), Promised(epsilon=1, delta=1e-7),
    TruncatedSampledGaussian(noise_multiplier=1, sample_rate=0.1, most=9, units=50))
EVENTS = st.lists(st.builds(lambda one, count: one.model_copy(update={"count": count}), st.sampled_from(SOME), st.integers(1, 4)),
                  max_size=8)


def counted(events) -> Counter:
    return Counter(one.model_copy(update={"count": 1}) for one in events for _ in range(one.count))


@given(EVENTS)
def test_merged_keeps_how_often_each_happened(events):
    found = merged(events)
    assert counted(found) == counted(events)
    assert len({one.model_copy(update={"count": 1}) for one in found}) == len(found)
    assert merged(found) == found


@given(EVENTS, EVENTS)
def test_within_is_being_part_of_a_multiset(part, whole):
    assert within(part, whole) == (counted(part) <= counted(whole))
    assert within(part, [*part, *whole])


@given(EVENTS)
def test_promises_add_up(events):
    epsilon, delta = added_up(events)
    ones = [promised(one) for one in counted(events).elements()]
    assert epsilon == pytest.approx(sum(one for one, _ in ones))
    assert delta == pytest.approx(sum(one for _, one in ones))


def test_kinds_are_told_apart_though_their_constants_are_equal():
    assert len(merged([Gaussian(noise_multiplier=1), Laplace(noise_multiplier=1)])) == 2
    assert not within([Laplace(noise_multiplier=1)], [Gaussian(noise_multiplier=1)])


def test_what_one_event_promises():
    assert promised(DiscreteLaplace(rate=0.25, sensitivity=4)) == (1.0, 0.0)
    assert promised(Laplace(noise_multiplier=2)) == (0.5, 0.0)
    assert promised(Promised(epsilon=0.5, delta=1e-6)) == (0.5, 1e-6)
    assert promised(Gaussian(noise_multiplier=2))[0] == math.inf


def test_concentrated_costs():
    assert rho(Gaussian(noise_multiplier=2)) == 0.125
    assert rho(DiscreteGaussian(sigma=20, sensitivity=10)) == 0.125
    assert rho(DiscreteLaplace(rate=0.5, sensitivity=1)) == 0.125
    assert rho(Promised(epsilon=0.5, delta=1e-6)) is None
    assert rho(SampledGaussian(noise_multiplier=2, sample_rate=0.1)) is None


def test_the_mean_loss_of_a_sample_is_less():
    whole, part = (mean_loss([SampledGaussian(noise_multiplier=1, sample_rate=rate, count=10)]) for rate in (1.0, 0.1))
    assert whole == pytest.approx(10 * 0.5)
    assert part == pytest.approx(0.1 * whole)
