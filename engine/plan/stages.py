"""Stages of a Plan. Data only: ``explain`` and every backend visit the same list.

A stage holds names, parameters and key references; never a key, and no data value except what the
release itself will show (cuts and labels of a generalization tree, constants from the policy).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.itemsets import ItemRecoding
from engine.anonymity.population import Population
from engine.anonymity.recoding import Recoding
from engine.operators.base import KernelCall
from engine.plan.fingerprint import fingerprint
from engine.plan.policy import Policy
from schemas.policy import TableFormat


@dataclass(frozen=True)
class Read:
    """Read the named columns of one version of the source; refuse if its schema is not the measured one."""

    table: str
    format: str
    version: int | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class KnownColumn:
    """One column that says what a subject is called. ``table`` is None for the source itself."""

    column: str
    table: str | None = None
    format: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Gather:
    """Attach to each row what it or its subject is known by, as list<string> column ``output``."""

    output: str
    subject: str | None
    known: tuple[KnownColumn, ...]


@dataclass(frozen=True)
class AttachKeys:
    """Attach to each row the wrapped key of its subject as binary column ``output``; if ``new``, make one where there is none.

    ``table`` is the Delta table of keys, ``key`` the handle of the key that wraps them. Null where there is no subject.
    """

    output: str
    subject: str
    table: str
    key: str
    new: bool = True


@dataclass(frozen=True)
class Apply:
    """Run one kernel on ``call.inputs`` and put the result in place of ``column``."""

    column: str
    call: KernelCall


@dataclass(frozen=True)
class Recode:
    """Generalize the quasi-identifiers together: route each row to its class, write the class's labels."""

    columns: tuple[str, ...]
    tree: Recoding


@dataclass(frozen=True)
class Route:
    """Generalize the quasi-identifiers together, and keep every row: with its leaf as int64 column ``output``, null for none."""

    columns: tuple[str, ...]
    tree: Recoding
    output: str


@dataclass(frozen=True)
class RecodeItems:
    """Put the labels of its items in place of a set-valued column."""

    column: str
    recoding: ItemRecoding


@dataclass(frozen=True)
class Project:
    """Keep these columns, in this order, under their released names and types."""

    columns: tuple[tuple[str, str], ...]
    schema: pa.Schema


@dataclass(frozen=True)
class Write:
    """Write to a staging table beside ``path``; nothing is visible at ``path`` yet."""

    path: str
    partitions: int | None


@dataclass(frozen=True)
class Check:
    """Re-read the written table and measure what was promised."""

    quasi: tuple[str, ...]
    sensitive: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """Hold the classes of the written table against a population that was counted before; executors never read it."""

    columns: tuple[tuple[str, str], ...]
    population: Population


Stage = Read | Gather | AttachKeys | Apply | RecodeItems | Recode | Route | Project | Write | Check | Compare


@dataclass(frozen=True)
class Plan:
    """What will run, in order. The plan that is read is the plan that runs.

    Attributes:
        policy: The policy it was compiled from.
        stages: In order of execution.
        rows: Rows of the source when it was measured.
        schema: The source's schema when it was measured.
        format: How the source is stored, for the receipt; a policy need not say it.
        cube: The measured cube: what was generalized, for the receipt's suppression by group. Not part of
            what runs, so not of the fingerprint.
    """

    policy: Policy
    stages: tuple[Stage, ...]
    rows: int
    schema: pa.Schema
    format: TableFormat
    cube: Cube | None = field(default=None, compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the policy and all stages, hexadecimal. Equal plans have equal fingerprints."""
        return fingerprint({"policy": self.policy.fingerprint, "stages": self.stages})

    def stage(self, kind: type[Any]) -> Any:  # noqa: ANN401 - the stage of the asked kind
        """Returns the only stage of ``kind``, or None."""
        return next((stage for stage in self.stages if isinstance(stage, kind)), None)

    def recoded_items(self) -> tuple[ItemRecoding, ...]:
        """Returns what was fitted of the set-valued columns."""
        return tuple(stage.recoding for stage in self.stages if isinstance(stage, RecodeItems))

    def explain(self) -> str:
        """Returns the plan as text."""
        from engine.plan.explain import explain  # noqa: PLC0415 - explain visits stages

        return explain(self)
