"""The best node of a lattice of full-domain generalizations, proven where the lattice can be laid out.

What is used of the literature: a node that keeps k cannot lose it by generalization, so of a path through the lattice a binary
search finds the border, and tags the nodes below it without looking at them (Kohlmayer, Prasser, Eckert, Kemper, Kuhn, "Flash",
PASSAT 2012; El Emam et al., "A globally optimal k-anonymity method", JAMIA 16(5), 2009: predictive tagging); the loss without
suppression is a sum over columns that is known beforehand and bounds each node's loss from below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.aggregates import numbers_of
from engine.anonymity.cube import Cube
from engine.anonymity.growth import too_small
from engine.anonymity.guarantees import STARRED, starred_rows
from engine.anonymity.lattice.full_domain import FullDomain
from engine.anonymity.lattice.keeping import Promises
from engine.anonymity.lattice.levels import Node, levels_of
from engine.anonymity.lattice.nodes import Key, Nodes
from engine.anonymity.lattice.objectives import ObjectiveName, objective
from engine.anonymity.possible import refuse_impossible
from engine.errors import GuaranteeNotMet
from schemas.policy import Column, Guarantees
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LARGEST = 4_000_000
"""Most nodes of a lattice that is laid out; of a larger one a good node is taken, and not proven to be the best."""

MOST_WORK = 500_000_000
"""Tuples that are looked at before the search takes the best node so far, unproven: a minute or two."""

_AXES = 64
"""Most dimensions of an array."""

_NONE = Key(math.inf, 0, ())
"""Worse than all nodes: stands for none that keeps every promise."""

_TOGETHER = 4_096
"""Nodes that are looked through together for open ones."""


def search(cube: Cube, columns: Mapping[str, Column], guarantees: Guarantees, minimize: ObjectiveName = "loss") -> FullDomain:
    """Returns the full-domain recoding that meets ``guarantees`` on ``cube`` and loses least.

    The same cube in any order of rows gives the same recoding. Loss is the weighted mean over columns and rows of (s-1)/(D-1), a
    suppressed row counting 1. Of nodes with equal loss the one with fewer levels up is taken, then the first in order of columns.
    It is proven to be the best up to ``LARGEST`` nodes and ``MOST_WORK``. Of a larger lattice the search sees every second level,
    or fewer, and goes on from there downwards as long as that gains.

    Args:
        cube: Counts of the table, and of a population where something is claimed beside one.
        columns: The policy's record of each quasi-identifier: hierarchy, weight, and the coarsest level that is looked at.
        guarantees: What a release keeps, and the suppression budget. With ``suppress: values`` the rarest values of a
            column without a hierarchy may be ``'*'`` wherever they stand; their rows count as suppressed.
        minimize: Loss, or another figure of ``engine.anonymity.lattice.objectives``.

    Raises:
        GuaranteeNotMet: If even the whole table as one class breaks a guarantee, or ``coarsest`` leaves no node that keeps all.
        PolicyError: If a column's type, hierarchy or name does not allow generalization, or ``coarsest`` is no level.
    """
    values, promises = guarantees.suppress == "values", Promises.of(cube, guarantees)
    found = [levels_of(cube, name, columns[name], promises.budget if values else 0) for name in cube.quasi]
    refuse_impossible(cube, guarantees)
    nodes = Nodes.of(cube, found, promises, objective(minimize, found, cube.rows))
    if _fits(nodes):
        best, proven = _Laid(nodes, _descend(nodes, nodes.top)).search(MOST_WORK)
    else:
        best, proven = _descend(nodes, _among_fewer(nodes)), False
    if best == _NONE:
        raise _cut_too_low(nodes)
    fitted = _with_numbers(_finished(nodes, best.node, proven=proven), cube, columns)
    if values:
        _refuse_starred(fitted, cube, promises.budget)
    return fitted


def _refuse_starred(fitted: FullDomain, cube: Cube, budget: int) -> None:
    """Refuses what the verdict will: labels of a hierarchy may be ``'*'`` below its top, too, and count then."""
    leaf = fitted.route([cube.table[name] for name in fitted.names])
    labels = {name: pa.array(fitted.labels(j)).take(pa.array(leaf)) for j, name in enumerate(fitted.names)}
    written = pa.table({**labels, COUNT: cube.table[COUNT]}).filter(pa.array(leaf != fitted.suppressed))
    rows = starred_rows(Cube(written, fitted.names), "values") + cube.rows - pc.sum(written[COUNT]).as_py()
    if rows > budget:
        raise GuaranteeNotMet(
            f"{rows:,} of {cube.rows:,} rows are left out, or {STARRED['values']}", where="guarantees.suppress",
            allowed=f"guarantees.suppression of at least {rows / cube.rows:.2%}", next="allow that, or choose suppress: rows")


def _cut_too_low(nodes: Nodes) -> GuaranteeNotMet:
    """Returns the error of levels that may not be exceeded, with what the coarsest of them would leave out."""
    classes, rows = nodes.classes(nodes.top), int(nodes.rows.sum())
    kept = replace(nodes.promises, budget=rows).keep(classes).classes
    return too_small(rows if kept is None else classes.suppressed(kept), rows)


def _fits(nodes: Nodes) -> bool:
    return nodes.size <= LARGEST and len(nodes.columns) <= _AXES


def _among_fewer(nodes: Nodes) -> Node:
    """Returns the best node of a lattice of every second level, or fewer: small enough, or else the top."""
    columns = list(nodes.columns)
    while not _fits(fewer := nodes.of_columns(columns)):
        tallest = max(range(len(columns)), key=lambda i: len(columns[i].offered))
        if len(columns[tallest].offered) <= 2:  # noqa: PLR2004 - the values and '*'
            return nodes.top
        columns[tallest] = columns[tallest].thinned()
    best = _Laid(fewer, _descend(fewer, fewer.top)).search(MOST_WORK // 4)[0]
    if best == _NONE:
        return nodes.top
    return tuple(next(place for place, merged in enumerate(whole.nodes) if merged is thin.nodes[level])
                 for whole, thin, level in zip(nodes.columns, columns, best.node, strict=True))


def _descend(nodes: Nodes, start: Node) -> Key:
    """Goes from a node that keeps every promise to the best of the nodes one level below, as long as that gains."""
    best = nodes.check(start).key or _NONE
    while best != _NONE:
        nodes.classes(tuple(max(level - 1, 0) for level in best.node))  # all that are looked at next roll up from it
        below = [(*best.node[:i], level - 1, *best.node[i + 1:]) for i, level in enumerate(best.node) if level]
        found = min((key for key in (nodes.check(node).key for node in below) if key is not None), default=best)
        if found >= best:
            break
        best = found
    return best


class _Laid:
    """A lattice laid out as an array: an axis per column, a cell per node.

    A node is open until it was looked at, is known to be hopeless, or cannot be better than the best so far.
    """

    def __init__(self, nodes: Nodes, best: Key) -> None:
        self.nodes, self.best, self.shape = nodes, best, nodes.shape
        self.least = nodes.objective.least(nodes.rows)
        self.height = reduce(np.add.outer, [np.array(column.offered, np.int32) for column in nodes.columns])
        self.open = np.ones(self.shape, bool)
        if best == _NONE:
            self._look(nodes.top)  # if it is hopeless, all are
        else:
            self._close_worse()

    def search(self, work: int) -> tuple[Key, bool]:
        """Returns the best node, and whether it is proven to be; ends after a number of tuples."""
        still = self.open.reshape(-1)
        order = np.flatnonzero(still)
        order = order[np.lexsort((self.height.reshape(-1)[order], self.least.reshape(-1)[order]))]
        for some in np.split(order, range(_TOGETHER, len(order), _TOGETHER)):
            for flat in some[still[some]].tolist():
                if self.nodes.work > work:
                    return self.best, False
                if still[flat]:
                    self._bisect(self._path(tuple(map(int, np.unravel_index(flat, self.shape)))))
        return self.best, True

    def _path(self, node: Node) -> list[Node]:
        """Returns open nodes, each one level above the one before, by the least loss."""
        path = [node]
        while True:
            above = [(*node[:i], level + 1, *node[i + 1:]) for i, level in enumerate(node) if level + 1 < self.shape[i]]
            still = [(float(self.least[other]), other) for other in above if self.open[other]]
            if not still:
                return path
            node = min(still)[1]
            path.append(node)

    def _bisect(self, path: list[Node]) -> None:
        low, high = 0, len(path)
        while low < high:
            middle = (low + high) // 2
            if self.open[path[middle]] and self._look(path[middle]):
                low = middle + 1
            else:
                high = middle

    def _look(self, node: Node) -> bool:
        """Checks a node, closes what that settles, and returns whether it is hopeless."""
        key, hopeless, floor = self.nodes.check(node)
        self.open[node] = False
        if hopeless:
            self.open[tuple(slice(level + 1) for level in node)] = False
        if floor > self.best.loss:
            self.open[tuple(slice(level, None) for level in node)] = False
        if key is not None and key < self.best:
            self.best = key
            self._close_worse()
        return hopeless

    def _close_worse(self) -> None:
        loss, height, node = self.best
        self.open &= (self.least < loss) | ((self.least == loss) & (self.height <= height))
        self.open[node] = False


def _with_numbers(fitted: FullDomain, cube: Cube, columns: Mapping[str, Column]) -> FullDomain:
    told = numbers_of(fitted, cube, columns)
    return replace(fitted, columns=told.columns, boxes=told.boxes, classes=tuple(map(tuple, told.leaves.tolist())))


def _finished(nodes: Nodes, node: Node, *, proven: bool) -> FullDomain:
    classes = nodes.classes(node)
    kept = nodes.promises.keep(classes).classes
    if kept is None:
        raise AssertionError("a node that was chosen keeps every promise")
    first = classes.first[kept[classes.of]]
    codings, boxes, places = [], [], []
    for column, level in zip(nodes.columns, node, strict=True):
        stands, place = np.unique(column.nodes[level][column.base[first]], return_inverse=True)
        coding, here = column.finish(level, stands)
        codings.append(coding)
        boxes.append(tuple(here))
        places.append(place)
    table = np.unique(np.stack(places, axis=1), axis=0)
    return FullDomain(
        tuple(codings), tuple(column.offered[level] for column, level in zip(nodes.columns, node, strict=True)),
        tuple(column.height for column in nodes.columns), tuple(boxes), tuple(map(tuple, table.tolist())), proven)
