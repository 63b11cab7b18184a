"""A cube that is counted in parts gets the tree of one that is held: cut by cut, whatever is promised and however it lies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.far import growth
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.claimed import CLAIMS
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.far.held import HeldCube
from tests.engine.anonymity.slow_tree import large_from

BESIDE = ("s", "n", "who")
RULES = {"zip": Hierarchy(mask="right"), "born": Hierarchy(dates=("month", "year"))}


def people(rows: int, seed: int = 0) -> pa.Table:
    draw = np.random.default_rng(seed)
    pay = np.round(draw.lognormal(3, 1, rows), 1)
    pay[draw.random(rows) < 0.02] = np.nan
    age = [None if one == 7 else int(one) for one in draw.integers(0, 90, rows)]
    return pa.table({
        "age": age, "pay": pay, "job": draw.choice([f"j{i}" for i in range(20)], rows),
        "zip": [f"{one:04d}" for one in (draw.random(rows) ** 2 * 900).astype(int)],
        "born": [dt.date(1950, 1, 1) + dt.timedelta(int(days)) for days in draw.integers(0, 9_000, rows)],
        "s": draw.choice(["flu", "cold", "well"], rows), "n": draw.integers(0, 5, rows),
        "who": draw.integers(0, rows // 2, rows)})


@contextmanager
def sizes(small: int, hand: int) -> Iterator[None]:
    """Makes nodes large from fewer rows on, and gathers fewer tuples in one place."""
    with large_from(small, 2), pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "IN_HAND", hand)
        yield


def both(cube: Cube, guarantees: Guarantees, recoding: Recoding | None = None, *, parts: int = 3,
         rules: dict[str, Hierarchy] | None = None) -> tuple[Tree, Tree, HeldCube]:
    policy = columns(cube, **(RULES if rules is None else rules))
    near, far = build_tree(cube, policy, guarantees, recoding), HeldCube(cube, parts)
    return near, build_tree(far, policy, guarantees, recoding), far


def labels(tree: Tree, cube: Cube) -> list[list[str]]:
    leaf = tree.route([cube.table[name] for name in tree.names])
    return [np.array(tree.labels(place), object)[leaf].tolist() for place in range(len(tree.columns))]


CASES = {
    "k": ({"k": 5}, {}), "tight": ({"k": 5}, {"cells": "tight"}), "suppression": ({"k": 8, "suppression": 0.05}, {}),
    "tight suppression": ({"k": 8, "suppression": 0.05}, {"cells": "tight"}),
    "discernibility": ({"k": 5, "suppression": 0.02}, {"optimize": "discernibility"}),
    "class-size": ({"k": 5}, {"optimize": "class-size"}), "accuracy": ({"k": 5}, {"optimize": {"accuracy": "s"}}),
    **{claim: ({"k": 3, "suppression": 0.0 if {"t", "beta", "delta"} & {*promised} else 0.02, **promised}, {})
       for claim, promised in CLAIMS.items()},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_tree_is_the_same(case: str) -> None:
    promised, recoding = CASES[case]
    cube = cube_of(people(1_200), BESIDE)
    with sizes(small=60, hand=200):
        near, far, held = both(cube, Guarantees(**promised), Recoding(**recoding))
    assert labels(far, cube) == labels(near, cube)
    assert len(far.leaves) == len(near.leaves)
    assert held.seen[0] == 1
    assert len(held.seen) > 1, "the root was cut where the cube lies"


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(
    st.integers(-3, 6) | st.none(), st.sampled_from([0.0, -0.0, -1.5, 2.5, float("nan"), float("inf")]),
    st.sampled_from("abc") | st.none(), st.sampled_from(["flu", "cold", "well"])), min_size=1, max_size=60),
    k=st.integers(2, 4), parts=st.integers(1, 5),
    budget=st.sampled_from([0.0, 0.2]), cells=st.sampled_from(["bounds", "tight"]))
def test_whatever_is_in_the_columns(rows: list[tuple], k: int, parts: int, budget: float, cells: str) -> None:
    table = pa.table({"a": pa.array([row[0] for row in rows], pa.int64()), "b": [row[1] for row in rows],
                      "c": pa.array([row[2] for row in rows], pa.string()), "s": [row[3] for row in rows]})
    cube = cube_of(table, ("s",))
    promised = Guarantees(k=k, suppression=budget, l={"column": "s", "distinct": 2})
    try:
        with sizes(small=6, hand=8):
            near, far, _ = both(cube, promised, Recoding(cells=cells), parts=parts, rules={})
    except GuaranteeNotMet:
        with pytest.raises(GuaranteeNotMet):
            build_tree(HeldCube(cube, parts), columns(cube), promised)
        reject()
    if not budget:
        assert labels(far, cube) == labels(near, cube)
        return
    # rows are left out in rounds there: others, at times, and no more than may be
    leaf = far.route([cube.table[name] for name in far.names])
    rows = np.asarray(cube.table[COUNT])
    held_ = np.bincount(leaf, rows, far.suppressed + 1)
    assert held_[-1] <= budget * rows.sum()
    assert (held_[:-1] >= k).all()
    values = set(zip(leaf.tolist(), cube.table["s"].to_pylist(), strict=True))
    assert all(sum(place == one for place, _ in values) > 1 for one in range(far.suppressed))


@pytest.mark.slow
@pytest.mark.parametrize(("limits", "budget"), [
    ({"zip": 3}, 0.0), ({"zip": 2}, 0.3), ({"zip": 2, "born": 2}, 0.5), ({"born": 1}, 1.0), ({"zip": 1}, 0.0)])
def test_columns_lose_no_more_than_they_may(limits: dict[str, int], budget: float) -> None:
    cube = cube_of(people(1_200), BESIDE)
    policy = columns(cube, **RULES)
    policy |= {name: policy[name].model_copy(update={"coarsest": level}) for name, level in limits.items()}
    promised = Guarantees(k=4, suppression=budget, l={"column": "s", "distinct": 2})

    def found(one: Cube | HeldCube) -> list[list[str]] | str:
        try:
            return labels(build_tree(one, policy, promised), cube)
        except GuaranteeNotMet as refused:
            return str(refused)

    with sizes(small=60, hand=200):
        near, far = found(cube), found(HeldCube(cube))
    assert far == near
    assert isinstance(near, str) == (limits == {"zip": 1})


@pytest.mark.slow
def test_parts_and_their_order_change_nothing() -> None:
    cube = cube_of(people(800), BESIDE)
    with sizes(small=60, hand=150):
        promised = Guarantees(k=4, suppression=0.05, **CLAIMS["equal"])
        trees = [build_tree(HeldCube(cube, parts, seed), columns(cube, **RULES), promised)
                 for parts, seed in ((1, 0), (7, 1), (300, 2))]
    assert trees[0] == trees[1] == trees[2]


@pytest.mark.slow
def test_many_different_people_are_counted_by_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.anonymity.far.fit.MOST_VALUES", 100)
    monkeypatch.setattr("engine.anonymity.large.MOST_VALUES", 100)
    monkeypatch.setattr("engine.anonymity.far.subtree.MOST_VALUES", 100)
    cube = cube_of(people(1_200), BESIDE)
    with sizes(small=60, hand=200):
        near, far, _ = both(cube, Guarantees(k=2, subjects={"column": "who", "least": 5}))
    assert labels(far, cube) == labels(near, cube)


@pytest.mark.slow
def test_of_more_leaves_than_a_tree_may_have_classes_get_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.anonymity.far.fit.MOST_LEAVES", 30)
    cube = cube_of(people(1_200), BESIDE)
    with sizes(small=60, hand=200):
        _, far, _ = both(cube, Guarantees(k=5))
    leaf = far.route([cube.table[name] for name in far.names])
    rows = np.bincount(leaf, np.asarray(cube.table[COUNT]))
    assert len(far.leaves) <= 30
    assert rows[rows > 0].min() >= 40


@pytest.mark.slow
def test_a_node_that_no_cut_parts_is_a_leaf() -> None:
    table = pa.table({"a": np.arange(300), "s": ["x"] * 299 + ["y"]})
    cube = cube_of(table, ("s",))
    with sizes(small=20, hand=50):
        promised = Guarantees(k=2, l={"column": "s", "distinct": 2})
        near, far, _ = both(cube, promised, rules={})
        tight = build_tree(HeldCube(cube), columns(cube), promised, Recoding(cells="tight"))
    assert len(near.leaves) == len(far.leaves) == len(tight.leaves) == 1
    assert (labels(far, cube)[0][0], labels(tight, cube)[0][0]) == ("*", "*")
