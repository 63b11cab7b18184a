"""How quasi-identifiers are generalized."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record


class Recoding(Record):
    """What labels say, and what is to become small."""

    cells: Literal["bounds", "tight"] = Field("bounds", description=(
        "What a label says: between which cuts a class lies (bounds), or what it holds (tight), which is finer and tells more."))
