"""Which cuts a level of open nodes allows, and what each is worth. Exact, and vectorized over all nodes at once.

A cut of a node is worth the loss it removes: rows times weighted loss of the node's box, less the same of its
parts' boxes. Boxes are tight: they reach from the lowest to the highest position that a part holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.anonymity.axes import Axis
from engine.anonymity.claims import Claims

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_STRIDE = 1 << 32
"""Above any position: keeps running extremes of one segment out of the next."""

DIGITS = 9
"""Worths are compared rounded to this many decimals, so that ties break alike on every machine."""

IMPOSSIBLE = -1.0


@dataclass(frozen=True)
class Items:
    """Tuples of a cube on its axes, some of them, sorted by segment (the open node they are in).

    Attributes:
        positions: One row per tuple, one column per axis.
        rows: Table rows behind each tuple.
        segment: Ascending, without gaps.
        claims: Their sensitive codes and what must hold.
        axes: Axes of the columns.
        weights: Weight of each column's loss.
    """

    positions: Ints
    rows: Ints
    segment: Ints
    claims: Claims
    axes: Sequence[Axis]
    weights: Floats

    def take(self, index: Ints, segment: Ints) -> Items:
        """Returns some of the tuples under other segments, in their order; both may repeat."""
        return Items(self.positions[index], self.rows[index], segment, self.claims.take(index), self.axes, self.weights)

    @property
    def segments(self) -> int:
        """Number of segments."""
        return int(self.segment[-1]) + 1 if len(self.segment) else 0

    def boxes(self) -> tuple[Ints, Ints]:
        """Returns the lowest and the highest position of each segment on each axis."""
        starts = _starts(self.segment)
        return np.minimum.reduceat(self.positions, starts), np.maximum.reduceat(self.positions, starts)

    def loss(self, low: Ints, high: Ints) -> Floats:
        """Returns the weighted loss of boxes, summed over the axes."""
        total = np.zeros(len(low))
        for j, axis in enumerate(self.axes):
            total += self.weights[j] * axis.loss(low[:, j], high[:, j])
        return total

    def size(self) -> Ints:
        """Returns the rows of each segment."""
        return np.bincount(self.segment, self.rows, self.segments).astype(np.int64)


@dataclass(frozen=True)
class Option:
    """The best cut of each segment of one kind.

    Attributes:
        axis: Column that is cut.
        worth: Loss removed, per segment; ``IMPOSSIBLE`` where no such cut is allowed.
        branch: Part that each tuple falls into; of meaning where a cut is possible.
    """

    axis: int
    worth: Floats
    branch: Ints


def options(items: Items) -> Iterator[Option]:
    """Yields, axis by axis, the best threshold cut, then the specializations of the axes that are hierarchies."""
    low, high = items.boxes()
    whole = items.loss(low, high)
    for j in range(len(items.axes)):
        profile = Profile.of(items, j)
        worth, position = profile.best(items, whole, profile.left_holds & profile.right_holds)
        yield Option(j, worth, (items.positions[:, j] > position[items.segment]).astype(np.int64))
    for j in range(len(items.axes)):
        found = _specialization(items, j, low, high, whole)
        if found is not None:
            yield found


@dataclass(frozen=True)
class Profile:
    """The threshold cuts of all segments along one axis of which one part, at least, holds."""

    segment: Ints
    position: Ints
    left_rows: Ints
    right_rows: Ints
    left_loss: Floats
    right_loss: Floats
    left_holds: Mask
    right_holds: Mask

    @classmethod
    def of(cls, items: Items, j: int) -> Profile:
        """Returns the profile of axis ``j``."""
        extent = items.axes[j].extent
        order = np.argsort(items.segment * extent + items.positions[:, j], kind="stable")
        segment, rows = items.segment[order], items.rows[order]
        starts = _starts(segment * extent + items.positions[order, j])
        ends = np.append(starts[1:], len(order)) - 1
        size = items.size()
        of = segment[starts]
        left = np.cumsum(rows)[ends] - (np.cumsum(size) - size)[of]
        left_holds, right_holds = items.claims.take(order).hold_beside(segment, rows, ends, size)
        positions = items.positions[order]
        low, high = np.minimum.reduceat(positions, starts), np.maximum.reduceat(positions, starts)
        at = np.flatnonzero((left_holds | right_holds) & (left < size[of]))
        back = of[-1] - of[::-1]
        return cls(
            of[at], items.positions[order[starts[at]], j], left[at], (size[of] - left)[at],
            items.loss(-_running(-low, of)[at], _running(high, of)[at]),
            items.loss(-_running(-low[::-1], back)[::-1][at + 1], _running(high[::-1], back)[::-1][at + 1]),
            left_holds[at], right_holds[at])

    def best(self, items: Items, whole: Floats, allowed: Mask) -> tuple[Floats, Ints]:
        """Returns, per segment, the worth and position of the best allowed cut; the lowest position wins a tie."""
        worth = np.full(items.segments, IMPOSSIBLE)
        position = np.zeros(items.segments, np.int64)
        at = np.flatnonzero(allowed)
        if len(at):
            of = self.segment[at]
            rows = self.left_rows[at] + self.right_rows[at]
            value = rows * whole[of] - self.left_rows[at] * self.left_loss[at] - self.right_rows[at] * self.right_loss[at]
            first, best = first_best(of, np.round(value, DIGITS))
            worth[of[first]], position[of[first]] = best, self.position[at][first]
        return worth, position


def first_best(segment: Ints, value: Floats) -> tuple[Ints, Floats]:
    """Returns, for each run of equal ``segment``, the first index of the largest value, and that value."""
    starts = _starts(segment)
    best = np.maximum.reduceat(value, starts)
    run = np.cumsum(np.isin(np.arange(len(segment)), starts, assume_unique=True)) - 1
    hits = np.flatnonzero(value == best[run])
    return hits[_starts(run[hits])], best


def _specialization(items: Items, j: int, low: Ints, high: Ints, whole: Floats) -> Option | None:
    """Returns the cut of each box's node into its children; children too small for the claims stay together.

    If what stays together is itself too small, the smallest child that holds joins it.
    """
    child = items.axes[j].children(low[:, j], high[:, j], items.segment, items.positions[:, j])
    if child is None:
        return None
    keys, part = np.unique(items.segment * _STRIDE + child, return_inverse=True)
    of = keys // _STRIDE
    rows = np.bincount(part, items.rows).astype(np.int64)
    alone = items.claims.hold(part, len(keys), items.rows)
    for _ in range(2):
        merged = np.where(alone, np.arange(len(keys)) + items.segments, of)
        labels, branch = np.unique(merged[part], return_inverse=True)
        holds = items.claims.hold(branch, len(labels), items.rows)
        short = np.zeros(items.segments, bool)
        rest = labels < items.segments
        short[labels[rest]] = ~holds[rest]
        candidates = np.flatnonzero(alone & short[of])
        order = candidates[np.lexsort((candidates, rows[candidates], of[candidates]))]
        alone[order[_starts(of[order])]] = False
    return _priced(items, j, branch, ~short, whole)


def _priced(items: Items, j: int, branch: Ints, allowed: Mask, whole: Floats) -> Option:
    order = np.argsort(branch, kind="stable")
    starts = _starts(branch[order])
    positions = items.positions[order]
    loss = items.loss(np.minimum.reduceat(positions, starts), np.maximum.reduceat(positions, starts))
    rows = np.add.reduceat(items.rows[order], starts)
    of = items.segment[order[starts]]
    parts = np.bincount(of, minlength=items.segments)
    worth = items.size() * whole
    np.subtract.at(worth, of, rows * loss)
    worth = np.where(allowed & (parts > 1), np.round(worth, DIGITS), IMPOSSIBLE)
    by_segment = np.lexsort((np.arange(len(of)), of))
    place = np.zeros(len(of), np.int64)
    place[by_segment] = np.arange(len(of)) - (np.cumsum(parts) - parts)[of[by_segment]]
    return Option(j, worth, place[branch])


def _running(values: Ints, segment: Ints) -> Ints:
    """Returns the running maximum of each column within segments."""
    lift = (segment * _STRIDE)[:, None]
    return np.asarray(np.maximum.accumulate(values + lift, axis=0) - lift)


def _starts(keys: Ints) -> Ints:
    """Returns the index at which each run of equal keys begins."""
    return np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.int64)
