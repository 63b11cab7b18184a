"""A tree that grows on a cube which is not held: large nodes level by level, the rest where tuples are gathered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.anonymity.assemble import Grown, cells_along
from engine.anonymity.axes import Leaves
from engine.anonymity.cube import D_MAX
from engine.anonymity.far.subtree import Below, Plot
from engine.anonymity.far.tally import Fork, Spread
from engine.anonymity.growth import taken, too_small
from engine.anonymity.large import NOWHERE, Counts, Cut, Large, runs_of
from engine.anonymity.soil import cost_of_suppressed, small_rows

if TYPE_CHECKING:
    from engine.anonymity.far.cube import Coded, Counted

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

IN_HAND = 500_000
"""Tuples that are gathered in one place at most, unless no cut parts them."""

CELLS = D_MAX
"""Sums that come back at once, at most, or those of one node."""

ROUNDS = 8
"""How often rows are left out and what is left is grown on, at most: each time the cube is read again."""


@dataclass
class _Node:
    number: int
    low: Ints
    high: Ints
    group: int = 0


class FarGrowth:
    """One tree, from the root to its leaves. See ``engine.anonymity.growth.Growth``.

    Args:
        coded: The cube.
        plot: What it grows on.
        spread: What of large nodes is counted.
    """

    def __init__(self, coded: Coded, plot: Plot, spread: Spread) -> None:
        self._coded, self._plot, self._spread = coded, plot, spread
        self._large = Large(plot.axes, plot.weights, plot.k, plot.models, plot.aim.goal)
        self._suppressed = 0
        self.grown = Grown.of_root(len(plot.axes))
        self._group: list[int] = []
        self._held: list[list[Ints]] = []
        self._gain, self._offers, self._cost = np.zeros(0), np.zeros((0, 4), np.int64), np.zeros(0)

    @property
    def cost(self) -> float:
        """What the leaves and the suppressed rows cost."""
        return float(self._cost.sum()) + self._suppressed * self._full

    @property
    def _full(self) -> float:
        return cost_of_suppressed(self._plot.aim.goal, self._plot.weights, self._plot.rows)

    def run(self, budget: int) -> FarGrowth:
        """Cuts until nothing gains; then suppresses within ``budget`` and goes on with what is left.

        Raises:
            GuaranteeNotMet: If columns that may not be generalized any further leave more rows in classes too small.
        """
        nodes = self._in_order(self._cut(self._apart(budget)))
        self._fill([replace(node, group=group) for group, node in enumerate(nodes)], budget)
        for _ in range(ROUNDS):
            kept = self._suppress(budget - self._suppressed)
            if not kept:
                break
            self._fill(kept, budget - self._suppressed)
        return self

    def leaves(self) -> list[Leaves]:
        """Returns the leaves along each axis."""
        cells = [cells_along(self.grown, j) for j in range(len(self._plot.axes))]
        if not self._plot.aim.tight:
            return cells
        return [cell._replace(starts=np.cumsum([0, *(len(held[j]) for held in self._held)]), tight=True,
                              held=np.concatenate([held[j] for held in self._held])) for j, cell in enumerate(cells)]

    def _apart(self, budget: int) -> list[_Node]:
        """Returns where to begin: the root, or each combination of labels that columns may not lose, if it is large enough."""
        ends = np.array([axis.extent - 1 for axis in self._plot.axes])
        nodes = [_Node(0, np.zeros_like(ends), ends)]
        limited = [(j, level) for j, level in enumerate(self._plot.coarsest) if level is not None]
        for j, level in limited:
            nodes = [part for node, counted in self._counted(nodes)
                     for part in self._by_level(node, counted.along[j].position, j, level)]
        if not limited:
            return nodes
        kept = []
        for node, counted in self._counted(nodes):
            if self._large.keeps(counted.along[0]):
                kept.append(node)
            else:  # a node that is neither cut nor a leaf is suppressed
                self._suppressed += int(counted.along[0].rows.sum())
        if self._suppressed > budget or not kept:
            raise too_small(self._suppressed, self._plot.rows)
        return kept

    def _by_level(self, node: _Node, positions: Ints, j: int, level: int) -> list[_Node]:
        axis = self._plot.axes[j]
        first, last = axis.below(level, np.unique(axis.nodes[level, positions]))
        ends = tuple(zip(first.tolist(), last.tolist(), strict=True))
        runs = runs_of([(low, high, part) for part, (low, high) in enumerate(ends)], NOWHERE, axis.extent)
        if len(ends) > 1:
            return self._parts(node, Cut(j, runs, ends))
        (node.low[j], node.high[j]), = ends
        return [node]

    def _cut(self, nodes: Sequence[_Node]) -> list[_Node]:
        """Cuts nodes until their tuples can be gathered; returns what is left then."""
        small = small_rows(self._plot.models, self._plot.k, self._plot.rows)
        open_, ready = list(nodes), []
        while open_:
            parts: list[_Node] = []
            for node, counted in self._counted(open_):
                if counted.tuples <= IN_HAND or counted.along[0].rows.sum() <= small:
                    ready.append(node)
                    continue
                cut = self._large.cut(counted.along, node.low, node.high)
                if cut is None:
                    self._end(node, counted.along)
                    continue
                parts += self._parts(node, cut)
            open_ = parts
        return ready

    def _parts(self, node: _Node, cut: Cut) -> list[_Node]:
        """Cuts a node."""
        first, parts = self.grown.split(node.number, cut), []
        for number, (low, high) in enumerate(cut.cells):
            part = _Node(first + number, node.low.copy(), node.high.copy())
            part.low[cut.axis], part.high[cut.axis] = low, high
            parts.append(part)
        return parts

    def _fill(self, nodes: Sequence[_Node], budget: int) -> None:
        """Grows what is below nodes."""
        if nodes:
            found = self._coded.below(self._fork(nodes), replace(self._plot, budget=budget))
            self._add([([node.number for node in nodes if node.group == group], group, found[group]) for group in sorted(found)])

    def _counted(self, nodes: Sequence[_Node]) -> Iterable[tuple[_Node, Counted]]:
        fork, step = self._fork(nodes), max(1, CELLS // self._spread.cells)
        for first in range(0, len(nodes), step):
            part = fork.part(first, min(first + step, len(nodes)))
            counted = self._coded.counts(part, self._spread)
            yield from ((nodes[first + place], counted[place]) for place in sorted(counted))

    def _fork(self, nodes: Sequence[_Node]) -> Fork:
        open_ = replace(self.grown, leaf=np.array([node.number for node in nodes]))
        return Fork(open_.cuts().astype(np.int32), np.stack([node.low for node in nodes]),
                    np.stack([node.high for node in nodes]), np.array([node.group for node in nodes]))

    def _in_order(self, nodes: Sequence[_Node]) -> list[_Node]:
        """Returns nodes in the order of a walk from the root."""
        by, stack, found = {node.number: node for node in nodes}, [0], []
        while stack:
            number = stack.pop()
            if number in by:
                found.append(by[number])
            elif number in self.grown.splits:
                stack += sorted({part for _, part in self.grown.splits[number].runs} - {NOWHERE}, reverse=True)
        return found

    def _end(self, node: _Node, along: Sequence[Counts]) -> None:
        """Makes a node a leaf that no cut at a mark parts."""
        axes, ends = self._plot.axes, list(zip(node.low.tolist(), node.high.tolist(), strict=True))
        loss = sum(weight * float(axis.loss(np.array([low]), np.array([high]))[0])
                   for axis, weight, (low, high) in zip(axes, self._plot.weights, ends, strict=True))
        target = along[0].target
        rows = along[0].rows.sum(keepdims=True)
        cost = self._large.price(rows, np.array([loss]), None if target is None else target.sum(axis=0, keepdims=True))
        everything = [np.arange(low, high + 1) for low, high in ends]
        held = [(np.array([0, len(one)]), one) for one in everything]
        grown = replace(Grown.of_root(len(axes)), leaf=np.zeros(1, np.int64), cell=np.stack([node.low, node.high])[:, None, :])
        self._add([([node.number], node.group, Below(grown, held, np.zeros(1), np.zeros((1, 4), np.int64), cost))])

    def _add(self, found: Sequence[tuple[Sequence[int], int, Below]]) -> None:
        """Adds what grew: the nodes that it grew from, their group, and it."""
        grown, thresholds, leaves = self.grown, [self.grown.thresholds], [self.grown.leaf]
        for roots, group, below in found:
            fresh = grown.nodes + np.arange(below.grown.nodes - len(roots))
            number = np.concatenate([roots, fresh, [NOWHERE]]).astype(np.int64)
            grown.nodes += len(fresh)
            cuts = below.grown.thresholds.copy()
            cuts[:, [0, 3, 4]] = number[cuts[:, [0, 3, 4]]]
            thresholds.append(cuts)
            for node, split in below.grown.splits.items():
                runs = tuple((last, int(number[part])) for last, part in split.runs)
                grown.splits[int(number[node])] = replace(split, runs=runs)
            leaves.append(number[below.grown.leaf])
            self._group += [group] * len(below.grown.leaf)
            self._held += [[held[starts[i]:starts[i + 1]] for starts, held in below.held] for i in range(len(below.grown.leaf))
                           ] if below.held else [[]] * len(below.grown.leaf)
        grown.thresholds, grown.leaf = np.concatenate(thresholds), np.concatenate(leaves)
        parts = [below for _, _, below in found]
        grown.cell = np.concatenate([grown.cell, *(below.grown.cell for below in parts)], axis=1)
        self._gain = np.concatenate([self._gain, *(below.gain for below in parts)])
        self._cost = np.concatenate([self._cost, *(below.cost for below in parts)])
        self._offers = np.concatenate([self._offers, *(below.offers for below in parts)])

    def _suppress(self, budget: int) -> list[_Node]:
        """Cuts leaves into a part that holds and one that is suppressed; returns the former."""
        grown, gone, kept = self.grown, np.zeros(len(self.grown.leaf), bool), []
        for leaf in taken(self._gain, self._offers[:, 0], budget):
            rows, j, position, lower = self._offers[leaf].tolist()
            self._suppressed, gone[leaf] = self._suppressed + rows, True
            low, high = grown.cell[:, leaf].astype(np.int64)
            if lower:
                low[j] = position + 1
            else:
                high[j] = position
            child, grown.nodes = grown.nodes, grown.nodes + 1
            fresh = (int(grown.leaf[leaf]), j, position, *((NOWHERE, child) if lower else (child, NOWHERE)))
            grown.thresholds = np.concatenate([grown.thresholds, np.array([fresh])])
            kept.append(_Node(child, low, high, self._group[leaf]))
        self._forget(gone)
        return kept

    def _forget(self, gone: npt.NDArray[np.bool_]) -> None:
        grown = self.grown
        grown.leaf, grown.cell = grown.leaf[~gone], grown.cell[:, ~gone]
        self._gain, self._offers, self._cost = self._gain[~gone], self._offers[~gone], self._cost[~gone]
        self._group = [group for group, lost in zip(self._group, gone, strict=True) if not lost]
        self._held = [held for held, lost in zip(self._held, gone, strict=True) if not lost]
