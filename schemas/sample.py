"""The receipt of rows that were drawn from a generator that was trained before."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.receipt import TableVersion


class SampleReceipt(Record):
    """Beside every table that ``sample`` writes: ``<path>.receipt.json``."""

    receipt: Literal["lakeveil/sample/v1"] = "lakeveil/sample/v1"
    sample_id: str
    synthesis_id: str = Field(description="Whose receipt says what is claimed: these rows cost nothing more.")
    lakeveil: str
    created: str
    output: TableVersion
    given: tuple[str, ...] = Field((), description="Conditions that all rows meet, as they were asked for.")
    columns: tuple[str, ...]
