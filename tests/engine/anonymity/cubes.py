"""Cubes and policies of small tables."""

from __future__ import annotations

import pyarrow as pa

from engine.anonymity.cube import Cube
from schemas.policy import Column, Hierarchy
from schemas.reserved import COUNT


def cube_of(table: pa.Table, sensitive: tuple[str, ...] = ()) -> Cube:
    """Counts a table; every column that is not sensitive is a quasi-identifier."""
    counted = table.group_by(table.column_names).aggregate([([], "count_all")]).rename_columns([*table.column_names, COUNT])
    return Cube(counted, tuple(name for name in table.column_names if name not in sensitive), sensitive)


def columns(cube: Cube, **hierarchies: Hierarchy) -> dict[str, Column]:
    """Returns the policy's record of each quasi-identifier."""
    return {name: Column(role="quasi", why="test", hierarchy=hierarchies.get(name)) for name in cube.quasi}
