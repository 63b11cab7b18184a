"""What a tree is grown for is what it is good at."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from schemas.policy import Guarantees
from schemas.policy.recoding import Accuracy, Recoding
from tests.engine.anonymity.cubes import columns, cube_of


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """The outcome depends on ``told`` alone; ``wide`` has many values that tell nothing."""
    rng = np.random.default_rng(4)
    told, wide = rng.integers(0, 12, 600), rng.integers(0, 200, 600)
    return pa.table({"told": told, "wide": wide, "outcome": np.where((told % 4 < 2) ^ (rng.random(600) < 0.02), "yes", "no")})


def grown(table: pa.Table, optimize: str | Accuracy) -> np.ndarray:
    cube = cube_of(table, ("outcome",))
    tree = build_tree(cube, columns(Cube(cube.table, ("told", "wide"), ())), Guarantees(k=25), Recoding(optimize=optimize))
    return tree.route([table["told"], table["wide"]])


def figures(table: pa.Table, leaf: np.ndarray) -> tuple[int, int, float]:
    """Number of classes, sum of squares, and the share of rows whose class has their outcome most often."""
    outcome = np.array(table["outcome"].to_pylist())
    sizes = np.bincount(leaf)
    right = sum(max(np.sum(outcome[leaf == one] == "yes"), np.sum(outcome[leaf == one] == "no")) for one in np.unique(leaf))
    return len(sizes), int((sizes**2).sum()), right / len(leaf)


@pytest.mark.slow
def test_each_goal_is_met_best_by_the_tree_grown_for_it(table) -> None:
    loss, squares, number, told = (figures(table, grown(table, goal)) for goal in (
        "loss", "discernibility", "class-size", Accuracy(accuracy="outcome")))
    assert squares[1] <= min(loss[1], told[1])
    assert number[0] >= max(loss[0], squares[0], told[0])
    assert told[2] >= 0.95 > loss[2]
