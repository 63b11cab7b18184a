"""Plans of a release that grows: the recoding is given, and what the owner keeps of each row is made beside what is published."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from engine.anonymity.recoding import Recoding
from engine.errors import PolicyError
from engine.operators.base import KernelCall, KeyRef
from engine.operators.columns import is_scalar
from engine.plan.agreement import refuse_disagreement
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.rules import RULES
from engine.plan.stages import Apply, Check, Compare, Plan, Project, Read, Recode, Route, Stage, Write
from schemas.policy.growing import Versions
from schemas.reserved import CONTENT, LEAF, ROW

_NAMES, _CONTENTS = "lakeveil/v1/versions/row", "lakeveil/v1/versions/content"
"""What the keys are derived for by which rows are named, and told from changed ones."""

KEPT = (ROW, CONTENT, LEAF)
"""What the owner keeps of each row beside what is published of it."""


def of_versions(policy: Policy) -> Versions:
    """Returns what the policy says of versions.

    Raises:
        PolicyError: If it says nothing.
    """
    if policy.release.versions is None:
        raise PolicyError("the release has one version only", where="release", allowed="versions: {state: ..., key: ...}",
                          next="publish a release with versions, and append to that; or release the table anew to another path")
    return policy.release.versions


def row_column(policy: Policy) -> str:
    """Returns the column that identifies a row of the source."""
    return of_versions(policy).row or policy.source.subject or ""


def frozen_plan(policy: Policy, measurement: Measurement, recoding: Recoding) -> Plan:
    """Compiles a policy for a table that is generalized by a recoding of an earlier one.

    Args:
        policy: What must be true of the release.
        measurement: Schema, rows and version of the source; without a cube.
        recoding: The stored one.

    Raises:
        InputError: If the table does not have the columns that the policy describes, or has others.
    """
    refuse_disagreement(policy, replace(measurement, rows=1))  # a source may lose all its rows
    stages = [stage for rule in RULES for stage in rule(policy, measurement)]
    at = next(place for place, stage in enumerate(stages) if isinstance(stage, Project))
    stages.insert(at, Recode(policy.quasi_identifiers(), recoding))
    return Plan(policy=policy, stages=tuple(stages), rows=measurement.rows, schema=measurement.schema, format=measurement.format)


def naming(plan: Plan) -> tuple[Read, Apply, Apply]:
    """Returns the stages that read a source, name its rows and hash what they hold.

    Raises:
        PolicyError: If the column that identifies rows cannot.
    """
    policy, read = plan.policy, plan.stage(Read)
    key, column = of_versions(policy).key, row_column(policy)
    if not is_scalar(plan.schema.field(column).type):
        raise PolicyError(f"column {column!r} of type {plan.schema.field(column).type} identifies no rows",
                          where="release.versions.row", allowed="numbers, texts, dates", next="name another column")
    columns = tuple(name for name in plan.schema.names if name in {*read.columns, column})
    name = KernelCall("token", (column,), pa.string(), key=KeyRef(key, _NAMES))
    content = KernelCall("digest", read.columns, pa.string(), key=KeyRef(key, _CONTENTS))
    return replace(read, columns=columns), Apply(ROW, name), Apply(CONTENT, content)


def routing(plan: Plan) -> Plan:
    """Returns the plan that makes, of named rows, what is published of them, and keeps name, content and leaf beside it."""
    stages: list[Stage] = []
    for stage in plan.stages:
        if isinstance(stage, Recode):
            stages.append(Route(stage.columns, stage.tree, LEAF))
        elif isinstance(stage, Project):
            kept = [pa.field(ROW, pa.string()), pa.field(CONTENT, pa.string()), pa.field(LEAF, pa.int64())]
            stages.append(Project((*((name, name) for name in KEPT), *stage.columns), pa.schema([*kept, *stage.schema])))
        elif not isinstance(stage, Read | Write | Check | Compare):
            stages.append(stage)
    named = pa.schema([*plan.schema, pa.field(ROW, pa.string()), pa.field(CONTENT, pa.string())])
    return replace(plan, stages=tuple(stages), schema=named)
