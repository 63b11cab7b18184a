"""Choices and counts of noisy cuts: distributions are those of the papers, exactly, and what is spent adds up to epsilon."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.cuts import CutBudget
from engine.privacy.mechanisms import permute_and_flip
from schemas.policy.recoding import NoisyCuts

SCORES = st.lists(st.integers(0, 6), min_size=1, max_size=4)


def chances(scores: list[int], rate: float) -> list[float]:
    """Permute-and-flip by its definition: over all orders, the chance that a score is the first to be taken."""
    taken = [math.exp(rate * (score - max(scores))) for score in scores]
    found = [0.0] * len(scores)
    orders = list(permutations(range(len(scores))))
    for order in orders:
        left = 1 / len(orders)
        for place in order:
            found[place] += left * taken[place]
            left *= 1 - taken[place]
    return found


@given(SCORES, st.data())
def test_a_row_changes_no_chance_by_more_than_its_epsilon(scores, data) -> None:
    """A row more raises some scores by at most the sensitivity, 2, and lowers none."""
    with_one_more = [score + data.draw(st.integers(0, 2)) for score in scores]
    rate = data.draw(st.floats(0.01, 3))
    for one, other in zip(chances(scores, rate), chances(with_one_more, rate), strict=True):
        assert one <= math.exp(2 * rate) * other * (1 + 1e-9)
        assert other <= math.exp(2 * rate) * one * (1 + 1e-9)


def test_a_score_that_falls_while_others_rise_would_cost_twice() -> None:
    """Without the assumption the bound is not kept: the property above can fail."""
    rate = 1.0
    before, after = chances([2, 0], rate)[1], chances([0, 2], rate)[1]
    assert after > math.exp(2 * rate) * before


@pytest.mark.parametrize("scores", [[3], [0, 0], [5, 3, 0], [1, 1, 4, 2]])
def test_choices_are_drawn_as_defined(scores) -> None:
    """Each frequency is within 5.5 standard deviations: a false alarm in about 3 of 100 million."""
    draws, expected = 2_000, chances(scores, 0.5)
    found = Counter(permute_and_flip(scores, Fraction(1, 2)) for _ in range(draws))
    for place, chance in enumerate(expected):
        assert abs(found[place] - draws * chance) <= 5.5 * math.sqrt(draws * chance * (1 - chance)) + 1e-6


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 7.5])
@pytest.mark.parametrize("rows", [None, 3])
def test_what_is_spent_adds_up_to_epsilon(epsilon, rows) -> None:
    cuts = NoisyCuts(epsilon=epsilon, depth=5, rows=rows)
    budget = CutBudget.of(cuts)
    assert (rows or 1) * (cuts.depth * budget.choosing + (cuts.depth + 1) * budget.counting) == Fraction(epsilon)


@given(epsilon=st.floats(0.05, 12), delta=st.sampled_from([1e-9, 1e-6, 1e-4, 1e-3]), depth=st.integers(1, 10),
       rows=st.sampled_from([None, 4]))
def test_the_margin_is_enough_and_hardly_more(epsilon, delta, depth, rows) -> None:
    """The chance that any node with k - 1 rows looks as if it had k and the margin, added up from the noise's definition."""
    budget = CutBudget.of(NoisyCuts(epsilon=epsilon, delta=delta, depth=depth, rows=rows))

    def failing(margin: int) -> float:
        base = math.exp(-float(budget.counting))
        above = base ** (margin + 1) * (1 - base) / (1 + base) / (1 - base)
        return (1 + math.exp(epsilon)) * (2 ** (depth + 1) - 1) * above

    assert failing(budget.margin) <= delta
    assert budget.margin <= 2 or failing(budget.margin - 2) > delta


def test_counts_are_whole_and_near() -> None:
    budget = CutBudget.of(NoisyCuts(epsilon=10, depth=1))
    counted = [budget.count(1000) for _ in range(50)]
    assert all(isinstance(count, int) and abs(count - 1000) < 100 for count in counted)
    assert len(set(counted)) > 1
