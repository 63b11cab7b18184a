"""Naming groups: the recurrence by hand, its promise for every number of units, and that nothing names more."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.keys import BITS, KeySelection

EPSILONS, DELTAS = st.floats(0.05, 5), st.sampled_from([1e-9, 1e-6, 1e-3, 0.2])


def shares(selection):
    return [chance / 2**BITS for chance in selection.chances()]


@given(EPSILONS, DELTAS)
def test_one_unit_more_or_less_keeps_the_promise(epsilon, delta):
    """Of naming and of not naming, in both directions: exactly the definition of (epsilon, delta)."""
    chances, grown, slack = shares(KeySelection(epsilon, delta)), math.exp(epsilon), 1e-14
    for one, other in zip([*chances, 1.0], [*chances[1:], 1.0, 1.0], strict=False):
        assert other <= grown * one + delta + slack
        assert one <= grown * other + delta + slack
        assert 1 - one <= grown * (1 - other) + delta + slack
        assert 1 - other <= grown * (1 - one) + delta + slack


@given(EPSILONS, DELTAS)
def test_nothing_names_more(epsilon, delta):
    """Each chance is as high as its predecessor allows, or certain (theorem 1)."""
    chances, grown = shares(KeySelection(epsilon, delta)), math.exp(epsilon)
    assert chances[0] == 0
    assert chances[-1] == 1
    assert chances == sorted(chances)
    for before, chance in pairwise(chances):
        assert chance == pytest.approx(min(grown * before + delta, 1 - (1 - before - delta) / grown, 1), rel=1e-9)


def test_a_group_of_one_is_named_with_delta():
    assert shares(KeySelection(1.0, 1e-6))[1] == pytest.approx(1e-6)
    assert KeySelection(1.0, 1e-6).even() == 14  # 1 + ln((e - 1) / 2e-6 / 2) = 13.97, rounded up


def test_events_are_for_each_group_of_a_unit():
    event, = KeySelection(0.5, 1e-7, 3).events
    assert (event.epsilon, event.delta, event.count) == (0.5, 1e-7, 3)


@pytest.mark.parametrize(("epsilon", "delta"), [(1e-5, 1e-12), (1.0, 1e-40)])
def test_what_names_nothing_is_refused(epsilon, delta):
    with pytest.raises(ValueError, match="too small"):
        KeySelection(epsilon, delta).chances()
