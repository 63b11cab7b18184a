"""From what became of a table to its row of the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from engine.backends.table_state import TableState
from engine.detect.tables.naming import MASK
from engine.errors import LakeveilError
from engine.lake.masking import unquoted
from engine.version import lakeveil_version
from schemas.base import Record
from schemas.findings import ColumnFindings, MetadataFinding, ScanReport, printable
from schemas.inventory import INVENTORY, InventoryColumn, InventoryEntity, InventoryMetadata, InventoryRow

Key = tuple[str, str | None, int | None, str | None, str, int | None, bool | None]
"""What makes a scan of a table the same as another: table, Delta's identifier, version, fingerprint, detector, sample, whole."""

KEY = ("table", "table_id", "version", "fingerprint", "detector", "sample", "whole")

Identity = tuple[str, str]
"""What a table is known by from one scan to the next: its path, and where that is masked, what tells it from its like."""


def identity(table: str, table_id: str | None) -> Identity:
    """Returns what a table is known by."""
    return table, (table_id or "") if MASK in table else ""


@dataclass(frozen=True)
class Run:
    """What is the same for every row of one run.

    Attributes:
        id: Its identifier.
        lake: What is scanned, masked.
        planned: Tables that it set out to look at.
        detector: Fingerprint of the recognizers.
        sample: Rows that are looked at in each table; as the scan chooses if None.
        whole: True if every row is looked at, however many; None as in the rows of those who did not say so yet.
    """

    id: str
    lake: str
    planned: int
    detector: str
    sample: int | None
    whole: bool | None = None
    lakeveil: str = field(default_factory=lakeveil_version)

    def key(self, table: str, state: TableState) -> Key | None:
        """Returns what a scan of a table is known by; None if nobody can tell whether the table changed since."""
        if state.version is None and state.fingerprint is None:
            return None
        return (table, table_id(table, state), state.version, state.fingerprint, self.detector, self.sample, self.whole)

    def done(self, table: str, state: TableState, report: ScanReport) -> InventoryRow:
        """Returns the row of a table that was scanned."""
        cells = sum(column.cells for column in report.columns)
        looked = sum(column.scanned for column in report.columns)
        return self._row(
            table, state, status="done", rows=report.rows, unread_rows=report.unread_rows or None,
            column_count=len(report.columns), bytes_scanned=report.bytes_scanned, seconds=report.seconds,
            scanned_share=min(1.0, looked / cells) if cells else 1.0, sensitivity=report.sensitivity,
            format=report.format, columns=tuple(map(_column, report.columns)), metadata=_metadata(report.metadata))

    def failed(self, table: str, state: TableState | None, error: LakeveilError) -> InventoryRow:
        """Returns the row of a table that could not be scanned."""
        return self._row(table, state, status="failed", error_code=error.code, error=unquoted(error.what))

    def gone(self, table: str, table_id: str | None) -> InventoryRow:
        """Returns the row of a table that is no longer there."""
        return self._row(table, None, status="gone", table_id=table_id)

    def _row(self, table: str, state: TableState | None, **known: Any) -> InventoryRow:  # noqa: ANN401 - fields of the row
        stored: dict[str, Any] = {}
        if state is not None:
            stored = {"format": state.format, "table_id": table_id(table, state), "version": state.version,
                      "fingerprint": state.fingerprint, "bytes_stored": state.bytes}
        return InventoryRow(**{
            "run_id": self.id, "planned": self.planned, "lake": self.lake, "table": table, "detector": self.detector,
            "sample": self.sample, "whole": self.whole, "lakeveil": self.lakeveil, "scanned_at": datetime.now(UTC),
            **stored, **known})


def table_id(table: str, state: TableState) -> str | None:
    """Returns Delta's identifier of a table; of another whose path is masked, the file system's."""
    return state.table_id or (state.node if MASK in table else None)


def to_table(rows: Sequence[InventoryRow]) -> pa.Table:
    """Returns rows with the schema ``INVENTORY``."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=INVENTORY)


def key_of(row: InventoryRow) -> Key:
    """Returns what a row is known by."""
    return (row.table, row.table_id, row.version, row.fingerprint, row.detector, row.sample, row.whole)


def _column(column: ColumnFindings) -> InventoryColumn:
    if column.sensitivity is None:
        raise ValueError("a report without levels: rate it first")
    shared = _shared(InventoryColumn, column)
    return InventoryColumn(**{**shared, "path": printable(column.path), "entities": tuple(
        InventoryEntity(**_shared(InventoryEntity, one)) for one in column.entities)})


def _metadata(found: Sequence[MetadataFinding]) -> tuple[InventoryMetadata, ...]:
    return tuple(InventoryMetadata(place=printable(one.place), entity_type=one.entity_type, count=one.count) for one in found)


def _shared(kind: type[Record], found: Record) -> dict[str, Any]:
    """Returns the fields of a finding that the inventory keeps: those that are called alike."""
    return {name: getattr(found, name) for name in kind.model_fields if name in type(found).model_fields}
