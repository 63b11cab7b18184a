"""Differentially private statistics of a table: what they will cost, what they are, and what is claimed of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.dp_events import Event
from schemas.policy.statistics import Unit


class Figure(Record):
    """One released number."""

    query: str
    groups: dict[str, str | None] = Field(description="Column → label of the group; null is null. Empty for the whole table.")
    measure: str = Field(description="'rows', 'subjects', 'sum', 'mean', or 'quantile 0.5'.")
    value: float
    deviation: float | None = Field(None, description=(
        "Standard deviation of its noise; of a mean about, by the released count; None for quantiles."))


class QuerySpend(Record):
    """One mechanism of a query."""

    query: str
    part: Literal["counts", "sums", "keys", "quantiles"]
    mechanism: str = Field(description="In words, with its constants.")
    sensitivity: str = Field(description="What one unit changes at most, in words.")
    share: float = Field(description="Of the whole budget.")
    epsilon: float = Field(description="What it would cost alone, by the theorem that 'composition' names.")
    delta: float
    expected_error: float = Field(description=(
        "Standard deviation of noise in each group; of quantiles ranks, on average, at most; of keys the number of units of which a "
        "group is as likely named as not."))
    error_unit: str
    events: tuple[Event, ...]


class StatisticsPlan(Record):
    """What will be released and what it will cost, before anything is spent. No data were read."""

    policy: str
    unit: Unit
    max_rows_per_subject: int | None = Field(None, description="Of a group; queries may say otherwise.")
    max_groups_per_subject: int | None = None
    epsilon: float = Field(description="Of everything together, per unit, by the theorem that 'composition' names.")
    delta: float
    composition: str
    epsilon_by_accountant: dict[str, float] = Field(default_factory=dict, description="The same events, by accountants, at delta.")
    epsilon_record: dict[str, float] = Field(default_factory=dict, description="For one row in place of one subject, at delta.")
    spends: tuple[QuerySpend, ...]
    post_processing: tuple[str, ...] = ()


class StatisticsReceipt(Record):
    """Beside the statistics: ``<path>.receipt.json``."""

    receipt: Literal["lakeveil/statistics/v1"] = "lakeveil/statistics/v1"
    statistics_id: str
    lakeveil: str
    created: str = Field(description="UTC, ISO 8601.")
    backend: str
    table: str
    format: str
    version: int | None = Field(None, description="Of the Delta table that was counted.")
    output: str
    figures: int
    sha256: str = Field(description="Of the figures as JSON, one a line.")
    plan: StatisticsPlan
    ledger: str = Field(description="Which ledger was charged; or that none was.")
    covers: tuple[str, ...]
    excludes: tuple[str, ...]


class Statistics(Record):
    """What ``lakeveil stats`` answers: the receipt and the figures."""

    receipt: StatisticsReceipt
    figures: tuple[Figure, ...]
