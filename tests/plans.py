"""Plans built by hand, for tests of what executes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.operators.base import KernelCall, KeyRef
from engine.plan import Plan, Policy
from engine.plan.stages import Apply, Project, Read, Stage, Write


def policy(table: Path | str, release: Path | str, columns: tuple[str, ...], **source: Any) -> Policy:
    """Returns a policy that keeps every column; the stages of the plan decide what happens."""
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "by-hand", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": {"table": str(table), **source},
        "columns": {name: {"role": "insensitive", "why": "test"} for name in columns},
        "release": {"path": str(release)},
    })


def plan(table: Path | str, release: Path | str, schema: pa.Schema, *stages: Stage, version: int | None = 0,
         kept: tuple[str, ...] | None = None, stored: str = "delta", partitions: int | None = None, rows: int = 0) -> Plan:
    """Returns Read, the given stages, Project, Write."""
    names = tuple(schema.names)
    types = {field.name: field.type for field in schema} | {
        stage.column: stage.call.output for stage in stages if isinstance(stage, Apply)}
    kept = kept or names
    released = pa.schema([pa.field(name, types[name]) for name in kept])
    return Plan(
        policy=policy(table, release, names), rows=rows, schema=schema, format=stored or "delta",
        stages=(Read(str(table), stored, version, names), *stages,
                Project(tuple((name, name) for name in kept), released), Write(str(release), partitions)))


def call(kernel: str, *inputs: str, output: pa.DataType | None = None, key: str | None = None, **params: Any) -> Apply:
    """Returns a kernel on its first input."""
    ref = KeyRef(key, f"test/{kernel}") if key else None
    return Apply(inputs[0], KernelCall(kernel, inputs, output or pa.string(), tuple(sorted(params.items())), ref))
