"""What one rotation of keys did, and what was measured on the written tables. Aggregates only: no token, no key."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from schemas.base import Record
from schemas.certificate import ByteScan


class Exchanged(Record):
    """One column whose tokens were exchanged."""

    policy: str
    column: str = Field(description="Its name in the release.")
    domain: str
    before: str = Field(description="Version of which key, and its identifier: 'version 1 of env:KEY (0a1b2c3d)'.")
    after: str


class JoinProof(Record):
    """Two columns of a domain: how they joined before, and how they do now. Beside itself a column counts its own tokens."""

    domain: str
    left: str
    right: str
    tokens_before: int = Field(ge=0, description="Different tokens on both sides.")
    tokens_after: int = Field(ge=0)
    rows_before: int = Field(ge=0, description="Rows that the join gives.")
    rows_after: int = Field(ge=0)
    rows_between: int | None = Field(None, ge=0, description=(
        "Rows that the old left side gives with the new right one, through the bridge."))

    @property
    def holds(self) -> bool:
        """Whether nothing changed."""
        between = self.rows_before if self.rows_between is None else self.rows_between
        return (self.tokens_before, self.rows_before, self.rows_before) == (self.tokens_after, self.rows_after, between)


class Rotation(Record):
    """What one call of ``lakeveil rotate`` did."""

    lakeveil: str
    at: AwareDatetime
    user: str = Field(description="Who ran it, as the machine calls them.")
    releases: dict[str, str] = Field(description="Path of each old release to that of the new one.")
    columns: tuple[Exchanged, ...]
    joins: tuple[JoinProof, ...]
    bridges: tuple[str, ...] = Field(description="Tables of old and new tokens, for reading both until the old ones are gone.")


class Rewrapped(Record):
    """What wrapping one table of subjects' keys under another key did."""

    lakeveil: str
    at: AwareDatetime
    user: str = Field(description="Who ran it, as the machine calls them.")
    table: str
    keys: int = Field(ge=0, description="Subjects whose keys were wrapped anew.")
    before: ByteScan = Field(description="A search for what the old key opens, before.")
    after: ByteScan
