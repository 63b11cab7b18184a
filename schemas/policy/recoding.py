"""How a policy says by which model quasi-identifiers are generalized together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record

RecodingModel = Literal["tree", "full-domain"]


class Recoding(Record):
    """The model that generalizes quasi-identifiers."""

    model: RecodingModel = Field("tree", description=(
        "tree: cuts wherever the data allow it, so that equal values may get different labels, and little is lost. full-domain: "
        "every value of a column at the same level of its hierarchy, as ARX does; a column without one stays or becomes '*'."))
