"""Versions of a release: the state that the next one is made from, which stays with its owner; what a receipt tells of one."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Record

SHA256 = r"^[0-9a-f]{64}$"


class Gone(Record):
    """Rows of a cohort that left in one version."""

    version: int = Field(ge=1)
    rows: int = Field(ge=1)


class Cohort(Record):
    """Rows that entered one leaf in one version."""

    entered: int = Field(ge=0, description="The version.")
    leaf: int = Field(ge=0, description="Of the stored recoding.")
    rows: int = Field(ge=0, description="Still in the release; 0 once all have left.")
    gone: tuple[Gone, ...] = Field((), description="The others, by the version in which they left.")


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
        cohorts: In the order in which they entered, each version's by leaf.
        made: How this version came about.
        before: Digest of the state of the version before.
        source: Delta version of the source that was read last, if it has versions.
        batch: Number of the last batch of a stream, where one was read.
        tables: Delta version of each table of the state.
    """

    version: int = Field(ge=0)
    release_id: str
    policy: str = Field(pattern=SHA256)
    recoding: dict[str, Any]
    cohorts: tuple[Cohort, ...]
    made: Made
    before: str | None = Field(None, pattern=SHA256)
    source: int | None = Field(None, ge=0)
    batch: int | None = Field(None, ge=0)
    tables: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        places = [(cohort.entered, cohort.leaf) for cohort in self.cohorts]
        if places != sorted(set(places)) or any(entered > self.version for entered, _ in places):
            raise ValueError("cohorts are not in the order in which they entered, each once")
        if (self.before is None) != (self.version == 0):
            raise ValueError("every version but the first one names the state before it, and the first one none")
        return self

    @property
    def rows(self) -> int:
        """Rows of the release."""
        return sum(cohort.rows for cohort in self.cohorts)
