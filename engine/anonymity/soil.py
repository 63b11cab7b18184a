"""What a tree grows on: tuples on their axes, what classes must keep, and how far is looked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis
from engine.anonymity.claims import Claims
from engine.anonymity.loops.ground import BESIDE, LOSS, TARGET, Aim, Ground, ground_of
from engine.anonymity.models import Closeness, Model, Relative

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SMALL, CLASSES, SHARE, RELATIVE = 2_000, 40, 1_000, 100_000
"""A node is small of so many rows, so many times k, this part of the table; of so many where claims compare with the table."""

MANY, AHEAD = 100_000, 8
"""Of so many tuples it takes too long to look where all cuts of small nodes lead: only of nodes of so many times k rows."""


@dataclass(frozen=True)
class Soil:
    """What a tree grows on.

    Attributes:
        axes: Of the columns.
        positions: Of each tuple on each axis, (n, d).
        rows: Behind each tuple.
        weights: Of the axes' losses.
        claims: What every class must keep.
        aim: What a good tree is.
        coarsest: Of each axis, the level of its hierarchy above which labels may not be, if there is one.
        whole: Rows and tuples of the whole table, where these are a part of it.
    """

    axes: Sequence[Axis]
    positions: Ints
    rows: Ints
    weights: Floats
    claims: Claims
    aim: Aim
    coarsest: Sequence[int | None] = ()
    whole: tuple[int, int] | None = None

    def keeps(self, index: Ints) -> bool:
        """Whether some tuples together keep all claims."""
        return bool(self.claims.at(index).hold(np.zeros(len(index), np.int64), 1, self.rows[index])[0])

    @cached_property
    def ground(self) -> Ground:
        """The same, as arrays."""
        _, tuples = self.whole or (0, len(self.rows))
        ahead = self.small if tuples <= MANY else AHEAD * self.claims.k
        return ground_of(self.positions, self.rows, self.axes, self.weights, self.claims, replace(self.aim, ahead=ahead))

    @cached_property
    def small(self) -> int:
        """Rows of a small node, at most."""
        rows, _ = self.whole or (int(self.rows.sum()), 0)
        return small_rows([claim.model for claim in self.claims.models], self.claims.k, rows)

    @property
    def suppressed(self) -> float:
        """What a suppressed row costs."""
        return cost_of_suppressed(self.aim.goal, self.weights, int(self.rows.sum()))


def small_rows(models: Iterable[Model], k: int, rows: int) -> int:
    """Returns how many rows a small node has at most, in a table of ``rows``."""
    relative = any(isinstance(model, Closeness | Relative) for model in models)
    return max(RELATIVE if relative else SMALL, CLASSES * k, rows // SHARE)


def cost_of_suppressed(goal: int, weights: Floats, rows: int) -> float:
    """Returns what a suppressed row of a table of ``rows`` costs."""
    if goal == LOSS:
        return float(weights.sum())
    return 1 + BESIDE if goal == TARGET else float(rows)
