"""The inventory of a lake: a row for each table that a scan looked at. Aggregates only.

``INVENTORY`` is the Delta table's schema, the same whichever backend writes it. Paths and names in it are masked: partition
values and what looks like an identifier stand as ``*``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import pyarrow as pa
from pydantic import Field

from schemas.base import Record
from schemas.findings import Category, Sensitivity
from schemas.policy import Role, TableFormat

Status = Literal["done", "failed", "gone"]
"""``done``: scanned. ``failed``: could not be. ``gone``: was in the lake at an earlier scan, and is no longer."""

Change = Literal["new table", "table gone", "new column", "column gone", "level raised", "level lowered"]


class InventoryEntity(Record):
    """One entity type in one column."""

    entity_type: str
    cells: int = Field(ge=0)
    share: float = Field(ge=0, le=1, description="Of the column's non-null cells.")
    score_mean: float = Field(ge=0, le=1)


class InventoryColumn(Record):
    """One column, or one nested field by its path."""

    path: str
    type: str
    role: Role
    category: Category
    sensitivity: Sensitivity
    because: str = Field(description="Why this sensitivity, in words without data values.")
    confidence: float = Field(ge=0, le=1)
    cells: int = Field(ge=0)
    nulls: int = Field(ge=0)
    scanned: int = Field(ge=0, description="Cells looked at.")
    unread: int = Field(0, ge=0, description="Cells that were not looked into: of a type that cannot be read.")
    skipped: bool = Field(default=False, description="Whether a sample without findings was all that was looked at.")
    missed_at_most: float | None = Field(None, ge=0, le=1, description=(
        "After a sample without findings: upper 95% bound on the share of cells that would have had one."))
    distinct: int = Field(ge=0, description="Distinct non-null values among those looked at.")
    entities: tuple[InventoryEntity, ...] = ()


class InventoryMetadata(Record):
    """Personal data that stands beside the rows: in a name, a comment, a path."""

    place: str = Field(description="Where, for example: comment of column 'x'; the name masked. Never what stands there.")
    entity_type: str = Field(description="Of partition values without a finding: the category of their column.")
    count: int = Field(ge=1, description="How many texts hold it; for partition values, how many rows.")


class InventoryRow(Record):
    """One table, as one run saw it."""

    run_id: str
    planned: int = Field(ge=0, description="Tables that the run set out to look at: with fewer rows than this it was cut short.")
    lake: str = Field(description="What was scanned: a folder, a schema of a catalog, a list of tables.")
    table: str = Field(description="Absolute path, URI or name in a catalog; masked.")
    table_id: str | None = Field(None, description="Delta's own identifier of the table.")
    format: TableFormat | None = None
    version: int | None = Field(None, description="Delta version that was read.")
    fingerprint: str | None = Field(None, description="SHA-256 over its files' names, sizes and times, if it has no version.")
    status: Status
    error_code: str | None = Field(None, description="As in docs/exit-codes.md, or 'crashed': the worker died of it.")
    error: str | None = Field(None, description="What was wrong, in words; whatever stood in quotes is left out.")
    rows: int | None = None
    column_count: int | None = None
    bytes_stored: int | None = Field(None, description="Size of its files, where that can be told.")
    bytes_scanned: int | None = None
    seconds: float | None = None
    scanned_share: float | None = Field(None, description="Cells looked at, of all.")
    sample: int | None = Field(None, description="Rows that were asked to be looked at; where null, the scan chose.")
    sensitivity: Sensitivity | None = Field(None, description="The highest of its columns.")
    detector: str = Field(description="Fingerprint of the recognizers, the levels and their code.")
    lakeveil: str = Field(description="Version that scanned.")
    scanned_at: datetime
    columns: tuple[InventoryColumn, ...] = ()
    whole: bool | None = Field(None, description="True if every row was asked to be looked at, however many; else null.")
    metadata: tuple[InventoryMetadata, ...] = Field((), description="Found beside the rows; null in rows of earlier versions.")
    unread_rows: int | None = Field(None, description="Lines that could not be read and were left out.")


_ENTITY = pa.struct([("entity_type", pa.string()), ("cells", pa.int64()), ("share", pa.float64()), ("score_mean", pa.float64())])
_COLUMN = pa.struct([
    ("path", pa.string()), ("type", pa.string()), ("role", pa.string()), ("category", pa.string()), ("sensitivity", pa.string()),
    ("because", pa.string()), ("confidence", pa.float64()), ("cells", pa.int64()), ("nulls", pa.int64()), ("scanned", pa.int64()),
    ("unread", pa.int64()), ("skipped", pa.bool_()), ("missed_at_most", pa.float64()), ("distinct", pa.int64()),
    ("entities", pa.list_(_ENTITY)),
])
_METADATA = pa.struct([("place", pa.string()), ("entity_type", pa.string()), ("count", pa.int64())])

INVENTORY = pa.schema([
    ("run_id", pa.string()), ("planned", pa.int64()), ("lake", pa.string()), ("table", pa.string()), ("table_id", pa.string()),
    ("format", pa.string()), ("version", pa.int64()), ("fingerprint", pa.string()), ("status", pa.string()),
    ("error_code", pa.string()), ("error", pa.string()), ("rows", pa.int64()), ("column_count", pa.int64()),
    ("bytes_stored", pa.int64()), ("bytes_scanned", pa.int64()), ("seconds", pa.float64()), ("scanned_share", pa.float64()),
    ("sample", pa.int64()), ("sensitivity", pa.string()), ("detector", pa.string()), ("lakeveil", pa.string()),
    ("scanned_at", pa.timestamp("us", tz="UTC")), ("columns", pa.list_(_COLUMN)),
    ("whole", pa.bool_()), ("metadata", pa.list_(_METADATA)), ("unread_rows", pa.int64()),
])
"""The Delta table's schema. Every field may be null; fields are only ever added."""

