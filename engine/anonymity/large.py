"""Cuts of large nodes, from counts by position alone: so they can be counted anywhere.

A large node is judged by the cell that its cuts send to it, whatever its labels will say in the end, and no further than one cut
ahead: tried on real tables, looking further pays only where few classes are left to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis
from engine.anonymity.loops.ground import BESIDE, HARDLY, LOSS, TARGET
from engine.anonymity.models import DistinctDiversity, Model

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DIGITS = 9

MOST_VALUES = 4096
"""Values of a column of which only the number matters, counted one by one at most."""

_NO_GAIN = 1e-9


@dataclass(frozen=True)
class Counts:
    """A node along one axis.

    Attributes:
        position: Those that some row has, ascending.
        rows: Of each of them.
        values: Of each claim, rows by position and value, (positions, values); or, of a claim on the number of different values,
            how many there are up to each position and above it, (positions, 2), where these are too many to count one by one.
        target: Rows by position and value of the target, if there is one.
    """

    position: Ints
    rows: Ints
    values: tuple[Ints, ...] = ()
    target: Ints | None = None


def countable(model: Model) -> bool:
    """Whether the values of a claim are few enough to count one by one."""
    return len(model.table) <= MOST_VALUES or not isinstance(model, DistinctDiversity)


@dataclass(frozen=True)
class Cut:
    """How a large node is divided along one axis.

    Attributes:
        axis: It.
        runs: (last position, part) in ascending order, the last one without an end; part ``NOWHERE`` where no row may go.
        cells: Of each part, the lowest and the highest position on the axis.
    """

    axis: int
    runs: tuple[tuple[int, int], ...]
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Large:
    """What decides over large nodes.

    Attributes:
        axes: Of the columns.
        weights: Of their losses.
        k: Smallest class.
        models: Of the claims.
        goal: What is to become small.
    """

    axes: Sequence[Axis]
    weights: Floats
    k: int
    models: Sequence[Model]
    goal: int = LOSS

    def cut(self, counts: Sequence[Counts], low: Ints, high: Ints) -> Cut | None:
        """Returns the cut of a node that removes most of its cost; None where none is possible.

        Args:
            counts: The node along each axis.
            low: Where its cell begins.
            high: Where it ends.
        """
        losses = [weight * float(axis.loss(low[j:j + 1], high[j:j + 1])[0])
                  for j, (axis, weight) in enumerate(zip(self.axes, self.weights, strict=True))]
        best: tuple[float, Cut | None] = (_NO_GAIN, None)
        for j, along in enumerate(counts):
            side = _Along(self, j, along, sum(losses) - losses[j], int(low[j]), int(high[j]))
            best = max((best, side.threshold(), *side.specializations()), key=lambda found: found[0])
        return best[1]

    def price(self, rows: Ints, loss: Floats, target: Ints | None) -> Floats:
        """Returns what parts cost."""
        if self.goal == LOSS:
            return np.asarray(rows * loss)
        if self.goal == TARGET and target is not None:
            share = target / np.maximum(rows, 1)[:, None]
            return np.asarray(rows * (1 - (share**2).sum(axis=1) + BESIDE * loss / len(self.axes)))
        return np.asarray(HARDLY * rows * loss - 2.0 - rows // self.k)

    def keep(self, rows: Ints, values: Sequence[Ints]) -> Mask:
        """Returns which parts keep all claims."""
        held = (rows >= self.k) & (rows > 0)
        for model, counts in zip(self.models, values, strict=True):
            held[held] = model.hold(counts[held])
        return held


    def keeps(self, along: Counts) -> bool:
        """Returns whether a node keeps all claims, by its counts along any axis."""
        held = along.rows.sum() >= max(self.k, 1)
        for model, counts in zip(self.models, along.values, strict=True):
            enough = model.hold(counts.sum(axis=0, keepdims=True))[0] if countable(model) else counts[-1, 0] >= model.limit
            held = held and enough
        return bool(held)


@dataclass(frozen=True)
class _Along:
    """One large node along one axis."""

    large: Large
    j: int
    counts: Counts
    others: float
    low: int
    high: int

    @property
    def _axis(self) -> Axis:
        return self.large.axes[self.j]

    def _loss(self, low: Ints, high: Ints) -> Floats:
        return np.asarray(self.others + self.large.weights[self.j] * self._axis.loss(low, high))

    def _gain(self, rows: Ints, loss: Floats, target: Ints | None) -> float:
        """Returns what parts of the node cost less than the node."""
        counts = self.counts
        whole = self.large.price(counts.rows.sum(keepdims=True), self._loss(np.array([self.low]), np.array([self.high])),
                                 None if counts.target is None else counts.target.sum(axis=0, keepdims=True))
        return float(np.round(whole[0] - self.large.price(rows, loss, target).sum(), DIGITS))

    def threshold(self) -> tuple[float, Cut | None]:
        """Returns the best cut at a position, and what it gains; the lowest position wins a tie."""
        counts, best = self.counts, (0.0, None)
        below = np.cumsum(counts.rows)
        total = below[-1]
        at = np.flatnonzero(np.isin(counts.position[:-1], self._axis.marks) & (below[:-1] >= self.large.k)
                            & (total - below[:-1] >= self.large.k))
        for model, values in zip(self.large.models, counts.values, strict=True):
            if countable(model):
                part = np.cumsum(values, axis=0)[at]
                at = at[model.hold(part) & model.hold(values.sum(axis=0) - part)]
            else:
                at = at[(values[at] >= model.limit).all(axis=1)]
        if not len(at):
            return best
        position = counts.position[at]
        low, high = np.full(len(at), self.low), np.full(len(at), self.high)
        target = None if counts.target is None else np.cumsum(counts.target, axis=0)[at]
        rest = None if target is None or counts.target is None else counts.target.sum(axis=0) - target
        cost = (self.large.price(below[at], self._loss(low, position), target)
                + self.large.price(total - below[at], self._loss(position + 1, high), rest))
        first = int(np.round(cost, DIGITS).argmin())
        p = int(position[first])
        gain = self._gain(np.array([below[at[first]], total - below[at[first]]]),
                          self._loss(np.array([self.low, p + 1]), np.array([p, self.high])),
                          None if target is None or rest is None else np.stack([target[first], rest[first]]))
        return gain, Cut(self.j, ((p, 0), (self.high, 1)), ((self.low, p), (p + 1, self.high)))

    def specializations(self) -> list[tuple[float, Cut | None]]:
        """Returns the cut into the children of the lowest common ancestor, and that of the child with most rows from the rest."""
        nodes, position = self._axis.nodes, self.counts.position
        level = int((nodes[:, position[0]] == nodes[:, position[-1]]).argmax()) - 1 if len(nodes) else -1
        if level < 0 or not all(map(countable, self.large.models)):
            return []
        child = nodes[level, position]
        starts = np.flatnonzero(np.append(True, child[1:] != child[:-1]))
        rows = np.add.reduceat(self.counts.rows, starts)
        values = [np.add.reduceat(counts, starts, axis=0) for counts in self.counts.values]
        stands = self.large.keep(rows, values)
        found = [self._parted(level, child[starts], starts, rows, values, stands=stands)]
        if stands.sum() > 1 and len(stands) > 2:  # noqa: PLR2004 - of two children one is the rest of the other
            alone = np.zeros(len(stands), bool)
            alone[np.where(stands, rows, 0).argmax()] = True
            found.append(self._parted(level, child[starts], starts, rows, values, stands=alone))
        return found

    def _parted(self, level: int, child: Ints, starts: Ints, rows: Ints, values: Sequence[Ints], *, stands: Mask,
                ) -> tuple[float, Cut | None]:
        """Children that do not stand stay together; if that is not enough the smallest of the others joins them."""
        stands = stands.copy()
        while not stands.all() and stands.any():
            together = self.large.keep(rows[~stands].sum(keepdims=True), [v[~stands].sum(axis=0, keepdims=True) for v in values])
            if together[0]:
                break
            stands[np.flatnonzero(stands)[rows[stands].argmin()]] = False
        rest = not stands.all()
        number = int(stands.sum()) + rest
        if number < 2:  # noqa: PLR2004 - one part is no cut
            return 0.0, None
        part = np.where(stands, np.cumsum(stands) - 1, number - 1)
        first, last = self._axis.below(level, child)
        cells = [(max(self.low, int(first[i])), min(self.high, int(last[i]))) for i in np.flatnonzero(stands)]
        cells += [(self.low, self.high)] * rest
        ends = np.array(cells, np.int64)
        target = None if self.counts.target is None else np.add.reduceat(self.counts.target, starts, axis=0)
        gain = self._gain(np.bincount(part, rows).astype(np.int64), self._loss(ends[:, 0], ends[:, 1]),
                          None if target is None else np.stack([target[part == i].sum(axis=0) for i in range(number)]))
        alone = [(int(first[i]), int(last[i]), int(part[i])) for i in np.flatnonzero(stands)]
        return gain, Cut(self.j, runs_of(alone, number - 1 if rest else NOWHERE, self._axis.extent), tuple(cells))


NOWHERE = -1
"""The part of rows that no part can hold."""


def runs_of(parts: Sequence[tuple[int, int, int]], rest: int, extent: int) -> tuple[tuple[int, int], ...]:
    """Returns (last position, part) in ascending order.

    Args:
        parts: (first position, last position, part), ascending and apart.
        rest: The part of all other positions.
        extent: Number of positions.
    """
    runs, at = [], 0
    for first, last, part in parts:
        if first > at:
            runs.append((first - 1, rest))
        runs.append((last, part))
        at = last + 1
    if at < extent:
        runs.append((extent - 1, rest))
    return tuple(run for run, after in zip(runs, [*runs[1:], (0, None)], strict=True) if run[1] != after[1])
