"""Rows on their way through the stages: one lazy DataFrame, built stage by stage.

Inside, columns have names of our own (``c0``, ``c1``, …; a column that is written anew gets a new one), so
that dots, spaces and quotes in a table's names never meet an expression parser, and so that a stage that
overwrites a column does not disturb one that still reads the old value.

What Spark can say exactly runs as an expression; consecutive kernels that it cannot run together in one
``mapInArrow`` pass, the tree included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatchmethod
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.tree import FLAG
from engine.backends.keys import RootKey
from engine.backends.spark.keys import admitted
from engine.backends.spark.known import attach_known, reads_as_text
from engine.backends.spark.native import native, pads
from engine.backends.spark.subject_keys import SubjectKeyFrame
from engine.backends.spark.types import ddl, ddl_schema, quoted
from engine.backends.spark.worker import Call, RecodeCall, TextCall, batches
from engine.backends.subject_keys import NAMES, wrapping_key
from engine.operators.base import KernelCall, KeyRef
from engine.plan.stages import Apply, AttachKeys, Check, Compare, Gather, Project, Read, Recode, RecodeItems, Route, Stage, Write
from schemas.reserved import LEAF, PREFIX

TEXTS = pa.list_(pa.string())


class Rows:
    """A DataFrame under construction.

    Args:
        spark: The session.
        frame: The source's columns, by position.
        schema: Their names and normalized types.
    """

    def __init__(self, spark: SparkSession, frame: DataFrame, schema: pa.Schema) -> None:
        self.spark = spark
        self._roots: dict[str, RootKey] = {}
        self._made = 0
        self._at = {name: self._new() for name in schema.names}
        self._types = {self._at[field.name]: field.type for field in schema}
        self._frame = frame.toDF(*self._at.values())
        self._pending: list[Call] = []
        self._keys: dict[KeyRef, str] = {}

    def run(self, stages: Sequence[Stage]) -> Rows:
        """Visits every stage in order, forgetting columns as soon as no later stage reads them."""
        for number, stage in enumerate(stages):
            self.visit(stage)
            later = stages[number + 1:]
            if any(isinstance(s, Project) for s in later):
                needed = {name for s in later for name in reads(s)}
                self._at = {name: at for name, at in self._at.items() if name in needed}
        return self

    def frame(self, names: Sequence[str]) -> DataFrame:
        """Returns the named columns under their own names, in this order."""
        self._flush()
        return self._frame.select(*(F.col(quoted(self._at[name])).alias(name) for name in names))

    @singledispatchmethod
    def visit(self, stage: Any) -> None:  # noqa: ANN401 - dispatches on the stage's type
        """Adds one stage."""
        raise TypeError(f"no execution for stage {type(stage).__name__}")

    @visit.register
    def _(self, stage: Gather) -> None:
        own = [self._at[known.column] for known in stage.known if known.table is None]
        self._settle([*own, *([self._at[stage.subject]] if stage.subject else [])])
        texts = [self._as_text(at) for at in own]
        self._settle(texts)
        subject = self._at[stage.subject] if stage.subject else None
        output = self._new()
        self._frame = attach_known(self.spark, self._frame, stage, texts=texts, subject=subject, output=output,
                                   subject_type=self._types.get(subject or ""))
        self._name(stage.output, output, TEXTS)

    @visit.register
    def _(self, stage: AttachKeys) -> None:
        table = SubjectKeyFrame(self.spark, stage.table, wrapping_key(stage.key, self._root(stage.key)))
        self._roots[stage.output] = table.namer()
        name = PREFIX + "subject"
        self.visit(Apply(name, KernelCall("token", (stage.subject,), pa.string(), key=KeyRef(stage.output, NAMES))))
        self._settle([self._at[name]])
        output = self._new()
        self._frame = table.attached(self._frame, self._at.pop(name), output, new=stage.new)
        self._name(stage.output, output, pa.binary())

    @visit.register
    def _(self, stage: Apply) -> None:
        call, output = stage.call, self._new()
        inputs = tuple(self._at[name] for name in call.inputs)
        kinds = tuple(self._types[at] for at in inputs)
        if not self._produced(inputs):
            expression = native(call, [F.col(at) for at in inputs], kinds, lambda: self._padded(call.key))
            if expression is not None:
                self._frame = self._frame.withColumn(output, expression.cast(ddl(call.output)))
                self._name(stage.column, output, call.output)
                return
        secret = {name: self._subkey(ref) for name, ref in call.keys}
        self._pending.append(Call(call.kernel, inputs, kinds, output, call.output, {**dict(call.params), **secret}))
        self._name(stage.column, output, call.output)

    @visit.register
    def _(self, stage: RecodeItems) -> None:
        source, output = self._at[stage.column], self._new()
        self._pending.append(Call("recode_items", (source,), (self._types[source],), output, TEXTS,
                                  {"recoding": stage.recoding.to_json()}))
        self._name(stage.column, output, TEXTS)

    @visit.register
    def _(self, stage: Recode) -> None:
        flag = self._generalize(stage, "recode", FLAG, PREFIX + FLAG, pa.bool_())
        self._flush()
        del self._at[PREFIX + FLAG]
        self._frame = self._frame.filter(~F.col(flag)).drop(flag)

    @visit.register
    def _(self, stage: Route) -> None:
        self._generalize(stage, "route", LEAF, stage.output, pa.int64())

    def _generalize(self, stage: Recode | Route, kernel: str, beside: str, name: str, kind: pa.DataType) -> str:
        """Puts labels in place of the quasi-identifiers, and what the kernel has beside them under ``name``."""
        inputs = tuple(self._at[column] for column in stage.columns)
        kinds = tuple(self._types[at] for at in inputs)
        labels, output = tuple(self._new() for _ in inputs), self._new()
        self._pending.append(RecodeCall(
            kernel, inputs, kinds, output, kind, {"tree": stage.tree.to_json()}, labels, stage.columns, beside))
        for column, label in zip(stage.columns, labels, strict=True):
            self._name(column, label, pa.string())
        self._name(name, output, kind)
        return output

    @visit.register
    def _(self, stage: Project) -> None:
        self._flush()
        kept = [F.col(self._at[name]).cast(ddl(field.type)).alias(field.name)
                for (name, _), field in zip(stage.columns, stage.schema, strict=True)]
        self._frame = self._frame.select(*kept)
        self._at = {name: name for name in stage.schema.names}

    @visit.register(Read)
    @visit.register(Write)
    @visit.register(Check)
    @visit.register(Compare)
    def _(self, stage: Read | Write | Check | Compare) -> None:
        """Reading comes before the first stage, writing and checking after the last."""

    def _new(self) -> str:
        self._made += 1
        return f"c{self._made}"

    def _name(self, name: str, at: str, type_: pa.DataType) -> None:
        self._at[name] = at
        self._types[at] = type_

    def _as_text(self, at: str) -> str:
        if pa.types.is_string(self._types[at]):
            return at
        output = self._new()
        self._types[output] = pa.string()
        if reads_as_text(self._types[at]):
            self._frame = self._frame.withColumn(output, F.col(at).cast("string"))
        else:
            self._pending.append(TextCall("text", (at,), (self._types[at],), output, pa.string(), {}))
        return output

    def _padded(self, key: KeyRef | None) -> tuple[Column, Column]:
        """Returns the columns that hold a key's padded blocks, broadcast as one row; never a literal."""
        if key is None:
            raise TypeError("the kernel takes no key")
        if key not in self._keys:
            name = self._keys[key] = f"k{len(self._keys)}"
            row = self.spark.createDataFrame([pads(self._subkey(key))], f"{name}i binary, {name}o binary")
            self._frame = self._frame.crossJoin(F.broadcast(row))
        name = self._keys[key]
        return F.col(f"{name}i"), F.col(f"{name}o")

    def _root(self, handle: str) -> RootKey:
        if handle not in self._roots:
            self._roots[handle] = admitted(self.spark, handle)
        return self._roots[handle]

    def _subkey(self, key: KeyRef) -> bytes:
        return self._root(key.handle).derive(key.info)

    def _produced(self, columns: Iterable[str]) -> bool:
        made = {name for call in self._pending for name in (call.output, *getattr(call, "labels", ()))}
        return not made.isdisjoint(columns)

    def _settle(self, columns: Iterable[str]) -> None:
        if self._produced(columns):
            self._flush(also=columns)

    def _flush(self, also: Iterable[str] = ()) -> None:
        """Runs the pending kernels in one pass over the rows."""
        if not self._pending:
            return
        kept = pa.schema([pa.field(at, self._types[at]) for at in dict.fromkeys((*self._at.values(), *also))])
        made = {name for call in self._pending for name in (call.output, *getattr(call, "labels", ()))}
        wanted = {*kept.names, *(name for call in self._pending for name in call.inputs)} - made
        incoming = self._frame.select(*(F.col(at) for at in self._frame.columns if at in wanted))
        self._frame = incoming.mapInArrow(batches(tuple(self._pending), kept), ddl_schema(kept))
        self._pending, self._keys = [], {}


def reads(stage: Stage) -> tuple[str, ...]:
    """Returns the names of the columns that ``stage`` reads."""
    if isinstance(stage, Apply):
        return stage.call.inputs
    if isinstance(stage, Gather):
        own = tuple(known.column for known in stage.known if known.table is None)
        return (*own, stage.subject) if stage.subject else own
    if isinstance(stage, AttachKeys):
        return (stage.subject,)
    if isinstance(stage, RecodeItems):
        return (stage.column,)
    if isinstance(stage, Recode | Route):
        return stage.columns
    return tuple(name for name, _ in stage.columns) if isinstance(stage, Project) else ()
