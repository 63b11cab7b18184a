"""Differentially private statistics of a table: what they will cost, what they are, and what is claimed of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.dp_events import Event
from schemas.ledger import Beside, Charged
from schemas.policy.statistics import Unit


class Figure(Record):
    """One released number."""

    query: str
    groups: dict[str, str | None] = Field(description="Column → label of the group; null is null. Empty for the whole table.")
    measure: str = Field(description="'rows', 'subjects', 'sum', 'mean', or 'quantile 0.5'.")
    value: float
    deviation: float | None = Field(None, description=(
        "Standard deviation of its noise; of a mean about, by the released sum and count (delta method); None for quantiles."))


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
        "Standard deviation of noise in each group; of quantiles ranks, on average, at most; of keys of how many units a group "
        "is as likely named as not."))
    error_unit: str
    events: tuple[Event, ...] = Field(description="What it tells of one unit.")
    record_events: tuple[Event, ...] = Field((), description="The same of one row.")


class StatisticsPlan(Record):
    """What will be released and what it will cost, before anything is spent. No data were read."""

    policy: str
    unit: Unit
    max_rows_per_subject: int | None = Field(None, description="Of a group; queries may say otherwise.")
    max_groups_per_subject: int | None = None
    epsilon: float = Field(description="Of everything together, per unit, by the theorem that 'composition' names.")
    delta: float
    composition: str
    accounted_at: float = Field(0.0, description="The policy's delta, at which accountants tell epsilon.")
    epsilon_by_accountant: dict[str, float | None] = Field(default_factory=dict, description=(
        "Of the same events, by accountants: None where one has no answer; empty where dp_accounting is absent."))
    epsilon_record: dict[str, float | None] = Field(default_factory=dict, description=(
        "The same for one row more or less, whose place another row of its subject may take; so that it can be more."))
    budget: Beside | None = Field(None, description=(
        "How it stands beside the policy's budget, in a dry run; None where the policy has none, and on a receipt, whose charge "
        "says it."))
    taken: str | None = Field(None, description=(
        "In a dry run: what stands where they would be written, so that they would be refused; None if nothing does."))
    spends: tuple[QuerySpend, ...]
    post_processing: tuple[str, ...] = ()
    caveats: tuple[str, ...] = Field((), description="What nobody has looked at, for want of being told.")


class StatisticsReceipt(Record):
    """Beside the statistics: ``<path>.receipt.json``."""

    receipt: Literal["lakeveil/statistics/v1"] = "lakeveil/statistics/v1"
    statistics_id: str
    lakeveil: str
    created: str = Field(description="UTC, ISO 8601.")
    backend: str
    table: str
    format: str = "delta"
    version: int | None = Field(None, description="Of the Delta table that was counted.")
    output: str
    figures: int = 0
    sha256: str = Field("", description="Of the figures as JSON, one a line.")
    plan: StatisticsPlan
    unnamed: tuple[str, ...] = Field((), description=(
        "Queries of which no group was named; how many units it takes is the expected error of their keys."))
    charge: Charged | None = Field(None, description="In which ledger it stands; None where the policy names none, so that what "
                                                     "else was spent on these people is not added up.")
    covers: tuple[str, ...]
    excludes: tuple[str, ...]


class Statistics(Record):
    """What ``lakeveil stats`` answers: the receipt and the figures."""

    receipt: StatisticsReceipt
    figures: tuple[Figure, ...]
