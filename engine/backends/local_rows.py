"""Rows in memory on their way through the stages of a plan, kernel by kernel."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Any

import pyarrow as pa

from engine.backends.keys import RootKey, resolve, subkey
from engine.backends.known import gather_known
from engine.backends.subject_keys import KeyTable, attach
from engine.plan.stages import Apply, AttachKeys, Check, Compare, Gather, Project, Read, Recode, RecodeItems, Route, Stage, Write
from schemas.reserved import LEAF
from udfs import kernel


class Rows:
    """Rows, changed by each stage that visits them.

    Args:
        table: The rows before the first stage.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._roots: dict[str, RootKey] = {}

    def run(self, stages: Iterable[Stage]) -> pa.Table:
        """Visits every stage in order, and returns the rows."""
        for stage in stages:
            self.visit(stage)
        return self.table

    @singledispatchmethod
    def visit(self, stage: Any) -> None:  # noqa: ANN401 - dispatches on the stage's type
        """Runs one stage."""
        raise TypeError(f"no execution for stage {type(stage).__name__}")

    @visit.register
    def _(self, stage: Gather) -> None:
        self.table = gather_known(self.table, stage)

    @visit.register
    def _(self, stage: AttachKeys) -> None:
        if stage.key not in self._roots:
            self._roots[stage.key] = resolve(stage.key)
        keys = attach(_array(self.table[stage.subject]), KeyTable(stage.table, stage.key, self._roots[stage.key]), new=stage.new)
        self._put(stage.output, keys)

    @visit.register
    def _(self, stage: Apply) -> None:
        call = stage.call
        inputs = [_array(self.table[name]) for name in call.inputs]
        secret = {name: subkey(ref, self._roots) for name, ref in call.keys}
        result = kernel(call.kernel)(*inputs, **dict(call.params), **secret)
        self._put(stage.column, result.cast(call.output))

    @visit.register
    def _(self, stage: RecodeItems) -> None:
        self._put(stage.column, kernel("recode_items")(_array(self.table[stage.column]), recoding=stage.recoding.to_json()))

    @visit.register
    def _(self, stage: Recode) -> None:
        labels = kernel("recode")(*(_array(self.table[name]) for name in stage.columns), tree=stage.tree.to_json())
        for name in stage.columns:
            self._put(name, labels.field(name))
        self.table = self.table.filter(pa.compute.invert(labels.field("suppressed")))

    @visit.register
    def _(self, stage: Route) -> None:
        routed = kernel("route")(*(_array(self.table[name]) for name in stage.columns), tree=stage.tree.to_json())
        for name in stage.columns:
            self._put(name, routed.field(name))
        self._put(stage.output, routed.field(LEAF))

    @visit.register
    def _(self, stage: Project) -> None:
        kept = self.table.select([name for name, _ in stage.columns])
        self.table = kept.rename_columns([released for _, released in stage.columns]).cast(stage.schema)

    def _put(self, name: str, values: pa.Array) -> None:
        at = self.table.schema.get_field_index(name)
        self.table = self.table.append_column(name, values) if at < 0 else self.table.set_column(at, name, values)

    @visit.register(Read)
    @visit.register(Write)
    @visit.register(Check)
    @visit.register(Compare)
    def _(self, stage: Read | Write | Check | Compare) -> None:
        """Reading comes before the first stage, writing and checking after the last."""


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
