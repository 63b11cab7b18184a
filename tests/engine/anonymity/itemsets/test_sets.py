"""Lists as sets: order, repeats and nulls within a list do not count."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.itemsets import ItemSets, distinct_sets, is_items
from engine.anonymity.itemsets import sets as module
from engine.anonymity.itemsets.sets import Held, entries
from engine.errors import InputError
from schemas.reserved import COUNT

LISTS = st.lists(st.none() | st.lists(st.none() | st.sampled_from(["b", "a", "", "ä", "10", "9"]), max_size=5), max_size=30)


def as_set(row):
    return None if row is None else frozenset(row) - {None}


@given(rows=LISTS, cut=st.integers(0, 3))
def test_the_same_sets_are_counted_as_in_plain_python(rows, cut) -> None:
    array = pa.array(rows, pa.list_(pa.string())).slice(cut)
    rows = rows[cut:]
    sets, places = distinct_sets(array)
    assert Counter(as_set(sets[int(place)].as_py()) for place in places) == Counter(map(as_set, rows))
    assert len(set(map(as_set, sets.to_pylist()))) == len(sets)
    assert all(row is None or (row == sorted(row) and None not in row) for row in sets.to_pylist())


def test_chunks_do_not_matter() -> None:
    chunks = pa.chunked_array([pa.array([["a"], None]), pa.array([[], ["a", "a"]], pa.list_(pa.string()))])
    sets, places = distinct_sets(chunks)
    assert sets.to_pylist() == [["a"], None, []]
    assert places.tolist() == [0, 1, 2, 0]


def test_what_lies_behind_a_null_list_is_not_read() -> None:
    mask = pa.array([True, False])
    hidden = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), pa.array(["x", "y", "z", "w"]), mask=mask)
    rows, items = entries(hidden)
    assert rows.tolist() == [1, 1]
    assert items.to_pylist() == ["z", "w"]


@pytest.mark.parametrize("values", [[], [None], [[]], [None, []]])
def test_no_items(values) -> None:
    sets, places = distinct_sets(pa.array(values, pa.list_(pa.int32())))
    assert sets.to_pylist() == values
    assert places.tolist() == list(range(len(values)))


def test_whole_numbers() -> None:
    sets, places = distinct_sets(pa.array([[10, 9], [9, 10, 10], [9]], pa.list_(pa.int16())))
    assert sets.type == pa.list_(pa.field("element", pa.int16()))
    assert [sorted(row) for row in sets.to_pylist()] == [[9, 10], [9]]
    assert places.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("type_", "fits"), [
    (pa.list_(pa.string()), True), (pa.list_(pa.int64()), True), (pa.list_(pa.int8()), True),
    (pa.list_(pa.float64()), False), (pa.list_(pa.list_(pa.string())), False), (pa.list_(pa.bool_()), False),
    (pa.list_(pa.date32()), False), (pa.string(), False), (pa.struct([("a", pa.string())]), False),
], ids=str)
def test_types(type_, fits) -> None:
    assert is_items(type_) is fits


def test_held_puts_entries_in_order() -> None:
    held = Held.of(np.array([2, 0, 2, 0, 0]), np.array([1, 3, 0, 3, 1]), np.array([5, 1, 2]))
    assert held.starts.tolist() == [0, 2, 2, 4]
    assert held.nodes.tolist() == [1, 3, 0, 1]
    assert held.sets.tolist() == [0, 0, 2, 2]
    assert held.support(4).tolist() == [2, 7, 0, 5]


def test_more_sets_than_the_driver_holds(monkeypatch) -> None:
    monkeypatch.setattr(module, "D_MAX", 1)
    table = pa.table({"x": [["a"], ["b"]], COUNT: [1, 1]})
    with pytest.raises(InputError, match="sets of column 'x' take more than 1 distinct"):
        ItemSets("x", table)
    with pytest.raises(InputError, match="suppression: 0"):
        ItemSets("x", table.append_column("age", [[1, 2]]))
