"""Which combinations of items rows hold, and how many rows each: all that occur, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations as choose

import numpy as np
import numpy.typing as npt

from engine.anonymity.itemsets.sets import Held, Ints, ItemSets, entries, numbered
from engine.errors import InputError

Mask = npt.NDArray[np.bool_]
Wanted = Callable[[Ints, Ints], Mask]
"""From combinations (one a row) and the rows that hold each to those whose supersets are looked at."""

BLOCK = 1 << 22
"""Extensions of combinations that are counted at a time, unless those of one combination are more."""

MOST = 1 << 29
"""Extensions that are counted in all, by one process."""


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


def combinations(
    held: Held, last: Ints, most: int, *, column: str, extend: Wanted | None = None, limit: int = MOST,
) -> Iterator[tuple[Ints, Ints]]:
    """Yields the combinations of at most ``most`` nodes that sets hold, each once, with the number of rows that hold it.

    No combination holds a node and another that is below it. Memory is bounded by the sets and ``BLOCK``: combinations with one
    beginning are counted together.

    Args:
        held: What the sets hold.
        last: Last node below each node.
        most: Nodes of a combination, at most.
        column: Named in errors.
        extend: Whether a combination's supersets are looked at; all by default.
        limit: Extensions that are counted, at most.

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
        walk = _Walk(held, last, most, column, extend, limit)
        yield from walk.beyond(combos, supports, prefix, order)


def too_many(column: str, most: int, limit: int) -> InputError:
    """Returns the error of sets that hold more combinations than can be counted."""
    return InputError(
        f"the rows hold more combinations of up to {most} items than can be counted", where=f"columns.{column}",
        allowed=f"{limit:,}, each counted once for every distinct set that holds it",
        next="lower m in guarantees.km, or keep fewer items of a row at the source")


def free(combos: Ints, rare: Sequence[Ints]) -> Mask:
    """Returns which combinations hold none of ``rare``, matrices of ascending combinations of one size each."""
    found = np.ones(len(combos), bool)
    for known in rare:
        for columns in choose(range(combos.shape[1]), known.shape[1]) if len(known) else ():
            found &= ~_among(combos[:, columns], known)
    return found


def _among(combos: Ints, known: Ints) -> Mask:
    rows = np.concatenate([combos, known])
    width, code = int(rows.max(initial=0)) + 1, rows[:, 0]
    for column in rows.T[1:]:
        code = np.unique(code, return_inverse=True)[1] * width + column
    return np.isin(code[:len(combos)], code[len(combos):])


@dataclass
class _Walk:
    """Goes from combinations to those with one node more."""

    held: Held
    last: Ints
    most: int
    column: str
    extend: Wanted | None
    limit: int
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
        self._spend(int(room.sum()))
        for first, stop in _blocks(sizes):
            begin, end = starts[first], starts[stop] if stop < len(starts) else len(prefix)
            yield from self._block(combos[prefix[starts[first:stop]]], np.repeat(
                np.arange(stop - first), np.diff(np.append(starts[first:stop], end))), place[begin:end])

    def _block(self, combos: Ints, prefix: Ints, place: Ints) -> Iterator[tuple[Ints, Ints]]:
        room = self._end[place] - self._next[place]
        total, width = int(room.sum()), len(self.last)
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
        if self.counted > self.limit:
            raise too_many(self.column, self.most, self.limit)


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
