"""Scan on Spark: executors count, the driver adds counts up. No row leaves an executor."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyarrow as pa

from engine.backends.base import Progress
from engine.backends.spark.reader import Table
from engine.backends.spark.worker import guarded
from engine.detect.scan import report_from_tallies, tally_batch
from schemas.findings import ScanReport

BLOCK = 1 << 16
"""Rows that are tallied together: distinct values are scanned once a block."""

_PACKED = "tally binary"


def scan_table(table: Table, name: str, *, sample: int | None, progress: Progress) -> ScanReport:
    """Finds personal data in a table.

    Args:
        table: The table.
        name: What it is called in the report.
        sample: About this many rows are looked at, spread over the table; all of them if None.
        progress: Told what is under way.
    """
    began = time.perf_counter()
    progress("count rows", 0.0)
    rows = table.frame.count()
    frame = table.frame
    if sample is not None and sample < rows:
        frame = frame.sample(fraction=sample / rows, seed=0)
    progress("scan", 0.1)
    packed = frame.mapInArrow(tallies, _PACKED).toArrow()["tally"].to_pylist()
    nothing = pa.RecordBatch.from_arrays([pa.array([], kind) for kind in table.schema.types], schema=table.schema)
    report = report_from_tallies(
        [tally_batch(nothing), *map(_unpacked, packed)], table=name, format=table.format, version=table.version, rows=rows)
    return report.model_copy(update={"seconds": round(time.perf_counter() - began, 3)})


def tallies(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yields one tally for each block of rows, as Arrow IPC bytes (a tally holds unsigned integers, which Spark lacks)."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= BLOCK:
            yield guarded("scan", _packed, waiting)
            waiting = []
    if waiting:
        yield guarded("scan", _packed, waiting)


def _packed(waiting: list[pa.RecordBatch]) -> pa.RecordBatch:
    whole = pa.Table.from_batches(waiting).combine_chunks().to_batches()
    tally = pa.Table.from_batches([tally_batch(block) for block in whole])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tally.schema) as stream:
        stream.write_table(tally)
    return pa.RecordBatch.from_pydict({"tally": [sink.getvalue().to_pybytes()]}, schema=pa.schema([("tally", pa.binary())]))


def _unpacked(message: bytes) -> pa.Table:
    return pa.ipc.open_stream(message).read_all()
