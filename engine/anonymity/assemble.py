"""What grew, into a Tree: binary cuts on codes, numbered from the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis, Leaves
from engine.anonymity.large import NOWHERE, Cut
from engine.anonymity.tree import Tree

Ints = npt.NDArray[np.int64]
Runs = tuple[tuple[int, int], ...]
"""(last position, node) in ascending order; a node of ``NOWHERE`` is suppressed, one node may own several runs."""


@dataclass
class Split:
    """A node that is cut into runs of positions of one axis."""

    axis: int
    runs: Runs


@dataclass
class Grown:
    """A tree under construction; node 0 is the root.

    Attributes:
        thresholds: Node, axis, last position of the first part, first part, second part; (cuts, 5).
        splits: Nodes that are cut otherwise.
        nodes: How many there are.
        leaf: Node of each leaf, (leaves,).
        index: Tuples, leaf by leaf.
        starts: Where each leaf begins in ``index``, and where the last ends; (leaves + 1,).
        cell: Where each leaf's cell begins and ends, (2, leaves, d).
        beside: The node that what the others give up goes to, the first one of those that came after them; none if -1.
    """

    thresholds: Ints
    leaf: Ints
    index: Ints
    starts: Ints
    cell: Ints
    nodes: int
    splits: dict[int, Split] = field(default_factory=dict)
    beside: int = -1

    @classmethod
    def of_root(cls, axes: int) -> Grown:
        """Returns a root of which nothing is known yet."""
        return cls(np.zeros((0, 5), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(1, np.int64),
                   np.zeros((2, 0, axes), np.int64), nodes=1)

    def copy(self) -> Grown:
        """Returns the same tree, to grow in another way."""
        return replace(self, splits=dict(self.splits))

    def split(self, node: int, cut: Cut) -> int:
        """Cuts a node; returns the number of the first of its parts."""
        first, self.nodes = self.nodes, self.nodes + len(cut.cells)
        runs = tuple((last, NOWHERE if part == NOWHERE else first + part) for last, part in cut.runs)
        self.splits[node] = Split(cut.axis, runs)
        return first

    def cuts(self) -> Ints:
        """Returns axis, last position below, child below, child above; the root first. A child ``~i`` is leaf i."""
        return _Cuts(self).write()


def assemble(axes: Sequence[Axis], positions: Ints, grown: Grown, *, tight: bool) -> Tree:
    """Returns the tree of what grew.

    Args:
        axes: Of the quasi-identifiers.
        positions: One row per tuple, one column per axis.
        grown: What grew.
        tight: Whether labels say what a leaf holds, or which values its cuts send there.
    """
    return assembled(axes, grown, [_along(grown, positions[:, j], j, axis.extent) if tight else cells_along(grown, j)
                                   for j, axis in enumerate(axes)])


def assembled(axes: Sequence[Axis], grown: Grown, along: Sequence[Leaves]) -> Tree:
    """Returns the tree of what grew, with its leaves along each axis."""
    cuts = grown.cuts()
    codings, leaves = [], []
    for j, axis in enumerate(axes):
        here = cuts[:, 0] == j
        used = np.unique(cuts[here, 1])
        finished = axis.finish(used, along[j])
        cuts[here, 1] = finished.bounds[np.searchsorted(used, cuts[here, 1])]
        codings.append((finished.coding, finished.boxes))
        leaves.append(finished.box)
    return Tree(tuple(coding for coding, _ in codings), cuts, tuple(boxes for _, boxes in codings),
                np.stack(leaves, axis=1).astype(np.int64), int((grown.leaf >= grown.beside).sum()) if grown.beside > 0 else 0)


def cells_along(grown: Grown, j: int) -> Leaves:
    """Returns leaves along one axis, by their cells."""
    low, high = grown.cell[:, :, j].astype(np.int64)
    return Leaves(low, high, np.zeros(len(low) + 1, np.int64), np.zeros(0, np.int64), tight=False)


def _along(grown: Grown, positions: Ints, j: int, extent: int) -> Leaves:
    leaf = np.repeat(np.arange(len(grown.leaf)), np.diff(grown.starts))
    keys = np.unique(leaf * extent + positions[grown.index])
    starts = np.searchsorted(keys, np.arange(len(grown.leaf) + 1) * extent)
    return cells_along(grown, j)._replace(starts=starts, held=keys % extent, tight=True)


class _Cuts:
    """Writes cuts; one into many runs becomes a balanced cascade."""

    def __init__(self, grown: Grown) -> None:
        self._grown = grown
        inner = np.unique(np.concatenate([grown.thresholds[:, 0], np.array(sorted(grown.splits), np.int64)]))
        self._target = np.full(grown.nodes + 1, ~len(grown.leaf), np.int64)  # the last one, NOWHERE, is suppressed
        self._target[inner] = np.arange(len(inner))
        self._target[grown.leaf] = ~np.arange(len(grown.leaf))
        self._first = len(inner)
        self._more: list[tuple[int, int, int, int]] = []

    def write(self) -> Ints:
        """Returns axis, last position below, child below, child above; the root first."""
        cuts = np.zeros((self._first, 4), np.int64)
        node, axis, position, below, above = self._grown.thresholds.T
        cuts[self._target[node]] = np.stack([axis, position, self._child(node, below), self._child(node, above)], axis=1)
        for number, split in self._grown.splits.items():
            part = self._child(np.int64(number), np.array([part for _, part in split.runs]))
            runs = tuple(zip((last for last, _ in split.runs), part.tolist(), strict=True))
            cuts[self._target[number]] = self._cut(split.axis, runs)
        return np.concatenate([cuts, np.array(self._more, np.int64).reshape(-1, 4)])

    def _child(self, node: np.int64 | Ints, child: Ints) -> Ints:
        """Returns cuts and leaves of children; what nodes of the first tree suppress goes to the second one, if there is one."""
        given_up = (child < 0) & (node < self._grown.beside)
        return np.where(given_up, self._target[self._grown.beside], self._target[child])

    def _cut(self, axis: int, runs: Runs) -> tuple[int, int, int, int]:
        half = len(runs) // 2
        below, above = (self._place(axis, part) for part in (runs[:half], runs[half:]))
        return axis, runs[half - 1][0], below, above

    def _place(self, axis: int, runs: Runs) -> int:
        if len(runs) == 1:
            return runs[0][1]
        place = len(self._more)
        self._more.append((0, 0, 0, 0))
        self._more[place] = self._cut(axis, runs)
        return self._first + place
