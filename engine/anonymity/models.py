"""Models of what a class may tell about a sensitive column: each one measures classes, and says which measure is enough.

A class is a row of a matrix of counts, one column per value of the sensitive column; ``table`` holds the same counts of the whole
table. Of every model here a union of classes that keep it keeps it, too: so a node that cannot keep it need not be cut further.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-12
"""Relative slack: a measure of exactly the limit holds, whatever the last bit of the policy's decimal."""

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Model(ABC):
    """A claim on each class's distribution of one sensitive column.

    Attributes:
        column: The sensitive column.
        limit: What is enough.
        table: Rows of each value in the whole table, shape (values,); 0 for one that a policy lists and nobody has.
    """

    column: str
    limit: float
    table: Ints
    at_least: ClassVar[bool] = False
    strict: ClassVar[bool] = False

    @abstractmethod
    def measure(self, counts: Ints) -> Floats:
        """Returns a figure for each class; ``counts`` has the shape (classes, values), and no class is empty."""

    def hold(self, counts: Ints) -> Mask:
        """Returns which classes keep the claim."""
        return self.enough(self.measure(counts))

    def enough(self, found: Floats) -> Mask:
        """Returns which figures keep the claim."""
        if self.at_least:
            return found >= self.limit * (1 - SLACK)
        return found < self.limit * (1 - SLACK) if self.strict else found <= self.limit * (1 + SLACK)

    def stricter(self, margin: float) -> Self:  # noqa: ARG002 - those that do not look at the table need not be
        """Returns the model by which a claim still holds when a share ``margin`` of the table is taken out of it."""
        return self


@dataclass(frozen=True)
class DistinctDiversity(Model):
    """At least l different values (Machanavajjhala et al., "l-Diversity", TKDD 1(1), 2007, section 4).

    Attributes:
        nobody: How many values, the first ones, are not counted: of people, null and NaN. The loops that grow a tree do not know
            of it: a plan is made of tables in which every row has a subject.
    """

    nobody: int = 0
    at_least: ClassVar[bool] = True

    def measure(self, counts: Ints) -> Floats:
        """Returns how many values occur."""
        return np.asarray((counts[:, self.nobody:] > 0).sum(axis=1), np.float64)


@dataclass(frozen=True)
class EntropyDiversity(Model):
    """An entropy of at least log l (the same, definition 4.1)."""

    at_least: ClassVar[bool] = True

    def measure(self, counts: Ints) -> Floats:
        """Returns the exponential of the entropy: so many equally frequent values would have it."""
        share = _shares(counts)
        return np.asarray(np.exp(-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)))


@dataclass(frozen=True)
class RecursiveDiversity(Model):
    """The most frequent value less often than c times all from the l-th on (the same, definition 4.2).

    Attributes:
        l: From which value on, by falling frequency, counts are added up.
    """

    l: int = 2  # noqa: E741 - the literature's letter
    strict: ClassVar[bool] = True

    def measure(self, counts: Ints) -> Floats:
        """Returns the smallest c that would not do; infinite where fewer than l values occur."""
        falling = -np.sort(-counts, axis=1)
        rest = falling[:, self.l - 1:].sum(axis=1).astype(np.float64)
        return np.asarray(np.divide(falling[:, 0], rest, out=np.full(len(counts), np.inf), where=rest > 0))


@dataclass(frozen=True)
class Closeness(Model):
    """At most so far from the table; a distance of 1 is the largest."""

    def stricter(self, margin: float) -> Self:
        """What is taken out moves the table by at most its share."""
        return replace(self, limit=self.limit - margin)


@dataclass(frozen=True)
class EqualCloseness(Closeness):
    """A distance of at most t to the table, all values equally far apart (Li et al., "t-Closeness", ICDE 2007, section 4.2).

    Distances are taken between integers, ``sum |c N - q n| / (2 n N)``, so that the order of summation cannot matter.
    """

    def measure(self, counts: Ints) -> Floats:
        """Returns the total variation."""
        rows, total = counts.sum(axis=1), float(self.table.sum())
        apart = np.abs(counts * total - self.table * rows[:, None].astype(np.float64)).sum(axis=1)
        return np.asarray(apart / (2 * rows * total))


