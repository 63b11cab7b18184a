"""What is published of a source as differentially private statistics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.terms import MOST_EPSILON, ColumnName, Delta, Finite, Text

if TYPE_CHECKING:
    from schemas.policy.v1 import Column, Domain, PolicyV1

MOST_CELLS = 1_000_000
"""Cells of one query: all of them come to the driver, and all get noise, empty ones too."""

MOST_POINTS = 10_000_000
"""Cells times points of the grid, of a query for quantiles."""

MOST_PARTS = 10_000
"""Rows of a subject in a group, or groups of one, that may count: accountants walk through as many."""

GRID = 1024
"""Steps in which a number's range is told: a power of two near this."""

Unit = Literal["subject", "record"]


def _told(share: float) -> float:
    if round(share, 4) != share:
        msg = "a quantile has four decimals at most: so it is drawn, and told"
        raise ValueError(msg)
    return share


Between = Annotated[float, Field(ge=0, le=1), AfterValidator(_told)]


class Query(Record):
    """One statistic, by groups or of the whole table."""

    count: Literal["rows", "subjects"] | None = Field(None, description="How many rows, or how many subjects.")
    sum: ColumnName | None = Field(None, description="The total of a column, whose domain is {min, max}.")
    mean: ColumnName | None = Field(None, description="Its mean.")
    quantiles: ColumnName | None = Field(None, description="Its quantiles: those of 'at'.")
    at: tuple[Between, ...] = Field((0.25, 0.5, 0.75), min_length=1, max_length=99, description=(
        "Which quantiles, each once, with four decimals at most: 0.5 is the median."))
    by: tuple[ColumnName, ...] = Field((), description=(
        "Columns whose values make the groups. With several, groups are their combinations, a contingency table."))
    bins: dict[ColumnName, Annotated[int, Field(ge=1, le=100_000)]] = Field(default_factory=dict, description=(
        "Of columns of numbers in 'by', into how many equally wide intervals their domain is cut: a histogram."))
    keys: Literal["public", "selected"] = Field("public", description=(
        "public: groups are all of the columns' domains, empty ones too. selected: those in the data that enough subjects are "
        "in; what they are called is paid for with half of the query's share, and with delta."))
    weight: float = Field(1.0, ge=1e-6, le=1e6, description="Its share of the budget, beside the weights of the others.")
    max_rows_per_subject: int | None = Field(None, ge=1, le=MOST_PARTS, description="For this query alone.")
    max_groups_per_subject: int | None = Field(None, ge=1, le=MOST_PARTS, description="For this query alone.")

    @model_validator(mode="after")
    def _one_measure(self) -> Query:
        if sum(one is not None for one in (self.count, self.sum, self.mean, self.quantiles)) != 1:
            msg = "a query has one of count, sum, mean, quantiles"
            raise ValueError(msg)
        if "at" in self.model_fields_set and self.quantiles is None:
            msg = "at says which quantiles: it goes with quantiles"
            raise ValueError(msg)
        strangers = [name for name in self.bins if name not in self.by]
        if strangers:
            msg = f"bins cuts column {strangers[0]!r}, which by does not name"
            raise ValueError(msg)
        if len(set(self.by)) < len(self.by) or len(set(self.at)) < len(self.at):
            msg = "by and at name each column and each quantile once"
            raise ValueError(msg)
        if self.keys == "selected" and not self.by:
            msg = "keys: selected names groups: say by which columns"
            raise ValueError(msg)
        return self

    @property
    def column(self) -> str | None:
        """The column of numbers, if any."""
        return self.sum or self.mean or self.quantiles


