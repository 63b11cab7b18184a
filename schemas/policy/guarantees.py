"""What a policy promises of the written table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.population import PopulationTable, Presence
from schemas.policy.said import Said
from schemas.policy.terms import ColumnName, Share, as_tuple

MOST_KNOWN = 8
"""Largest ``m``: combinations grow with its power."""


class Recursive(Record):
    """The most frequent value stands less often than ``c`` times all values from the ``l``-th on together."""

    c: float = Field(gt=0, allow_inf_nan=False)
    l: int = Field(ge=2)  # noqa: E741 - the literature's letter


class LDiversity(Record):
    """Every equivalence class holds enough values of ``column``: in one of three senses."""

    column: ColumnName = Field(description="A sensitive column. Null is a value of its own, as is NaN.")
    distinct: int | None = Field(None, ge=2, description="At least so many different values.")
    entropy: float | None = Field(None, gt=1, allow_inf_nan=False, description=(
        "An entropy of at least its logarithm: as that of so many equally frequent values."))
    recursive: Recursive | None = None

    @model_validator(mode="after")
    def _one(self) -> LDiversity:
        if (self.distinct is not None) + (self.entropy is not None) + (self.recursive is not None) != 1:
            msg = "name exactly one of distinct, entropy and recursive"
            raise ValueError(msg)
        return self

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        if self.recursive is not None:
            return Said(f"recursive l({self.column})", "<", self.recursive.c, (
                f"how often the most frequent value stands for each of those from number {self.recursive.l} on, worst class"))
        if self.entropy is not None:
            return Said(f"entropy l({self.column})", "≥", self.entropy, "exponential of the entropy in the class that has least")
        return Said(f"l({self.column})", "≥", float(self.distinct or 0), "distinct values in the class that has fewest")


class TCloseness(Record):
    """In every class the distribution of ``column`` is within ``max`` of the table's."""

    column: ColumnName
    max: float = Field(gt=0, le=1)
    distance: Literal["equal", "ordered", "hierarchical"] = Field("equal", description=(
        "How far apart values are: all the same, by how many stand between them (numbers, dates, or 'order'), or by where they "
        "meet in 'hierarchy'."))
    order: tuple[str, ...] | None = Field(None, min_length=2, json_schema_extra={"uniqueItems": True}, description=(
        "All values, each once, from one end to the other. A value that nobody has is a step of the way, too."))
    hierarchy: Hierarchy | None = None

    @model_validator(mode="after")
    def _fits(self) -> TCloseness:
        if self.order is not None and self.distance != "ordered":
            msg = "order goes with distance: ordered"
            raise ValueError(msg)
        if self.order is not None and len(set(self.order)) < len(self.order):
            msg = "each value stands once in an order: a second place would make every distance look smaller"
            raise ValueError(msg)
        if (self.hierarchy is not None) != (self.distance == "hierarchical"):
            msg = "hierarchy and distance: hierarchical go together"
            raise ValueError(msg)
        return self

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        if self.distance == "equal":
            return Said(f"t({self.column})", "≤", self.max, "total variation to the whole written table, largest of all classes")
        return Said(f"{self.distance} t({self.column})", "≤", self.max, (
            "earth mover's distance to the whole written table, largest of all classes"))


class BetaLikeness(Record):
    """In no class is a value of ``column`` more frequent than 1 + ``max`` times as in the table."""

    column: ColumnName
    max: float = Field(gt=0, allow_inf_nan=False)
    enhanced: bool = Field(default=False, description="Whether frequent values are bound by -ln of their share, too.")

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        name = f"enhanced beta({self.column})" if self.enhanced else f"beta({self.column})"
        return Said(name, "≤", self.max, "largest gain of a value's share in a class, by its share in the whole written table")


class DeltaDisclosure(Record):
    """In no class does the share of a value of ``column`` differ from the table's by a factor of e^``below`` or more."""

    column: ColumnName
    below: float = Field(gt=0, allow_inf_nan=False)

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        return Said(f"delta({self.column})", "<", self.below, "largest logarithm of a value's share in a class by the table's")


class SubjectCount(Record):
    """Every equivalence class is about at least so many different people, whatever number of rows each of them has."""

    column: ColumnName = Field(description=(
        "Released column that tells people apart: the source's subject, as a token, say. Each row has one: null is nobody."))
    least: int = Field(ge=2)

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        return Said(f"subjects({self.column})", "≥", float(self.least), "different subjects in the class that has fewest")


