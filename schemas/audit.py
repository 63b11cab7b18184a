"""What is kept of each call to bring values back: who, why, who allowed it, how many. Never a value, never a key byte."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.base import Record

FIRST = "0" * 64
"""What stands for a record before the first."""


class Reversal(Record):
    """One line of an audit. A call that may go on writes one before it opens anything, and another when it ends."""

    step: Literal["asked", "done", "failed", "refused"]
    call: str = Field(description="Identifier of the call; equal in its two records.")
    at: AwareDatetime
    user: str = Field(description="Who ran it, as the machine calls them.")
    approver: str
    purpose: str
    policy: str
    policy_fingerprint: str
    table: str
    columns: tuple[str, ...]
    key: str = Field(description="The key's handle.")
    rules: str = Field("", description=(
        "SHA-256 of the policy's detokenize section: whoever changes who may approve, or how much, leaves a trace."))
    rows: int = Field(ge=0)
    opened: int = Field(0, ge=0, description="Values that were brought back.")
    refused: int = Field(0, ge=0, description="Tokens that are not of this key and column, or were changed.")
    reason: str = Field("", description="Why it failed or was refused.")
    before: str = Field(description="SHA-256 of the line before: one that was taken out or changed is missed.")
