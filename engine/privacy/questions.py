"""What is asked of a table, so that one unit changes the answer by little: all of it public, none of it read off the data.

A unit is a row, or a subject, of whom at most ``groups`` groups count and in each of them at most ``rows`` rows. Which, depends
on nothing but that subject's own rows and a fresh key. So a subject more or less leaves the others' rows where they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from engine.privacy.noise import Change, Changes
from schemas.policy.statistics import GRID, Query, Statistics, most_groups
from schemas.policy.v1 import Column, Domain, PolicyV1

Measure = Literal["rows", "subjects", "sum", "mean", "values"]
Part = Literal["counts", "sums"]


@dataclass(frozen=True)
class Steps:
    """A column's public range on a grid. A value counts as the nearest point, one beyond the range as its end.

    Attributes:
        lower: The least value.
        upper: The greatest.
        origin: The value whose point is 0.
        step: Distance of points, a power of two.
    """

    lower: float
    upper: float
    origin: float
    step: float

    @classmethod
    def of(cls, domain: Domain, measure: Measure) -> Steps:
        """Returns the grid of a column that is summed from 0, averaged from its middle, or ranked from its least value."""
        lower, upper = float(domain.min or 0), float(domain.max or 0)
        middle = lower / 2 + upper / 2
        origin = {"sum": 0.0, "mean": middle}.get(measure, lower)
        reach = max(abs(lower - origin), abs(upper - origin))
        return cls(lower, upper, origin, 2.0 ** (math.ceil(math.log2(reach)) - math.frexp(GRID)[1] + 1))

    def point(self, value: float) -> int:
        """Returns the place of a value. Every backend computes it by these operations on doubles, in this order."""
        return math.floor((min(max(value, self.lower), self.upper) - self.origin) / self.step + 0.5)

    def value(self, point: float) -> float:
        """Returns the value of a place."""
        return self.origin + point * self.step

    @property
    def ends(self) -> tuple[int, int]:
        """The places of the least and the greatest value."""
        return self.point(self.lower), self.point(self.upper)

    @property
    def reach(self) -> int:
        """How far a place is from 0, at most."""
        return max(map(abs, self.ends))


@dataclass(frozen=True)
class Axis:
    """A column by which rows are grouped.

    Attributes:
        column: Its name.
        labels: What groups are called; None where names come from the data.
        lower: Of bins, where the first begins: lesser values count in it.
        upper: Where the last ends: greater values count in it.
    """

    column: str
    labels: tuple[str, ...] | None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def of(cls, name: str, column: Column, bins: int | None) -> Axis:
        """Returns a column's groups: its bins, its categories, or, without a domain, those that are selected."""
        domain = column.domain
        if domain is None or domain.values:
            return cls(name, domain.values if domain else None)
        lower, upper = float(domain.min or 0), float(domain.max or 0)
        edges = [lower + (upper - lower) * n / (bins or 1) for n in range(1, bins or 1)]
        ends = (lower, *edges, upper)
        digits = next((digits for digits in (6, 10) if len({f"{end:.{digits}g}" for end in ends}) == len(ends)), 17)
        written = [f"[{a:.{digits}g}, {b:.{digits}g})" for a, b in pairwise(ends)]
        return cls(name, (*written[:-1], written[-1][:-1] + "]"), lower, upper)

    def place(self, label: str | None) -> int | str | None:
        """Returns by what backends tell a group: a bin by its place, a category by its label."""
        return self.labels.index(label) if self.lower is not None and self.labels and label is not None else label

    def bin(self, value: float) -> int:
        """Returns the place of a number's bin. Every backend computes it by these operations on doubles, in this order."""
        if self.lower is None or self.upper is None or self.labels is None:
            raise TypeError("this axis has no bins")
        last = len(self.labels) - 1
        share = (min(max(value, self.lower), self.upper) - self.lower) / (self.upper - self.lower)
        return min(math.floor(share * len(self.labels)), last)


@dataclass(frozen=True)
class Question:
    """One query, as backends answer it.

    Attributes:
        name: In the policy.
        measure: ``values`` is how many rows there are at each point of the grid.
        column: Of numbers; rows without one are not counted.
        steps: Its grid.
        axes: By what rows are grouped; rows that are in no group are not counted.
        subject: The column that tells subjects apart; rows without one are not counted. None where a unit is a row.
        rows: Of a subject in a group, at most.
        groups: Of a subject, at most.
    """

    name: str
    measure: Measure
    axes: tuple[Axis, ...] = ()
    column: str | None = None
    steps: Steps | None = None
    subject: str | None = None
    rows: int = 1
    groups: int = 1
    selected: bool = False

    @property
    def cells(self) -> int | None:
        """How many groups there are, publicly; None where they are selected."""
        return None if self.selected else math.prod(len(axis.labels or ()) for axis in self.axes)

    @property
    def most_cells(self) -> int:
        """How many groups there may be, selected ones too."""
        return most_groups(quantiles=self.measure == "values")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        read = (*(axis.column for axis in self.axes), self.column, self.subject)
        return tuple(dict.fromkeys(name for name in read if name is not None))

    @property
    def touched(self) -> int:
        """How many groups a unit is in, at most."""
        return 1 if self.subject is None else min(self.groups, self.cells or self.groups)

    @property
    def most(self) -> int:
        """How many of a unit's rows count in a group, at most."""
        return 1 if self.subject is None or self.measure == "subjects" else self.rows

    def size(self, part: Part) -> int:
        """Returns what a row adds to a cell, at most."""
        return self.steps.reach if part == "sums" and self.steps else 1

    def changes(self, part: Part) -> Changes:
        """Returns what one unit more or less changes."""
        return (Change(self.touched, self.most * self.size(part)),)

    def record_changes(self, part: Part) -> Changes:
        """Returns what one row more or less changes.

        Of a subject, another row may take its place in the group; or, where it was the only one there, another group of the same
        subject's comes in for that group.
        """
        if self.subject is None:
            return self.changes(part)
        size = self.size(part)
        swapped = max(size, self.steps.ends[1] - self.steps.ends[0]) if part == "sums" and self.steps else size
        here = (Change(1, swapped),)
        return (*here, Change(1, self.most * size)) if self.moves else here

    @property
    def moves(self) -> bool:
        """Whether a group of a subject's can come in for another."""
        return self.subject is not None and (self.cells is None or self.touched < self.cells)


def questions(policy: PolicyV1, asked: Statistics) -> tuple[Question, ...]:
    """Returns the policy's queries, in its order."""
    return tuple(_question(policy, asked, name, query) for name, query in asked.queries.items())


def _question(policy: PolicyV1, asked: Statistics, name: str, query: Query) -> Question:
    measure = _measure(query)
    column = policy.columns[query.column] if query.column else None
    steps = Steps.of(column.domain, measure) if column and column.domain else None
    return Question(
        name=name, measure=measure, column=query.column, steps=steps,
        axes=tuple(Axis.of(by, policy.columns[by], query.bins.get(by)) for by in query.by),
        subject=policy.source.subject if asked.unit == "subject" else None,
        rows=query.max_rows_per_subject or asked.max_rows_per_subject,
        groups=query.max_groups_per_subject or asked.max_groups_per_subject, selected=query.keys == "selected")


def _measure(query: Query) -> Measure:
    if query.count:
        return query.count
    if query.sum:
        return "sum"
    return "mean" if query.mean else "values"
