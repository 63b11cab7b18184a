"""recode: every row gets the labels of its leaf, whatever batch it comes in."""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pytest

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from engine.errors import InputError
from schemas.policy import Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.reading import true_of
from udfs import kernel
from udfs.recode import recode


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(2)
    return pa.table({
        "age": pa.array(rng.integers(17, 91, 3000), mask=rng.random(3000) < 0.02),
        "job": rng.choice(["smith", "cook, chef", "null", "clerk"], 3000),
        "zip": rng.choice([f"{n:05}" for n in range(100, 160)], 3000),
    })


@pytest.fixture(scope="module", params=["bounds", "tight"])
def cells(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def tree(table, cells):
    cube = cube_of(table)
    return build_tree(cube, columns(cube, zip=Hierarchy(mask="right")), Guarantees(k=10), Recoding(cells=cells))


def flat(table: pa.Table) -> list[pa.Array]:
    return [column.combine_chunks() for column in table.columns]


def test_every_label_is_true_and_every_class_large(table, tree) -> None:
    result = recode(*flat(table), tree=tree.to_json())
    assert result.type == pa.struct([*((name, pa.string()) for name in table.column_names), ("suppressed", pa.bool_())])
    assert result.null_count == 0
    assert not any(result.field("suppressed").to_pylist())
    rows = result.flatten()[:3]
    sizes = pa.table(rows, names=["a", "j", "z"]).group_by(["a", "j", "z"]).aggregate([([], "count_all")])["count_all"]
    assert min(sizes.to_pylist()) >= 10
    for labels, column in zip(rows[:2], table.columns[:2], strict=True):
        for label, value in zip(labels.to_pylist(), column.to_pylist(), strict=True):
            assert true_of(label, value, column.type)
    for label, value in zip(rows[2].to_pylist(), table["zip"].to_pylist(), strict=True):
        assert label == "*" or all(mark in ("*", sign) for mark, sign in zip(label, value, strict=True))


def test_batches_rows_and_storage_do_not_matter(table, tree) -> None:
    written = tree.to_json()
    whole = recode(*flat(table), tree=written)
    parts = [recode(*flat(table.slice(start, 700)), tree=json.loads(json.dumps(written))) for start in range(0, 3000, 700)]
    assert pa.concat_arrays(parts).equals(whole)
    order = np.random.default_rng(0).permutation(3000)
    assert recode(*flat(table.take(order)), tree=written).equals(whole.take(pa.array(order)))
    encoded = [flat(table)[0], *(column.dictionary_encode() for column in flat(table)[1:])]
    assert recode(*encoded, tree=written).equals(whole)


def test_rows_nobody_had_are_starred_and_flagged(tree, cells) -> None:
    """Above the last cut there is room for any age; nowhere for an unknown job."""
    result = recode(pa.array([1000, 40]), pa.array(["clerk", "astronaut"]), pa.array(["00100", "00101"]), tree=tree.to_json())
    old, unknown = result.to_pylist()
    starred = {"age": "*", "job": "*", "zip": "*", "suppressed": True}
    assert unknown == starred
    if cells == "tight":
        assert old == starred
    else:
        assert not old["suppressed"]
        assert old["age"].startswith("≥ ")


def test_an_empty_batch(table, tree) -> None:
    assert len(recode(*flat(table.slice(0, 0)), tree=tree.to_json())) == 0


def test_another_tree_is_not_mistaken_for_the_last_one(table, tree) -> None:
    written = tree.to_json()
    first = recode(*flat(table), tree=written)
    cube = Cube(pa.table({"age": [1, 2], "job": ["a", "b"], "zip": ["1", "2"], COUNT: [1, 1]}), ("age", "job", "zip"))
    other = build_tree(cube, columns(cube), Guarantees(k=2))
    assert recode(pa.array([1]), pa.array(["a"]), pa.array(["2"]), tree=other.to_json()).to_pylist()[0]["age"] == "*"
    assert recode(*flat(table), tree=written).equals(first)


def test_wrong_input_is_refused(tree) -> None:
    with pytest.raises(InputError):
        recode(pa.array([1]), tree=tree.to_json())
    with pytest.raises(InputError):
        recode(pa.array(["x"]), pa.array(["x"]), pa.array(["x"]), tree=tree.to_json())


def test_it_is_the_kernel_of_that_name() -> None:
    assert kernel("recode") is recode


@pytest.mark.slow
def test_a_million_rows_a_second(table) -> None:
    """On a small tree; CPU time, so that a busy machine does not decide."""
    cube = cube_of(table.select(["age", "job"]))
    small = build_tree(cube, columns(cube), Guarantees(k=200))
    index = pa.array(np.random.default_rng(1).integers(0, 3000, 1_000_000))
    batch = [column.take(index) for column in flat(table)[:2]]
    written = small.to_json()
    start = time.process_time()
    recode(*batch, tree=written)
    assert time.process_time() - start < 1.0
