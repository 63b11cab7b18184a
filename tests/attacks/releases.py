"""Releases that attacks are made on: from rows, by a policy, through storage, read back as a stranger reads them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.plan import Plan, Policy, compile_plan
from engine.plan.stages import Recode, Write
from schemas.receipt import Receipt
from tests.engine.anonymity.reading import true_of

ROW = "row"
"""Kept in each release, so that a test can tell whether an attack was right. No attack reads it."""


@dataclass(frozen=True)
class Published:
    """A release, and what it was made of.

    Attributes:
        source: The table behind it.
        quasi: Columns that were generalized.
        rows: What was published, row by row.
        plan: How. No attack reads it, unless it says that the attacker has it.
        receipt: What lies beside the table.
    """

    source: pa.Table
    quasi: tuple[str, ...]
    rows: list[dict[str, Any]]
    plan: Plan
    receipt: Receipt

    @property
    def people(self) -> list[dict[str, Any]]:
        """The rows of the source."""
        return self.source.to_pylist()

    @property
    def tree(self) -> Any:
        """The recoding."""
        return self.plan.stage(Recode).tree

    def fits(self, row: dict[str, Any], person: dict[str, Any], known: Sequence[str] = ()) -> bool:
        """Whether all labels of a row are true of a person: of what an attacker knows of them."""
        return all(true_of(str(row[name]), person[name], self.source.schema.field(name).type) for name in known or self.quasi)

    def candidates(self, person: dict[str, Any], known: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Returns the rows that may be a person's."""
        return [row for row in self.rows if self.fits(row, person, known)]

    def classes(self) -> list[list[dict[str, Any]]]:
        """Returns rows that have the same labels."""
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in self.rows:
            found.setdefault(tuple(row[name] for name in self.quasi), []).append(row)
        return list(found.values())


def release(folder: Path, table: pa.Table, quasi: dict[str, dict[str, Any]], claims: dict[str, Any], **more: Any) -> Published:
    """Publishes a table. What is neither a quasi-identifier nor ``ROW`` is released as it is, in the role ``sensitive``.

    Args:
        folder: Where source and release go.
        table: The source.
        quasi: What the policy says of each quasi-identifier; none for a release without protection.
        claims: The guarantees, as in a policy.
        more: Other sections of the policy.
    """
    name = f"r{len(list(folder.iterdir()))}"
    numbered = table.append_column(ROW, pa.array(range(len(table))))
    write_deltalake(str(folder / name / "source"), numbered)
    policy = Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "attacked", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": str(folder / name / "source")},
        "columns": {ROW: {"role": "insensitive", "why": "w"}}
        | {column: {"role": "quasi", "why": "w", **quasi[column]} if column in quasi else {"role": "sensitive", "why": "w"}
           for column in table.column_names},
        "guarantees": claims, "release": {"path": str(folder / name / "release")}, **more})
    plan = compile_plan(policy, LocalBackend().measure(policy))
    return _published(plan, table, tuple(quasi) or tuple(table.column_names))


def again(before: Published, folder: Path) -> Published:
    """Publishes the same table once more, by the tree of an earlier release."""
    path = str(folder / f"again{len(list(folder.iterdir()))}")
    stages = tuple(replace(stage, path=path) if isinstance(stage, Write) else stage for stage in before.plan.stages)
    plan = replace(before.plan, policy=before.plan.policy.released_to(path), stages=stages)
    return _published(plan, before.source, before.quasi)


def _published(plan: Plan, table: pa.Table, quasi: tuple[str, ...]) -> Published:
    receipt = LocalBackend().execute(plan).publish()
    files = DeltaTable(plan.policy.release.path).file_uris()
    return Published(table, quasi, pa.concat_tables([pq.read_table(file) for file in files]).to_pylist(), plan, receipt)


def shares(rows: list[dict[str, Any]], column: str) -> dict[Any, float]:
    """Returns how likely each value is, by some rows of which one is the victim's."""
    counts = Counter(row[column] for row in rows)
    return {value: count / len(rows) for value, count in counts.items()}


def entropy(chances: dict[Any, float]) -> float:
    """Returns Shannon's entropy in nats."""
    return -sum(chance * math.log(chance) for chance in chances.values() if chance)
