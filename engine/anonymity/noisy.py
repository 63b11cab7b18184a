"""Trees whose cuts are drawn with noise, on public domains: a differentially private function of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.anonymity.assemble import Grown, assemble
from engine.anonymity.axes import Axis
from engine.anonymity.cube import Cube
from engine.anonymity.public import public_axis
from engine.anonymity.tree import Tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Column
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]

FINE = 1024
"""Into so many steps goes what a cut removes of the loss: scores are whole numbers, so that choices can be drawn exactly."""


ROOM = 4
"""So many rows of gain a row of the smaller side is worth: less favours cuts in the middle, more asks for more noise."""


class Chance(Protocol):
    """What is drawn at random, and paid for. All else that decides over cuts is public."""

    @property
    def margin(self) -> int:
        """So far above k a noisy count has to be."""
        ...

    def choose(self, scores: Sequence[int], sensitivity: int) -> int:
        """Returns the place of a high score."""
        ...

    def count(self, rows: int) -> int:
        """Returns a noisy count."""
        ...


@dataclass(frozen=True)
class _Node:
    number: int
    index: Ints
    low: Ints
    high: Ints


def noisy_tree(cube: Cube, columns: Mapping[str, Column], k: int, depth: int, chance: Chance) -> Tree:
    """Draws a tree of at most ``depth`` levels.

    Of a node one cut is drawn, by what it removes of the loss, in rows, and not more than ``ROOM`` times the rows of its smaller
    side above k and the margin: one row more raises such a score, if at all, by ``ROOM`` at most. The node is cut if both sides
    have k rows and the margin by a noisy count of each; a node that is not stays a class. As specializations are drawn in
    Mohammed, Chen, Fung, Yu, Differentially Private Data Release for Data Mining, KDD 2011, and medians in Cormode et al.,
    Differentially Private Spatial Decompositions, ICDE 2012.

    Args:
        cube: Counts of the table.
        columns: The policy's record of each quasi-identifier, with a domain or a hierarchy that lists its values.
        k: Least rows of a class.
        depth: How often a class is cut, at most.
        chance: Draws, once for each level what a row may cost.

    Raises:
        GuaranteeNotMet: If the table has too few rows by a noisy count.
        InputError: If it holds what its columns may not.
        PolicyError: If what a column may hold is not known.
    """
    axes = [public_axis(name, cube.table[name], columns[name]) for name in cube.quasi]
    rows = np.asarray(cube.table[COUNT]).astype(np.int64)
    growing = _Growing(axes, np.array([columns[name].weight for name in cube.quasi]), rows, k + chance.margin, chance)
    if chance.count(int(rows.sum())) < growing.least:
        raise GuaranteeNotMet(
            "the table has too few rows for noisy cuts, by a noisy count", where="recoding.cuts",
            allowed=f"about {growing.least:,} rows: k, and {chance.margin:,} so that noise does not break it",
            next="raise epsilon or delta, lower depth, or release a larger table")
    ends = np.array([axis.extent - 1 for axis in axes])
    open_ = [_Node(0, np.arange(len(rows)), np.zeros_like(ends), ends)]
    for _ in range(depth):
        open_ = [part for node in open_ for part in growing.cut(node)]
    return growing.tree(open_)


class _Growing:
    """A tree under construction."""

    def __init__(self, axes: Sequence[Axis], weights: npt.NDArray[np.float64], rows: Ints, least: int, chance: Chance) -> None:
        self.least = least
        self._axes, self._weights, self._rows, self._chance = axes, weights, rows, chance
        self._cuts: list[tuple[int, int, int, int, int]] = []
        self._leaves: list[_Node] = []

    def cut(self, node: _Node) -> list[_Node]:
        """Returns both sides of a node; none where it stays as it is."""
        drawn = self._drawn(node)
        if drawn is None:
            self._leaves.append(node)
            return []
        j, position = drawn
        below = self._axes[j].positions[node.index] <= position
        sides = [node.index[below], node.index[~below]]
        if min([self._chance.count(int(self._rows[side].sum())) for side in sides]) < self.least:
            self._leaves.append(node)
            return []
        first = 2 * len(self._cuts) + 1
        self._cuts.append((node.number, j, position, first, first + 1))
        parts = [_Node(first + number, side, node.low.copy(), node.high.copy()) for number, side in enumerate(sides)]
        parts[0].high[j], parts[1].low[j] = position, position + 1
        return parts

    def _drawn(self, node: _Node) -> tuple[int, int] | None:
        """Draws axis and position; none where the cell is one value in each column."""
        rows, places, sides, drops = self._rows[node.index], [], [], []
        for j, (axis, weight) in enumerate(zip(self._axes, self._weights, strict=True)):
            at = np.arange(node.low[j], node.high[j])
            if not len(at):
                continue
            low, high = np.full(len(at), node.low[j]), np.full(len(at), node.high[j])
            below = np.cumsum(np.bincount(axis.positions[node.index] - node.low[j], rows, len(at) + 1))[:-1].astype(np.int64)
            places += [(j, int(position)) for position in at]
            sides.append(np.stack([below, rows.sum() - below]))
            drops.append(weight * (axis.loss(low, high) - np.stack([axis.loss(low, at), axis.loss(at + 1, high)])))
        drop = np.concatenate(drops, axis=1) if drops else np.zeros((2, 0))
        if not drop.max(initial=0.0) > 0:
            return None
        fine = np.rint(FINE * np.maximum(drop, 0) / drop.max()).astype(np.int64)
        side = np.concatenate(sides, axis=1)
        room = np.maximum(side.min(axis=0) - self.least + 1, 0)
        return places[self._chance.choose(np.minimum((side * fine).sum(axis=0), ROOM * FINE * room).tolist(), ROOM * FINE)]

    def tree(self, rest: Sequence[_Node]) -> Tree:
        """Returns the tree, whose last nodes are leaves, too."""
        leaves = sorted([*self._leaves, *rest], key=lambda node: node.number)
        cell = np.stack([np.stack([getattr(node, side) for node in leaves]) for side in ("low", "high")])
        nothing = np.zeros(0, np.int64)
        grown = Grown(np.array(self._cuts, np.int64).reshape(-1, 5), np.array([node.number for node in leaves], np.int64),
                      nothing, np.zeros(len(leaves) + 1, np.int64), cell, 2 * len(self._cuts) + 1)
        return assemble(self._axes, np.stack([axis.positions for axis in self._axes], axis=1), grown, tight=False)