MARKS = frozenset(("run_id", "detector", "columns"))
"""Columns by which a Delta table is known to be an inventory, of whatever version."""


def completed(stored: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Returns the named columns with the types of ``INVENTORY``; those that an older inventory lacks are null."""
    wanted = pa.schema([INVENTORY.field(name) for name in columns])
    arrays = [stored[field.name].cast(field.type) if field.name in stored.schema.names
              else pa.chunked_array([pa.nulls(stored.num_rows, field.type)]) for field in wanted]
    return pa.Table.from_arrays(arrays, schema=wanted)


class Failure(Record):
    """A table that could not be scanned."""

    table: str
    error_code: str
    error: str


class LakeScan(Record):
    """What one run over a lake did."""

    lake: str
    inventory: str
    run_id: str
    tables: int = Field(ge=0, description="Tables found.")
    scanned: int = Field(ge=0)
    skipped: int = Field(ge=0, description="In the inventory already, in the same version and by the same recognizers.")
    failures: tuple[Failure, ...] = ()
    gone: int = Field(0, ge=0, description="Tables in the inventory that are no longer in the lake.")
    other_files: int = Field(0, ge=0, description="Files of kinds that are not read.")
    rows: int = Field(0, ge=0)
    bytes_scanned: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)


class TableStanding(Record):
    """The newest that an inventory knows about one table."""

    table: str
    lake: str
    format: TableFormat | None = None
    version: int | None = None
    status: Status
    error_code: str | None = None
    error: str | None = None
    rows: int | None = None
    column_count: int | None = None
    sensitivity: Sensitivity | None = None
    scanned_at: datetime


class Attention(Record):
    """A column that a person should look at."""

    table: str
    column: str
    sensitivity: Sensitivity
    because: str
    role: Role
    confidence: float
    found: tuple[str, ...] = Field((), description="Its commonest entity types, with the share of cells.")


class Difference(Record):
    """What the newest scan of a table saw otherwise than the one before."""

    table: str
    column: str | None = None
    change: Change
    before: Sensitivity | None = None
    after: Sensitivity | None = None
    seen_at: datetime


class InventorySummary(Record):
    """An inventory, read."""

    inventory: str
    scanned_at: datetime | None = Field(None, description="The newest row's time.")
    missing: int = Field(0, ge=0, description="Tables that the newest run did not come to, because it was cut short.")
    levels: dict[Sensitivity, int] = Field(description="Tables at each level.")
    columns: int = Field(0, ge=0, description="Columns of all tables.")
    tables: tuple[TableStanding, ...] = ()
    attention: tuple[Attention, ...] = ()
    differences: tuple[Difference, ...] = ()
