"""Leaves are cut only as far as every cohort's history allows; labels stay true, and who comes later finds their way."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.claims import Claims
from engine.anonymity.mondrian import build_tree
from engine.anonymity.refining import Tuples, refined
from schemas.policy import Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.reading import true_of

pytestmark = pytest.mark.slow
PLACES = Hierarchy.model_validate({"table": [["a", "low", "*"], ["b", "low", "*"], ["c", "high", "*"], ["d", "high", "*"]]})


def rows_of(seed: int, number: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table({
        "age": pa.array(rng.integers(20, 60, number), mask=rng.random(number) < 0.05),
        "job": rng.choice(["cook", "clerk", "smith", "nurse"], number),
        "place": rng.choice(list("abcd"), number)})


def grown(seed: int, k: int, coarse: int, cells: str = "bounds"):
    """A tree that was fitted with a large k, three cohorts in its leaves, and what became of it."""
    table = rows_of(seed, 300)
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube, place=PLACES), Guarantees(k=coarse), Recoding(cells=cells))
    arrays = [table[name].combine_chunks() for name in cube.quasi]
    leaf = tree.route(arrays)
    rng = np.random.default_rng(seed + 1)
    cohort = leaf * 3 + rng.integers(0, 3, len(leaf))
    small = np.bincount(cohort, minlength=len(tree.leaves) * 3) < k  # a cohort of fewer never was
    kept = np.flatnonzero(~small[cohort])
    taken = [array.take(pa.array(kept)) for array in arrays]
    codes = np.stack([coding.encode(array) for coding, array in zip(tree.columns, taken, strict=True)], axis=1)
    found = refined(tree, [1.0] * 3, Tuples(codes, leaf[kept], cohort[kept], np.ones(len(kept), np.int64), Claims(k)))
    return tree, found, taken, leaf[kept], cohort[kept]


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 5), cells=st.sampled_from(["bounds", "tight"]))
def test_old_leaf_and_new_leaf_hold_k_of_each_cohort(seed: int, k: int, cells: str) -> None:
    _, found, arrays, leaf, cohort = grown(seed, k, 40, cells)
    assert (found.tree.route(arrays) == found.leaf).all()  # the tree says of each row what was decided of it
    together = Counter(zip(cohort.tolist(), found.leaf.tolist(), strict=True))
    assert min(together.values()) >= k
    inside = defaultdict(set)
    for old, new in zip(leaf.tolist(), found.leaf.tolist(), strict=True):
        inside[new].add(old)
    assert all(len(old) == 1 for old in inside.values())  # a refinement: no new leaf has rows of two old ones
    labels = [found.tree.labels(at) for at in range(3)]
    for at in (0, 1):
        rows = zip(found.leaf.tolist(), arrays[at].to_pylist(), strict=True)
        assert all(true_of(labels[at][place], value, arrays[at].type) for place, value in rows)


def test_leaves_that_were_fitted_coarse_are_cut_and_their_codings_stay() -> None:
    tree, found, *_ = grown(3, 3, 60)
    assert len(found.tree.leaves) > len(tree.leaves)
    assert found.tree.columns == tree.columns
    assert (found.tree.leaves[: len(tree.leaves)] != tree.leaves).any()
    assert type(tree).from_json(found.tree.to_json()) == found.tree


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 4))
def test_a_leaf_that_several_cuts_lead_to_is_cut_for_all_of_them(seed: int, k: int) -> None:
    """Among women y and z are too small alone and one leaf together; x lies between them, for it does in the whole table."""
    rng = np.random.default_rng(seed)
    places = np.repeat(["b", "a", "d", "b", "a", "d"], [130, 5, 5, 20, 110, 25])
    table = pa.table({"age": rng.integers(20, 60, 295), "sex": np.repeat(["m", "f"], [140, 155]), "place": places})
    groups = Hierarchy.model_validate({"table": [["a", "x", "*"], ["b", "y", "*"], ["d", "z", "*"]]})
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube, place=groups), Guarantees(k=40))
    arrays = [table[name].combine_chunks() for name in cube.quasi]
    leaf = tree.route(arrays)
    both = leaf[-1]
    assert leaf[140] == both, "b and d"
    assert Counter(tree.cuts[:, 2:].ravel().tolist())[~both] == 2
    codes = np.stack([coding.encode(array) for coding, array in zip(tree.columns, arrays, strict=True)], axis=1)
    found = refined(tree, [1.0] * 3, Tuples(codes, leaf, leaf, np.ones(295, np.int64), Claims(k)))
    assert (found.tree.route(arrays) == found.leaf).all()
    assert min(Counter(found.leaf.tolist()).values()) >= k
    assert len(set(found.leaf[leaf == both].tolist())) > 1


def test_a_tree_of_one_leaf_is_cut_at_its_root() -> None:
    tree, found, arrays, leaf, _ = grown(5, 4, 200)
    assert len(tree.cuts) == 0
    assert set(leaf.tolist()) == {0}
    assert len(found.tree.cuts) > 0
    assert (found.tree.route(arrays) == found.leaf).all()


def test_cohorts_as_small_as_k_stay_whole() -> None:
    table = rows_of(9, 40)
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube, place=PLACES), Guarantees(k=40), Recoding())
    arrays = [table[name].combine_chunks() for name in cube.quasi]
    codes = np.stack([coding.encode(array) for coding, array in zip(tree.columns, arrays, strict=True)], axis=1)
    leaf, cohort = np.zeros(40, np.int64), np.repeat(np.arange(10), 4)
    found = refined(tree, [1.0] * 3, Tuples(codes, leaf, cohort, np.ones(40, np.int64), Claims(4)))
    assert found.tree == tree
    assert (found.leaf == leaf).all()


def test_what_has_no_leaf_still_has_none() -> None:
    tree, found, *_ = grown(3, 3, 60)
    strange = [pa.array([30]), pa.array(["pilot"]), pa.array(["a"])]
    assert tree.route(strange).tolist() == [tree.suppressed]
    assert found.tree.route(strange).tolist() == [found.tree.suppressed]
