"""What of a policy says how its population is counted."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.far import near
from engine.anonymity.population import BESIDE, Population
from engine.anonymity.values import of_type
from engine.errors import InputError
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.rules import preparation
from schemas.policy import Guarantees
from schemas.policy.v1 import Source
from schemas.receipt import TableVersion
from schemas.reserved import COUNT


def of_everybody(policy: Policy, schema: pa.Schema, table: Source, names: Mapping[str, str]) -> Policy:
    """Returns a policy that makes of a population what ``policy`` makes of its source before labels are given.

    Args:
        policy: The policy.
        schema: Of its source.
        table: The population.
        names: Quasi-identifier → its name there, where that is another one.

    Raises:
        InputError: If an operator of a quasi-identifier reads what a population does not have.
    """
    quasi = policy.quasi_identifiers()
    others = {name for apply in preparation(policy, schema) for name in apply.call.inputs
              if apply.column in quasi and name != apply.column}
    others -= {name for name in quasi if names.get(name, name) == name}
    if others:
        raise InputError("an operator of a quasi-identifier reads another column, so that nobody else can get its labels",
                         where=", ".join(sorted(others)), next="leave that operator or the population out")
    columns = {names.get(name, name): policy.columns[name] for name in quasi}
    return policy.model_copy(update={"source": table, "columns": columns, "guarantees": Guarantees()})


def counted(policy: Policy, source: Cube, table: Source, names: Mapping[str, str], found: Measurement) -> Population:
    """Returns the population that was measured by ``of_everybody``, in the source's names and types.

    Raises:
        InputError: If it has no rows, or lacks a quasi-identifier, or has one in another type.
    """
    asked = {name: names.get(name, name) for name in policy.quasi_identifiers()}
    lacking = [column for column in asked.values() if column not in found.schema.names]
    if lacking or found.cube is None:
        what = f"lacks {len(lacking)} column(s): {', '.join(map(repr, lacking))}" if lacking else "has no rows"
        raise InputError(f"the population {what}", where=table.table, allowed=", ".join(asked.values()),
                         next="say in guarantees.population.columns what they are called there, or name another table")
    cube = near(found.cube, what=BESIDE)
    columns = {name: _as(cube.table[column], source.table[name].type, column, table) for name, column in asked.items()}
    version = TableVersion(table=table.table, format=found.format, version=found.version, rows=found.rows)
    return Population(version, Cube(pa.table({**columns, COUNT: cube.table[COUNT]}), tuple(asked)))


def _as(values: pa.ChunkedArray, type_: pa.DataType, column: str, table: Source) -> pa.Array:
    try:
        return of_type(values, type_, column)
    except InputError:
        raise InputError(f"column {column!r} is {values.type} in the population, and {type_} in the source", where=table.table,
                         allowed="one type in both", next="cast one of them at the source") from None
