"""What a policy says of the ledger that its privacy budget is charged to."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from schemas.base import Record
from schemas.policy.terms import DeltaOrZero, Finite, Text


class Cap(Record):
    """What all charges together may come to."""

    epsilon: Finite = Field(gt=0)
    delta: DeltaOrZero = Field(description="At which epsilon is told; with 0, mechanisms of pure epsilon alone fit.")


class Alerts(Record):
    """When somebody is told how much is gone."""

    at: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        (50, 80, 100), min_length=1, max_length=3, description="Percentages of the cap, rising, three at most.")
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+|env:[A-Za-z_][A-Za-z0-9_]*)$")] | None = Field(
        None, description="Where JSON is posted when one is reached: https://…, or env:NAME, a variable that holds it.")

    @field_validator("at")
    @classmethod
    def _rising(cls, at: tuple[int, ...]) -> tuple[int, ...]:
        if any(low >= high for low, high in pairwise(at)):
            msg = "alerts rise: [50, 80, 100], say"
            raise ValueError(msg)
        return at


class PrivacyBudget(Record):
    """Which ledger sums up what is spent on the people of a source, and how far it may go."""

    ledger: Text = Field(description="Path or URI of a Delta table that lakeveil budget POLICY --new makes.")
    population: Text = Field(description="Whom the rows are about, in a word or two: all policies about them say the same.")
    lineage: Text | None = Field(None, description=(
        "Name of the source that all releases go back to, or its path, which has a slash; by default that of the release that is "
        "the source, or the source's path, or its name in a catalog, whole."))
    cap: Cap
    alerts: Alerts = Alerts()
