"""Certificates of forgetting: what is gone, how that was looked for, and what remains. Aggregates only: no subject, no key."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.base import Record

State = Literal["unreadable", "unlinkable", "no key", "not known", "remains"]
"""What is left of the subjects in a column; only the first two claim something."""


class ByteScan(Record):
    """A search of every file below a folder for the bytes of what was destroyed."""

    files: int = Field(ge=0)
    bytes: int = Field(ge=0)
    found: int = Field(ge=0, description="How many of the names and wrapped keys looked for occur at least once.")


class KeysGone(Record):
    """What became of one table of keys."""

    table: str
    version_before: int
    version_after: int
    destroyed: int = Field(ge=0, description="Subjects whose keys were destroyed.")
    without: int = Field(ge=0, description="Subjects asked for that had no key.")
    files_removed: int = Field(ge=0, description="Data files of older versions, which held the keys.")
    before: ByteScan = Field(description="The same search before: it finds each of them, or the one after would prove nothing.")
    after: ByteScan
    cut_short: bool = Field(default=False, description=(
        "An earlier call was killed after it had destroyed some: of their bytes the search after knew the names alone."))
    names_sha256: str = Field("", description=(
        "Until the certificate is finished: digest of what the subjects are called in the table, by which a call knows what it "
        "goes on with."))
    left_over: int = Field(0, ge=0, description="Files that no version names and that still hold some.")
    until: AwareDatetime | None = Field(None, description=(
        "When those may be removed by forgetting again: a younger one may belong to a job that is running."))

    @property
    def proven(self) -> bool:
        """Whether the search after found nothing of what the search before found: each name, and each wrapped key."""
        return self.before.found >= 2 * self.destroyed and self.after.found == 0


class Remainder(Record):
    """What a policy's columns hold of the subjects afterwards."""

    policy: str
    release: str
    column: str = Field(description="Its name in the release.")
    state: State
    why: str


class Certificate(Record):
    """What one call of ``lakeveil forget`` did."""

    finished: bool = Field(default=True, description=(
        "False while keys are being destroyed, or bytes of some are still there: then the same call has to be run again."))
    lakeveil: str
    at: AwareDatetime
    user: str = Field(description="Who ran it, as the machine calls them.")
    subjects: int = Field(ge=0, description="Different subjects asked for.")
    keys: tuple[KeysGone, ...]
    columns: tuple[Remainder, ...]
    still_in_source: dict[str, int | None] = Field(description=(
        "Source and lookup tables to how many of the subjects they still hold; null if they cannot be read."))
    not_seen: tuple[str, ...] = Field(description="Where copies may be that no program can look into from here.")

    @property
    def proven(self) -> bool:
        """Whether the search after found none of what the search before did."""
        return all(one.proven for one in self.keys)
