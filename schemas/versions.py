"""The state of a release that grows: the frozen recoding, and who entered when. Stays with its owner; nobody else may read it."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from schemas.base import Record

SHA256 = r"^[0-9a-f]{64}$"


class Cohort(Record):
    """Rows that entered one leaf in one version."""

    entered: int = Field(ge=0, description="The version.")
    leaf: int = Field(ge=0, description="Of the stored recoding.")
    rows: int = Field(ge=0, description="Still in the release; 0 once all have left.")


class VersionState(Record):
    """What the next version of a release is made from.

    Attributes:
        version: Of the release, 0 for the first one.
        policy: Its fingerprint.
        recoding: As its ``to_json`` writes it.
        cohorts: In the order in which they entered, each version's by leaf.
        waiting: Rows held back until enough others come.
        withdrawn: Rows that had to leave with others, over all versions.
        before: Digest of the state of the version before.
    """

    version: int = Field(ge=0)
    policy: str = Field(pattern=SHA256)
    recoding: dict[str, Any]
    cohorts: tuple[Cohort, ...]
    waiting: int = Field(0, ge=0)
    withdrawn: int = Field(0, ge=0)
    before: str | None = Field(None, pattern=SHA256)

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
