"""Tuples of a coded cube, many in one cell: to hand them over row by row would take longer than what is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Batches = Iterable[pa.RecordBatch]

BLOCK = pa.schema([("tuples", pa.int64()), ("block", pa.binary())])
"""How many tuples a block holds, and they: an Arrow stream of one batch, each column in the fewest bytes."""

TUPLES = 1 << 19
"""Of a block."""


class Items(NamedTuple):
    """A part of a cube.

    Attributes:
        positions: Of each tuple, (tuples, d).
        codes: Of each tuple, (tuples, columns).
        rows: Behind each tuple.
    """

    positions: Ints
    codes: Ints
    rows: Ints

    @classmethod
    def read(cls, batches: Sequence[pa.RecordBatch | pa.Table], axes: int) -> Items:
        """Returns what columns hold: ``axes`` positions, codes, and last the number of rows."""
        def column(i: int) -> Ints:
            return np.concatenate([np.asarray(batch.column(i)).astype(np.int64) for batch in batches])

        width = batches[0].num_columns
        positions = np.stack([column(i) for i in range(axes)], axis=1)
        codes = [column(i) for i in range(axes, width - 1)]
        return cls(positions, np.stack(codes, axis=1) if codes else np.zeros((len(positions), 0), np.int64), column(width - 1))

    def of(self, kept: Ints | npt.NDArray[np.bool_]) -> Items:
        """Returns some of them."""
        return Items(self.positions[kept], self.codes[kept], self.rows[kept])

    def packed(self) -> bytes:
        """Returns them as a block."""
        columns = [*self.positions.T, *self.codes.T, self.rows]
        narrow = [pa.array(one.astype(np.min_scalar_type(one.max(initial=0)))) for one in columns]
        batch = pa.RecordBatch.from_arrays(narrow, names=list(map(str, range(len(narrow)))))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        return bytes(sink.getvalue())


def together(batches: Batches, rows: int = TUPLES) -> Iterator[list[pa.RecordBatch]]:
    """Yields many small batches as few lists of at least so many rows, the last one aside."""
    held: list[pa.RecordBatch] = []
    number = 0
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
            number += batch.num_rows
        if number >= rows:
            yield held
            held, number = [], 0
    if held:
        yield held


def blocks(batches: Batches, axes: int) -> Iterator[Items]:
    """Yields tuples, many at once."""
    return (Items.read(held, axes) for held in together(batches))


def packed(batches: Batches, axes: int) -> Iterator[pa.RecordBatch]:
    """Yields tuples as ``BLOCK``."""
    for items in blocks(batches, axes):
        yield pa.record_batch([pa.array([len(items.rows)]), pa.array([items.packed()], pa.binary())], schema=BLOCK)


def unpacked(batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.RecordBatch]:
    """Yields the tuples in blocks, which stand in the last column."""
    for batch in batches:
        for cell in batch.column(batch.num_columns - 1):
            yield from pa.ipc.open_stream(cell.as_buffer())
