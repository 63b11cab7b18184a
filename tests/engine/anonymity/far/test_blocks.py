"""Tuples come out of blocks as they went in, whatever the parts, and take as few bytes as they can."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.far.blocks import BLOCK, Items, blocks, packed, together, unpacked

NUMBERS = st.integers(0, 300) | st.integers(0, 1 << 16) | st.integers(0, (1 << 62) - 1)


def batches_of(tuples: list[tuple[int, ...]], parts: int) -> list[pa.RecordBatch]:
    return [pa.record_batch([pa.array(column, pa.int64()) for column in zip(*tuples[i::parts], strict=True)], names=list("abcn"))
            for i in range(parts) if tuples[i::parts]]


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, st.integers(0, 9)), min_size=1, max_size=50), st.integers(1, 6))
def test_tuples_come_out_as_they_went_in(tuples: list[tuple[int, ...]], parts: int) -> None:
    made = list(packed(batches_of(tuples, parts), 2))
    assert all(batch.schema == BLOCK for batch in made)
    assert sum(batch["tuples"][0].as_py() for batch in made) == len(tuples)
    items = Items.read(list(unpacked(made)), 2)
    assert (items.positions.shape, items.codes.shape) == ((len(tuples), 2), (len(tuples), 1))
    assert sorted(map(tuple, np.column_stack(items).tolist())) == sorted(tuples)
    assert {one.dtype for one in items} == {np.dtype(np.int64)}


def test_a_column_takes_the_fewest_bytes() -> None:
    items = Items(np.array([[1, 300]] * 10_000), np.full((10_000, 1), 70_000), np.ones(10_000, np.int64))
    assert 80_000 < len(items.packed()) < 81_500
    (found,) = unpacked([pa.record_batch([pa.array([items.packed()])], names=["block"])])
    assert list(map(str, found.schema.types)) == ["uint8", "uint16", "uint32", "uint8"]


def test_small_batches_are_read_together() -> None:
    batches = batches_of([(i, 2 * i, 3 * i, 1) for i in range(5)], 5)
    (items,) = blocks([*batches, batches[0].slice(0, 0)], 1)
    assert items.positions.tolist() == [[0], [1], [2], [3], [4]]
    assert items.codes.tolist() == [[0, 0], [2, 3], [4, 6], [6, 9], [8, 12]]
    assert [sum(map(len, held)) for held in together(batches, 2)] == [2, 2, 1]
    assert list(blocks([batches[0].slice(0, 0)], 1)) == list(packed([], 1)) == list(unpacked([])) == []
    assert Items.read([batches[3]], 3).codes.shape == (1, 0)


def test_some_of_them() -> None:
    items = Items(np.arange(6).reshape(3, 2), np.zeros((3, 0), np.int64), np.array([5, 6, 7]))
    some = items.of(np.array([True, False, True]))
    assert (some.positions.tolist(), some.codes.shape, some.rows.tolist()) == ([[0, 1], [4, 5]], (2, 0), [5, 7])
    assert Items.read(list(unpacked([pa.table([[some.packed()]], names=["block"])])), 2).rows.tolist() == [5, 7]
