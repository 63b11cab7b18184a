"""Splits and leaves, as they were grown, into a Tree: binary cuts on codes, numbered from the root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis
from engine.anonymity.tree import Tree

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """How a node was cut along one axis.

    Attributes:
        column: The axis.
        runs: (last position, child) in ascending order of positions; the last run has no upper end. A child of
            None is suppressed. One child may own several runs.
    """

    column: int
    runs: tuple[tuple[int, int | None], ...]


def assemble(names: Sequence[str], axes: Sequence[Axis], positions: Ints, splits: Mapping[int, Split],
             leaves: Mapping[int, Ints]) -> Tree:
    """Returns the tree of what was grown from node 0.

    Args:
        names: The quasi-identifiers.
        axes: Their axes.
        positions: One row per tuple, one column per axis.
        splits: By node.
        leaves: By node, the tuples in it.
    """
    order = _leaf_order(splits)
    codings, bounds, boxes = [], [], []
    for j in range(len(names)):
        cuts = [bound for split in splits.values() if split.column == j for bound, _ in split.runs[:-1]]
        held = [np.unique(positions[leaves[node], j]) for node in order]
        coding, bound, box = axes[j].finish(np.unique(np.array(cuts, np.int64)), held)
        codings.append(coding)
        bounds.append(bound)
        boxes.append(box)
    cuts_ = _Writer(splits, {node: i for i, node in enumerate(order)}, bounds).write()
    return Tree(tuple(codings), cuts_, tuple(zip(*boxes, strict=True)))


def _leaf_order(splits: Mapping[int, Split]) -> list[int]:
    """Returns the leaves from left to right."""
    order: dict[int, None] = {}
    open_: list[int] = [0]
    while open_:
        node = open_.pop()
        if node in splits:
            open_ += [child for _, child in reversed(splits[node].runs) if child is not None]
        else:
            order.setdefault(node)
    return list(order)


@dataclass
class _Writer:
    splits: Mapping[int, Split]
    leaves: Mapping[int, int]
    bounds: Sequence[Mapping[int, int]]

    def write(self) -> tuple[tuple[int, int, int, int], ...]:
        """Returns the cuts, root first; a split into many runs becomes a balanced cascade of binary cuts."""
        cuts: list[tuple[int, int, int, int]] = []
        written: dict[int, int] = {}
        open_: list[tuple[int, int, int | None, tuple[tuple[int, int | None], ...]]] = []

        def place(child: int | None) -> int:
            if child is None:
                return ~len(self.leaves)
            if child in self.leaves:
                return ~self.leaves[child]
            if child not in written:
                written[child] = reserve(child, self.splits[child].runs)
            return written[child]

        def reserve(node: int, runs: tuple[tuple[int, int | None], ...]) -> int:
            cuts.append((0, 0, 0, 0))
            open_.append((len(cuts) - 1, self.splits[node].column, node, runs))
            return len(cuts) - 1

        if 0 in self.splits:
            place(0)
        while open_:
            at, column, node, runs = open_.pop()
            half = len(runs) // 2
            low, high = ((place(part[0][1]) if len(part) == 1 else reserve(node, part)) for part in (runs[:half], runs[half:]))  # type: ignore[arg-type]  # node is never None here
            cuts[at] = (column, self.bounds[column][runs[half - 1][0]], low, high)
        return tuple(cuts)
