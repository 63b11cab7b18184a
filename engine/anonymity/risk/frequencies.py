"""The port through which classes of a table are counted. Backends implement it; no row passes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from engine.anonymity.risk.sizes import Ints, Sizes
from engine.anonymity.risk.tuples import Tuples, summed

Combination = tuple[str, ...]
"""Names of columns."""


@dataclass(frozen=True)
class Matched:
    """Classes of a table beside the same classes of a population.

    Attributes:
        sizes: Sizes of classes in the population, ascending, each once: never less than in the table.
        classes: Classes of the table that have this size in the population.
        rows: Rows of the table in them.
        short: Rows of classes of which the population has fewer rows than the table. Their size is taken from the table.
        population: Rows of the population.
    """

    sizes: Ints
    classes: Ints
    rows: Ints
    short: int
    population: int

    @classmethod
    def of(cls, table: Ints, population: Ints) -> Matched:
        """Matches classes.

        Args:
            table: Rows of the table in each class of either; 0 where it has none.
            population: Rows of the population in the same.
        """
        held = table > 0
        sizes, place = np.unique(np.maximum(table, population)[held], return_inverse=True)
        short = table[held & (population < table)]
        return cls(sizes, np.bincount(place, minlength=len(sizes)), summed(place, table[held], len(sizes)), int(short.sum()),
                   int(population.sum()))


class Frequencies(Protocol):
    """A table's tuples, counted once, and the sizes of classes by any of its columns."""

    @property
    def columns(self) -> Combination:
        """The columns that were counted."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The Arrow type of each column, as text."""
        ...

    def sizes(self, combinations: Sequence[Combination]) -> list[Sizes]:
        """Returns the sizes of classes by each combination, in their order."""
        ...

    def matched(self, population: Self) -> Matched:
        """Returns the classes by all columns beside those of a population, which holds the table's rows among others.

        Args:
            population: The same columns of another table, counted by the same backend.

        Raises:
            InputError: If a column has another type there.
        """
        ...

    def tuples(self, most: int) -> Tuples | None:
        """Returns the distinct tuples, or None if there are more than ``most``."""
        ...
