"""What noisy cuts lose on the Adult table, beside exact ones: ``make bench-noisy-cuts``."""

from __future__ import annotations

import csv
import sys
import time

import numpy as np

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from engine.anonymity.noisy import noisy_tree
from engine.anonymity.tree import Tree
from engine.privacy.cuts import CutBudget
from schemas.policy import Column, Guarantees
from schemas.policy.recoding import NoisyCuts
from schemas.reserved import COUNT
from tests.benchmarks.anonymity_adult import ADULT, adult
from tests.benchmarks.figures import ended, line, shown
from tests.engine.anonymity.cubes import cube_of

K, DRAWS = 10, 5
SETTINGS = ((0.1, 4), (1.0, 4), (1.0, 6), (10.0, 6), (10.0, 8))
"""Epsilon and depth."""


def main() -> int:
    """Draws trees, prints their mean loss, writes the figures. There is no bar: what privacy costs is what it costs."""
    source = adult()
    if source is None:
        print("skipped: the Adult table is not here (../shared/data/adult)")  # noqa: T201 - a script that prints
        return 0
    lines = []
    for names in (["sex", "age", "education"], source.column_names):
        cube = cube_of(source.select(names))
        columns = {name: _column(name) for name in names}
        exact = build_tree(cube, columns, Guarantees(k=K))
        lines.append(line(f"{len(names)} columns, exact", _loss(exact, cube), "", None, f"{len(exact.leaves)} classes"))
        for epsilon, depth in SETTINGS:
            budget, began = CutBudget.of(NoisyCuts(epsilon=epsilon, depth=depth)), time.perf_counter()
            drawn = [noisy_tree(cube, columns, K, depth, budget) for _ in range(DRAWS)]
            number = np.mean([len(tree.leaves) for tree in drawn])
            note = (f"{number:.0f} classes, margin {budget.margin}, mean of {DRAWS} draws, "
                    f"{(time.perf_counter() - began) / DRAWS:.2f} s each")
            lines.append(line(f"{len(names)} columns, epsilon {epsilon:g}, depth {depth}",
                              float(np.mean([_loss(tree, cube) for tree in drawn])), "", None, note))
    return ended([shown(found) for found in lines], "noisy-cuts")


def _column(name: str) -> Column:
    if name == "age":
        return Column(role="quasi", why="benchmark", domain={"min": 17, "max": 90})
    with (ADULT / f"adult_hierarchy_{name}.csv").open(newline="") as rows:
        return Column(role="quasi", why="benchmark", hierarchy={"table": list(csv.reader(rows, delimiter=";"))})


def _loss(tree: Tree, cube: Cube) -> float:
    leaf = tree.route([cube.table[name] for name in tree.names])
    rows, total = np.asarray(cube.table[COUNT]), 0.0
    for j, coding in enumerate(tree.columns):
        size = np.array([coding.size(box) for box in tree.boxes[j]])[tree.leaves[leaf, j]]
        total += float((rows * (size - 1) / (coding.domain - 1)).sum())
    return total / float(rows.sum()) / len(tree.columns)


if __name__ == "__main__":
    sys.exit(main())
