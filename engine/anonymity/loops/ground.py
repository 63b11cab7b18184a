"""What a tree grows on, as arrays that compiled loops can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis
from engine.anonymity.beside import Beside, KMap, LeastPresence, MostPresence
from engine.anonymity.claims import Claims
from engine.anonymity.models import (
    SLACK,
    Disclosure,
    DistinctDiversity,
    EntropyDiversity,
    EqualCloseness,
    HierarchicalCloseness,
    Likeness,
    Model,
    OrderedCloseness,
    RecursiveDiversity,
)

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

RANGE, SET, TAXONOMY, SCALE = range(4)
DISTINCT, ENTROPY, RECURSIVE, EQUAL, ORDERED, HIERARCHICAL, LIKENESS, DISCLOSURE = range(8)
LOSS, SQUARES, CLASSES, TARGET = range(4)

BESIDE = 0.05
"""Weight of the loss where it only decides between parts that tell the target equally well."""

HARDLY = 1e-7
"""Weight of a row's loss where it only decides between cuts that leave room for as many classes."""


@dataclass(frozen=True)
class Aim:
    """What a good tree is, and how hard to look for it.

    Attributes:
        tight: Whether a label says what a leaf holds, or which values its cuts send there.
        goal: What is to become small.
        target: Code of the column that is to be told from the quasi-identifiers, for each tuple.
        tried: Cuts of a node of which is asked where they lead.
        ahead: Rows of such a node, at most.
        pairs: Whether two hierarchies of a small node may be specialized at once.
    """

    tight: bool = False
    goal: int = LOSS
    target: Ints | None = None
    tried: int = 6
    ahead: int = 1 << 62
    pairs: bool = True


ROWS, PEOPLE = 0, -1
"""Columns of ``Ground.items``; positions begin after the first, codes after these; the last is of the population."""

KIND, EXTENT, HEIGHT, WEIGHT = range(4)
NODE, FIRST, LAST = range(3)
MODEL, VALUES, OFFSET, EXTRA, LIMIT = range(5)
TABLE, LEAST, MOST, LEVELS = range(4)
FEWEST, LARGEST, SMALLEST = range(3)
TIGHT, K, GOAL, TARGETS, TRIED, PAIRS, AHEAD = range(7)


class Ground(NamedTuple):
    """Tuples on their axes, what every class must keep, and what a good tree is.

    Few arrays with many columns: what the loops take to compile grows with the number of arrays. There are n tuples, d axes, m
    claims on sensitive columns; all values of all claims stand one after the other, v of them.

    Attributes:
        items: Rows of the table behind each tuple, its position on each axis, its value for each claim and for the target, and
            people of the population; (n, 1 + d + m + 2).
        axes: Kind, positions, levels of the hierarchy (values and root included) and weight of each axis, (d, 4).
        nodes: Node over a position, first and last position below a node, by axis and level; (3, d, most levels, most positions).
        share: Loss of a node, by axis and level, (d, most levels, most positions); of an axis with a scale, that.
        claims: Model, number of its values, where they begin, what else it needs, and its limit; (m, 5).
        values: Rows in the whole table, what a share is compared with and what else, then nodes above; (3 + most levels, v).
        ask: Whether labels are tight, k, the goal, the target's values, cuts to try, whether to try pairs, rows
            up to which cuts are tried; (7,).
        beside: Fewest people of a class, the largest and the smallest share of them that is released; (3,), none without a
            population.
    """

    items: Ints
    axes: Floats
    nodes: Small
    share: Floats
    claims: Floats
    values: Floats
    ask: Ints
    beside: Floats


class _Written(NamedTuple):
    kind: int
    limit: float
    extra: int = 0
    least: Floats | float = 0.0
    most: Floats | float = 0.0
    levels: Sequence[Ints] = ()


