"""recode_items: every list becomes the set of its items' labels, whatever batch it comes in."""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.itemsets import ItemRecoding
from tests.engine.anonymity.itemsets.baskets import relabelled
from udfs import kernel
from udfs.recode_items import recode_items

LABELS = {"flu": "infection", "cold": "infection", "gout": "gout", "": '""', "*": '"*"'}
ITEMS = st.sampled_from([*LABELS, "unknown", "Flu"]) | st.none()


def recoding(labels=LABELS) -> dict:
    return ItemRecoding("x", 2, 1, tuple(labels), tuple(labels.values()), 1, 10, 1, 0.1).to_json()


@settings(max_examples=15)
@given(rows=st.lists(st.none() | st.lists(ITEMS, max_size=6), max_size=20), cut=st.integers(0, 2))
def test_each_row_has_the_labels_of_its_items(rows, cut) -> None:
    values = pa.array(rows, pa.list_(pa.string())).slice(cut)
    found = recode_items(values, recoding=recoding())
    assert found.type == pa.list_(pa.field("element", pa.string()))
    assert found.to_pylist() == relabelled(rows[cut:], LABELS)


def test_nulls_repeats_unknown_items_and_empty_lists() -> None:
    values = pa.array([["flu", "cold", "flu", None], None, [], ["unknown"], [None], ["gout", "flu"]])
    assert recode_items(values, recoding=recoding()).to_pylist() == [["infection"], None, [], [], [], ["gout", "infection"]]


def test_whole_numbers_are_read_as_text() -> None:
    values = pa.array([[10, 9, 10], [7], None], pa.list_(pa.int64()))
    assert recode_items(values, recoding=recoding({"9": "[0, 19]", "10": "[0, 19]"})).to_pylist() == [["[0, 19]"], [], None]


def test_what_lies_behind_a_null_list_stays_there() -> None:
    mask = pa.array([True, False])
    hidden = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["flu", "gout"]), mask=mask)
    found = recode_items(hidden, recoding=recoding())
    assert found.to_pylist() == [None, ["gout"]]
    assert "infection" not in found.flatten().to_pylist()


@pytest.mark.parametrize("type_", [pa.string(), pa.int32()])
def test_empty_batches_and_recodings(type_) -> None:
    empty = pa.array([], pa.list_(type_))
    assert recode_items(empty, recoding=recoding()).to_pylist() == []
    assert recode_items(pa.array([[], None], pa.list_(type_)), recoding=recoding({})).to_pylist() == [[], None]
    assert recode_items(pa.array([["flu"]]), recoding=recoding({})).to_pylist() == [[]]


def test_batches_do_not_matter() -> None:
    rows = [["flu", "gout"], None, ["cold"], [], ["gout", "unknown"]] * 20
    written, values = recoding(), pa.array(rows, pa.list_(pa.string()))
    parts = [recode_items(values.slice(start, 7), recoding=json.loads(json.dumps(written))) for start in range(0, 100, 7)]
    assert pa.concat_arrays(parts).equals(recode_items(values, recoding=written))


def test_it_is_the_kernel_of_that_name() -> None:
    assert kernel("recode_items") is recode_items


@pytest.mark.slow
def test_half_a_million_items_a_second() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"item {n}" for n in range(1000)], object)
    sizes = rng.integers(0, 8, 150_000)
    items = pa.array(names[rng.integers(0, 1000, sizes.sum())])
    values = pa.ListArray.from_arrays(np.concatenate(([0], np.cumsum(sizes))), items)
    start = time.process_time()
    recode_items(values, recoding=recoding({name: name[:7] for name in names[:900]}))
    assert time.process_time() - start < sizes.sum() / 500_000
