"""Quantiles: scores by sorting, sensitivities by brute force, errors within what is promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.quantiles import Quantile

ROWS = st.lists(st.integers(0, 5), max_size=9)
SHARES = st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(9, 10), Fraction(1)])


def counted(rows):
    return np.bincount(np.array(rows, int), minlength=6)


@given(ROWS, SHARES)
def test_scores_are_ranks_by_sorting(rows, share):
    """How far the wanted rank is from the ranks that a value has among the sorted rows."""
    wanted = share * len(rows)
    for point, score in enumerate(Quantile(share, 1.0).scores(counted(rows))):
        first, last = sum(row < point for row in rows), sum(row <= point for row in rows)
        off = max(first - wanted, wanted - last, 0)
        assert score == -off * share.denominator


@given(ROWS, SHARES, st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_a_subject_more_moves_no_score_by_more_than_the_sensitivity(rows, share, subject):
    quantile = Quantile(share, 1.0, rows=len(subject))
    before, after = (quantile.scores(counted(table)) for table in (rows, [*rows, *subject]))
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= quantile.sensitivity * share.denominator


@given(ROWS, SHARES, st.integers(0, 5), st.integers(0, 5))
def test_another_row_in_its_place_moves_a_score_by_one_rank(rows, share, one, other):
    """What ``Spend.record_events`` rests on."""
    before, after = (Quantile(share, 1.0).scores(counted([*rows, row])) for row in (one, other))
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= share.denominator


@pytest.mark.parametrize("share", [Fraction(1, 4), Fraction(1, 2), Fraction(99, 100)])
def test_errors_are_within_what_is_promised(share):
    """Twice what is promised on average. An error above 2 sensitivity / epsilon (ln points + s) has a chance of e^-s at most, so
    that ten errors need sums of exponentials above 69: a false alarm in e^-49 of all runs.
    """
    values = np.random.default_rng(3).integers(0, 1000, 20_000)
    counts, quantile = np.bincount(values, minlength=1000), Quantile(share, 0.2)
    errors = [-quantile.scores(counts)[quantile(counts)] / share.denominator for _ in range(10)]
    assert np.mean(errors) <= 2 * quantile.expected_ranks(1000)


def test_ties_do_not_lead_astray():
    counts = np.zeros(100, np.int64)
    counts[40] = 10_000
    assert [Quantile(share, 0.5)(counts) for share in (Fraction(1, 100), Fraction(1, 2), Fraction(3, 4))] == [40, 40, 40]


def test_an_empty_table_has_quantiles_like_any_other():
    found = {Quantile(Fraction(1, 2), 1.0)(np.zeros(50, np.int64)) for _ in range(100)}
    assert len(found) > 10
    assert found <= set(range(50))


def test_events_are_for_each_cell():
    event, = Quantile(Fraction(1, 2), 0.3).events(4)
    assert (event.epsilon, event.count) == (0.3, 4)
