"""What a release is good for, measured against its source: ``<release>.utility.json``. Aggregates only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record


class QueryBucket(Record):
    """Relative errors of the queries that want a share of the rows from ``least`` to below ``below``."""

    least: float
    below: float | None = Field(description="None for no upper end.")
    queries: int
    lower: float | None = Field(None, description="First quartile; None where there was no query.")
    median: float | None = None
    upper: float | None = Field(None, description="Third quartile.")


class QueryErrors(Record):
    """How far counts from the release are from those of the source."""

    queries: int
    bound: float = Field(description="Rows that an error is divided by at least: a share of the source's rows.")
    lower: float
    median: float
    upper: float
    by_selectivity: tuple[QueryBucket, ...]


class Learning(Record):
    """One model trained on the release and one on the source, on source rows that neither has seen."""

    target: str = Field(description="Released name.")
    metric: str
    classes: int
    rows_train: int = Field(description="Rows of the source, before any is suppressed.")
    rows_test: int
    train_raw: float
    train_released: float | None = Field(description="None where no row was released to learn from.")
    majority: float = Field(description="Of always saying the most frequent class.")


class GroupUtility(Record):
    """What the release does to one group. Groups are numbered, largest first, where their label could single people out."""

    column: str
    group: str
    rows: int
    suppressed: int
    loss: float
    accuracy_raw: float | None = Field(None, description="On the group's test rows; of large groups only.")
    accuracy_released: float | None = None


class GroupDifference(Record):
    """How far the two large groups of a column that differ most are apart."""

    column: str
    measure: str
    lowest: str = Field(description="The group with the lowest figure.")
    highest: str
    difference: float


class Utility(Record):
    """Beside a release: ``<path>.utility.json``."""

    utility: Literal["lakeveil/utility/v1"] = "lakeveil/utility/v1"
    release_id: str
    plan_fingerprint: str
    lakeveil: str
    created: str = Field(description="UTC, ISO 8601.")
    rows: int = Field(description="Of the source.")
    queries: QueryErrors | None = None
    learning: Learning | None = None
    groups: tuple[GroupUtility, ...] = ()
    differences: tuple[GroupDifference, ...] = ()
    not_measured: tuple[str, ...] = Field((), description="What is missing above, and why.")
    seconds: float
