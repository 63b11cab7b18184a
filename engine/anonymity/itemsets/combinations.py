"""Which combinations of items rows hold, and how many rows each: all that occur, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.anonymity.itemsets.sets import Held, Ints, ItemSets, entries, numbered
from engine.errors import InputError

Mask = npt.NDArray[np.bool_]
Wanted = Callable[[Ints, Ints], Mask]
"""From combinations (one a row) and the rows that hold each to those whose supersets are looked at."""

BLOCK = 1 << 22
"""Extensions of combinations that are counted at a time, unless those of one combination are more."""

MOST = 1 << 30
"""Extensions that are counted in all."""


def smallest_support(sets: ItemSets, most: int) -> int:
    """Returns the rows that hold the rarest combination of at most ``most`` items, of those that some row holds.

    The empty combination is one, held by every row.

    Raises:
        InputError: If there are more combinations than can be counted.
    """
    rows, items = entries(sets.table[sets.column])
    distinct, place = numbered(items)
    held = Held.of(rows, place, sets.weights)
    found = (int(supports.min()) for _, supports in combinations(held, np.arange(len(distinct)), most, column=sets.column))
    return min(found, default=int(sets.weights.sum())) if len(distinct) else int(sets.weights.sum())


def combinations(held: Held, last: Ints, most: int, *, column: str, extend: Wanted | None = None) -> Iterator[tuple[Ints, Ints]]:
    """Yields the combinations of at most ``most`` nodes that sets hold, each once, with the number of rows that hold it.

    No combination holds a node and another that is below it. Memory is bounded by the sets and ``BLOCK``: combinations with one
    beginning are counted together.

    Args:
        held: What the sets hold.
        last: Last node below each node.
        most: Nodes of a combination, at most.
        column: Named in errors.
        extend: Whether a combination's supersets are looked at; all by default.

    Yields:
        Arrays of combinations, one a row, ascending within it; and their supports.

    Raises:
        InputError: If there are more than can be counted.
    """
    order = np.argsort(held.nodes, kind="stable")
    nodes, prefix = np.unique(held.nodes[order], return_inverse=True)
    combos = nodes.reshape(-1, 1)
    supports = np.bincount(prefix, held.weights[held.sets[order]], len(nodes)).astype(np.int64)
    if len(combos):
        yield combos, supports
        walk = _Walk(held, last, most, column, extend)
        yield from walk.beyond(combos, supports, prefix, order)


@dataclass
class _Walk:
    """Goes from combinations to those with one node more."""

    held: Held
    last: Ints
    most: int
    column: str
    extend: Wanted | None
    counted: int = 0

    def __post_init__(self) -> None:
        held, width = self.held, len(self.last)
        sets = held.sets
        self._weights = held.weights[sets]
        self._end = held.starts[1:][sets]
        self._next = np.searchsorted(sets * width + held.nodes, sets * width + self.last[held.nodes], side="right")

    def beyond(self, combos: Ints, supports: Ints, prefix: Ints, place: Ints) -> Iterator[tuple[Ints, Ints]]:
        """Yields the combinations that begin with one of ``combos`` and are longer.

        Args:
            combos: Of one length.
            supports: Rows that hold each.
            prefix: Ascending: the combination that each entry holds.
            place: Where the combination's last node stands in ``held.nodes``.
        """
        if combos.shape[1] == self.most:
            return
        wanted = np.ones(len(combos), bool) if self.extend is None else self.extend(combos, supports)
        kept = wanted[prefix]
        prefix, place = prefix[kept], place[kept]
        room = self._end[place] - self._next[place]
        starts = np.flatnonzero(np.append(True, prefix[1:] != prefix[:-1])) if len(prefix) else np.zeros(0, np.int64)
        sizes = np.add.reduceat(room, starts) if len(starts) else room
        for first, stop in _blocks(sizes):
            begin, end = starts[first], starts[stop] if stop < len(starts) else len(prefix)
            yield from self._block(combos[prefix[starts[first:stop]]], np.repeat(
                np.arange(stop - first), np.diff(np.append(starts[first:stop], end))), place[begin:end])

    def _block(self, combos: Ints, prefix: Ints, place: Ints) -> Iterator[tuple[Ints, Ints]]:
        room = self._end[place] - self._next[place]
        total, width = int(room.sum()), len(self.last)
        self._spend(total)
        if not total:
            return
        entry = np.repeat(np.arange(len(place)), room)
        at = self._next[place][entry] + np.arange(total) - (np.cumsum(room) - room)[entry]
        keys = prefix[entry] * width + self.held.nodes[at]
        found, supports = _counted(keys, self._weights[at], len(combos) * width)
        longer = np.column_stack([combos[found // width], found % width])
        yield longer, supports
        if longer.shape[1] < self.most:
            which = np.searchsorted(found, keys)
            order = np.argsort(which, kind="stable")
            yield from self.beyond(longer, supports, which[order], at[order])

    def _spend(self, extensions: int) -> None:
        self.counted += extensions
        if self.counted > MOST:
            raise InputError(
                f"the rows hold more combinations of up to {self.most} items than can be counted", where=f"columns.{self.column}",
                allowed=f"{MOST:,}, each counted once for every distinct set that holds it",
                next="lower m in guarantees.km, or keep fewer items of a row at the source")


def _counted(keys: Ints, weights: Ints, number: int) -> tuple[Ints, Ints]:
    """Returns the distinct keys, of ``number`` possible ones, and the sum of the weights of each."""
    if number > 8 * len(keys) + BLOCK:  # more room than keys: sorting them is cheaper
        found, which = np.unique(keys, return_inverse=True)
        return found, np.bincount(which, weights, len(found)).astype(np.int64)
    sums = np.bincount(keys, weights, number)
    found = np.flatnonzero(sums)
    return found, sums[found].astype(np.int64)


def _blocks(sizes: Ints) -> Iterator[tuple[int, int]]:
    """Yields ranges of combinations with at most ``BLOCK`` extensions together; one combination at least."""
    before, first = np.concatenate(([0], np.cumsum(sizes))), 0
    while first < len(sizes):
        stop = max(int(np.searchsorted(before, before[first] + BLOCK, side="right")) - 1, first + 1)
        yield first, stop
        first = stop
