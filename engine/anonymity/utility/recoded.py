"""A counted source beside its recoding: where each tuple goes, and what each label may stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.coding import Box, Coding
from engine.anonymity.cube import Cube
from engine.anonymity.recoding import Recoding
from engine.anonymity.utility.spread import Spread
from engine.anonymity.values import distinct_in_order
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RecodedColumn:
    """One quasi-identifier: its values, and the labels in their place.

    Attributes:
        coding: How it is coded.
        values: Distinct values of the source, null and NaN first, in an order that does not depend on the cube's.
        place: For each tuple the place of its value among them.
        rows: Rows of the source that have each value.
        labels: Distinct labels of the leaves.
        boxes: A box for each label; where leaves share a label, the largest.
        of_leaf: Number of each leaf's label; last, for suppressed rows, the number of labels.
    """

    coding: Coding
    values: pa.Array
    place: Ints
    rows: Ints
    labels: tuple[str, ...]
    boxes: tuple[Box, ...]
    of_leaf: Ints

    @cached_property
    def sizes(self) -> Ints:
        """How many values of the domain each label may stand for (s); last D, for suppressed rows."""
        return np.array([*map(self.coding.size, self.boxes), self.coding.domain], np.int64)

    @cached_property
    def loss(self) -> Floats:
        """(s-1)/(D-1) of each label; last 1, for suppressed rows."""
        return np.append((self.sizes[:-1] - 1) / max(self.coding.domain - 1, 1), 1.0)

    @cached_property
    def side_by_side(self) -> Ints:
        """The places of the values in the coding's own order: null, NaN, by size, or as a hierarchy has them."""
        return np.argsort(self.coding.encode(self.values), kind="stable")

    @cached_property
    def spread(self) -> Spread:
        """Sums over the values that each label may stand for."""
        told = self.coding.nearest(self.boxes, self.values) if isinstance(self.coding, AggregateCoding) else None
        return Spread(self.coding, self.boxes, self.coding.encode(self.values), told)


@dataclass(frozen=True)
class Recoded:
    """The count table of a source, and the tree that recodes it.

    Attributes:
        tree: The recoding.
        source: Counts of the source, columns named as in the tree.
    """

    tree: Recoding
    source: Cube

    @cached_property
    def counts(self) -> Ints:
        """Rows of each tuple."""
        return counts_of(self.source)

    @cached_property
    def leaf(self) -> Ints:
        """The leaf of each tuple; ``tree.suppressed`` where its rows are left out."""
        return self.tree.route([self.source.table[name] for name in self.tree.names])

    @cached_property
    def leaf_rows(self) -> Ints:
        """Rows of the source in each leaf; last, those left out."""
        return np.bincount(self.leaf, self.counts, self.tree.suppressed + 1).astype(np.int64)

    @cached_property
    def columns(self) -> tuple[RecodedColumn, ...]:
        """The quasi-identifiers, in the tree's order."""
        return tuple(map(self._column, range(len(self.tree.columns))))

    @cached_property
    def leaf_loss(self) -> Floats:
        """Mean loss over the quasi-identifiers, of each leaf; last 1, for suppressed rows."""
        found = np.zeros(self.tree.suppressed + 1)
        for column in self.columns:
            found += column.loss[column.of_leaf]
        return found / max(len(self.columns), 1)

    def _column(self, number: int) -> RecodedColumn:
        coding = self.tree.columns[number]
        values, place = distinct_in_order(self.source.table[coding.name])
        labels: list[str] = []
        boxes: list[Box] = []
        of_box: list[int] = []
        by_label: dict[str, int] = {}
        for box in self.tree.boxes[number]:
            label = coding.label(box)
            of_box.append(by_label.setdefault(label, len(labels)))
            if of_box[-1] == len(labels):
                labels.append(label)
                boxes.append(box)
            elif coding.size(box) > coding.size(boxes[of_box[-1]]):
                boxes[of_box[-1]] = box
        of_leaf = np.append(np.array(of_box, np.int64)[self.tree.leaves[:, number]], len(labels))
        rows = np.bincount(place, self.counts, len(values)).astype(np.int64)
        return RecodedColumn(coding, values, place, rows, tuple(labels), tuple(boxes), of_leaf)


def counts_of(cube: Cube) -> Ints:
    """Returns the rows of each tuple of a cube."""
    return np.asarray(cube.table[COUNT].cast(pa.int64())).astype(np.int64)