def ground_of(positions: Ints, rows: Ints, axes: Sequence[Axis], weights: Floats, claims: Claims, aim: Aim) -> Ground:
    """Returns tuples, axes and claims as arrays.

    Args:
        positions: Place of each tuple on each axis, (n, d).
        rows: Table rows behind each tuple.
        axes: Of the columns.
        weights: Of their losses.
        claims: What classes must keep; the codes of their tuples.
        aim: What a good tree is.
    """
    models = [claim.model for claim in claims.models]
    written = [_written(model) for model in models]
    target = np.zeros(len(rows), np.int64) if aim.target is None else aim.target
    targets = 0 if aim.target is None else int(target.max(initial=-1)) + 1
    sizes = [len(model.table) for model in models]
    offsets = np.cumsum([0, *sizes])
    values = np.zeros((LEVELS + max((len(one.levels) for one in written), default=0), offsets[-1]))
    for begin, model, one in zip(offsets, models, written, strict=False):
        of = slice(begin, begin + len(model.table))
        values[TABLE, of], values[LEAST, of], values[MOST, of] = model.table, one.least, one.most
        for height, nodes in enumerate(one.levels):
            values[LEVELS + height, of] = nodes
    claimed = [(one.kind, size, begin, one.extra, one.limit) for one, size, begin in zip(written, sizes, offsets, strict=False)]
    people, beside = _beside(claims.beside, len(rows))
    return Ground(
        np.column_stack([rows, positions, *(claim.codes for claim in claims.models), target, people]).astype(np.int64),
        *_axes(axes, weights, aim.tight), np.array(claimed, np.float64).reshape(-1, 5), values,
        np.array([aim.tight, claims.k, aim.goal, targets, aim.tried, aim.pairs, aim.ahead], np.int64), beside)


def _beside(beside: Beside | None, tuples: int) -> tuple[Ints, Floats]:
    """Returns the people behind each tuple, and what the loops ask of them: a figure for each model, with half of its slack."""
    if beside is None:
        return np.zeros(tuples, np.int64), np.zeros(0)
    asked, places = np.array([0.0, np.inf, 0.0]), {KMap: FEWEST, MostPresence: LARGEST, LeastPresence: SMALLEST}
    for model in beside.models:
        asked[places[type(model)]] = model.limit * (1 - SLACK / 2 if model.at_least else 1 + SLACK / 2)
    return beside.people, asked


def _axes(axes: Sequence[Axis], weights: Floats, tight: bool) -> tuple[Floats, Small, Floats]:
    """Returns the axes, their nodes and the losses of these."""
    kinds = [TAXONOMY if len(axis.nodes) else SCALE if len(axis.scale) else SET if axis.counted and tight else RANGE
             for axis in axes]
    shape = len(axes), max(len(axis.nodes) or min(len(axis.scale), 1) for axis in axes), max(axis.extent for axis in axes)
    found, share = np.zeros((3, *shape), np.int32), np.zeros(shape)
    for j, axis in enumerate(axes):
        for height, (nodes, shares) in enumerate(zip(axis.nodes, axis.shares, strict=True)):
            found[NODE, j, height, :axis.extent] = nodes
            found[FIRST, j, height, nodes[::-1]] = np.arange(axis.extent)[::-1]
            found[LAST, j, height, nodes] = np.arange(axis.extent)
            share[j, height, :len(shares)] = shares
        if len(axis.scale):
            share[j, 0, :axis.extent] = axis.scale
    lines = [(kind, axis.extent, len(axis.nodes), weight) for kind, axis, weight in zip(kinds, axes, weights, strict=True)]
    return np.array(lines, np.float64), found, share


@singledispatch
def _written(model: Model) -> _Written:
    """Returns how the loops read a model. Their slack is half of its own: what they take, the verdict takes."""
    raise TypeError(f"no loop for {type(model).__name__}")


@_written.register
def _(model: DistinctDiversity) -> _Written:
    return _Written(DISTINCT, model.limit)


@_written.register
def _(model: EntropyDiversity) -> _Written:
    return _Written(ENTROPY, model.limit * (1 - SLACK / 2))


@_written.register
def _(model: RecursiveDiversity) -> _Written:
    return _Written(RECURSIVE, model.limit * (1 - 2 * SLACK), model.l)


@_written.register
def _(model: EqualCloseness) -> _Written:
    return _Written(EQUAL, model.limit * (1 + SLACK / 2))


@_written.register
def _(model: OrderedCloseness) -> _Written:
    return _Written(ORDERED, model.limit * (1 + SLACK / 2))


@_written.register
def _(model: HierarchicalCloseness) -> _Written:
    return _Written(HIERARCHICAL, model.limit * (1 + SLACK / 2), len(model.levels), levels=model.levels)


@_written.register
def _(model: Likeness) -> _Written:
    least, most = model.bounds()
    bound = np.minimum(model.limit, -np.log(most)) if model.enhanced else np.full(len(least), model.limit)
    return _Written(LIKENESS, model.limit, least=least, most=bound * (1 + SLACK / 2))


@_written.register
def _(model: Disclosure) -> _Written:
    return _Written(DISCLOSURE, model.limit * (1 - 2 * SLACK), least=model.bounds()[0], most=model.bounds()[1])
