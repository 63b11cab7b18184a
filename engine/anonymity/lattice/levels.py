"""The columns of a lattice: what each level of a column makes of its values, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.aggregates import no_number
from engine.anonymity.axes import Axis, Leaves, axis
from engine.anonymity.coding import Box, Coding, IntervalCoding
from engine.anonymity.cube import Cube
from engine.anonymity.possible import refuse_level
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import distinct_in_order, is_ordered, normalized, special_of
from engine.anonymity.written import RareCoding, StarCoding, point_of
from schemas.policy import Column
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PARTS = (0.25, 0.5, 1.0)
"""Parts of the budget for which the rarest values may be suppressed: each is a level of every column without a hierarchy."""

Node = tuple[int, ...]
"""A node of a lattice: for each column a place in ``Levels.offered``."""


@dataclass(frozen=True)
class Levels:
    """One column of a lattice. Levels that merge no values of the table are not offered: the finer one tells more.

    Attributes:
        weight: How much its precision matters.
        height: The level of ``'*'``.
        offered: The levels, ascending; the first is 0, the last merges all that can be merged, unless ``coarsest`` forbids it.
        base: Place of each tuple's value among the table's.
        nodes: For each offered level, the node above each of the table's values.
        lost: For each offered level, s - 1 of the node above each of the table's values.
        scale: D - 1; at least 1.
        finish: (place of a level in ``offered``, nodes that stand in kept classes) → coding, and a box for each.
        rare: For each offered level, which of the table's values are suppressed there, while others are told; none if empty.
    """

    weight: float
    height: int
    offered: tuple[int, ...]
    base: Ints
    nodes: tuple[Ints, ...]
    lost: tuple[Ints, ...]
    scale: int
    finish: Callable[[int, Ints], tuple[Coding, list[Box]]]
    rare: tuple[Mask, ...] = ()

    def starred(self, level: int, values: Ints) -> Mask:
        """Returns which values are suppressed at a place in ``offered``."""
        return self.rare[level][values] if self.rare else np.zeros(len(values), bool)

    def up_to(self, coarsest: int | None) -> Levels:
        """Returns the column without the levels above one; rare values may be suppressed at level 0, too."""
        reached = [level for level in self.offered if coarsest is None or level <= coarsest]
        return replace(self, offered=tuple(reached), nodes=self.nodes[:len(reached)], lost=self.lost[:len(reached)],
                       rare=self.rare[:len(reached)])

    def thinned(self) -> Levels:
        """Returns the column with every second level, the last one among them; of level 0 once."""
        step = len(self.offered) if self.rare else 2
        kept = [*range(0, len(self.offered) - 1, step), len(self.offered) - 1]

        def finish(level: int, nodes: Ints) -> tuple[Coding, list[Box]]:
            return self.finish(kept[level], nodes)

        return replace(self, offered=tuple(self.offered[i] for i in kept), nodes=tuple(self.nodes[i] for i in kept),
                       lost=tuple(self.lost[i] for i in kept), finish=finish,
                       rare=tuple(self.rare[i] for i in kept if self.rare))


def levels_of(cube: Cube, name: str, column: Column, budget: int = 0) -> Levels:
    """Returns the levels of one quasi-identifier; one without a hierarchy has two, the value and ``'*'``.

    With ``aggregate`` it has ``'*'`` alone, in whose place classes publish a number. With a budget it has others between these,
    at which the rarest values are suppressed: they are told as level 0.

    Args:
        cube: Counts of the table.
        name: The column.
        column: The policy's record of it.
        budget: Rows whose value may be suppressed.

    Raises:
        PolicyError: If values of its type cannot be generalized, or do not fit the column's hierarchy; or if ``coarsest`` is no
            level of it.
    """
    values = cube.table[name]
    found = axis(name, values, cube.weights, column)
    if column.aggregate is not None:
        if not is_ordered(values.type):
            raise no_number(name, column.aggregate)
        return _of_classes(found, name, values, column.weight)
    if column.hierarchy is None:
        rows = np.bincount(found.positions, np.asarray(cube.table[COUNT]), found.extent).astype(np.int64)
        levels = _of_values(found, name, str(normalized(values).type), column.weight, list(_rarest(rows, budget)))
        return levels.up_to(column.coarsest)
    coding = _coded(found, np.zeros(0, np.int64))[0]
    if not isinstance(coding, TaxonomyCoding):
        raise TypeError(f"a hierarchy became a {coding.kind}")
    refuse_level(name, column, coding.levels[0])
    return _of_hierarchy(coding, values, column.weight).up_to(column.coarsest)


def _coded(found: Axis, kept: Ints) -> tuple[Coding, list[Box]]:
    """Returns the coding of an axis, and a box for each of some positions."""
    finished = found.finish(np.zeros(0, np.int64), Leaves(kept, kept, np.arange(len(kept) + 1), kept, tight=True))
    return finished.coding, [finished.boxes[box] for box in finished.box]


def _rarest(rows: Ints, budget: int) -> Iterator[Mask]:
    """Yields the rarest values that together have at most a part of the budget's rows, the smallest part first.

    Values of equally many rows go together, so that no order decides.
    """
    order = np.sort(rows)
    together, before = np.cumsum(order), 0
    for part in PARTS:
        number = int(np.searchsorted(together, int(part * budget), side="right"))
        while 0 < number < len(order) and order[number] == order[number - 1]:
            number -= 1
        if number > before:
            yield rows <= order[number - 1]
            before = number


def _of_values(found: Axis, name: str, type_: str, weight: float, rarest: Sequence[Mask]) -> Levels:
    size, all_ = found.extent, np.ones(found.extent, bool)
    rare = [~all_, *(mask for mask in rarest if not mask.all()), *([all_] if size > 1 else [])]

    def finish(level: int, kept: Ints) -> tuple[Coding, list[Box]]:
        if level and level == len(rare) - 1:
            return StarCoding(name, type_, size, size, (), ()), [(0,)]
        if not level:
            return _coded(found, kept)
        coding, boxes = _coded(found, np.flatnonzero(~rare[level]))  # of all that are told: none must be taken for a rare one
        points = tuple(point_of(coding, box) for box in boxes)
        return RareCoding(name, type_, size, size, points, ()), [(node,) for node in kept.tolist()]

    nodes = tuple(np.where(mask, np.count_nonzero(~mask), np.cumsum(~mask) - 1) for mask in rare)
    lost = tuple(np.where(mask, size - 1, 0) for mask in rare)
    levels = tuple(int(mask.all()) for mask in rare)
    suppressed = tuple(mask & (not mask.all()) for mask in rare) if len(rare) > 2 else ()  # noqa: PLR2004 - level 0 and '*'
    return Levels(weight, 1, levels, found.positions, nodes, lost, max(size - 1, 1), finish, suppressed)


def _of_classes(found: Axis, name: str, values: pa.ChunkedArray, weight: float) -> Levels:
    """Returns a column that decides nothing: whatever its values are, they are in the class that the other columns make."""
    size, distinct = found.extent, distinct_in_order(values)[0]
    coding = IntervalCoding(name, str(normalized(values).type), size, size, (), (), special_of(distinct))

    def finish(level: int, kept: Ints) -> tuple[Coding, list[Box]]:  # noqa: ARG001 - there is one of each
        return coding, [coding.everything]

    lost = np.full(size, size - 1)
    return Levels(weight, 1, (1,), found.positions, (np.zeros_like(lost),), (lost,), max(size - 1, 1), finish)


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
