"""Counts of open nodes by position, from parts of a cube: partial sums that are added up wherever they meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.axes import Axis
from engine.anonymity.far.adding import FIRST, add
from engine.anonymity.far.blocks import Items, blocks
from engine.anonymity.large import Counts
from engine.anonymity.tree import Compiled, compiled, descend
from engine.compiled import worth

Ints = npt.NDArray[np.int64]

TALLY = pa.schema([("kind", pa.int32()), ("cell", pa.int64()), ("n", pa.int64())])
"""Partial sums. ``kind`` 0 counts tuples by node, then come, axis by axis, rows by node and stop, and by node, stop and value of
each column that is counted so."""

DENSE = 1 << 24
"""Cells that are held for as long as a part of a cube is read, at most."""


@dataclass(frozen=True)
class Fork:
    """A tree as far as it is known: from positions to its open nodes.

    Attributes:
        cuts: Axis, last position below, child below, child above, (cuts, 4), as in ``engine.anonymity.tree.Tree``.
        low: Where the cells of open nodes begin, (nodes, d).
        high: Where they end.
        group: Which open nodes are grown in one place, (nodes,).
    """

    cuts: npt.NDArray[np.int32]
    low: Ints
    high: Ints
    group: Ints

    @property
    def nodes(self) -> int:
        """Number of open nodes; what is none of theirs gets this number."""
        return len(self.low)

    def of(self, positions: Ints) -> Ints:
        """Returns the open node of each tuple; ``positions`` has the shape (tuples, d)."""
        return descend(self._compiled, positions)

    @cached_property
    def _compiled(self) -> Compiled:
        return compiled(self.cuts)

    def inside(self, items: Items) -> tuple[Items, Ints]:
        """Returns the tuples of open nodes, and their nodes."""
        node = self.of(items.positions)
        kept = node < self.nodes
        return (items, node) if kept.all() else (items.of(kept), node[kept])

    def part(self, first: int, last: int) -> Fork:
        """Returns the same with the open nodes from ``first`` up to ``last`` alone."""
        cuts = self.cuts.copy()
        leaves = ~cuts[:, 2:]
        inside = (leaves >= first) & (leaves < last)
        cuts[:, 2:] = np.where(leaves < 0, cuts[:, 2:], np.where(inside, ~(leaves - first), ~(last - first)))
        return Fork(cuts, self.low[first:last], self.high[first:last], self.group[first:last])


@dataclass(frozen=True)
class Spread:
    """What is counted along axes.

    Large nodes are cut at marks alone. So of a line only rows at marks, and between two of them, are told apart; of a hierarchy
    all positions are.

    Attributes:
        stop: Of each axis, the stop of each position.
        at: Of each axis, the position that stands for each stop.
        values: Of each code, how many there are, where rows are counted by them; 0 where only different ones are.
        claims: How many of the codes are claims'; the target's comes after them.
    """

    stop: Sequence[npt.NDArray[np.int32]]
    at: Sequence[Ints]
    values: Sequence[int] = ()
    claims: int = 0

    @classmethod
    def along(cls, axes: Sequence[Axis], values: Sequence[int], *, claims: int) -> Spread:
        """Returns the stops of axes."""
        found = [_stops(axis) for axis in axes]
        return cls([stop for stop, _ in found], [at for _, at in found], values, claims)

    @property
    def different(self) -> list[int]:
        """The codes of which only the number of different ones matters."""
        return [column for column, number in enumerate(self.values) if not number]

    @property
    def cells(self) -> int:
        """Sums of one node, at most."""
        return sum(len(at) for at in self.at) * (1 + sum(self.values))

    def kinds(self) -> Iterator[tuple[int, int, int | None]]:
        """Yields kind, axis, and the column whose values are counted along it, None for the rows alone."""
        kind = 1
        for j in range(len(self.at)):
            for column in (None, *(i for i, number in enumerate(self.values) if number)):
                yield kind, j, column
                kind += 1

    def table(self, nodes: int) -> Ints:
        """Returns the kinds of so many nodes as ``engine.anonymity.far.adding.add`` takes them."""
        begins = np.cumsum([0, *map(len, self.stop)])
        rows = [(j, -1 if column is None else column, 1 if column is None else self.values[column], len(self.at[j]), begins[j])
                for _, j, column in self.kinds()]
        sizes = [nodes * values * stops for _, _, values, stops, _ in rows]
        return np.column_stack([np.array(rows, np.int64), nodes + np.cumsum([0, *sizes[:-1]])])


def _stops(axis: Axis) -> tuple[npt.NDArray[np.int32], Ints]:
    places = np.arange(axis.extent)
    if not len(axis.nodes):
        after = np.searchsorted(axis.marks, places)
        ends = np.append(axis.marks, axis.extent)[after]
        places = np.where(ends == places, places, ends - 1)
    at, stop = np.unique(places, return_inverse=True)
    return stop.astype(np.int32), at


def tallied(batches: Iterable[pa.RecordBatch], fork: Fork, spread: Spread) -> Iterator[pa.RecordBatch]:
    """Yields the sums of a part of the cube: of all of it, or by blocks where there could be too many."""
    if fork.nodes * spread.cells > DENSE:
        yield from _by_block(batches, fork, spread)
        return
    kinds, stop = spread.table(fork.nodes), np.concatenate(spread.stop)
    found = np.zeros(fork.nodes * (1 + spread.cells), np.int64)
    for items in blocks(batches, len(spread.stop)):
        if worth(items.positions.nbytes):
            add(found, fork.of(items.positions), (*items,), stop, kinds)
            continue
        kept, node = fork.inside(items)
        for (_, cell, rows), first in zip(_cells(kept, node, spread), (0, *kinds[:, FIRST].tolist()), strict=True):
            np.add.at(found, first + cell, 1 if rows is None else rows)
    for kind, sums in enumerate(np.split(found, kinds[:, FIRST])):
        cells = np.flatnonzero(sums)
        yield from _sums(kind, cells, sums[cells])


def _by_block(batches: Iterable[pa.RecordBatch], fork: Fork, spread: Spread) -> Iterator[pa.RecordBatch]:
    for items in blocks(batches, len(spread.stop)):
        for kind, cell, rows in _cells(*fork.inside(items), spread):
            cells, place = np.unique(cell, return_inverse=True)
            yield from _sums(kind, cells, np.bincount(place, rows, len(cells)).astype(np.int64))


def _cells(items: Items, node: Ints, spread: Spread) -> Iterator[tuple[int, Ints, Ints | None]]:
    """Yields kind by kind the cell of each tuple, and what it adds there: 1, if None."""
    yield 0, node, None
    cells = [node * len(spread.at[j]) + stop[items.positions[:, j]] for j, stop in enumerate(spread.stop)]
    for kind, j, column in spread.kinds():
        cell = cells[j] if column is None else cells[j] * spread.values[column] + items.codes[:, column]
        yield kind, cell, items.rows


def _sums(kind: int, cells: Ints, sums: Ints) -> Iterator[pa.RecordBatch]:
    yield pa.record_batch([np.full(len(cells), kind, np.int32), cells, sums], schema=TALLY)


def read(tally: pa.Table, spread: Spread) -> dict[int, tuple[int, list[Counts]]]:
    """Returns tuples and counts of each node that has any, from all partial sums added up.

    Of a claim whose values are not counted one by one, an empty array stands in its place.
    """
    tally = tally.sort_by([("kind", "ascending"), ("cell", "ascending")])
    kind, cell, n = (np.asarray(tally[name]).astype(np.int64) for name in TALLY.names)
    ends = np.searchsorted(kind, np.arange(2 + max((kind for kind, _, _ in spread.kinds()), default=0)))
    of = {which: (cell[first:last], n[first:last]) for which, (first, last) in enumerate(pairwise(ends))}
    tuples = dict(zip(of[0][0].tolist(), of[0][1].tolist(), strict=True))
    found: dict[int, tuple[int, list[Counts]]] = {node: (number, []) for node, number in tuples.items()}
    for j, at in enumerate(spread.at):
        kinds = {column: which for which, axis, column in spread.kinds() if axis == j}
        for node, (_, along) in found.items():
            along.append(_counts(of, kinds, node, at, spread))
    return found


def _counts(of: Mapping[int, tuple[Ints, Ints]], kinds: Mapping[int | None, int], node: int, at: Ints, spread: Spread) -> Counts:
    cell, rows = _within(*of[kinds[None]], node, len(at))
    by_value, claims = [], spread.claims
    for column, number in enumerate(spread.values):
        counted = np.zeros((len(cell), number), np.int64)
        if number:
            pairs, n = _within(*of[kinds[column]], node, len(at) * number)
            counted[np.searchsorted(cell, pairs // number), pairs % number] = n
        by_value.append(counted)
    return Counts(at[cell], rows, tuple(by_value[:claims]), by_value[claims] if len(by_value) > claims else None)


def ends_tallied(batches: Iterable[pa.RecordBatch], spread: Spread) -> Iterator[pa.RecordBatch]:
    """Yields sums over different codes of nodes: at which stop each is first and last met, axis by axis.

    Args:
        batches: Node, code, first stops, last stops.
        spread: What is counted along axes.
    """
    for batch in batches:
        node = np.asarray(batch.column(0)).astype(np.int64)
        for j, at in enumerate(spread.at):
            for last in (0, 1):
                stop = np.asarray(batch.column(2 + j + last * len(spread.at))).astype(np.int64)
                cell, n = np.unique(node * len(at) + stop, return_counts=True)
                yield from pa.table([np.full(len(cell), 2 * j + last, np.int32), cell, n], schema=TALLY).to_batches()


def with_different(counts: Counts, spread: Spread, place: tuple[int, int, int], ends: pa.Table) -> Counts:
    """Returns counts of a node with how many different codes there are up to each position and above it.

    Args:
        counts: It, without them.
        spread: What is counted along axes.
        place: Axis, node, code.
        ends: All sums of ``ends_tallied``, by kind and cell in ascending order.
    """
    j, node, code = place
    width, stops = len(spread.at[j]), np.searchsorted(spread.at[j], counts.position)
    first, last = (np.zeros(width, np.int64), np.zeros(width, np.int64))
    for which, found in enumerate((first, last)):
        rows = ends.filter(pc.equal(ends["kind"], 2 * j + which))
        cell, n = _within(np.asarray(rows["cell"]).astype(np.int64), np.asarray(rows["n"]).astype(np.int64), node, width)
        found[cell] = n
    up_to, gone = np.cumsum(first)[stops], np.cumsum(last)[stops]
    values = list(counts.values)
    values[code] = np.stack([up_to, last.sum() - gone], axis=1)
    return replace(counts, values=tuple(values))


def _within(cell: Ints, n: Ints, node: int, width: int) -> tuple[Ints, Ints]:
    first, last = np.searchsorted(cell, (node * width, (node + 1) * width))
    return cell[first:last] - node * width, n[first:last]
