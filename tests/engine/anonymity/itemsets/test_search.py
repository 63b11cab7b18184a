"""The cut: every item is below one node that stands or is left out, and no rare combination stands."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.itemsets.domain import Domain, domain_of
from engine.anonymity.itemsets.search import Cut
from tests.engine.anonymity.itemsets.baskets import HIERARCHY, ITEMS

DOMAIN = domain_of(pa.array(list(ITEMS)), HIERARCHY, "here")
FLAT = domain_of(pa.array(list(ITEMS)), None, "here")
WEIGHTS = st.lists(st.integers(1, 50), min_size=6, max_size=6)


def below(domain: Domain, node: int) -> list[int]:
    """Returns the leaves below a node."""
    return [leaf for leaf in domain.leaf.tolist() if node <= leaf <= domain.last[node]]


def weighed(domain: Domain, weights: list[int]) -> np.ndarray:
    own = dict(zip(domain.leaf.tolist(), weights, strict=True))
    return np.array([sum(own[leaf] for leaf in below(domain, node)) for node in range(len(domain))], np.int64)


def apart(domain: Domain, size: int) -> list[tuple[int, ...]]:
    """Returns all combinations of nodes none of which is below another."""
    return [combo for combo in itertools.combinations(range(len(domain)), size)
            if all(not set(below(domain, one)) & set(below(domain, other)) for one, other in itertools.combinations(combo, 2))]


def matrix(combos, size: int) -> np.ndarray:
    return np.array(sorted(combos), np.int64).reshape(-1, size)


def check(cut: Cut, *rare) -> None:
    standing = [node for node in range(len(cut.domain)) if cut.kept[node] or cut.out[node]]
    assert not (cut.kept[:-1] & cut.out).any()
    assert sorted(leaf for node in standing for leaf in below(cut.domain, node)) == cut.domain.leaf.tolist()
    assert cut.kept[-1]
    assert cut.spent == cut.weights[cut.out].sum() <= cut.budget
    for combos in rare:
        assert not cut.kept[combos].all(axis=1).any()


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data(), weights=WEIGHTS, budget=st.sampled_from([0, 20, 100, 1000]))
def test_cleared_of_any_combinations(data, weights, budget) -> None:
    """Whatever is called rare, but for the top alone, can be cleared: at the top stands nothing else."""
    cut, before = Cut(DOMAIN, weighed(DOMAIN, weights), budget), []
    for size in (1, 2, 3):
        possible = [combo for combo in apart(DOMAIN, size) if 0 not in combo and cut.open[list(combo)].all()]
        rare = matrix(data.draw(st.sets(st.sampled_from(possible), max_size=8)) if possible else [], size)
        assert cut.clear(rare)
        before.append(rare)
        check(cut, *before)


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data(), weights=WEIGHTS, share=st.floats(0, 1))
def test_without_a_hierarchy_it_may_be_impossible(data, weights, share) -> None:
    rare = matrix(data.draw(st.sets(st.sampled_from(apart(FLAT, 2)), max_size=10)), 2)
    cut = Cut(FLAT, weighed(FLAT, weights), int(share * sum(weights)))
    if cut.clear(rare):
        check(cut, rare)
    else:
        kept = np.flatnonzero(cut.kept[:-1])
        left = [combo for combo in rare.tolist() if cut.kept[combo].all()]
        assert all(cut.weights[node] > cut.budget - cut.spent for combo in left for node in combo)
        assert len(kept) > 1
    assert Cut(FLAT, weighed(FLAT, weights), sum(weights)).clear(rare)


def test_nothing_rare_changes_nothing() -> None:
    cut = Cut(DOMAIN, weighed(DOMAIN, [1] * 6), 6)
    assert cut.clear(matrix([], 1))
    check(cut)
    assert cut.loss == 0
    assert cut.open.all()
    assert np.flatnonzero(cut.kept[:-1]).tolist() == DOMAIN.leaf.tolist()


def test_what_is_below_the_cut_is_not_open() -> None:
    cut = Cut(DOMAIN, weighed(DOMAIN, [1] * 6), 0)
    assert cut.clear(matrix([(DOMAIN.labels.index("a"),)], 1))
    assert {DOMAIN.labels[node] for node in np.flatnonzero(cut.kept[:-1])} == {"A", "d", "e", "f"}
    assert {DOMAIN.labels[node] for node in np.flatnonzero(cut.open)} == {"*", "A", "B", "C", "d", "e", "f"}
    assert cut.loss == pytest.approx(3 * 2 / 5)


def test_the_lighter_item_is_left_out() -> None:
    for weights, gone in (([9, 2, 9, 9, 9, 9], "b"), ([2, 9, 9, 9, 9, 9], "a")):
        cut = Cut(FLAT, weighed(FLAT, weights), 100)
        assert cut.clear(matrix([(0, 1)], 2))
        assert [FLAT.labels[node] for node in np.flatnonzero(cut.out)] == [gone]
        assert (cut.spent, cut.loss) == (2, 2.0)


def test_one_item_that_ends_many_is_left_out_before_two_light_ones() -> None:
    cut = Cut(FLAT, weighed(FLAT, [5, 4, 4, 4, 4, 4]), 100)
    assert cut.clear(matrix([(0, 1), (0, 2), (0, 3)], 2))
    assert [FLAT.labels[node] for node in np.flatnonzero(cut.out)] == ["a"]


def test_a_label_brings_back_what_was_left_out_below_it() -> None:
    label = DOMAIN.labels.index
    cut = Cut(DOMAIN, weighed(DOMAIN, [50, 1, 50, 50, 50, 50]), 1)
    assert cut.clear(matrix([(label("b"),)], 1))
    assert cut.out[label("b")]
    assert cut.clear(matrix([(label("a"), label("d"))], 2))
    check(cut)
    assert cut.kept[label("A")]
    assert cut.spent == 0
