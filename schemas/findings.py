"""What a scan found. Aggregates only: no record of this module ever holds a value of the data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.policy import Role, TableFormat

Category = Literal["identity", "contact", "location", "date", "health", "financial", "credential", "online", "demographic",
                   "free text", "other"]


Sensitivity = Literal["public", "internal", "confidential", "restricted"]
"""How far data may travel, widest first. 'public' is a person's decision: no scan proposes it."""


class EntityFinding(Record):
    """One entity type in one column."""

    entity_type: str
    cells: int = Field(ge=0, description="Cells (rows, weighted) with at least one finding of this type.")
    share: float = Field(ge=0, le=1, description="Of the column's non-null cells.")
    findings: int = Field(ge=0, description="Findings, several in one cell counted each.")
    score_mean: float = Field(ge=0, le=1)
    score_max: float = Field(ge=0, le=1)
    recognizers: tuple[str, ...] = Field((), description="Who claimed it.")


class ColumnFindings(Record):
    """One column, or one nested field by its path (``address.city``, ``phones[]``)."""

    path: str
    type: str = Field(description="Arrow type, as text.")
    cells: int = Field(ge=0)
    nulls: int = Field(ge=0)
    distinct: int = Field(ge=0, description="Distinct non-null values among those looked at.")
    scanned: int = Field(ge=0, description="Cells looked at; fewer than 'cells' where the column was sampled.")
    mean_length: float = Field(0.0, ge=0, description="Characters of a cell, for text.")
    entities: tuple[EntityFinding, ...] = ()
    role: Role = Field(description="Proposed; a person confirms.")
    category: Category = "other"
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[str, ...] = Field((), description="Why this role, in words without data values.")
    sensitivity: Sensitivity | None = Field(None, description="Proposed; none in reports of earlier versions.")
    because: str = Field("", description="Why this sensitivity, in words without data values.")


class ScanReport(Record):
    """One table."""

    table: str
    format: TableFormat
    version: int | None = None
    rows: int = Field(ge=0)
    bytes_scanned: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)
    sensitivity: Sensitivity | None = Field(None, description="The highest of its columns.")
    columns: tuple[ColumnFindings, ...]
