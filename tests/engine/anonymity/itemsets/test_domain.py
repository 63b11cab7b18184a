"""Items and the labels above them, numbered depth first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.itemsets.domain import Domain, domain_of
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from tests.engine.anonymity.itemsets.baskets import HIERARCHY, ITEMS

ABOVE = {"a": "A*", "b": "A*", "c": "A*", "d": "B*", "e": "CB*", "f": "CB*"}


def domain(items="abcdef", hierarchy: Hierarchy | None = HIERARCHY) -> Domain:
    return domain_of(pa.array(list(items), pa.string()), hierarchy, "columns.basket.hierarchy")


def above(found: Domain, item: str) -> list[str]:
    node = found.leaf[found.items.to_pylist().index(item)]
    labels = []
    while node >= 0:
        labels.append(found.labels[node])
        node = found.parent[node]
    return labels


def test_every_item_has_the_labels_of_its_hierarchy() -> None:
    found = domain()
    assert {item: "".join(above(found, item)[1:]) for item in ITEMS} == ABOVE
    size = dict(zip(found.labels, found.size.tolist(), strict=True))
    assert size == {"*": 6, "A": 3, "B": 3, "C": 2, **dict.fromkeys(ITEMS, 1)}
    assert (found.whole, found.unit) == (6, 5)


@settings(max_examples=10)
@given(items=st.lists(st.sampled_from(ITEMS), unique=True))
def test_of_some_items_the_labels_that_tell_them_apart(items) -> None:
    """A label above one item of the table alone says no less than the item, and is none."""
    found = domain(items)
    assert sorted(found.items.to_pylist()) == sorted(items)
    for item in items:
        steps, below = above(found, item)[1:], [ABOVE[other] for other in items]
        assert [label for label in ABOVE[item] if label in steps] == steps
        sizes = [sum(label in labels for labels in below) for label in steps]
        assert sizes == sorted(set(sizes))
        assert all(size > 1 for size in sizes)


@settings(max_examples=8)
@given(items=st.permutations(ITEMS))
def test_order_does_not_matter(items) -> None:
    one, other = domain(), domain(items)
    assert one.items.equals(other.items)
    assert one.labels == other.labels
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("leaf", "parent", "last", "size"))


def test_numbers_are_depth_first() -> None:
    found = domain()
    for node in range(len(found)):
        below = [other for other in range(len(found)) if node in chain(found, other)]
        assert below == list(range(node, found.last[node] + 1))


def chain(found: Domain, node: int) -> list[int]:
    return [] if node < 0 else [node, *chain(found, int(found.parent[node]))]


def test_without_a_hierarchy_nothing_stands_above() -> None:
    found = domain(hierarchy=None)
    assert found.labels == tuple(ITEMS)
    assert found.parent.tolist() == [-1] * 6
    assert found.size.tolist() == [1] * 6


def test_rules_on_whole_numbers() -> None:
    found = domain_of(pa.array([3, 12, 14, 27], pa.int32()), Hierarchy(widths=(5, 20)), "here")
    assert {int(item): above(found, item)[1:] for item in found.items.to_pylist()} == {
        3: ["[0, 19]", "*"], 12: ["[10, 14]", "[0, 19]", "*"], 14: ["[10, 14]", "[0, 19]", "*"], 27: ["*"]}
    assert dict(zip(found.labels, found.size.tolist(), strict=True))["[0, 19]"] == 3  # values of the table
    assert found.whole == 4


def test_what_could_be_read_as_a_label_is_quoted() -> None:
    found = domain_of(pa.array(["*", "null", "[1]", "", "plain"]), None, "here")
    assert set(found.labels) == {'"*"', '"null"', '"[1]"', '""', "plain"}


def test_held_are_the_items_of_a_list_and_all_above() -> None:
    found = domain()
    lists = pa.array([["a", "e", "e"], None, ["zzz"], ["f", None]])
    held = found.held(lists, np.array([1, 2, 3, 4]))
    names = [{found.labels[node] for node in held.nodes[held.sets == row]} for row in range(4)]
    assert names == [set("aA*eCB"), set(), set(), set("fCB*")]
    assert held.weights.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("items", "hierarchy", "said"), [
    (["a", "zzz"], HIERARCHY, "does not know 1 of the column's 2"),
    (["a"], Hierarchy(dates=("year",)), "does not fit a column of type string"),
    (["a"], Hierarchy(table=(("a", "x"), ("a", "y"))), "not a tree"),
])
def test_hierarchies_that_do_not_fit(items, hierarchy, said) -> None:
    with pytest.raises(PolicyError, match=said):
        domain(items, hierarchy)
