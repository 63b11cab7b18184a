"""What a release that grows asks of a backend: the book in which its owner keeps each row, and the next version from it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.backends.rotation import RotatingBackend
from engine.errors import InputError, SetupError
from engine.plan import Measurement, Plan, Policy
from engine.plan.growing import routing
from engine.plan.rules import preparation
from engine.plan.stages import Apply, Project
from engine.release import Release, ReleaseStore
from engine.release.commits import changed_at
from engine.release.files import local_path
from engine.version import lakeveil_version
from schemas.reserved import ENTERED, PREFIX, ROW
from schemas.versions import VersionState

INSIDE, WAITING, LEFT, ARRIVED, OUTDATED = "inside", "waiting", "left", "arrived", "outdated"
"""Tables of the state: rows of the release; rows that wait; names of rows that left; and, of what was read last, new rows, and
names of rows that are gone or hold something else."""

ERASED = PREFIX + "erased"
"""Beside a count: how many of these rows must leave."""

AT, WITHDRAWN = PREFIX + "at", PREFIX + "withdrawn"
"""Of a row that left: the version in which it did, and whether for others' sake alone."""

APP = "lakeveil.versions"
"""Application id of the commit of each version of a release: of two that follow one version, one counts."""

PLAIN = {"delta.dataSkippingNumIndexedCols": "0"}
"""No minima and maxima in a table's log."""

CHANGE = "_change_type"
"""How a row changed, in Delta's change data feed; ``COMMITTED`` is the version in which it did (Delta, 'Change data feed')."""

COMMITTED = "_commit_version"
GONE = ("delete", "update_preimage")
"""Kinds of change after which a row is not there: it was deleted, or is what an update made of it, maybe called otherwise."""


@dataclass(frozen=True)
class Seen:
    """What was read of a source.

    Attributes:
        read: All of it, what changed in it since the state, or a batch of a stream.
        source: Its Delta version, if it has any.
        table: Delta's id of the table, if it is one: another table at the same place has another.
        arrived: Rows that may come into the release, now or later.
        outdated: Rows of the release, or that wait, which the source has no more, or otherwise.
        barred: Rows that were read and may not come back.
    """

    read: Literal["whole", "changes", "batch"]
    source: int | None
    table: str | None
    arrived: int
    outdated: int
    barred: int


@dataclass(frozen=True)
class Settled:
    """How the tables of the state stand after a decision.

    Attributes:
        tables: Delta version of each.
        waiting: Rows that wait.
        unroutable: Of these, those without a leaf.
    """

    tables: dict[str, int]
    waiting: int
    unroutable: int


