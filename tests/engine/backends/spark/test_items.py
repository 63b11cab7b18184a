"""What executors count of sets: batches of any size add up to what plain Python counts. No JVM."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.itemsets.domain import domain_of
from engine.backends.spark import items as module
from engine.backends.spark.items import _SCHEMA, _counting, _matrix
from engine.backends.spark.worker import KernelError
from tests.engine.anonymity.itemsets.baskets import BASKETS, HIERARCHY, ITEMS, supports

FLAT = domain_of(pa.array(list(ITEMS)), None, "here")


def batches(rows, size: int):
    for start in range(0, len(rows), size):
        yield pa.RecordBatch.from_arrays([pa.array(rows[start:start + size], pa.list_(pa.string()))], names=["items"])


def counted(rows, size: int, sizes: range, open_=None, smaller=()) -> Counter:
    """Runs the function of ``mapInArrow`` and adds up what comes back, as Spark does."""
    count = _counting(FLAT, "basket", sizes, open_=np.ones(6, bool) if open_ is None else open_, smaller=smaller)
    found: Counter = Counter()
    for batch in count(batches(rows, size)):
        assert batch.schema == _SCHEMA
        for combo, number in zip(*batch.to_pydict().values(), strict=True):
            found[tuple(ITEMS[node] for node in combo)] += number
    return found


@settings(max_examples=15)
@given(rows=BASKETS, size=st.integers(1, 50), most=st.integers(1, 4))
def test_all_sizes_at_once(rows, size, most) -> None:
    expected = Counter({combo: number for combo, number in supports(rows, most).items() if combo})
    assert counted(rows, size, range(1, most + 1)) == expected


@settings(max_examples=15)
@given(rows=BASKETS, size=st.integers(1, 50), shut=st.sets(st.integers(0, 5)),
       rare=st.sets(st.sampled_from([(0, 1), (2, 4), (3, 5)])))
def test_one_size_without_what_holds_a_rare_one(rows, size, shut, rare) -> None:
    open_ = np.array([node not in shut for node in range(6)])
    found = counted(rows, size, range(3, 4), open_, (np.array(sorted(rare), np.int64).reshape(-1, 2),))
    nodes = {combo: tuple(map(ITEMS.index, combo)) for combo in supports(rows, 3) if len(combo) == 3}
    assert found == Counter({
        combo: number for combo, number in supports(rows, 3).items() if len(combo) == 3 and not shut & set(nodes[combo])
        and not any(set(pair) <= set(nodes[combo]) for pair in rare)})


def test_labels_are_counted_by_row() -> None:
    domain = domain_of(pa.array(list(ITEMS)), HIERARCHY, "here")
    count = _counting(domain, "basket", range(1, 2), open_=np.ones(len(domain), bool), smaller=())
    found = {domain.labels[combo[0]]: number for batch in count(batches([["a", "b"], ["a", "d"], None], 9))
             for combo, number in zip(*batch.to_pydict().values(), strict=True)}
    assert found == {"a": 2, "b": 1, "d": 1, "A": 2, "B": 1, "*": 2}


def test_a_failure_tells_no_item() -> None:
    count = _counting(FLAT, "basket", range(1, 2), open_=np.ones(6, bool), smaller=())
    wrong = pa.RecordBatch.from_arrays([pa.array([{"secret": 1}])], names=["items"])
    with pytest.raises(KernelError, match="lakeveil kernel=recode_items code=internal") as caught:
        list(count(iter([wrong])))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_spark_sends_back_is_read() -> None:
    table = pa.table({"combo": pa.array([[1, 2], [0, 5]], pa.list_(pa.int64())), "n": [1, 2]})
    assert _matrix(table, 2).tolist() == [[1, 2], [0, 5]]
    assert _matrix(table.slice(0, 0), 2).shape == (0, 2)
    assert module.MOST > 1 << 29
