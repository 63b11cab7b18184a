"""What a policy says of everybody: the table that a release is drawn from, and how a class may stand to it."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field, model_validator

from schemas.base import Record
from schemas.policy.said import Said
from schemas.policy.terms import ColumnName, Share, TableFormat, Text


class PopulationTable(Record):
    """A table with a row for everybody, among them all that the source is about."""

    table: Text = Field(description="Path or URI of the table. It is counted, and never released.")
    format: TableFormat | None = Field(None, description="Found from the path by default.")
    version: int | None = Field(None, ge=0, description="Delta version; the newest by default.")
    columns: dict[ColumnName, ColumnName] = Field(default_factory=dict, description=(
        "Quasi-identifier → its name in this table, where that is another one."))

    def renamed(self, name: Callable[[str], str]) -> PopulationTable:
        """Returns the same table beside quasi-identifiers under other names."""
        return self.model_copy(update={"columns": {name(quasi): column for quasi, column in self.columns.items()}})


class Presence(Record):
    """δ-presence: of the people who share a class's labels, a share from ``min`` to ``max`` is released.

    Nergiz, Atzori, Clifton: Hiding the presence of individuals from shared databases, SIGMOD 2007, definition 3. As in ARX, rows
    may be suppressed; but with ``min`` nobody of the population may be in a class of which no row is there.
    """

    min: Share = Field(0.0, description="Smallest share; above 0 nobody can be told to be absent.")
    max: Share = Field(1.0, description="Largest share; below 1 nobody can be told to be present.")

    @model_validator(mode="after")
    def _in_order(self) -> Presence:
        if self.min > self.max or self.max == 0 or (self.min, self.max) == (0, 1):
            msg = "min is at most max, and one of them says something: {max: 50%}, say"
            raise ValueError(msg)
        return self

    @property
    def said(self) -> tuple[Said, ...]:
        """What is promised, in words and as numbers."""
        found = [Said("presence", "≤", self.max, "largest share of a class's people in the population that is released")]
        if self.min:
            found.append(Said("least presence", "≥", self.min, "smallest share of a class's people that is released"))
        return tuple(found)
