"""Choices: distributions by their definition, losses by enumeration, sparse vector by simulation."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.choices import AboveThreshold, Choice, report_noisy_max
from engine.privacy.mechanisms import exponential
from tests.benchmarks.mechanism_proofs import FALSE_ALARM, exponential_chances, fit, flip_chances, laplace_chances, pure_loss

SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=5)


@pytest.mark.parametrize("scores", [[3], [0, 0], [5, 3, 0, 5]])
def test_the_exponential_mechanism_draws_as_defined(scores):
    drawn = [exponential(scores, Fraction(1, 3)) for _ in range(2_000)]
    assert fit(np.bincount(drawn, minlength=len(scores)), exponential_chances(scores, 1 / 3)) > FALSE_ALARM


@pytest.mark.parametrize("by_exponential", [True, False])
@given(scores=SCORES, data=st.data())
def test_a_choice_costs_its_epsilon_at_most(by_exponential, scores, data):
    """Scores that move by at most the sensitivity either way, or up alone: no outcome gets e^epsilon times likelier."""
    chances = exponential_chances if by_exponential else flip_chances
    for one_sided in (False, True):
        choice = Choice(1.3, Fraction(2), one_sided, by_exponential)
        moved = [score + data.draw(st.integers(0 if one_sided else -2, 2)) for score in scores]
        before, after = chances(scores, float(choice.rate)), chances(moved, float(choice.rate))
        assert max((before / after).max(), (after / before).max()) <= math.exp(1.3) * (1 + 1e-9)
        assert choice.events[0].epsilon == 1.3


def test_permute_and_flip_is_never_worse():
    """McKenna and Sheldon 2020, theorem 2: on average the chosen score is at least as high."""
    scores = [9, 7, 7, 2, 0]
    for rate in (0.1, 1.0):
        assert flip_chances(scores, rate) @ scores >= exponential_chances(scores, rate) @ scores


def test_a_noisy_maximum_is_reported():
    drawn = [report_noisy_max([6, 4, 0], 0.5) for _ in range(2_000)]
    assert fit(np.bincount(drawn, minlength=3), flip_chances([6, 4, 0], 0.5)) > FALSE_ALARM
    assert Choice(0.5, exponential=True)([10**6, 0, 1]) == 0


def first_above(numbers, threshold, epsilon, *, one_sided=False):
    """Returns the place of the first answer above, or how many numbers there are."""
    answers = list(AboveThreshold(epsilon, one_sided=one_sided)(numbers, threshold))
    return answers.index(True) if any(answers) else len(numbers)


def exactly_first(numbers, threshold, ours, reach=150):
    """Returns the distribution of the first answer above, by summing over the threshold's noise (algorithm 1)."""
    for_threshold, for_numbers = ours._shares()
    sides = 1 if ours.one_sided else 2
    bars = laplace_chances(float(for_threshold), reach)
    tail = np.cumsum(laplace_chances(float(for_numbers / (sides * ours.hits)), 2 * reach)[::-1])[::-1]
    found = np.zeros(len(numbers) + 1)
    for at, chance in enumerate(bars):
        left = chance
        for place, number in enumerate(numbers):
            above = tail[min(max(threshold + at - reach - number + 2 * reach, 0), 4 * reach)]
            found[place] += left * above
            left *= 1 - above
        found[-1] += left
    return found


@pytest.mark.slow
@given(numbers=st.lists(st.integers(-3, 3), min_size=1, max_size=5), data=st.data())
def test_sparse_vector_costs_its_epsilon_at_most(numbers, data):
    for one_sided in (False, True):
        ours = AboveThreshold(1.5, one_sided=one_sided)
        moved = [number + data.draw(st.integers(0 if one_sided else -1, 1)) for number in numbers]
        before, after = (exactly_first(asked, 0, ours) for asked in (numbers, moved))
        assert max((before / after).max(), (after / before).max()) <= math.exp(1.5) * (1 + 1e-6)


@pytest.mark.slow
def test_sparse_vector_answers_as_defined():
    numbers, size = [-2, 0, 1, 3], 1_500
    drawn = [first_above(numbers, 1, 1.5) for _ in range(size)]
    assert fit(np.bincount(drawn, minlength=5), exactly_first(numbers, 1, AboveThreshold(1.5))) > FALSE_ALARM
    other = [first_above([-1, -1, 2, 2], 1, 1.5) for _ in range(size)]
    assert pure_loss(np.array(drawn), np.array(other), 1.5) > FALSE_ALARM


def test_sparse_vector_ends_after_its_hits_and_asks_no_further():
    asked = []

    def numbers():
        for number in (-10**6, 10**6, -10**6, 10**6, 10**6):
            asked.append(number)
            yield number

    assert list(AboveThreshold(1.0, hits=2)(numbers(), 0)) == [False, True, False, True]
    assert len(asked) == 4
    assert list(AboveThreshold(1.0)([], 0)) == []


@given(epsilon=st.floats(0.01, 10), hits=st.integers(1, 50), one_sided=st.booleans())
def test_shares_add_up_to_epsilon(epsilon, hits, one_sided):
    first, second = AboveThreshold(epsilon, hits, 1, one_sided)._shares()
    assert first + second == Fraction(epsilon)
    assert 0 < first <= second
