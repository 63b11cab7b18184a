"""Scans a table: tallies of its parts, merged, made into a report. Both backends go this way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from engine.detect.columns.classify import Proposal, classify_container, classify_table
from engine.detect.columns.sensitivity import rated
from engine.detect.columns.tags import Tag
from engine.detect.scanner import Scanner
from engine.detect.tables.count import tally_batch
from engine.detect.tables.keys import Tallies, without_data
from engine.detect.tables.metadata import TableMetadata, scan_metadata
from engine.detect.tables.naming import names_of
from engine.detect.tables.pairs import ROOT
from engine.detect.tables.sampling import Rows, choose, clears, drawn, missed_at_most
from engine.detect.tables.tally import TALLY, ColumnTally, EntityTally, merged
from schemas.findings import ColumnFindings, EntityFinding, Reason, Sampling, ScanReport
from schemas.policy import TableFormat

__all__ = ["TALLY", "Read", "Table", "report_of", "scan_batches", "scan_table", "tally_batch"]

CONTAINERS = ("struct", "list", "map")
BLOCK_ROWS, BLOCK_BYTES = 1 << 20, 1 << 26
"""Rows and bytes that are tallied together: distinct values are scanned once a block."""

Read = Callable[[Sequence[str] | None, Rows], Iterable[pa.RecordBatch | pa.Table]]
"""Tallies some columns (all if None) of the chosen rows: parts of the schema ``TALLY``, with the rows' seed as key."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Table:
    """A table that is scanned.

    Attributes:
        name: Its path or name, for the report.
        schema: Its columns.
        format: How it is stored.
        version: Its Delta version, if it has one.
        rows: How many rows it has.
        metadata: What stands beside its rows.
        unread: Rows that could not be read, and are not counted.
    """

    name: str
    schema: pa.Schema
    format: TableFormat
    version: int | None
    rows: int
    metadata: TableMetadata = field(default_factory=TableMetadata)
    unread: int = 0


def scan_table(
    table: Table, read: Read, *, sample: int | None = None, whole: bool = False, scanner: Scanner | None = None,
    progress: Progress | None = None,
) -> ScanReport:
    """Scans a table that can be read more than once.

    A large table is sampled first, and read whole only where the sample does not clear a column (``sampling.py``).

    Args:
        table: What is known of it.
        read: Tallies parts of it.
        sample: Look at so many random rows only.
        whole: Look at all rows, however many.
        scanner: The default scanner unless given.
        progress: Told "scan" and the share that is done.
    """
    began, scanner = time.monotonic(), scanner or Scanner.default()
    chosen = choose(table.name, table.version, table.rows, sample=sample, whole=whole)
    empty = _of_nothing(table.schema, scanner, chosen.seed)
    tallies = merged([empty, *read(None, chosen)])
    skipped: frozenset[str] = frozenset()
    if chosen.mode == "route":
        if progress is not None:
            progress("scan what the sample did not clear", 0.3)
        names = table.schema.names
        skipped = _cleared(names, tallies)
        rest = [name for name in names if name not in skipped]
        again = merged([empty, *read(rest, Rows("all", table.rows, chosen.seed))]) if rest else {}
        kept = [item for item in tallies.items() if item[0][0] in skipped]
        kept += [item for item in again.items() if item[0][0] not in skipped]
        tallies = dict(sorted(kept, key=lambda item: names.index(item[0][0])))
    report = report_of(table, tallies, chosen, skipped, scanner)
    return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


def scan_batches(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, table: str, format: TableFormat,  # noqa: A002 - the report's own word
    version: int | None, rows: int, scanner: Scanner | None = None, sample: int | None = None, progress: Progress | None = None,
) -> ScanReport:
    """Scans batches that are read once: all of them, or ``sample`` random rows. Arguments as of ``Table`` and ``scan_table``."""
    scanner = scanner or Scanner.default()

    def read(_: Sequence[str] | None, chosen: Rows) -> Iterator[pa.RecordBatch]:
        return tallies_of(batches, rows, chosen, scanner, progress)

    return scan_table(Table(table, schema, format, version, rows), read, sample=sample, whole=True, scanner=scanner)


def tallies_of(
    batches: Iterable[pa.RecordBatch], rows: int, chosen: Rows, scanner: Scanner, progress: Progress | None = None,
) -> Iterator[pa.RecordBatch]:
    """Tallies the chosen ones of a table's rows, in blocks."""
    done = 0
    for block in blocks(batches if chosen.mode == "all" else drawn(batches, rows, chosen.sample, chosen.seed)):
        yield tally_batch(block, scanner, key=chosen.seed)
        done += block.num_rows
        if progress is not None:
            progress("scan", min(1.0, done / max(1, chosen.sample)))


def blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Joins batches up to ``BLOCK_ROWS`` rows or ``BLOCK_BYTES`` bytes; cuts none."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= BLOCK_ROWS or size >= BLOCK_BYTES:
            yield _joined(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _of_nothing(schema: pa.Schema, scanner: Scanner, key: int) -> pa.RecordBatch:
    """The tally of no rows: so every column and every field of a struct is in a report, also of an empty table."""
    nothing = pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)
    return tally_batch(nothing, scanner, key=key)


def _cleared(names: Sequence[str], tallies: Tallies) -> frozenset[str]:
    """Returns the columns that a sample clears: with nothing to scan in them, or scanned enough without a finding."""
    unclear = {tally.column for tally in tallies.values() if tally.scanned and not clears(tally.rows, tally.found)}
    return frozenset(names) - unclear


def report_of(
    table: Table, tallies: Tallies, chosen: Rows, skipped: Iterable[str] = (), scanner: Scanner | None = None,
) -> ScanReport:
    """Makes a report from tallies.

    Args:
        table: The table that was scanned.
        tallies: Of its columns (``merged``).
        chosen: The rows that were looked at.
        skipped: Columns of which only a sample was.
        scanner: Of metadata; the default scanner unless given.
    """
    scanner = scanner or Scanner.default()
    order = {name: place for place, name in enumerate(table.schema.names)}
    tallies = dict(sorted(without_data(tallies, scanner, chosen.seed).items(), key=lambda item: order[item[0][0]]))
    proposals = _proposals(list(tallies.values()), table.metadata.tags())
    columns = tuple(_column(tally, proposals[place], table, sampled=chosen.mode == "sample" or tally.column in skipped,
                            skipped=tally.column in skipped) for place, tally in tallies.items())
    names = names_of(columns, table.format, scanner, table.metadata.properties)
    report = rated(ScanReport(
        table=table.name, format=table.format, version=table.version, rows=table.rows, unread_rows=table.unread,
        bytes_scanned=sum(tally.bytes for tally in tallies.values()), columns=columns,
        metadata=scan_metadata(table.metadata, columns, names, scanner),
        sampling=Sampling(mode=chosen.mode, rows=chosen.sample, seed=chosen.seed)))
    return report.model_copy(update={"columns": tuple(map(names.on, report.columns))})


def _proposals(tallies: list[ColumnTally], tags: Mapping[str, tuple[Tag, ...]]) -> dict[tuple[str, str], Proposal]:
    plain = [tally for tally in tallies if tally.type not in CONTAINERS]
    found = {(tally.column, tally.path): proposal for tally, proposal in zip(plain, classify_table(plain, tags), strict=True)}
    for tally in tallies:
        holds = tally.type in CONTAINERS
        begins = (tally.path + ROOT, tally.path + ".", tally.path + "[") if holds else tally.path + ROOT
        inner = [one for (column, path), one in found.items() if column == tally.column and path.startswith(begins)]
        place, said = (tally.column, tally.path), tags.get(tally.path, ())
        if holds:
            found[place] = classify_container(inner, said)
        elif inner:
            own = [found[place]] if tally.measures["json:parsed"] < tally.filled else []
            found[place] = classify_container([*own, *inner], said)
    return found


def _column(tally: ColumnTally, proposal: Proposal, table: Table, *, sampled: bool, skipped: bool) -> ColumnFindings:
    nested = "[]" in tally.path or tally.cells > table.rows or ROOT in tally.path
    bounded = sampled and tally.scanned and not tally.found
    reasons = tuple(Reason(source=one.source, says=one.says, weight=round(one.weight(proposal.reading), 2))
                    for one in proposal.reasons)
    remarks = table.metadata.remarks(tally.column) if tally.path == tally.column else ()
    return ColumnFindings(
        path=tally.path, column=tally.column, type=tally.type, nulls=tally.nulls,
        cells=tally.cells if nested else max(table.rows, tally.cells),
        distinct=tally.distinct, scanned=tally.cells, mean_length=round(tally.length / max(1, tally.filled), 2),
        entities=tuple(_entity(name, entity, tally.filled) for name, entity in sorted(
            tally.entities.items(), key=lambda item: (-item[1].cells, item[0]))),
        role=proposal.role, category=proposal.category, confidence=proposal.confidence,
        evidence=(*proposal.evidence, *remarks), reasons=reasons,
        unread=tally.unread, skipped=skipped, missed_at_most=missed_at_most(tally.rows) if bounded else None)


def _entity(name: str, entity: EntityTally, filled: int) -> EntityFinding:
    return EntityFinding(
        entity_type=name, cells=entity.cells, share=min(1.0, entity.cells / max(1, filled)), findings=entity.findings,
        score_mean=entity.score, score_max=min(1.0, entity.score_max / 1e6), recognizers=tuple(sorted(entity.recognizers)),
        whole=entity.whole)
