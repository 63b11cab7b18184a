"""Versions of a release: the state that the next one is made from, which stays with its owner; what a receipt tells of one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Record

SHA256 = r"^[0-9a-f]{64}$"


Cohort = tuple[int, int, int]
"""Rows that entered one leaf in one version: version, leaf, and how many are still there; 0 once all have left."""

Gone = tuple[int, int, int, int]
"""Rows of a cohort that left together: its version and leaf, the version in which they left, and how many."""


class Made(Record):
    """How a version came about. Nothing in it says where cuts are, or who waits."""

    read: Literal["whole", "changes", "batch"] = Field(description="The whole source, what changed in it, or a batch of it.")
    entered: int = Field(ge=0, description="Rows that came into the release.")
    left: int = Field(0, ge=0, description="Rows that left because the source has them no more, or otherwise.")
    withdrawn: int = Field(0, ge=0, description="Rows that left with those, so that these did not leave alone.")
    waiting: int = Field(ge=0, description="Rows that wait until enough others come.")
    unroutable: int = Field(0, ge=0, description="Of these, how many have no true labels: they wait until the tree is made anew.")
    barred: int = Field(0, ge=0, description="Rows that were read and may not come back.")
    refined: int = Field(0, ge=0, description="Leaves that came to be because others were cut.")

    @property
    def moved(self) -> bool:
        """Whether the release holds other rows than before."""
        return bool(self.entered or self.left or self.withdrawn or self.refined)


class Version(Made):
    """What a receipt tells of the version that it is about."""

    version: int = Field(ge=0, description="0 is the first one.")
    state: str = Field(pattern=SHA256, description="Digest of the owner's state, which covers all before it.")


class VersionState(Record):
    """What the next version of a release is made from.

    Attributes:
        version: Of the release, 0 for the first one.
        release_id: Of this version; its commit carries it, if rows moved.
        policy: Its fingerprint.
        recoding: As its ``to_json`` writes it.
        cohorts: In the order in which they entered, each version's by leaf. Plain tuples, for there are many.
        gone: Those who left, in the order in which they did.
        made: How this version came about.
        before: Digest of the state of the version before.
        source: Delta version of the source that was read last, if it has versions.
        table: Delta's id of the source: one that was made anew at its place has another.
        batch: Number of the last batch of a stream, where one was read.
        tables: Delta version of each table of the state.
    """

    version: int = Field(ge=0)
    release_id: str
    policy: str = Field(pattern=SHA256)
    recoding: dict[str, Any]
    cohorts: tuple[Cohort, ...]
    gone: tuple[Gone, ...] = ()
    made: Made
    before: str | None = Field(None, pattern=SHA256)
    source: int | None = Field(None, ge=0)
    table: str | None = None
    batch: int | None = Field(None, ge=0)
    tables: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ordered = all(one[:2] < other[:2] for one, other in pairwise(self.cohorts))
        if not ordered or (self.cohorts and self.cohorts[-1][0] > self.version):
            raise ValueError("cohorts are not in the order in which they entered, each once")
        if min(map(min, (*self.cohorts, *self.gone)), default=0) < 0 or any(not rows for *_, rows in self.gone):
            raise ValueError("versions, leaves and numbers of rows are not negative")
        if self.gone and not {one[:2] for one in self.gone} <= {cohort[:2] for cohort in self.cohorts}:
            raise ValueError("rows left that are of no cohort")
        if (self.before is None) != (self.version == 0):
            raise ValueError("every version but the first one names the state before it, and the first one none")
        return self

    @property
    def rows(self) -> int:
        """Rows of the release."""
        return sum(rows for _, _, rows in self.cohorts)
