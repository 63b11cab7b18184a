"""The tree of a cube that is not held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.anonymity import large
from engine.anonymity.assemble import assembled
from engine.anonymity.cube import D_MAX, too_many
from engine.anonymity.far.columns import Placed, placed
from engine.anonymity.far.places import Hashed, Listed, Place
from engine.anonymity.far.subtree import Plot
from engine.anonymity.far.tally import Spread
from engine.anonymity.modelled import modelled
from engine.anonymity.models import DistinctDiversity, Model
from engine.anonymity.possible import Promised, refuse_few, refuse_level, refuse_name, refuse_never
from engine.anonymity.tree import Tree
from engine.anonymity.values import distinct_in_order
from engine.errors import PolicyError
from schemas.policy import Column, Guarantees
from schemas.policy.guarantees import ColumnClaim, LDiversity, SubjectCount
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT

if TYPE_CHECKING:
    from engine.anonymity.far.cube import Coded, FarCube
    from engine.anonymity.far.growth import FarGrowth

MOST_VALUES = 1 << 10
"""Values of a claimed column that are counted one by one, at most."""

AT_ONCE = 4
"""Columns that are counted at the same time: of a small count most is waiting."""

MOST_LEAVES = 1 << 19
"""Classes of a tree, at most: the driver holds it, and each task reads it."""


class _Claimed(NamedTuple):
    claim: ColumnClaim
    model: Model
    place: Place


def grow(cube: FarCube, columns: Mapping[str, Column], guarantees: Guarantees, recoding: Recoding) -> Tree:
    """Fits the tree to a cube that is counted where it lies. See ``engine.anonymity.mondrian.build_tree``.

    It is the tree that ``build_tree`` fits to the same cube, but: a column has ``far.columns.MOST_KEYS`` positions at most; where
    there could be more than ``MOST_LEAVES`` classes, each gets more than k rows; a node that no cut at a mark parts is a leaf,
    if its tuples cannot be gathered; rows are left out in a few rounds.

    Raises:
        GuaranteeNotMet: If even the whole table as one class breaks a guarantee.
        PolicyError: If a column does not allow generalization, or the policy asks for what needs the cube to be held.
    """
    from engine.anonymity.loops.ground import Aim  # noqa: PLC0415 - loads the compiler
    from engine.anonymity.mondrian import goal_of  # noqa: PLC0415 - the same

    _refuse(cube, columns, guarantees, recoding)
    claimed = [_claimed(cube, claim) for claim in guarantees.on_columns]
    _refuse_impossible(cube, guarantees, claimed)
    target = None if recoding.target is None else _target(cube, recoding.target)
    counted = [0 if isinstance(one.place, Hashed) else len(one.model.table) for one in claimed]
    by_value = any(counted) or target is not None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        along = pool.map(lambda name: placed(name, cube, columns[name], claimed=by_value), cube.quasi)
        found = dict(zip(cube.quasi, along, strict=True))
    codes: list[tuple[str, Place]] = [(one.claim.column, one.place) for one in claimed]
    if recoding.target is not None and target is not None:
        codes.append((recoding.target, target))
    with cube.coded({name: one.place for name, one in found.items()}, codes) as coded:
        aim = Aim(tight=recoding.cells == "tight", goal=goal_of(recoding),
                  target=None if target is None else np.zeros(0, np.int64))
        axes = [one.axis for one in found.values()]
        hashed = [isinstance(one.place, Hashed) for one in claimed]
        plot = Plot(axes, np.array([columns[name].weight for name in cube.quasi]), fitted_k(cube.rows, guarantees.k or 1),
                    [one.model for one in claimed], hashed, aim, cube.rows, coded.tuples,
                    coarsest=[_coarsest(cube, name, columns[name], one) for name, one in found.items()])
        values = [*counted, *([int(target.places.max()) + 1] if target else [])]
        growth = _grown(coded, plot, Spread.along(axes, values, claims=len(claimed)), guarantees)
    return assembled(axes, growth.grown, growth.leaves())


def fitted_k(rows: int, k: int) -> int:
    """Returns the smallest class of a fit: k, or more where there could be more classes than a tree may have."""
    return max(k, -(-rows // MOST_LEAVES))


def _grown(coded: Coded, plot: Plot, spread: Spread, guarantees: Guarantees) -> FarGrowth:
    from engine.anonymity.far.growth import FarGrowth  # noqa: PLC0415 - loads the compiler
    from engine.anonymity.mondrian import budget_of  # noqa: PLC0415 - the same

    budget = budget_of(guarantees, plot.rows)
    if budget and (guarantees.t or guarantees.beta or guarantees.delta):
        # what is suppressed moves the table that these claims refer to, by at most its share
        stricter = replace(plot, models=[model.stricter(budget / plot.rows) for model in plot.models])
        whole = FarGrowth(coded, plot, spread).run(0)
        if all(model.hold(model.table[None])[0] for model in stricter.models):
            return min(whole, FarGrowth(coded, stricter, spread).run(budget), key=lambda growth: growth.cost)
        return whole
    return FarGrowth(coded, plot, spread).run(budget)


def _claimed(cube: FarCube, claim: ColumnClaim) -> _Claimed:
    values = cube.grouped(claim.column, MOST_VALUES)
    if values is not None:
        model, codes = modelled(claim, values["key"], np.asarray(values[COUNT]).astype(np.int64))
        return _Claimed(claim, model, Listed(values["key"].combine_chunks(), codes))
    if isinstance(claim, SubjectCount) or (isinstance(claim, LDiversity) and claim.distinct):
        many = np.ones(large.MOST_VALUES + 1, np.int64)
        return _Claimed(claim, DistinctDiversity(claim.column, claim.said.promised, many), Hashed())
    raise PolicyError(
        f"{claim.said.name} is on a column of more than {MOST_VALUES:,} values, and the quasi-identifiers take {cube.tuples:,} "
        "combinations", where=f"columns.{claim.column}", allowed=f"at most {MOST_VALUES:,} different values",
        next="coarsen the column with operator bucket, round or generalize")


def _target(cube: FarCube, column: str) -> Listed:
    values = cube.grouped(column, MOST_VALUES)
    if values is None:
        raise PolicyError("a target of this many values cannot be told from a table of this size", where="recoding.optimize",
                          allowed=f"at most {MOST_VALUES:,} different values", next="coarsen it, or optimize for loss")
    return Listed(values["key"].combine_chunks(), distinct_in_order(values["key"])[1])


def _coarsest(cube: FarCube, name: str, column: Column, found: Placed) -> int | None:
    """Returns the level of an axis above which labels may not be."""
    if column.coarsest is None:
        return None
    refuse_level(name, column, found.level + max(len(found.axis.nodes) - 1, 0))
    if not len(found.axis.nodes) or column.coarsest < found.level:
        raise too_many(cube.tuples, cube.quasi, what=f"{name}'s labels of level {column.coarsest} are too many, too", most=D_MAX)
    return column.coarsest - found.level


def _refuse(cube: FarCube, columns: Mapping[str, Column], guarantees: Guarantees, recoding: Recoding) -> None:
    """Refuses what needs the cube to be held."""
    refuse_name(cube.quasi)
    asked = {
        "aggregate": any(columns[name].aggregate is not None for name in cube.quasi),
        "suppress: cells": guarantees.suppress == "cells", "guarantees.population": guarantees.population is not None,
        "cuts: quasi": recoding.cuts == "quasi",
    }
    for what, there in asked.items():
        if there:
            raise too_many(cube.tuples, cube.quasi, what=f"{what} needs them in memory", most=D_MAX)


def _refuse_impossible(cube: FarCube, guarantees: Guarantees, claimed: Sequence[_Claimed]) -> None:
    refuse_few(cube.rows, cube.quasi, guarantees)
    for one in claimed:
        if not isinstance(one.place, Hashed):
            refuse_never(one.model, Promised(one.claim.said, f"guarantees, column {one.claim.column}", "drop the column"))