class Book(Protocol):
    """The owner's tables of one release, as they were when its last version was made."""

    def measure(self) -> Measurement:
        """Returns schema, number of rows and version of the source as it is now; without a cube."""
        ...

    def read(self, plan: Plan) -> Seen:
        """Reads the source, or what changed in it, and writes down what is new and what is outdated.

        Raises:
            InputError: If two rows have one name, or one has none; or if the source is not what the plan was made for.
            SetupError: If a key is missing, or the state cannot be written.
        """
        ...

    def waiting(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct (leaf, ``columns``) of rows that may enter, with counts."""
        ...

    def erased(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct (version of entry, leaf, ``columns``) of cohorts that lose rows, with counts and ``ERASED``."""
        ...

    def settle(self, version: int, leaves: pa.Array, along: pa.Table | None) -> Settled:
        """Writes the tables of the state anew.

        Args:
            version: The one that is made.
            leaves: Leaves that open: what waits for them enters.
            along: Tuples as ``erased`` returns them; of each so many rows as its count says are withdrawn, by their names.
                None if nobody leaves the release.
        """
        ...

    def cells(self, plan: Plan, columns: Collection[str]) -> pa.Table:
        """Returns the distinct (quasi-identifiers, version of entry, leaf, ``columns``) of the rows of the release, with counts.

        The quasi-identifiers are as the source has them now, after their operators, called ``quasi_name``.

        Raises:
            InputError: If a row of the release is not in the source as it was read.
        """
        ...

    def relabel(self, plan: Plan) -> Settled:
        """Gives the rows of the release, and those that wait, the leaves and labels of another plan's recoding."""
        ...

    def inside(self, at: int | None) -> ReleaseStore:
        """Returns the table of the rows of the release, as it was settled: in a Delta version, or the newest if that is None."""
        ...

    def staged(self, plan: Plan) -> Release:
        """Writes the first version, to a staged table."""
        ...

    def publish(self, plan: Plan, version: int, user: Mapping[str, str], *, after: int, whole: bool) -> None:
        """Writes the next version of the release in one commit.

        Args:
            plan: Its plan.
            version: Its number; rows that entered in it are added.
            user: What the commit says of itself.
            after: Delta version that it follows: of two that follow one, one counts.
            whole: Whether rows left, and the table is written anew.
        """
        ...


class GrowingBackend(RotatingBackend, Protocol):
    """A backend whose releases can grow."""

    def book(self, policy: Policy, state: VersionState | None, *, whole: bool = False, batch: Any = None) -> Book:  # noqa: ANN401 - the backend's own kind of table
        """Opens the owner's tables.

        Args:
            policy: The policy.
            state: The state of the last version; None before the first.
            whole: Whether all of the source is read, though what changed can be told.
            batch: Rows of a stream, or changes of it, that are read in place of the source.
        """
        ...


def folder_of(policy: Policy) -> Path:
    """Returns the folder of the state.

    Raises:
        SetupError: If it is on no mounted file system.
    """
    versions = policy.release.versions
    place = local_path(versions.state) if versions else None
    if place is None:
        raise SetupError("the state of a release is not on a mounted file system", where="release.versions.state",
                         allowed="a plain path or a file: URI", next="mount the store (on Databricks: a volume)")
    return place


def quasi_name(place: int) -> str:
    """Returns what a quasi-identifier is called beside what is published of it."""
    return f"{PREFIX}quasi{place}"


def quasi_stages(plan: Plan) -> tuple[Apply, ...]:
    """Returns the calls that make of the source's columns what is routed."""
    quasi = plan.policy.quasi_identifiers()
    return tuple(call for call in preparation(plan.policy, plan.schema) if call.column in quasi)


def refuse_behind(found: int, inside: int) -> None:
    """Checks that every row of the release is in the source as it was read.

    Raises:
        InputError: If not.
    """
    if found != inside:
        raise InputError(f"{inside - found:,} rows of the release are not in the source, or are others there", where="the source",
                         next="append first")


def kept_schemas(plan: Plan) -> dict[str, pa.Schema]:
    """Returns what the tables of the state hold."""
    rows = routing(plan).stage(Project).schema
    left = pa.schema([pa.field(ROW, pa.string()), pa.field(AT, pa.int64()), pa.field(WITHDRAWN, pa.bool_())])
    return {INSIDE: pa.schema([*rows, pa.field(ENTERED, pa.int64())]), WAITING: rows, LEFT: left}


def commit_info(plan: Plan, release_id: str, version: int) -> dict[str, str]:
    """Returns what the commit of a version says of itself."""
    return {"release_id": release_id, "version": str(version), "plan": plan.fingerprint, "policy": plan.policy.fingerprint,
            "lakeveil": lakeveil_version()}


def version_at(path: Path) -> int:
    """Returns the newest Delta version of a table of the state."""
    return int(DeltaTable(str(path)).version())


def rows_at(path: Path) -> int:
    """Returns how many rows the newest version of a table of the state has, as its log says."""
    counted = pa.table(DeltaTable(str(path)).get_add_actions(flatten=True))["num_records"]
    return int(pa.compute.sum(counted).as_py() or 0)


def tidied(folder: Path) -> None:
    """Removes what the last version of a state does not need: what was read for it, and rows that are in it no more."""
    for name in (ARRIVED, OUTDATED):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (INSIDE, WAITING):
        with contextlib.suppress(DeltaError, OSError):  # the next version does it
            DeltaTable(str(folder / name)).vacuum(0, dry_run=False, enforce_retention_duration=False)


def last_commit(path: str) -> tuple[int, dict[str, str]]:
    """Returns the newest version of a release that may have changed its data, and what its commit says of itself.

    Later ones, of services that keep tables in shape, say that they change none (``engine.release.commits``).

    Raises:
        InputError: If there is no Delta table.
    """
    try:
        table = DeltaTable(str(local_path(path) or path))
        at = changed_at(path, table.version())
        told = table.history(table.version() - at + 1)
        said = next((one.get("userMetadata") for one in told if one.get("version") == at), None)
    except (TableNotFoundError, DeltaError, OSError):
        raise InputError("there is no release here", where=path, next="lakeveil anonymize POLICY publishes the first") from None
    return at, json.loads(said) if said else {}


def refuse_too_many(tuples: int, most: int) -> None:
    """Checks that what is decided by can be held.

    Raises:
        SetupError: If not.
    """
    if tuples > most:
        raise SetupError(f"a version would be decided by more than {most:,} different (leaf, claimed values)", where="the source",
                         next="append more often, so that less changes at once")


def refuse_unnamed(rows: int, names: int, named: int, column: str) -> None:
    """Checks that every row has a name, and no two one.

    Args:
        rows: Rows that were read.
        names: Different names among them.
        named: How many of them have one.
        column: The column that identifies rows.

    Raises:
        InputError: If not.
    """
    if named < rows:
        raise InputError(f"{rows - named:,} rows have nothing in the column that identifies them", where=f"column {column!r}",
                         allowed="a column without nulls", next="name another column in release.versions.row")
    if names < rows:
        raise InputError(f"{rows - names:,} rows are called as another row is", where=f"column {column!r}",
                         allowed="a column that is different in every row", next="name another column in release.versions.row")
