"""Strict multidimensional Mondrian on a count table (LeFevre, DeWitt, Ramakrishnan, ICDE 2006).

Differences from the paper: every position of every column is tried, not the median of one; of the most promising cuts of a
small node the one is taken after which plain growth ends best; hierarchies may also be specialized into several children at
once, two hierarchies together, what is too small staying under the node's own label. Every cut keeps k and the claims on
sensitive columns in all its parts, by exact counts. What is decided in a node depends on the tuples in it alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.anonymity.aggregates import aggregated
from engine.anonymity.assemble import assemble
from engine.anonymity.axes import Axis, axis
from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.far import FarCube, grow
from engine.anonymity.filtered import filtered
from engine.anonymity.loops.ground import CLASSES, LOSS, SQUARES, TARGET, Aim
from engine.anonymity.possible import refuse_impossible, refuse_level
from engine.anonymity.tree import Tree
from engine.anonymity.values import distinct_in_order
from schemas.policy import Column, Guarantees
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]

_SLACK = 1e-9


def build_tree(
    cube: Cube | FarCube, columns: Mapping[str, Column], guarantees: Guarantees, recoding: Recoding | None = None,
) -> Tree:
    """Fits the recoding that meets ``guarantees`` on ``cube`` and, among those that cuts reach, costs little.

    The same cube in any order of rows gives the same tree. Loss is the weighted mean over columns and rows of
    (s-1)/(D-1), or of a squared length where a class publishes one number, a suppressed row counting 1; rows are suppressed
    only where that lowers the cost, never more than ``guarantees.suppression`` of them. ``recoding.optimize`` may name another
    cost: squares of class sizes, a suppressed row counting as in a class of all rows; the number of classes; or how mixed
    a target is in its class (Gini), as in LeFevre, DeWitt and Ramakrishnan, "Workload-aware anonymization", KDD 2006.

    Args:
        cube: Counts of the table, here or elsewhere, and of a population where something is claimed beside one.
        columns: The policy's record of each quasi-identifier: hierarchy and weight.
        guarantees: What every class must keep, and the suppression budget.
        recoding: What labels say, and what is to become small; the policy's defaults if None.

    Raises:
        GuaranteeNotMet: If even the whole table as one class breaks a guarantee.
        PolicyError: If a column's type, hierarchy or name does not allow generalization.
    """
    from engine.anonymity.budget import grown_within, refuse_starred  # noqa: PLC0415 - loads the compiler
    from engine.anonymity.soil import Soil  # noqa: PLC0415 - so does this

    recoding = recoding or Recoding()
    if not isinstance(cube, Cube):
        return grow(cube, columns, guarantees, recoding)
    if recoding.cuts == "quasi" and guarantees.on_columns:
        return filtered(build_tree(cube, columns, Guarantees(k=guarantees.k), recoding), cube, guarantees)
    counts = np.asarray(cube.table[COUNT]).astype(np.int64)
    axes = [axis(name, cube.table[name], cube.weights, columns[name]) for name in cube.quasi]
    budget = budget_of(guarantees, cube.rows)
    refuse_impossible(cube, guarantees)
    positions = np.stack([one.positions for one in axes], axis=1)
    weights = np.array([columns[name].weight for name in cube.quasi])
    coarsest = [_level(name, columns[name], one) for name, one in zip(cube.quasi, axes, strict=True)]
    soil = Soil(axes, positions, counts, weights, Claims.of(cube, guarantees), _aim(cube, recoding), coarsest)
    best = grown_within(soil, budget, cube, guarantees)
    tree = aggregated(assemble(axes, positions, best.grown, tight=soil.aim.tight), cube, columns)
    if guarantees.suppress == "cells":
        refuse_starred(tree, np.add.reduceat(counts[best.grown.index], best.grown.starts[:-1]), budget)
    return tree


def _level(name: str, column: Column, axis_: Axis) -> int | None:
    refuse_level(name, column, max(len(axis_.nodes) - 1, 0))
    return column.coarsest


def budget_of(guarantees: Guarantees, rows: int) -> int:
    """Returns how many rows of a table of ``rows`` may be suppressed."""
    return int(guarantees.suppression * rows + _SLACK)


def _aim(cube: Cube, recoding: Recoding) -> Aim:
    target = None if recoding.target is None else distinct_in_order(cube.table[recoding.target])[1]
    return Aim(tight=recoding.cells == "tight", goal=goal_of(recoding), target=target)


def goal_of(recoding: Recoding) -> int:
    """Returns what is to become small, as the loops call it."""
    if recoding.target is not None:
        return TARGET
    return {"loss": LOSS, "discernibility": SQUARES, "class-size": CLASSES}[str(recoding.optimize)]
