"""Scans a table: tallies of its batches, merged, made into a report. Both backends go this way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from engine.detect.classify import Proposal, classify, classify_container
from engine.detect.sampling import spread
from engine.detect.scanner import Scanner
from engine.detect.sensitivity import rated
from engine.detect.tally import TALLY, ColumnTally, EntityTally, merged, tally_batch
from schemas.findings import ColumnFindings, EntityFinding, ScanReport
from schemas.policy import TableFormat

__all__ = ["TALLY", "report_from_tallies", "scan_batches", "tally_batch"]

_CONTAINERS = {"struct", "list", "map"}


def scan_batches(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, table: str, format: TableFormat,  # noqa: A002 - the report's own word
    version: int | None, rows: int, scanner: Scanner | None = None, sample: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> ScanReport:
    """Scans a table's batches on this machine.

    Args:
        schema: The table's schema; an empty table is reported by it.
        batches: Its rows; read once.
        table: Its path or name, for the report.
        format: Its format, for the report.
        version: Its Delta version, if it has one.
        rows: How many rows it has.
        scanner: The default scanner unless given.
        sample: Look at so many rows, spread evenly; at all of them by default.
        progress: Told "scan" and the share of rows done.
    """
    began = time.monotonic()
    scanner = scanner or Scanner.default()
    expected = min(rows, sample or rows)

    def tallies() -> Iterator[pa.RecordBatch]:
        yield tally_batch(pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema), scanner)
        done = 0
        for batch in spread(batches, rows, sample):
            yield tally_batch(batch, scanner)
            done += batch.num_rows
            if progress is not None:
                progress("scan", done / max(1, expected))

    report = report_from_tallies(tallies(), table=table, format=format, version=version, rows=rows)
    return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


def report_from_tallies(
    tallies: Iterable[pa.RecordBatch | pa.Table], *, table: str, format: TableFormat,  # noqa: A002 - the report's own word
    version: int | None, rows: int, seconds: float = 0.0,
) -> ScanReport:
    """Makes a report from tallies of a table's parts, in any order and any cut.

    Args:
        tallies: What ``tally_batch`` gave for each part: rows of the schema ``TALLY``.
        table: Its path or name.
        format: Its format.
        version: Its Delta version, if it has one.
        rows: How many rows the whole table has.
        seconds: How long the scan took.
    """
    columns = merged(tallies)
    proposals: dict[str, Proposal] = {path: classify(tally) for path, tally in columns.items() if tally.type not in _CONTAINERS}
    for path, tally in columns.items():
        if tally.type in _CONTAINERS:
            held = [one for inner, one in proposals.items() if inner.startswith((path + ".", path + "["))]
            proposals[path] = classify_container(path, held)
    return rated(ScanReport(
        table=table, format=format, version=version, rows=rows, seconds=seconds,
        bytes_scanned=sum(tally.bytes for tally in columns.values()),
        columns=tuple(_column(tally, proposals[path], rows) for path, tally in columns.items())))


def _column(tally: ColumnTally, proposal: Proposal, rows: int) -> ColumnFindings:
    filled = tally.cells - tally.nulls
    nested = "[]" in tally.path or tally.cells > rows
    return ColumnFindings(
        path=tally.path, type=tally.type, cells=tally.cells if nested else max(rows, tally.cells), nulls=tally.nulls,
        distinct=tally.distinct, scanned=tally.cells, mean_length=round(tally.length / max(1, filled), 2),
        entities=tuple(_entity(name, entity, filled) for name, entity in sorted(
            tally.entities.items(), key=lambda item: (-item[1].cells, item[0]))),
        role=proposal.role, category=proposal.category, confidence=proposal.confidence, evidence=proposal.evidence)


def _entity(name: str, entity: EntityTally, filled: int) -> EntityFinding:
    return EntityFinding(
        entity_type=name, cells=entity.cells, share=min(1.0, entity.cells / max(1, filled)), findings=entity.findings,
        score_mean=min(1.0, entity.score_sum / max(1, entity.findings) / 1e6), score_max=min(1.0, entity.score_max / 1e6),
        recognizers=tuple(sorted(entity.recognizers)))
