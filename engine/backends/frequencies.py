"""Counting classes by any columns of a table: what is asked of a backend, and how it is done in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pyarrow as pa

from engine.anonymity.risk.frequencies import Combination, Frequencies, Matched
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples, summed
from engine.backends.rows import read_columns
from engine.backends.tables import open_table
from engine.errors import InputError, nearest
from engine.operators.columns import is_scalar
from engine.plan.types import normalized
from schemas.policy.v1 import Source
from schemas.receipt import TableVersion
from schemas.reserved import COUNT

MOST_COLUMNS = 60
"""Columns that are counted together."""


class Counting(Protocol):
    """A backend that counts the classes of a table."""

    def frequencies(
        self, source: Source, columns: Sequence[str] | None,
    ) -> AbstractContextManager[tuple[Frequencies, TableVersion]]:
        """Counts the tuples of a table once, and holds them while the context is open.

        Args:
            source: The table.
            columns: Which columns; all that are not nested if None.

        Raises:
            InputError: If the table cannot be read, a column is not there, is nested, or there are too many.
        """
        ...


class LocalFrequencies:
    """Counts in this process. Satisfies ``engine.anonymity.risk.Frequencies``.

    Args:
        table: Rows, or a count table (``schemas.reserved.COUNT``).
        columns: Which of its columns.
    """

    def __init__(self, table: pa.Table, columns: Sequence[str]) -> None:
        self._columns, self._table = tuple(columns), table
        self._coded = Tuples.of(table, columns)

    @property
    def columns(self) -> Combination:
        """The columns that were counted."""
        return self._columns

    @property
    def kinds(self) -> tuple[str, ...]:
        """The Arrow type of each column, as text."""
        return tuple(str(self._table.schema.field(name).type) for name in self._columns)

    def sizes(self, combinations: Sequence[Combination]) -> list[Sizes]:
        """Returns the sizes of classes by each combination, in their order."""
        return [self._coded.by(names) for names in combinations]

    def matched(self, population: LocalFrequencies) -> Matched:
        """Returns the classes by all columns beside those of a population. See ``Frequencies.matched``."""
        require_same_kinds(self, population)
        wanted = [*self._columns, *([COUNT] if COUNT in self._table.column_names else [])]
        both = Tuples.row_by_row(pa.concat_tables([self._table.select(wanted), population._table.select(wanted)]), self._columns)
        place, number = both.classes(range(len(self._columns)))
        mine = self._table.num_rows
        return Matched.of(summed(place[:mine], both.counts[:mine], number), summed(place[mine:], both.counts[mine:], number))

    def tuples(self, most: int) -> Tuples | None:
        """Returns the distinct tuples, or None if there are more than ``most``."""
        return self._coded if len(self._coded.counts) <= most else None


@contextmanager
def local_frequencies(source: Source, columns: Sequence[str] | None) -> Iterator[tuple[LocalFrequencies, TableVersion]]:
    """Counts a table in this process. See ``Counting.frequencies``."""
    table = open_table(source)
    schema = normalized(table.schema)
    names = chosen(schema, columns, source.table)
    version = TableVersion(table=source.table, format=table.format, version=table.version, rows=table.rows)
    yield LocalFrequencies(read_columns(table, schema, list(names)), names), version


def chosen(schema: pa.Schema, columns: Sequence[str] | None, table: str) -> tuple[str, ...]:
    """Returns the columns that are to be counted: those named, each once, or all that are not nested.

    Raises:
        InputError: If one is not there or is nested, or there are none, or too many.
    """
    flat = [field.name for field in schema if is_scalar(field.type)]
    names = tuple(dict.fromkeys(flat if columns is None else columns))
    for name in names:
        if name not in schema.names:
            raise InputError(f"the table has no column {name!r}", where=table, allowed=_listed(flat), next=nearest(name, flat))
        if name not in flat:
            raise InputError(f"column {name!r} is nested", where=table, allowed="columns of plain values", next="leave it out")
    if not 0 < len(names) <= MOST_COLUMNS:
        raise InputError(f"{len(names)} columns to count", where=table, allowed=f"1 to {MOST_COLUMNS}",
                         next="name those that could tell people apart with --columns")
    return names


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_COLUMNS
    return ", ".join(names[:MOST_COLUMNS]) + (f", and {more:,} more" if more > 0 else "")


def require_same_kinds(table: Frequencies, population: Frequencies) -> None:
    """Checks that columns of a population can be compared with those of a table.

    Raises:
        InputError: If one has another type.
    """
    for name, mine, other in zip(table.columns, table.kinds, population.kinds, strict=True):
        if mine != other:
            raise InputError(f"column {name!r} has type {other} in the population and {mine} in the table", where=name,
                             next="give both the same type")
