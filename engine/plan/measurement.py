"""What a backend measured of a source before anything is decided. Aggregates and the cube; no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.far.cube import FarCube
from engine.anonymity.itemsets import ItemCombinations, ItemSets
from engine.anonymity.population import Population
from schemas.policy import TableFormat


@dataclass(frozen=True)
class Measurement:
    """Schema, counts and cube of one version of one table.

    Attributes:
        schema: Arrow schema of the source, in column order.
        rows: Number of rows.
        format: How the table is stored, as it was found.
        version: Delta version that was measured, None for other formats.
        cube: Distinct (quasi-identifiers after their operators, sensitive values) with counts; None where the
            policy has no quasi-identifier. Of too many tuples it stays where it is, until the plan is compiled.
        nulls: How many cells are null, of each column of the policy that is not dropped.
        items: Counts of each column under ``guarantees.km``: of its sets, or of their combinations.
        population: What ``guarantees.population`` names.
        lookup_schemas: Arrow schema of each of ``source.lookups``.
    """

    schema: pa.Schema
    rows: int
    format: TableFormat
    version: int | None = None
    cube: Cube | FarCube | None = None
    nulls: Mapping[str, int] = field(default_factory=dict)
    lookup_schemas: dict[str, pa.Schema] = field(default_factory=dict)
    items: tuple[ItemSets | ItemCombinations, ...] = ()
    population: Population | None = None

    @property
    def all_null(self) -> tuple[str, ...]:
        """The columns that hold nothing but nulls."""
        return tuple(name for name, cells in self.nulls.items() if cells == self.rows)