class Statistics(Record):
    """Counts, sums, means, histograms, contingency tables and quantiles of the source, under one epsilon for all of them."""

    epsilon: Finite = Field(gt=0, le=MOST_EPSILON)
    delta: Delta | None = Field(None, description=(
        "Chance that epsilon does not hold. With it many queries get less noise, and groups can be selected; without it epsilon "
        "holds always."))
    unit: Unit = Field("subject", description="Whom epsilon is about: one subject with all its rows, or one row.")
    max_rows_per_subject: int = Field(1, ge=1, le=MOST_PARTS, description=(
        "Rows of a subject that count, at most, in each group of a query; a random few of those that it has."))
    max_groups_per_subject: int = Field(1, ge=1, le=MOST_PARTS, description=(
        "Groups of a query that a subject counts in, at most; a random few."))
    subjects: int | None = Field(None, ge=1, description="Publicly known, round number of units in the table, to judge delta by.")
    noise: Literal["auto", "laplace", "gaussian"] = Field("auto", description=(
        "laplace: epsilons of queries add up. gaussian: with delta; better for many queries. auto: what gives less noise."))
    non_negative: bool = Field(default=False, description="Counts below 0 are shown as 0: nicer, and too high on average.")
    queries: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")], Query] = Field(min_length=1)
    path: Text | None = Field(None, description=(
        "Where they go: a Delta table, or a file that ends with .json or .csv. Beside the release by default."))

    @model_validator(mode="after")
    def _delta_where_needed(self) -> Statistics:
        if self.delta is None:
            if self.noise == "gaussian":
                msg = "noise: gaussian holds but for a small chance: give delta"
                raise ValueError(msg)
            selected = [name for name, query in self.queries.items() if query.keys == "selected"]
            if selected:
                msg = f"queries.{selected[0]}: a group of one subject is named with some chance, which delta pays for: give delta"
                raise ValueError(msg)
        if self.delta is not None and self.subjects is not None and self.delta > 1 / self.subjects:
            msg = f"delta is no promise above 1/{self.subjects}, one over the number of units; a tenth of that is usual"
            raise ValueError(msg)
        return self


def unanswerable(policy: PolicyV1) -> Iterator[str]:
    """Yields one sentence for each query that a policy does not say enough for, or that would not be private."""
    asked = policy.statistics
    if asked is None:
        return
    if asked.unit == "subject" and policy.source.subject is None:
        yield "statistics.unit subject needs source.subject; or say unit: record, which protects one row and not one person"
    for name, query in asked.queries.items():
        place = f"statistics.queries.{name}"
        yield from (f"{place}: {problem}" for problem in _problems(policy, query))
        if asked.unit == "record" and query.count == "subjects":
            yield f"{place}: subjects are counted under unit: subject; a row more or less may be the only one of its subject"
        if asked.unit == "record" and (query.max_rows_per_subject or query.max_groups_per_subject):
            yield f"{place}: what a subject may have is bounded under unit: subject alone"


def most_groups(*, quantiles: bool) -> int:
    """Returns how many groups a query may have: of one for quantiles all points of all groups are held."""
    return MOST_POINTS // GRID if quantiles else MOST_CELLS


def _problems(policy: PolicyV1, query: Query) -> Iterator[str]:
    named = (*query.by, *((query.column,) if query.column else ()))
    yield from (f"column {name!r} is not listed in columns" for name in named if name not in policy.columns)
    if query.column in policy.columns and not _ranged(policy.columns[query.column]):
        yield f"columns.{query.column} needs domain: {{min, max}}, publicly known: numbers beyond count as its ends"
    for name in query.by:
        if name in policy.columns:
            yield from _by(policy, query, name)
    if query.keys == "public":
        cells = math.prod(_cells(policy, query, name) for name in query.by)
        most = most_groups(quantiles=query.quantiles is not None)
        if cells > most:
            yield f"{cells:,} groups, where {most:,} are allowed: name fewer columns, or fewer bins"


def _by(policy: PolicyV1, query: Query, name: str) -> Iterator[str]:
    column = policy.columns[name]
    if column.role in {"direct", "text"} or name == policy.source.subject:
        yield f"columns.{name} tells who somebody is, or is text: groups are made of other columns"
    elif name in query.bins and not _ranged(column):
        yield f"columns.{name} needs domain: {{min, max}}, publicly known, for its bins"
    elif name in query.bins and not _told_apart(column.domain, query.bins[name]):
        yield f"columns.{name}: so many bins are too narrow for numbers of that size: name fewer, or a wider domain"
    elif _ranged(column) and name not in query.bins:
        yield f"columns.{name} holds numbers: say in bins into how many intervals its domain is cut"
    elif column.domain is None and query.keys == "public":
        yield (f"columns.{name} needs a domain, {{values: [...]}} or {{min, max}}, publicly known; or let groups be named from "
               "the data: keys: selected")


def _ranged(column: Column) -> bool:
    return column.domain is not None and column.domain.min is not None


def _told_apart(domain: Domain | None, bins: int) -> bool:
    """Whether each bin's end is a double of its own, by some."""
    if domain is None or domain.min is None or domain.max is None:
        return True
    return (domain.max - domain.min) / bins >= 8 * max(math.ulp(domain.min), math.ulp(domain.max))


def _cells(policy: PolicyV1, query: Query, name: str) -> int:
    column = policy.columns.get(name)
    values = column.domain.values if column and column.domain else None
    return query.bins.get(name) or len(values or ()) or 1
