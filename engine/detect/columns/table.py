"""What the other columns of a table say about one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.detect.columns.column import DAY, MOST, NAME_SETS, NAMED, Column, Evidence
from engine.detect.columns.roles import Reading

Readings = Sequence[tuple[Column, Reading]]

_HEALTH: Reading = ("sensitive", "health")
_MONEY: Reading = ("sensitive", "financial")
_ACCOUNT: Reading = ("direct", "financial")
_COUNTED: Reading = ("quasi", "demographic")
_OF_HEALTH = frozenset((_HEALTH, ("direct", "health")))
_OF_PEOPLE = frozenset((("direct", "contact"), ("direct", "location"), ("direct", "health"), _COUNTED))
_PERSONAL_DATA = 2
_WEAK = 2.5
"""Weight below which a hint says less than others do."""

_SOME_NAMES = 0.3
"""Share of cells from which on there are more names of people than chance would have it; lists never hold all names."""


def from_table(column: Column, alone: Reading, table: Readings) -> Iterator[Evidence]:
    """Yields what a table says about a column that would be read as ``alone`` by itself.

    Args:
        column: The column.
        alone: Its reading without the others.
        table: Every column with its reading.
    """
    others = [(other, reading) for other, reading in table if other is not column]
    people = {reading for other, reading in others if reading in _OF_PEOPLE or (reading == NAMED and _holds_names(other))}
    if _weakly_named(column):
        yield from _of_weakly_named(column, alone, others, people)
    if alone == DAY and len(people) >= _PERSONAL_DATA:
        yield Evidence("table", "other columns are about people", {DAY: 0.5})
    if _has_names(column) and any(_has_names(other) for other, _ in others):
        yield Evidence("table", "it stands beside another column of names", {NAMED: 1.5})


def _of_weakly_named(column: Column, alone: Reading, others: Readings, people: set[Reading]) -> Iterator[Evidence]:
    """Words that mean one thing in a table of patients and another in a table of machines: weight, result, balance."""
    if alone == _HEALTH:
        if any(reading in _OF_HEALTH and not _weakly_named(other) for other, reading in others):
            yield Evidence("table", "other columns are about health", {alone: 1.0})
        elif _COUNTED not in people:
            yield Evidence("table", "no other column is about health", {alone: -1.5})
    elif alone == _MONEY and not people:
        yield Evidence("table", "no other column is about people", {alone: -1.5})
    elif alone == _ACCOUNT and not column.tally.entities and not any(reading[1] == "financial" for _, reading in others):
        yield Evidence("table", "no other column is about money", {NAMED: 2.5, alone: -2.5})


def _weakly_named(column: Column) -> bool:
    return column.hint is not None and column.hint.weight < _WEAK


def _holds_names(column: Column) -> bool:
    return column.tally.share("full name") >= MOST or max(map(column.words, NAME_SETS)) >= MOST


def _has_names(column: Column) -> bool:
    return not column.few and max(map(column.words, NAME_SETS)) >= _SOME_NAMES