class ItemClaim(Record):
    """k^m-anonymity of a column of sets: whoever knows at most ``m`` items of a row finds ``k`` rows or more that hold them all.

    Terrovitis, Mamoulis, Kalnis: Privacy-preserving anonymization of set-valued data, PVLDB 1(1), 2008, definition 1.
    """

    column: ColumnName = Field(description="A column of role quasi that holds lists of strings or whole numbers.")
    k: int = Field(ge=2)
    m: int = Field(ge=1, le=MOST_KNOWN, description="How many items of a row somebody may know.")
    items: Share = Field(0.0, description=(
        "Largest share of the items' occurrences that may be left out to get there: 5% or 0.05. Without a hierarchy, items can "
        "only be left out."))

    @property
    def said(self) -> Said:
        """What is promised, in words and as a number."""
        items = "one item" if self.m == 1 else f"at most {self.m} items"
        return Said(f"k^m({self.column})", "≥", float(self.k), f"rows with the rarest combination of {items} that a row holds")


ColumnClaim = SubjectCount | LDiversity | TCloseness | BetaLikeness | DeltaDisclosure
"""A claim on what one column holds in each class."""


Suppress = Literal["rows", "cells", "values"]


class Guarantees(Record):
    """What must hold on the written table."""

    k: int | None = Field(None, ge=2)
    subjects: SubjectCount | None = None
    l: Annotated[tuple[LDiversity, ...], BeforeValidator(as_tuple)] = ()  # noqa: E741 - the literature's letter
    t: Annotated[tuple[TCloseness, ...], BeforeValidator(as_tuple)] = ()
    beta: Annotated[tuple[BetaLikeness, ...], BeforeValidator(as_tuple)] = ()
    delta: Annotated[tuple[DeltaDisclosure, ...], BeforeValidator(as_tuple)] = ()
    km: Annotated[tuple[ItemClaim, ...], BeforeValidator(as_tuple)] = ()
    population: PopulationTable | None = None
    k_map: int | None = Field(None, ge=2, description="At least so many people of the population share the labels of each class.")
    presence: Presence | None = None
    suppression: Share = Field(0.0, description=(
        "Largest share of rows that may be left out (suppressed) to protect the others: 2% or 0.02."))

    suppress: Suppress = Field("rows", description=(
        "What is suppressed: rows are left out; or cells of such rows, which stay beside the others in classes of their own, '*' "
        "where they have nothing in common, and count as left out if they are '*' in every column; or values (full-domain): the "
        "rarest of a column without a hierarchy become '*' wherever they stand, where that pays, and their rows count, too."))

    @model_validator(mode="after")
    def _something(self) -> Guarantees:
        if self.suppress != "rows" and not self.suppression:
            msg = f"suppress: {self.suppress} needs a budget: say in suppression which share of rows it may be about"
            raise ValueError(msg)
        return self

    @property
    def on_columns(self) -> tuple[ColumnClaim, ...]:
        """All claims on what a column holds in each class."""
        return (*((self.subjects,) if self.subjects else ()), *self.l, *self.t, *self.beta, *self.delta)

    @property
    def on_population(self) -> tuple[Said, ...]:
        """All claims on how a class stands to the population."""
        people = Said("k-map", "≥", float(self.k_map or 0), "people of the population in the class that has fewest")
        return ((people,) if self.k_map else ()) + (self.presence.said if self.presence else ())

    @property
    def on_classes(self) -> bool:
        """Whether a class of rows that share their labels is held to a size."""
        return bool(self.k or self.on_population)

    def renamed(self, name: Callable[[str], str]) -> Guarantees:
        """Returns the same claims, on columns under other names."""
        def other(claim: ColumnClaim | ItemClaim) -> ColumnClaim | ItemClaim:
            return claim.model_copy(update={"column": name(claim.column)})

        return self.model_copy(update={
            "subjects": other(self.subjects) if self.subjects else None,
            "population": self.population.renamed(name) if self.population else None,
            **{letter: tuple(map(other, getattr(self, letter))) for letter in ("l", "t", "beta", "delta", "km")}})

    @property
    def claimed(self) -> frozenset[str]:
        """The columns that these claims are on; sets of items aside."""
        return frozenset(claim.column for claim in self.on_columns)
