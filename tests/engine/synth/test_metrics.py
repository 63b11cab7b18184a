from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.synth.metrics import MOST_TRIPLES, closest, k_marginal, share_closer, total_variation, triples


def _table(seed, rows, sizes):
    return np.stack([np.random.default_rng(seed + j).integers(0, s, rows) for j, s in enumerate(sizes)], axis=1).astype(np.int32)


def _slow_variation(one, other, columns):
    first, second = (Counter(tuple(row[list(columns)]) for row in table) for table in (one, other))
    return sum(abs(first[cell] / len(one) - second[cell] / len(other)) for cell in first | second) / 2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 40), others=st.integers(1, 40), width=st.integers(1, 4))
def test_total_variation_agrees_with_counting(seed, rows, others, width):
    sizes = (3, 5, 2, 4)
    one, other = _table(seed, rows, sizes), _table(seed + 77, others, sizes)
    for columns in itertools.combinations(range(4), width):
        found = total_variation(one, other, columns, sizes)
        assert found == pytest.approx(_slow_variation(one, other, columns))


def test_marginals_too_wide_for_a_machine_word():
    sizes = (2**20,) * 5
    one, other = _table(1, 200, sizes), _table(2, 200, sizes)
    other[:50] = one[:50]
    assert total_variation(one, other, range(5), sizes) == pytest.approx(0.75)


def test_k_marginal_is_nist_s_formula():
    """SDNist: the density differences of a marginal add up to 0..2; the score is 1000 (2 - mean) / 2."""
    sizes = (3, 4, 2, 5)
    one, other = _table(1, 300, sizes), _table(9, 200, sizes)
    chosen = triples(("a", "b", "c", "d"))
    differences = [2 * _slow_variation(one, other, t) for t in chosen]
    assert k_marginal(one, other, sizes, chosen) == round(1000 * (2 - np.mean(differences)) / 2)
    assert k_marginal(one, one, sizes, chosen) == 1000
    assert k_marginal(np.zeros((5, 4), np.int32), np.ones((5, 4), np.int32), sizes, chosen) == 0
    pair = round(1000 * (1 - _slow_variation(one, other, (0, 1))))
    assert k_marginal(one[:, :2], other[:, :2], sizes[:2], triples(("a", "b"))) == pair


def test_the_choice_of_marginals_is_public():
    names = [f"column {i}" for i in range(20)]
    chosen = triples(names)
    assert len(chosen) == len(set(chosen)) == MOST_TRIPLES
    assert chosen == triples(names)
    assert len(triples(names[:14])) == 364


def test_closest_agrees_with_all_pairs():
    spans = np.array([0.0, 10.0, 0.0])
    one, other = _table(3, 30, (4, 11, 3)), _table(8, 50, (4, 11, 3))

    def apart(a, b):
        number = 1.0 if (a[1] == 0) != (b[1] == 0) else abs(int(a[1]) - int(b[1])) / 10
        return (float(a[0] != b[0]) + number + float(a[2] != b[2])) / 3

    slow = [min(apart(a, b) for b in other) for a in one]
    assert closest(one, other, spans) == pytest.approx(slow, abs=1e-6)
    assert (closest(one, one, spans) == 0).all()


def test_share_closer_splits_ties():
    assert share_closer(np.array([0.1, 0.5, 0.5, 0.9]), np.array([0.2, 0.5, 0.5, 0.1])) == 0.5
    assert share_closer(np.zeros(5), np.ones(5)) == 1.0
