"""Axes without a hierarchy: numbers and dates by size, categories by falling frequency, the rare ones of many by the alphabet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity import hierarchies
from engine.anonymity.alphabet import MOST_NAMED, MOST_RANGES, widened
from engine.anonymity.axes.axis import Finished, Leaves
from engine.anonymity.axes.order import Order, marks
from engine.anonymity.coding import NAN_CODE, NULL_CODE, IntervalCoding, SetCoding
from engine.anonymity.values import comparable
from engine.anonymity.written import PooledCoding

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class _Line:
    """An axis without a hierarchy."""

    counted = False

    def __init__(self, name: str, order: Order, positions: Ints, counts: Ints, *, beside: int = 0) -> None:
        self.name, self._order, self.positions, self.extent = name, order, positions, order.size + beside
        self.special = order.special
        self.nodes: Ints = np.zeros((0, self.extent), np.int64)
        self.shares: Sequence[Floats] = ()
        self.scale: Floats = np.zeros(0)
        self.marks = marks(positions, counts, self.extent)

    def loss(self, low: Ints, high: Ints) -> Floats:
        return np.asarray((high - low) / max(self.extent - 1, 1))

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:  # noqa: ARG002 - the protocol's signature
        raise TypeError(f"column {self.name} has no hierarchy")


class Interval(_Line):
    """Null, NaN, then values by size. Satisfies ``engine.anonymity.axes.Axis``.

    Where values are ``merged``, each of the order's stands for those up to it from the one before: then labels say no more than
    which values cuts send to a leaf.
    """

    def __init__(self, name: str, order: Order, counts: Ints, *, told: bool = False, merged: bool = False) -> None:
        super().__init__(name, order, order.positions, counts)
        self._merged = merged
        if told:
            self.scale = _scale(order)

    def loss(self, low: Ints, high: Ints) -> Floats:
        """See ``engine.anonymity.axes.Axis``."""
        return (self.scale[high] - self.scale[low]) ** 2 if len(self.scale) else super().loss(low, high)

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """See ``engine.anonymity.axes.Axis``."""
        order, special = self._order, self._order.special
        if leaves.tight and not self._merged:
            leaf = np.repeat(np.arange(len(leaves.low)), np.diff(leaves.starts))
            null, nan = (np.bincount(leaf, leaves.held == place, len(leaves.low)).astype(np.int64) * there
                         for place, there in ((0, order.null), (int(order.null), order.nan)))
            inner = np.searchsorted(leaf * self.extent + leaves.held, np.arange(len(leaves.low)) * self.extent + special)
            some = inner < leaves.starts[1:]
            low = leaves.held[np.minimum(inner, len(leaves.held) - 1)]
            high = leaves.held[leaves.starts[1:] - 1]
            kept = np.unique(np.concatenate([cuts[cuts >= special], low[some], high[some]]))
            first, last = 2 * np.searchsorted(kept, low) + 1, 2 * np.searchsorted(kept, high) + 1
        else:
            low, high = np.maximum(leaves.low, special), leaves.high
            null = np.asarray((leaves.low == 0) & order.null, np.int64)
            nan = np.asarray((leaves.low <= int(order.null)) & (high >= int(order.null)) & order.nan, np.int64)
            some = high >= special
            kept = cuts[cuts >= special]
            first = np.where(low == special, 0, 2 * np.searchsorted(kept, low))
            last = np.where(high == self.extent - 1, 2 * len(kept), 2 * np.searchsorted(kept, high) + 1)
        first, last = np.where(some, first, 1), np.where(some, last, 0)
        points = hierarchies.as_text(order.values.take(pa.array(kept - special))).to_pylist()
        type_, ranks = str(order.type), tuple(kept.tolist())
        coding = IntervalCoding(self.name, type_, self.extent, self.extent, tuple(points), ranks, special)
        wide = 2 * len(kept) + 2
        found, box = np.unique(((2 * null + nan) * wide + first) * wide + last, return_inverse=True)
        boxes = list(zip(*(part.tolist() for part in np.unravel_index(found, (2, 2, wide, wide))), strict=True))
        boxes = [coding.everything if coding.size(row) == self.extent > 1 else row for row in boxes]
        missing = np.where((cuts == 0) & order.null, NULL_CODE, NAN_CODE)
        bounds = np.where(cuts >= special, 2 * np.searchsorted(kept, cuts) + 1, missing)
        return Finished(coding, bounds, tuple(boxes), box.reshape(-1))


def _scale(order: Order) -> Floats:
    """Returns the value at each position, in units in which the variance of evenly spread values is the square of their range.

    By the table's variance, which so becomes 1. Null and NaN do not count, and stand where the values begin.
    """
    values = comparable(order.values).astype(np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.zeros(order.size)
    values = np.clip(values, finite[0], finite[-1]) / max(abs(finite[0]), abs(finite[-1]), 1.0)
    values -= values[0]
    mean = float(order.weights @ values) / int(order.weights.sum())
    variance = float(order.weights @ (values - mean) ** 2) / int(order.weights.sum())
    scale = values / np.sqrt(12 * variance) if variance else np.zeros(len(values))
    return np.concatenate([np.zeros(order.special), scale])


class Categories(_Line):
    """Categories, null among them: see ``_places``."""

    counted = True

    def __init__(self, name: str, order: Order, counts: Ints) -> None:
        self._texts, place = _places(order)
        super().__init__(name, order, place[order.positions], counts)

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """See ``engine.anonymity.axes.Axis``."""
        ranks = _alphabet(self._texts)
        kept, boxes, box = _sets(leaves, ranks, null=None in self._texts)
        coding = SetCoding(self.name, str(self._order.type), self.extent, self.extent,
                           tuple(self._texts[position] for position in kept), tuple(ranks[kept].tolist()))
        return Finished(coding, np.searchsorted(kept, cuts, side="right") - 1, boxes, box)


class Pooled(_Line):
    """The most frequent categories, and last all others in one place, which have no label but ``'*'``.

    Args:
        name: The column.
        order: The frequent ones.
        counts: Rows of each of its entries, and last of all others.
        distinct: How many categories there are, about.
    """

    counted = True

    def __init__(self, name: str, order: Order, counts: Ints, distinct: int) -> None:
        self._texts, place = _places(order)
        super().__init__(name, order, np.append(place[order.positions], order.size), counts, beside=1)
        self._distinct = distinct

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """See ``engine.anonymity.axes.Axis``."""
        ranks = _alphabet(self._texts)
        kept, boxes, box = _sets(leaves, ranks, null=None in self._texts)
        kept = kept[kept < len(self._texts)]
        coding = PooledCoding(self.name, str(self._order.type), self._distinct, self._distinct,
                              tuple(self._texts[position] for position in kept), tuple(ranks[kept].tolist()))
        return Finished(coding, np.searchsorted(kept, cuts, side="right") - 1, boxes, box)


def _places(order: Order) -> tuple[list[str | None], Ints]:
    """Returns categories as texts, null among them, and where each value of the order stands.

    The most frequent come first, so that what is rare is merged with what is rare. Of more than a label names, the others
    follow by the alphabet, so that a cell of them is a range of it.
    """
    texts: list[str | None] = hierarchies.as_text(order.values).to_pylist()
    place = np.arange(order.size)
    if order.null:
        ahead = int((order.weights > order.null_rows).sum())
        texts.insert(ahead, None)
        place[:ahead + 1] = (place[:ahead + 1] - 1) % (ahead + 1)
    if len(texts) <= MOST_NAMED:
        return texts, place
    ranks = _alphabet(texts)
    stands = np.concatenate([np.arange(MOST_RANGES), MOST_RANGES + np.argsort(ranks[MOST_RANGES:])])
    return [texts[old] for old in stands.tolist()], np.argsort(stands)[place]


def _alphabet(texts: Sequence[str | None]) -> Ints:
    """Returns the rank of each category: null, then by code points."""
    ranks = np.empty(len(texts), np.int64)
    ranks[sorted(range(len(texts)), key=lambda place: (texts[place] is not None, texts[place] or ""))] = np.arange(len(texts))
    return ranks


def _sets(leaves: Leaves, ranks: Ints, *, null: bool) -> tuple[Ints, tuple[tuple[int, ...], ...], Ints]:
    """Returns the positions that boxes hold, these boxes by place among them, and which one each leaf has.

    A box of more categories than a label names holds all that lie in its label's ranges.
    """
    if leaves.tight:
        cells = [tuple(part.tolist()) for part in np.split(leaves.held, leaves.starts[1:-1])]
        told = {cell: cell for cell in cells}
    else:
        cells = list(zip(leaves.low.tolist(), leaves.high.tolist(), strict=True))
        told = {(low, high): tuple(range(low, high + 1)) for low, high in dict.fromkeys(cells)}
    at = np.argsort(ranks)
    for cell, one in told.items():
        if len(one) > MOST_NAMED and one[-1] < len(ranks):
            own = np.sort(ranks[list(one)])
            first = int(null and not own[0])  # null is in no range
            told[cell] = tuple(np.sort(at[np.concatenate([own[:first], widened(own[first:])])]).tolist())
    numbers: dict[tuple[int, ...], int] = {}
    number = {cell: numbers.setdefault(one, len(numbers)) for cell, one in told.items()}
    box = np.array([number[cell] for cell in cells], np.int64)
    kept = np.unique(np.array([position for one in numbers for position in one], np.int64))
    return kept, tuple(tuple(np.searchsorted(kept, one).tolist()) for one in numbers), box
