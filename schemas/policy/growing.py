"""What a policy says of a release that gets further versions, and what such a release can promise."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from schemas.base import Record
from schemas.policy.key_handles import KeyHandle
from schemas.policy.terms import ColumnName, Text

if TYPE_CHECKING:
    from schemas.policy.v1 import PolicyV1


_BESIDE = ("receipt.json", "scan.json", "utility.json", "risk.json", "report.html", "evaluation.json", "rotation.json", "bridge")
"""What is left beside a table, under its name and one of these."""


class Versions(Record):
    """How the next versions of a release are made, as its source changes. ``lakeveil append`` makes them."""

    state: Text = Field(description=(
        "Folder of what the owner alone may read: the recoding, who is in the release since when, and who waits. The first run "
        "makes it."))
    key: KeyHandle = Field(description="What rows are named by in the state: a keyed hash of their identifier.")
    row: ColumnName | None = Field(None, description="Column of the source that identifies a row; source.subject by default.")
    returning: Literal["out", "new"] = Field("out", description=(
        "What becomes of a row that left and comes back, or that changed: 'out' publishes it never again, 'new' as a row of its "
        "own, and who knows that both were one may intersect what was published of them. A row that was withdrawn for others' "
        "sake never comes back."))


def unkept(policy: PolicyV1) -> Iterator[str]:
    """Yields one sentence for each part of a policy that could not be kept over versions."""
    versions = policy.release.versions
    if versions is None:
        return
    promised, recoding = policy.guarantees, policy.recoding
    if promised.k is None:
        yield "release.versions keeps classes of k rows from version to version: give guarantees.k"
    if promised.t or promised.beta or promised.delta or promised.on_population:
        yield ("release.versions: t, beta, delta, k_map and presence compare a class with a table that changes: claim k, l and "
               "subjects alone")
    if promised.km:
        yield "release.versions: combinations of items are counted over a table that changes: leave guarantees.km out"
    if recoding.model != "tree" or promised.suppress == "cells":
        yield "release.versions routes rows down a tree: leave recoding.model and suppress: cells out"
    yield from (f"columns.{name}: what a class has in the mean changes with each version: leave aggregate out"
                for name, column in policy.columns.items() if column.aggregate)
    named = versions.row or policy.source.subject
    if named is None:
        yield "release.versions names rows by a column: give release.versions.row, or source.subject"
    elif named not in policy.columns:
        yield f"release.versions.row names column {named!r}, which columns does not list"
    if policy.source.version is not None:
        yield "release.versions follows the source: leave source.version out"
    release = policy.release.path.rstrip("/")
    synthetic = policy.synthesis.path if policy.synthesis and policy.synthesis.path else f"{release}.synthetic"
    places = [release, policy.source.table, synthetic, *([policy.subject_keys.table] if policy.subject_keys else []),
              *(f"{table.rstrip('/')}.{ending}" for table in (release, synthetic) for ending in _BESIDE)]
    state, *others = (f"{posixpath.normpath(path)}/".removeprefix("./") for path in (versions.state, *places))
    if any(state.startswith(other) or other.startswith(state) for other in others):
        yield ("release.versions.state lies in the release, the source or the table of keys, or holds it, or is called as what "
               "is left beside a release: name a folder of its own")
