"""What runs on executors for a cube that stays there: places, sums, trees. Imports no pyspark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from engine.anonymity.far.blocks import BLOCK, Items, blocks, packed, together, unpacked
from engine.anonymity.far.places import Leveled, Place
from engine.anonymity.far.subtree import Plot, grow_below, to_row
from engine.anonymity.far.tally import Fork, Spread, ends_tallied, tallied
from engine.backends.spark.worker import guarded

Batches = Iterator[pa.RecordBatch]
Mapped = Callable[[Batches], Batches]

ROWS = 1 << 17
"""Rows whose places are looked up at once."""

GATHERED = pa.schema([("group", pa.int64()), BLOCK.field("block")])
"""Tuples, and where they are grown."""


def mapped(kinds: Sequence[pa.DataType], places: Sequence[Place], schema: pa.Schema) -> Mapped:
    """Returns what puts places in place of values; the last column is the number of rows."""
    def of(held: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
        batch = pa.Table.from_batches(held)
        values = (batch[i].cast(kind).combine_chunks() for i, kind in enumerate(kinds))
        columns = [pa.array(place.of(one), type_) for place, one, type_ in zip(places, values, schema.types, strict=False)]
        rows = batch.columns[-1].cast(pa.int64()).combine_chunks()
        return pa.RecordBatch.from_arrays([*columns, rows], schema=schema)

    return lambda batches: (guarded("place", of, held) for held in together(batches, ROWS))


def placed(kinds: Sequence[pa.DataType], places: Sequence[Place], schema: pa.Schema) -> Mapped:
    """Returns what sums up rows by the place of one column."""
    def of(batch: pa.RecordBatch) -> pa.RecordBatch:
        cells, at = np.unique(np.asarray(batch.column(0)), return_inverse=True)
        sums = np.bincount(at, np.asarray(batch.column(1)), len(cells)).astype(np.int64)
        return pa.RecordBatch.from_arrays([pa.array(cells, schema.types[0]), pa.array(sums)], schema=schema)

    places_of = mapped(kinds, places, schema)
    return lambda batches: (guarded("place", of, batch) for batch in places_of(batches))


def packs(axes: int, before: Mapped = iter) -> Mapped:
    """Returns what puts tuples of positions, codes and rows into blocks."""
    return lambda batches: _guarded("pack", packed(before(batches), axes))


def labelled(level: Leveled, schema: pa.Schema) -> Mapped:
    """Returns what gives values and their rows labels: label, rows, value."""
    def of(batch: pa.RecordBatch) -> pa.RecordBatch:
        values = batch.column(0).cast(schema.field(2).type)
        return pa.RecordBatch.from_arrays([level.keys(values), batch.column(1).cast(pa.int64()), values], schema=schema)

    return lambda batches: (guarded("label", of, batch) for batch in batches)


def tallies(fork: Fork, spread: Spread) -> Mapped:
    """Returns what sums up tuples by node and position."""
    return lambda batches: _guarded("tally", tallied(unpacked(batches), fork, spread))


def ends(spread: Spread) -> Mapped:
    """Returns what sums up different codes by the stops between which they are met."""
    return lambda batches: _guarded("tally", ends_tallied(batches, spread))


def stopped(fork: Fork, spread: Spread, code: int, schema: pa.Schema) -> Mapped:
    """Returns what gives tuples of open nodes: node, code, stops."""
    def of(items: Items) -> pa.RecordBatch:
        node = fork.of(items.positions)
        kept = node < fork.nodes
        stops = [stop[items.positions[kept, j]].astype(np.int64) for j, stop in enumerate(spread.stop)]
        return pa.RecordBatch.from_arrays(list(map(pa.array, [node[kept], items.codes[kept, code], *stops])), schema=schema)

    return lambda batches: (guarded("tally", of, items) for items in blocks(unpacked(batches), len(spread.stop)))


def gathered(fork: Fork, axes: int) -> Mapped:
    """Returns what gives tuples of open nodes the group in which they are grown: ``GATHERED``."""
    def of(items: Items) -> pa.RecordBatch:
        node = fork.of(items.positions)
        group = np.append(fork.group, -1)[node]
        order = np.argsort(group, kind="stable")
        groups, begins = np.unique(group[order], return_index=True)
        parts = [(number, items.of(kept).packed())
                 for number, kept in zip(groups.tolist(), np.split(order, begins[1:]), strict=True) if number >= 0]
        return pa.RecordBatch.from_pylist([dict(zip(GATHERED.names, part, strict=True)) for part in parts], schema=GATHERED)

    return lambda batches: (guarded("gather", of, items) for items in blocks(unpacked(batches), axes))


def below(fork: Fork, plot: Plot, axes: int) -> Callable[[pa.Table], pa.Table]:
    """Returns what grows from the tuples of one group."""
    def of(group: pa.Table) -> pa.Table:
        items = Items.read(list(unpacked([group])), axes)
        return to_row(group["group"][0].as_py(), grow_below(plot, fork, items))

    return lambda group: guarded("grow", of, group)


def _guarded(name: str, batches: Batches) -> Batches:
    ended = object()
    while (batch := guarded(name, next, batches, ended)) is not ended:
        yield batch
