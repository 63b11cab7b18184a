"""Every combination that rows hold is counted, once, and no other: beside itertools, row by row."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.itemsets import combinations as module
from engine.anonymity.itemsets import smallest_support
from engine.anonymity.itemsets.combinations import combinations, free
from engine.anonymity.itemsets.domain import Domain, domain_of
from engine.errors import InputError
from tests.engine.anonymity.itemsets.baskets import BASKETS, HIERARCHY, ITEMS, counted, rarest, supports


def held(rows, hierarchy=HIERARCHY):
    domain = domain_of(pa.array(list(ITEMS)), hierarchy, "here")
    return domain, domain.held(pa.array(rows, pa.list_(pa.string())), np.ones(len(rows), np.int64))


def found(domain: Domain, stands, most: int, **how) -> dict[tuple[str, ...], int]:
    pairs = [(tuple(sorted(domain.labels[node] for node in combo)), int(support))
             for combos, counts in combinations(stands, domain.last, most, column="basket", **how)
             for combo, support in zip(combos, counts, strict=True)]
    assert len(dict(pairs)) == len(pairs), "a combination came twice"
    return dict(pairs)


ABOVE = {item: {item, *above} for item, above in zip(ITEMS, ["A*", "A*", "A*", "B*", "BC*", "BC*"], strict=True)}
UP = {"A": "*", "B": "*", "C": "B*", "*": "", **{item: "".join(ABOVE[item] - {item}) for item in ITEMS}}


def by_hand(rows, most: int) -> Counter[tuple[str, ...]]:
    """Combinations of labels, none of which is above another."""
    stands = [sorted(set().union(*(ABOVE[item] for item in row or ()))) for row in rows]
    return Counter(combo for row in stands for size in range(1, most + 1) for combo in itertools.combinations(row, size)
                   if not any(one in UP[other] for one in combo for other in combo))


@pytest.mark.slow
@given(rows=BASKETS, most=st.integers(1, 4), block=st.sampled_from([1, 3, 1 << 22]))
def test_combinations_of_labels(rows, most, block) -> None:
    domain, stands = held(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert found(domain, stands, most) == by_hand(rows, most)


@pytest.mark.slow
@given(rows=BASKETS, most=st.integers(1, 4))
def test_only_what_is_wanted_is_extended(rows, most) -> None:
    domain, stands = held(rows)
    everything = found(domain, stands, most)
    frequent = found(domain, stands, most, extend=lambda _, counts: counts >= 3)
    first = {label: place for place, label in enumerate(domain.labels)}
    for combo, support in everything.items():
        beginning = tuple(sorted(sorted(combo, key=first.__getitem__)[:-1]))
        reached = len(combo) == 1 or (beginning in frequent and everything[beginning] >= 3)
        assert (combo in frequent) is reached
        assert frequent.get(combo, support) == support


@given(rows=BASKETS, most=st.integers(1, 8))
def test_the_rarest_combination(rows, most) -> None:
    assert smallest_support(counted(rows), most) == rarest(rows, most)


@pytest.mark.parametrize(("rows", "least"), [
    ([["a"]], 1), ([[]], 1), ([[], []], 2), ([None], 1), ([None, [], ["a"], ["a"]], 2), ([["a", "b"], ["a", "b"], ["b"]], 2),
    ([["a", "a"], ["a", None]], 2), ([[None]], 1),
])
def test_small_tables(rows, least) -> None:
    assert smallest_support(counted(rows), 3) == least


def test_an_empty_table_has_no_rows() -> None:
    assert smallest_support(counted([]), 2) == 0


@given(rows=BASKETS, known=st.sets(st.sampled_from(list(itertools.combinations(range(6), 2)))))
def test_free_of_known_ones(rows, known) -> None:
    combos = [tuple(ITEMS.index(item) for item in combo) for combo in supports(rows, 3) if len(combo) == 3]
    matrix = np.array(combos, np.int64).reshape(-1, 3)
    rare = [np.array(sorted(known), np.int64).reshape(-1, 2)]
    assert free(matrix, rare).tolist() == [not known & set(itertools.combinations(combo, 2)) for combo in combos]
    assert free(matrix, []).all()
    assert free(rare[0], rare).sum() == 0


def test_too_many_combinations_end_in_words() -> None:
    rows = np.random.default_rng(4).permuted(np.tile(np.arange(400), (400, 1)), axis=1)[:, :200].tolist()
    stands = counted_nodes(rows)
    with pytest.raises(InputError, match="more combinations of up to 3 items than can be counted") as caught:
        list(combinations(stands, np.arange(400), 3, column="basket", limit=1 << 20))
    assert "lower m in guarantees.km" in str(caught.value)


def counted_nodes(rows):
    domain = domain_of(pa.array(range(400), pa.int32()), None, "here")
    return domain.held(pa.array(rows, pa.list_(pa.int32())), np.ones(len(rows), np.int64))
