"""Public grids, bins and sensitivities: by hand, and by properties; the bounds themselves are held by ``test_statistics.py``."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.noise import Change
from engine.privacy.questions import Axis, Question, Steps, questions
from schemas.policy.v1 import Column, Domain
from tests.engine.statistics.policies import policy

RANGES = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(lambda ends: Domain(min=ends[0], max=ends[0] + ends[1]))


@given(RANGES, st.sampled_from(["sum", "mean", "values"]), st.floats(allow_nan=False))
def test_a_number_counts_as_the_nearest_point_within_its_range(domain, measure, number):
    steps = Steps.of(domain, measure)
    point, (low, high) = steps.point(number), steps.ends
    assert low <= point <= high
    assert abs(point) <= steps.reach <= 1025
    held = min(max(number, domain.min), domain.max)
    assert abs(steps.value(point) - held) <= steps.step * 0.51
    assert math.log2(steps.step).is_integer()


def test_grids_by_hand():
    pay = Domain(min=0, max=99_999)
    assert Steps.of(pay, "sum") == Steps(0.0, 99_999.0, 0.0, 128.0)
    assert Steps.of(pay, "sum").reach == 781
    age = Steps.of(Domain(min=17, max=90), "mean")
    assert (age.origin, age.ends) == (53.5, (-584, 584))
    assert Steps.of(Domain(min=-5, max=3), "sum").reach == 640
    assert Steps.of(Domain(min=0, max=1), "values").ends == (0, 1024)


def axis(bins, low=17, high=90):
    return Axis.of("age", Column(role="quasi", why="w", domain={"min": low, "max": high}), bins)


@given(st.integers(1, 40), st.floats(allow_nan=False))
def test_a_number_is_in_the_bin_that_holds_it(bins, number):
    edges = [17 + 73 * n / bins for n in range(bins + 1)]
    place = axis(bins).bin(number)
    held = min(max(number, 17), 90)
    assert edges[place] - 1e-9 <= held <= edges[place + 1] + 1e-9


def test_labels_of_bins_differ():
    assert axis(2).labels == ("[17, 53.5)", "[53.5, 90]")
    assert axis(1).labels == ("[17, 90]",)
    assert len(set(axis(500, 1_000_000, 1_000_001).labels)) == 500


def test_bins_without_bounds_are_none():
    with pytest.raises(TypeError, match="no bins"):
        Axis("sex", ("F", "M")).bin(1.0)


def test_policies_become_questions():
    asked = policy(max_groups_per_subject=5, queries={
        "a": {"count": "rows", "by": ["sex", "age"], "bins": {"age": 4}, "max_rows_per_subject": 3},
        "b": {"mean": "pay", "by": ["sex"]}, "c": {"quantiles": "pay"}, "d": {"sum": "pay"}, "e": {"count": "subjects"}})
    first, second, third, fourth, fifth = questions(asked, asked.statistics)
    assert (first.cells, first.rows, first.groups, first.touched, first.most) == (8, 3, 5, 5, 3)
    assert first.columns == ("sex", "age", "id")
    assert (second.measure, second.touched, second.moves) == ("mean", 2, False)
    assert (third.measure, third.cells, third.moves) == ("values", 1, False)
    assert (fourth.measure, fifth.measure, fifth.columns) == ("sum", "subjects", ("id",))


def test_sensitivities_by_hand():
    steps = Steps.of(Domain(min=-10, max=4), "sum")
    asked = Question("q", "sum", (Axis("sex", ("F", "M", "X")),), "pay", steps, subject="id", rows=3, groups=2)
    low, high = steps.ends
    assert asked.changes("sums") == (Change(2, 3 * -low),)
    assert asked.changes("counts") == (Change(2, 3),)
    assert asked.record_changes("sums") == (Change(1, high - low), Change(1, 3 * -low))
    assert asked.record_changes("counts") == (Change(1, 1), Change(1, 3))
    by_row = Question("q", "rows", (Axis("sex", ("F", "M")),), rows=3, groups=2)
    assert by_row.changes("counts") == by_row.record_changes("counts") == (Change(1, 1),)
    people = Question("q", "subjects", subject="id", rows=9)
    assert people.changes("counts") == (Change(1, 1),)
