"""What was measured of re-identification risk. Aggregates only: names of columns, counts and shares; never a data value."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.policy import Role
from schemas.receipt import ClassSizes, TableVersion

UniquenessModel = Literal["zayatz", "pitman", "snb"]


class SampleRisk(Record):
    """What an attacker can do who knows that somebody is in the table (prosecutor), and the classes behind it."""

    rows: int = Field(ge=0)
    classes: int = Field(ge=0, description="Different combinations of the columns.")
    alone: int = Field(ge=0, description="Rows that no other row is like.")
    prosecutor_max: float = Field(ge=0, le=1, description="1 ÷ smallest class.")
    prosecutor_mean: float = Field(ge=0, le=1, description=(
        "Classes ÷ rows: also the marketer's risk where no population is known."))
    at_risk: float = Field(ge=0, le=1, description="Share of rows whose own risk is above the threshold.")
    class_sizes: ClassSizes


class PopulationRisk(Record):
    """What an attacker can do who holds a table of the whole population (journalist, marketer): classes are counted there."""

    population: TableVersion
    smallest: int = Field(ge=1, description="Rows of the population in the smallest class that the table shares: the k of k-map.")
    alone: int = Field(ge=0, description="Rows that are alone in the population, too.")
    journalist_max: float = Field(ge=0, le=1)
    journalist_mean: float = Field(ge=0, le=1, description=(
        "Greater of the mean over rows, and classes ÷ rows of the population in them."))
    at_risk: float = Field(ge=0, le=1, description="Share of rows whose own risk is above the threshold.")
    marketer: float = Field(ge=0, le=1, description=(
        "Share of rows that are expected to be matched rightly: mean over rows of 1 ÷ size."))
    short: int = Field(ge=0, description=(
        "Rows of classes of which the population has fewer rows than the table, so that it does not hold all of its rows. They "
        "count with the table's own size."))


class UniquenessEstimate(Record):
    """Uniques of the population by one model."""

    model: UniquenessModel
    uniques: float | None = Field(description="None where the model has no solution; the note says why.")
    share: float | None = Field(description="Of the population.")
    note: str = ""


class Uniqueness(Record):
    """Uniques of a population of which the table is a simple random sample."""

    population: int = Field(ge=1)
    fraction: float = Field(gt=0, le=1)
    estimates: tuple[UniquenessEstimate, ...]
    model: UniquenessModel = Field(description="Which one the rule of Dankar et al. (2012) takes.")
    uniques: float
    share: float = Field(ge=0, le=1, description=(
        "Of the population; also the share of the table's rows expected to be unique in it."))
    why: str = Field(description="Why the rule takes it.")
    match: float | None = Field(ge=0, le=1, description=(
        "Probability that a row that is alone, and matches one person, matches the right one (Skinner and Elliot 2002); None "
        "where no row is alone."))


class Contribution(Record):
    """How much of all scores comes from sets that a column is in. Shares add up to more than 1: sets have several columns."""

    column: str
    share: float = Field(ge=0, le=1)


class SpecialUniques(Record):
    """Minimal sets of columns that make a row unique (SUDA2: Manning, Haglin and Keane 2008)."""

    order: int = Field(ge=1, description="Most columns of a set that was looked for.")
    rows: int = Field(ge=0, description="Rows with at least one such set.")
    by_size: tuple[int, ...] = Field(description="Sets of one column, of two, and so on, over all rows.")
    contributions: tuple[Contribution, ...] = Field(description="Highest first.")
    edges: tuple[float, ...] = Field(description="Left edges of the scores' histogram, as shares of the highest score possible.")
    scores: tuple[int, ...] = Field(description="Rows by their score, without those that have none.")
    highest: float = Field(ge=0, description="Highest score of a row.")


class CombinationRisk(Record):
    """How well a combination of columns tells rows apart."""

    columns: tuple[str, ...]
    classes: int
    distinctness: float = Field(ge=0, le=1, description="Classes ÷ rows.")
    separation: float = Field(ge=0, le=1, description="Share of pairs of rows that differ.")
    alone: float = Field(ge=0, le=1, description="Share of rows that no other row is like.")


class SinglingOut(Record):
    """A minimal set of columns that makes more than a share of rows unique: no column can be left out."""

    columns: tuple[str, ...]
    alone: float = Field(ge=0, le=1)
    search: Literal["all", "greedy"] = Field(description="Whether all sets of this many columns were looked at.")


class RoleSuggestion(Record):
    """A role that the figures speak for; a person decides."""

    column: str
    role: Role | None = Field(description="None where they speak for none.")
    why: str
    classes: int
    distinctness: float = Field(ge=0, le=1)
    alone: float = Field(ge=0, le=1, description="Share of rows that the column makes unique by itself.")
    in_policy: Role | None = Field(None, description="What a policy says of it.")


class TableRisk(Record):
    """Everything that was measured of one table."""

    table: TableVersion
    columns: tuple[str, ...] = Field(description="The quasi-identifiers.")
    sample: SampleRisk
    population: PopulationRisk | None = None
    uniqueness: Uniqueness | None = None
    special_uniques: SpecialUniques | None = None
    left_out: tuple[str, ...] = Field((), description="What was asked for and could not be measured, and what that needs.")
    combinations: tuple[CombinationRisk, ...] = Field(description="All of up to 'max_size' columns.")
    singling_out: tuple[SinglingOut, ...] = Field(description="Smallest first.")
    roles: tuple[RoleSuggestion, ...]


class RiskReport(Record):
    """What ``lakeveil risk`` writes; for a policy beside its release, ``<path>.risk.json``."""

    risk: Literal["lakeveil/risk/v1"] = "lakeveil/risk/v1"
    lakeveil: str = Field(description="Version of Lakeveil.")
    created: str = Field(description="UTC, ISO 8601.")
    backend: str
    policy: str | None = Field(None, description="Name of the policy.")
    release_id: str | None = Field(None, description="Of the release that 'after' is about.")
    threshold: float = Field(gt=0, le=1, description="A row with a greater risk than this is at risk.")
    max_size: int = Field(ge=1)
    singled_out: float = Field(ge=0, le=1, description="Share of rows above which a set of columns singles people out.")
    before: TableRisk = Field(description="The table, or a policy's source, with values as they stand there.")
    after: TableRisk | None = Field(None, description="The release, with its labels.")
