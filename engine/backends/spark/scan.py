"""Scan on Spark: executors count, the driver adds counts up. No row leaves an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention
from pyspark.sql.types import StructField

from engine.backends.base import Progress
from engine.backends.spark.beside import metadata_of
from engine.backends.spark.reader import Table
from engine.backends.spark.types import arrow_schema, quoted
from engine.backends.spark.worker import guarded
from engine.detect.detector import Detector, scanner_of
from engine.detect.tables.count import tally_batch
from engine.detect.tables.sampling import Rows
from engine.detect.tables.scan import Table as Known
from engine.detect.tables.scan import blocks, scan_table
from schemas.findings import ScanReport

_PACKED = "tally binary"


def scan_source(
    spark: SparkSession, table: Table, name: str, *, sample: int | None, whole: bool, detector: Detector | None,
    progress: Progress,
) -> ScanReport:
    """Finds personal data in a table and beside its rows. Arguments as of ``Backend.scan``, with ``name`` for the report."""
    progress("count rows", 0.0)
    rows = table.frame.count()
    frame = as_documents(table.frame)
    sent = detector.model_dump_json() if detector else None

    def read(columns: Sequence[str] | None, chosen: Rows) -> Iterator[pa.Table]:
        progress("scan", 0.1 if columns is None else 0.4)
        wanted = frame if columns is None else frame.select([F.col(quoted(column)) for column in columns])
        if chosen.mode != "all":
            wanted = wanted.sample(fraction=min(1.0, chosen.sample / rows), seed=chosen.seed)
        numbered = wanted.toDF(*(f"c{place}" for place in range(len(wanted.columns))))  # mapInArrow does not quote names
        packed = numbered.mapInArrow(tallies(chosen.seed, wanted.columns, sent), _PACKED).toArrow()["tally"].to_pylist()
        return map(_unpacked, packed)

    known = Known(name, arrow_schema(frame.schema), table.format, table.version, rows, metadata_of(spark, table, name))
    return scan_table(known, read, sample=sample, whole=whole, scanner=scanner_of(sent))


def as_documents(frame: DataFrame) -> DataFrame:
    """Returns a table with its variants as JSON: of a column that holds one anywhere, all of it."""
    return frame.select([_as_document(field) for field in frame.schema])


def _as_document(field: StructField) -> Column:
    column = F.col(quoted(field.name))
    return F.to_json(column).alias(field.name) if '"variant"' in field.dataType.json() else column


def tallies(
    key: int, columns: Sequence[str], detector: str | None = None,
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Returns the function for ``mapInArrow``: yields one tally a block, as Arrow IPC bytes (Spark lacks unsigned integers).

    Args:
        key: Of the hashes in tallies.
        columns: What the columns are called.
        detector: What is looked for, as JSON; what ships if None.
    """

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for block in blocks(batches):
            yield guarded("scan", partial(_packed, block, key, columns, detector))

    return run


def _packed(block: pa.RecordBatch, key: int, columns: Sequence[str], detector: str | None) -> pa.RecordBatch:
    tally = pa.Table.from_batches([tally_batch(block, scanner_of(detector), key=key, columns=columns)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tally.schema) as stream:
        stream.write_table(tally)
    return pa.RecordBatch.from_pydict({"tally": [sink.getvalue().to_pybytes()]}, schema=pa.schema([("tally", pa.binary())]))


def _unpacked(message: bytes) -> pa.Table:
    return pa.ipc.open_stream(message).read_all()
