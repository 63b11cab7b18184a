"""What a search minimizes: a figure between 0 and 1 for each node, and bounds that hold before nodes are looked at, and after."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.anonymity.lattice.keeping import Classes
from engine.anonymity.lattice.levels import Levels, Node

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ObjectiveName = Literal["loss", "precision", "discernibility", "classes"]

DIGITS = 9
"""Figures are compared rounded to this many decimals, so that ties break alike on every machine."""


@dataclass(frozen=True)
class Objective(ABC):
    """A figure that is better the smaller it is.

    Attributes:
        columns: Of the lattice.
        rows: Rows of the table.
    """

    columns: Sequence[Levels]
    rows: int

    @abstractmethod
    def least(self, weights: Ints) -> Floats:
        """Returns a bound from below for each node, an axis per column; ``weights`` are the rows of each tuple of the cube."""

    @abstractmethod
    def loss(self, node: Node, classes: Classes, kept: Mask) -> float:
        """Returns the figure of a node of which some classes are kept."""

    def floor(self, classes: Classes) -> float:  # noqa: ARG002 - where the bound is known beforehand, looking adds nothing
        """Returns what the node with these classes, and every coarser one, cannot fall below."""
        return 0.0


@dataclass(frozen=True)
class ByColumn(Objective):
    """The mean over columns, by weight, and rows of what each cell loses; a suppressed cell loses all.

    A cell loses (s-1)/(D-1), or by ``precision`` its level by the height of the hierarchy (Sweeney, "Achieving k-anonymity
    privacy protection using generalization and suppression", IJUFKS 10(5), 2002).
    """

    precision: bool = False

    def least(self, weights: Ints) -> Floats:
        """Returns what nodes lose without suppression."""
        total: Floats = np.zeros(())
        for column in self.columns:
            parts = [self._lost(column, level, column.base, weights) for level in range(len(column.offered))]
            total = np.asarray(total[..., None] + np.array(parts) * column.weight)
        return np.round(total / (sum(column.weight for column in self.columns) * self.rows), DIGITS)

    def loss(self, node: Node, classes: Classes, kept: Mask) -> float:
        """Returns the mean."""
        inside = kept[classes.of]
        first, rows = classes.first[inside], classes.rows[inside]
        gone, total = self.rows - int(rows.sum()), 0.0
        for column, level in zip(self.columns, node, strict=True):
            total += (self._lost(column, level, column.base[first], rows) + gone) * column.weight
        return round(total / (sum(column.weight for column in self.columns) * self.rows), DIGITS)

    def _lost(self, column: Levels, level: int, values: Ints, rows: Ints) -> float:
        if self.precision:
            whole = int(rows[column.starred(level, values)].sum())
            return whole + (int(rows.sum()) - whole) * column.offered[level] / column.height
        return int(rows @ column.lost[level][values]) / column.scale


@dataclass(frozen=True)
class Discernibility(Objective):
    """The sum over rows of their class's size, a suppressed row counting the whole table (Bayardo and Agrawal, ICDE 2005)."""

    def least(self, weights: Ints) -> Floats:  # noqa: ARG002 - the signature of an objective
        """Returns what as many classes as there are combinations of nodes would have, all of one size."""
        return _by_number(self.columns)

    def loss(self, node: Node, classes: Classes, kept: Mask) -> float:  # noqa: ARG002 - the signature of an objective
        """Returns the sum, by the square of the table's rows."""
        sizes = classes.sizes[kept].astype(np.float64)
        return round(float(sizes @ sizes + (self.rows - sizes.sum()) * self.rows) / self.rows**2, DIGITS)

    def floor(self, classes: Classes) -> float:
        """Returns what the node has without suppression: classes that merge cost more."""
        sizes = classes.sizes.astype(np.float64)
        return round(float(sizes @ sizes) / self.rows**2, DIGITS)


@dataclass(frozen=True)
class AverageClass(Objective):
    """Rows of the table by kept classes (LeFevre et al., "Mondrian", ICDE 2006, section 5: C_AVG without its k)."""

    def least(self, weights: Ints) -> Floats:  # noqa: ARG002 - the signature of an objective
        """Returns the figure of as many classes as there are combinations of nodes."""
        return _by_number(self.columns)

    def loss(self, node: Node, classes: Classes, kept: Mask) -> float:  # noqa: ARG002 - the signature of an objective
        """Returns one by the number of kept classes: the average by the table's rows."""
        return round(1 / int(kept.sum()), DIGITS)

    def floor(self, classes: Classes) -> float:
        """Returns the figure if all classes were kept: a coarser node has no more of them."""
        return round(1 / classes.number, DIGITS)


def objective(name: ObjectiveName, columns: Sequence[Levels], rows: int) -> Objective:
    """Returns the objective of a name."""
    if name == "discernibility":
        return Discernibility(columns, rows)
    return AverageClass(columns, rows) if name == "classes" else ByColumn(columns, rows, precision=name == "precision")


def _by_number(columns: Sequence[Levels]) -> Floats:
    total: Floats = np.ones(())
    for column in columns:
        total = np.asarray(total[..., None] / np.array([int(nodes.max()) + 1 for nodes in column.nodes]))
    return np.round(total, DIGITS)
