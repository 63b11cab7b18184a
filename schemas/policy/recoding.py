"""How quasi-identifiers are generalized together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record

RecodingModel = Literal["tree", "full-domain"]


class Recoding(Record):
    """By which model, what labels say, and what is to become small."""

    model: RecodingModel = Field("tree", description=(
        "tree: cuts wherever the data allow it, so that equal values may get different labels, and little is lost. full-domain: "
        "every value of a column at the same level of its hierarchy, as ARX does; a column without one stays or becomes '*'."))
    cells: Literal["bounds", "tight"] = Field("bounds", description=(
        "What a tree's label says: between which cuts a class lies (bounds), or what it holds (tight), finer and telling more."))
