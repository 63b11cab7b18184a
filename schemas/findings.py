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


def percent(share: float) -> str:
    """Returns a share as whole percents, never rounding something to nothing, or to all."""
    if 0 < share < 0.01:  # noqa: PLR2004 - one in a hundred
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"  # noqa: PLR2004 - what would be rounded up


def printable(text: str) -> str:
    """Returns a text without signs that a terminal would obey, or that are not Unicode."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


class EntityFinding(Record):
    """One entity type in one column."""

    entity_type: str
    cells: int = Field(ge=0, description="Cells (rows, weighted) with at least one finding of this type.")
    share: float = Field(ge=0, le=1, description="Of the column's non-null cells.")
    findings: int = Field(ge=0, description="Findings, several in one cell counted each.")
    score_mean: float = Field(ge=0, le=1)
    score_max: float = Field(ge=0, le=1)
    recognizers: tuple[str, ...] = Field((), description="Who claimed it.")
    whole: int = Field(0, ge=0, description="Cells of which a finding of this type is all, or nearly.")


class Reason(Record):
    """One piece of evidence for or against a column's proposed role."""

    source: str = Field(description="Where it was seen: name, type, findings, words, forms, looks, spread, text, tag, table.")
    says: str = Field(description="What was seen, in words without data values.")
    weight: float = Field(description="For the proposed role and category, in log-odds; against it if negative; 0 explains only.")


class ColumnFindings(Record):
    """One column, or one nested field by its path.

    ``address.city`` is a field of a struct, ``phones[]`` the elements of a list, ``tags.key`` and ``tags.value`` those of a map,
    ``payload$.user.email`` a field of the JSON documents in ``payload``.
    """

    path: str = Field(description="What identifies somebody in it stands as * and the number of the line where it first stands.")
    column: str = Field("", description="The table's column in which it stands; empty in reports of earlier versions.")
    masked: bool = Field(default=False, description="Whether something in its path is masked.")
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
    reasons: tuple[Reason, ...] = Field((), description="The evidence with its weights, the heaviest first.")
    unread: int = Field(0, ge=0, description="Cells that were not looked into: binary, or of a type that cannot be read.")
    skipped: bool = Field(default=False, description="Whether a random sample without findings was all that was looked at.")
    missed_at_most: float | None = Field(None, ge=0, le=1, description=(
        "If a random sample had no finding: upper 95% bound (Clopper-Pearson) on the share of non-null cells, or of rows for "
        "elements of lists, maps and documents, in which the scanner would have found something."))
    sensitivity: Sensitivity | None = Field(None, description="Proposed; none in reports of earlier versions.")
    because: str = Field("", description="Why this sensitivity, in words without data values.")


class MetadataFinding(Record):
    """Personal data that stands beside the rows: in a name, a comment, a path."""

    place: str = Field(description="Where, for example: comment of column 'x'. Never what stands there.")
    entity_type: str = Field(description="Of partition values without a finding: the category of their column.")
    count: int = Field(ge=1, description="How many texts hold it; for partition values, how many rows.")


class Sampling(Record):
    """How much of a table was looked at."""

    mode: Literal["all", "sample", "route"] = Field(description=(
        "all: every row. sample: a random sample of the asked size. route: a random sample, then every row of the columns that "
        "it did not clear."))
    rows: int = Field(ge=0, description="Rows of the sample; of the table for 'all'.")
    seed: int = Field(0, ge=0, description="Of the sample; the same table version is sampled alike.")


class ScanReport(Record):
    """One table."""

    table: str
    format: TableFormat
    version: int | None = None
    rows: int = Field(ge=0)
    unread_rows: int = Field(0, ge=0, description="Lines that were left out: no JSON, or with a key that stands twice.")
    bytes_scanned: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)
    sensitivity: Sensitivity | None = Field(None, description="The highest of its columns.")
    columns: tuple[ColumnFindings, ...]
    metadata: tuple[MetadataFinding, ...] = Field((), description="Found beside the rows.")
    sampling: Sampling | None = None
