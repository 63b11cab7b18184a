"""What runs on executors for a cube that stays there: places, sums, trees. Imports no pyspark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from engine.anonymity.far.places import Leveled, Place
from engine.anonymity.far.subtree import Plot, grow_below, to_row
from engine.anonymity.far.tally import Fork, Items, Spread, blocks, ends_tallied, tallied
from engine.backends.spark.worker import guarded

Batches = Iterator[pa.RecordBatch]
Mapped = Callable[[Batches], Batches]


def mapped(kinds: Sequence[pa.DataType], places: Sequence[Place], schema: pa.Schema) -> Mapped:
    """Returns what puts places in place of values; the last column is the number of rows."""
    def of(batch: pa.RecordBatch) -> pa.RecordBatch:
        found = [place.of(column.cast(kind)) for place, kind, column in zip(places, kinds, batch.columns, strict=False)]
        columns = [pa.array(one, kept) for one, kept in zip(found, schema.types, strict=False)]
        return pa.RecordBatch.from_arrays([*columns, batch.columns[-1].cast(pa.int64())], schema=schema)

    return lambda batches: (guarded("place", of, batch) for batch in batches)


def labelled(level: Leveled, schema: pa.Schema) -> Mapped:
    """Returns what gives values and their rows labels: label, rows, value."""
    def of(batch: pa.RecordBatch) -> pa.RecordBatch:
        values = batch.column(0).cast(schema.field(2).type)
        return pa.RecordBatch.from_arrays([level.keys(values), batch.column(1).cast(pa.int64()), values], schema=schema)

    return lambda batches: (guarded("label", of, batch) for batch in batches)


def tallies(fork: Fork, spread: Spread) -> Mapped:
    """Returns what sums up tuples by node and position."""
    return lambda batches: _guarded("tally", tallied(batches, fork, spread))


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

    return lambda batches: (guarded("tally", of, items) for items in blocks(batches, len(spread.stop)))


def gathered(fork: Fork, axes: int, schema: pa.Schema) -> Mapped:
    """Returns what gives tuples of open nodes the group in which they are grown, before all else."""
    def of(items: Items) -> pa.RecordBatch:
        node = fork.of(items.positions)
        kept = node < fork.nodes
        columns = [fork.group[node[kept]], *items.positions[kept].T, *items.codes[kept].T, items.rows[kept]]
        arrays = [pa.array(np.ascontiguousarray(column), kind) for column, kind in zip(columns, schema.types, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    return lambda batches: (guarded("gather", of, items) for items in blocks(batches, axes))


def below(fork: Fork, plot: Plot, axes: int) -> Callable[[pa.Table], pa.Table]:
    """Returns what grows from the tuples of one group."""
    def of(group: pa.Table) -> pa.Table:
        items = Items.read([group.drop_columns(["group"]).combine_chunks()], axes)
        return to_row(group["group"][0].as_py(), grow_below(plot, fork, items))

    return lambda group: guarded("grow", of, group)


def _guarded(name: str, batches: Batches) -> Batches:
    ended = object()
    while (batch := guarded(name, next, batches, ended)) is not ended:
        yield batch
