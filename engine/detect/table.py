"""What the other columns of a table say about one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.detect.evidence import DAY, NAMED, Column, Evidence
from engine.detect.roles import Reading
from engine.detect.tally import ColumnTally

Readings = Sequence[tuple[ColumnTally, Reading]]

_OF_PEOPLE: frozenset[Reading] = frozenset((("direct", "contact"), ("direct", "location"), ("quasi", "demographic"), ("direct", "health")))
_PERSONAL_DATA = 2
_HALF = 0.5
_IN_WORDS = ("given", "family")


def from_table(column: Column, alone: Reading, table: Readings) -> Iterator[Evidence]:
    """Yields what a table says about a column that would be read as ``alone`` by itself.

    Args:
        column: The column.
        alone: Its reading without the others.
        table: Every column with its reading.
    """
    others = [(tally, reading) for tally, reading in table if tally is not column.tally]
    people = {reading for _, reading in others if reading in _OF_PEOPLE} | {reading for tally, reading in others if _holds_names(tally, reading)}
    if alone == ("sensitive", "health") and _weakly_named(column):
        if any(reading in {("sensitive", "health"), ("direct", "health")} and not _weakly_named(Column(tally)) for tally, reading in others):
            yield Evidence("table", "other columns are about health", {alone: 1.0})
        elif not any(reading == ("quasi", "demographic") for _, reading in others):
            yield Evidence("table", "no other column is about health", {alone: -1.5})
    if alone == ("sensitive", "financial") and _weakly_named(column) and not people:
        yield Evidence("table", "no other column is about people", {alone: -1.5})
    if alone == ("direct", "financial") and _weakly_named(column) and not column.tally.entities \
            and not any(reading[1] == "financial" for _, reading in others):
        yield Evidence("table", "no other column is about money", {NAMED: 2.5, alone: -2.5})
    if alone == DAY and len(people) >= _PERSONAL_DATA:
        yield Evidence("table", "other columns are about people", {DAY: 0.5})
    if _of_names(column) and any(_of_names(Column(tally)) for tally, _ in others):
        yield Evidence("table", "it stands beside another column of names", {NAMED: 1.5})


def _holds_names(tally: ColumnTally, reading: Reading) -> bool:
    return reading == NAMED and (tally.share("full name") >= _HALF or any(tally.share(f"set:{name}") >= _HALF for name in _IN_WORDS))


def _weakly_named(column: Column) -> bool:
    return column.hint is not None and column.hint.weight < 2.5  # noqa: PLR2004 - hints that say less than others


def _of_names(column: Column) -> bool:
    """Whether names of people are among its words, more than chance would have it."""
    return not column.few and max(column.words(name) for name in _IN_WORDS) >= 0.3  # noqa: PLR2004 - lists never hold all names