@dataclass(frozen=True)
class OrderedCloseness(Closeness):
    """The same where values stand in an order, a step between neighbours costing 1 / (values - 1) (the same, section 4.1)."""

    def measure(self, counts: Ints) -> Floats:
        """Returns the earth mover's distance."""
        rows, total = counts.sum(axis=1), float(self.table.sum())
        along = np.abs(np.cumsum(counts * total - self.table * rows[:, None].astype(np.float64), axis=1))[:, :-1].sum(axis=1)
        return np.asarray(along / (rows * total * max(len(self.table) - 1, 1)))


@dataclass(frozen=True)
class HierarchicalCloseness(Closeness):
    """The same where values are leaves of a hierarchy: a move costs the height at which both meet, by the root's (section 4.2).

    Attributes:
        levels: From the leaves' parents to the root, the node above each value; of the root all are 0.
    """

    levels: Sequence[Ints] = field(default_factory=tuple)

    def measure(self, counts: Ints) -> Floats:
        """Returns the earth mover's distance."""
        rows, total = counts.sum(axis=1), float(self.table.sum())
        extra = counts * total - self.table * rows[:, None].astype(np.float64)
        below, cost = np.arange(len(self.table)), np.zeros(len(counts))
        for height, level in enumerate(self.levels, 1):
            parents = _parents(below, level)
            here = np.stack([np.maximum(extra, 0), np.maximum(-extra, 0)])
            surplus, lack = _added(here[0], parents), _added(here[1], parents)
            cost += height * np.minimum(surplus, lack).sum(axis=1)
            extra, below = _added(extra, parents), level
        return np.asarray(cost / (rows * total * max(len(self.levels), 1)))


@dataclass(frozen=True)
class Relative(Model):
    """Compares shares with those of the table.

    Attributes:
        margin: Share of the table that may be taken out of it.
    """

    margin: float = 0.0

    def stricter(self, margin: float) -> Self:
        """Shares of the table may become smaller or larger, by what is taken out."""
        return replace(self, margin=margin)

    def bounds(self) -> tuple[Floats, Floats]:
        """Returns the smallest and the largest share that each value may have in the table."""
        share, rest = self.table / self.table.sum(), max(1 - self.margin, _TINY)
        return np.maximum((share - self.margin) / rest, _TINY), np.minimum(share / rest, 1.0)


@dataclass(frozen=True)
class Likeness(Relative):
    """No value more frequent than 1 + beta times as in the table (Cao and Karras, "β-Likeness", PVLDB 5(11), 2012).

    Attributes:
        enhanced: Whether frequent values are bound by -ln of their share, too (definition 3).
    """

    enhanced: bool = False

    def measure(self, counts: Ints) -> Floats:
        """Returns the largest relative gain, (p - q) / q; enhanced, times beta by the bound of the value that has it."""
        least, most = self.bounds()
        gain = _shares(counts) / least - 1
        if self.enhanced:
            bound = np.minimum(self.limit, -np.log(most))  # 0 for a value that may be the only one: no gain is allowed
            gain = np.where(gain > 0, np.divide(gain * self.limit, bound, out=np.full_like(gain, np.inf), where=bound > 0), 0)
        return np.asarray(np.maximum(gain, 0).max(axis=1))


@dataclass(frozen=True)
class Disclosure(Relative):
    """No value whose share differs from the table's by a factor of e^delta or more, of those in a class.

    Brickell and Shmatikov, "The cost of privacy", KDD 2008, definition 1, which also asks that every value is in every class; ARX
    and pyCANON ask it of those that are. Their logarithms have base 2 and e; here it is e.
    """

    strict: ClassVar[bool] = True

    def measure(self, counts: Ints) -> Floats:
        """Returns the largest logarithm, of either sign."""
        least, most = self.bounds()
        share = np.where(counts > 0, _shares(counts), 1.0)
        apart = np.maximum(np.log(share / least), -np.log(share / most))
        return np.asarray(np.where(counts > 0, apart, 0.0).max(axis=1))


def _shares(counts: Ints) -> Floats:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _parents(below: Ints, level: Ints) -> Ints:
    """Returns the parent of each node below, by what both say of the values."""
    parents = np.zeros(int(below.max(initial=-1)) + 1, np.int64)
    parents[below] = level
    return parents


def _added(columns: Floats, parents: Ints) -> Floats:
    """Returns columns added up by parent."""
    added = np.zeros((len(columns), int(parents.max(initial=-1)) + 1))
    np.add.at(added.T, parents, columns.T)
    return added
