"""Columns that may be generalized to a level at most."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import cube_of

PLACES = Hierarchy(groups={"north": {"cold": ["a", "b"], "mild": ["c"]}, "south": {"warm": ["d", "e"]}})
LEVELS = [dict(zip("abcde", labels, strict=True)) for labels in (
    "abcde", ["cold", "cold", "mild", "warm", "warm"], ["north"] * 3 + ["south"] * 2, "*****")]
ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcde"), st.sampled_from("xy"), st.sampled_from("pq")),
                min_size=8, max_size=60)


def column(hierarchy: Hierarchy | None = None, coarsest: int | None = None) -> Column:
    return Column(role="quasi", why="x", hierarchy=hierarchy, coarsest=coarsest)


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=ROWS, promised=st.tuples(st.integers(2, 4), st.sampled_from([0.0, 0.3, 1.0]), st.booleans()),
       place=st.sampled_from([None, 0, 1, 2, 3]), sex=st.sampled_from([None, 0]), cells=st.sampled_from(["bounds", "tight"]))
def test_no_label_is_above_the_level(rows, promised, place, sex, cells) -> None:
    k, budget, t = promised
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("n", "place", "sex", "secret"))})
    cube = cube_of(table, ("secret",))
    policy = {"n": column(), "place": column(PLACES, place), "sex": column(coarsest=sex)}
    promised = Guarantees(k=k, suppression=budget, t=[{"column": "secret", "max": 0.5}] if t else ())
    groups: dict[tuple, int] = {}
    for _, at, of, _ in rows:
        key = LEVELS[3 if place is None else place][at], of if sex == 0 else "*"
        groups[key] = groups.get(key, 0) + 1
    lost = sum(size for size in groups.values() if size < k)
    try:
        tree = build_tree(cube, policy, promised, Recoding(cells=cells))
    except GuaranteeNotMet:
        assert t or lost > budget * len(rows) or lost == len(rows)
        return
    assert t or lost <= budget * len(rows)
    leaf = tree.route([table[name] for name in tree.names])
    for i, name in enumerate(tree.names):
        for at, value in zip(leaf.tolist(), table[name].to_pylist(), strict=True):
            label = tree.labels(i)[at]
            if at == tree.suppressed or name == "n":
                continue
            if name == "sex" and sex == 0:
                assert label == value
            if name == "place" and place is not None:
                assert label in {LEVELS[level][value] for level in range(place + 1)}
    sizes = np.bincount(leaf, minlength=tree.suppressed + 1)
    assert (sizes[:-1] >= k).all()
    assert sizes[-1] <= budget * len(rows)


def test_what_is_too_small_says_how_much_suppression_it_takes() -> None:
    cube = cube_of(pa.table({"n": [1, 2, 3, 4, 5, 6, 7, 8, 9, 9], "sex": ["x"] * 9 + ["y"]}))
    with pytest.raises(GuaranteeNotMet) as caught:
        build_tree(cube, {"n": column(), "sex": column(coarsest=0)}, Guarantees(k=3))
    assert "1 of 10 rows" in caught.value.what
    assert "10.00%" in caught.value.allowed
    tree = build_tree(cube, {"n": column(), "sex": column(coarsest=0)}, Guarantees(k=3, suppression=0.1))
    assert set(tree.labels(1)) == {"x", "*"}


def test_a_level_that_is_not_there_is_refused() -> None:
    cube = cube_of(pa.table({"place": list("abcde") * 4}))
    with pytest.raises(PolicyError, match="level 4, and the hierarchy has 3") as caught:
        build_tree(cube, {"place": column(PLACES, 4)}, Guarantees(k=2))
    assert caught.value.where == "columns.place.coarsest"


def test_a_later_combination_finds_no_class() -> None:
    cube = Cube(cube_of(pa.table({"n": [1] * 4 + [2] * 4, "sex": ["x"] * 4 + ["y"] * 4})).table, ("n", "sex"))
    tree = build_tree(cube, {"n": column(coarsest=0), "sex": column(coarsest=0)}, Guarantees(k=3))
    assert (tree.route([pa.array([1, 2, 1]), pa.array(["x", "y", "y"])]) == tree.suppressed).tolist() == [False, False, True]
