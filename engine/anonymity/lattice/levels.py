"""The columns of a lattice: what each level of a column makes of its values, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.axes import Axis, Leaves, axis
from engine.anonymity.coding import Box, Coding
from engine.anonymity.cube import Cube
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import normalized
from engine.anonymity.written import RareCoding, StarCoding, point_of
from schemas.policy import Column
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Node = tuple[int, ...]
"""A node of a lattice: for each column a place in ``Levels.offered``."""


@dataclass(frozen=True)
class Levels:
    """One column of a lattice. Levels that merge no values of the table are not offered: the finer one tells more.

    Attributes:
        weight: How much its precision matters.
        height: The level of ``'*'``.
        offered: The levels, ascending; the first is 0, the last merges all that can be merged.
        base: Place of each tuple's value among the table's.
        nodes: For each offered level, the node above each of the table's values.
        lost: For each offered level, s - 1 of the node above each of the table's values.
        scale: D - 1; at least 1.
        finish: (place of a level in ``offered``, nodes that stand in kept classes) → coding, and a box for each.
        rare: Which of the table's values are ``'*'`` at level 0 already; none if empty.
    """

    weight: float
    height: int
    offered: tuple[int, ...]
    base: Ints
    nodes: tuple[Ints, ...]
    lost: tuple[Ints, ...]
    scale: int
    finish: Callable[[int, Ints], tuple[Coding, list[Box]]]
    rare: Mask = field(default_factory=lambda: np.zeros(0, bool))

    def starred(self, level: int, values: Ints) -> Mask:
        """Returns which values are suppressed at a place in ``offered``: not where the level makes ``'*'`` of all."""
        return self.rare[values] if len(self.rare) and level == 0 else np.zeros(len(values), bool)

    def thinned(self) -> Levels:
        """Returns the column with every second level, the last one among them."""
        kept = [*range(0, len(self.offered) - 1, 2), len(self.offered) - 1]

        def finish(level: int, nodes: Ints) -> tuple[Coding, list[Box]]:
            return self.finish(kept[level], nodes)

        return replace(self, offered=tuple(self.offered[i] for i in kept), nodes=tuple(self.nodes[i] for i in kept),
                       lost=tuple(self.lost[i] for i in kept), finish=finish)


def levels_of(cube: Cube, name: str, column: Column, k: int = 0) -> Levels:
    """Returns the levels of one quasi-identifier; one without a hierarchy has two, the value and ``'*'``.

    Args:
        cube: Counts of the table.
        name: The column.
        column: The policy's record of it.
        k: Without a hierarchy, a value that fewer rows have is ``'*'`` wherever it stands.

    Raises:
        PolicyError: If values of its type cannot be generalized, or do not fit the column's hierarchy.
    """
    values = cube.table[name]
    found = axis(name, values, cube.weights, column)
    if column.hierarchy is None:
        rows = np.bincount(found.positions, np.asarray(cube.table[COUNT]), found.extent)
        return _of_values(found, name, str(normalized(values).type), column.weight, rows < k)
    coding = _coded(found, np.zeros(0, np.int64))[0]
    if not isinstance(coding, TaxonomyCoding):
        raise TypeError(f"a hierarchy became a {coding.kind}")
    return _of_hierarchy(coding, values, column.weight)


def _coded(found: Axis, kept: Ints) -> tuple[Coding, list[Box]]:
    """Returns the coding of an axis, and a box for each of some positions."""
    finished = found.finish(np.zeros(0, np.int64), Leaves(kept, kept, np.arange(len(kept) + 1), kept, tight=True))
    return finished.coding, [finished.boxes[box] for box in finished.box]


def _of_values(found: Axis, name: str, type_: str, weight: float, rare: Mask) -> Levels:
    size, named = found.extent, np.flatnonzero(~rare)

    def finish(level: int, kept: Ints) -> tuple[Coding, list[Box]]:
        if level:
            return StarCoding(name, type_, size, size, (), ()), [(0,)]
        if not rare.any():
            return _coded(found, kept)
        coding, boxes = _coded(found, named)  # of all: one that no kept class has must not be taken for a rare one
        points = tuple(point_of(coding, box) for box in boxes)
        return RareCoding(name, type_, size, size, points, ()), [(node,) for node in kept.tolist()]

    values = np.where(rare, len(named), np.cumsum(~rare) - 1)
    nodes = (values, np.zeros(size, np.int64))
    lost = (np.where(rare, size - 1, 0), np.full(size, size - 1))
    offered = 2 if size > 1 else 1
    return Levels(weight, 1, (0, 1)[:offered], found.positions, nodes[:offered], lost[:offered], max(size - 1, 1), finish,
                  rare if rare.any() else np.zeros(0, bool))


def _of_hierarchy(coding: TaxonomyCoding, values: pa.ChunkedArray, weight: float) -> Levels:
    codes, base = np.unique(coding.encode(values), return_inverse=True)
    level_of, size, top = np.array(coding.levels, np.int64), np.array(coding.ranks, np.int64), coding.levels[0]
    place = np.arange(len(level_of))
    offered: list[int] = []
    nodes: list[Ints] = []
    points: list[Ints] = []
    for level in range(top + 1):
        above = np.maximum.accumulate(np.where(level_of == level, place, 0))
        here = np.where((level_of < 0) & (level < top), place, above)[codes]  # null and NaN are nodes of their own up to '*'
        distinct, node = np.unique(here, return_inverse=True)
        if not points or len(distinct) < len(points[-1]):
            offered.append(level)
            nodes.append(node.astype(np.int64))
            points.append(distinct)
    lost = tuple(size[distinct[node]] - 1 for distinct, node in zip(points, nodes, strict=True))

    def finish(level: int, kept: Ints) -> tuple[Coding, list[Box]]:
        return coding, [(int(code),) for code in points[level][kept]]

    return Levels(weight, top, tuple(offered), base.astype(np.int64), tuple(nodes), lost, max(coding.domain - 1, 1), finish)
