"""How quasi-identifiers are generalized together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from schemas.base import Record
from schemas.policy.terms import ColumnName

RecodingModel = Literal["tree", "full-domain"]
Cells = Literal["bounds", "tight"]
Aggregate = Literal["mean", "median", "mode"]


Figure = Literal["loss", "discernibility", "class-size", "precision"]


class Accuracy(Record):
    """How well a column can be told from the quasi-identifiers: classes in which it differs little are kept apart."""

    accuracy: ColumnName


class Recoding(Record):
    """By which model, what labels say, and what is to become small."""

    model: RecodingModel = Field("tree", description=(
        "tree: cuts wherever the data allow it, so that equal values may get different labels, and little is lost. full-domain: "
        "every value of a column at the same level of its hierarchy, as ARX does; a column without one stays or becomes '*'."))
    cells: Cells = Field("bounds", description=(
        "What a tree's label says: between which cuts a class lies (bounds), or what it holds (tight), finer and telling more."))
    optimize: Figure | Accuracy = Field("loss", description=(
        "What shall be best: what labels lose; discernibility, the sum of squared class sizes; the average class size; the "
        "precision of levels (full-domain); {accuracy: COLUMN}, how well labels tell a column (tree)."))

    @model_validator(mode="after")
    def _of_the_model(self) -> Recoding:
        if isinstance(self.optimize, Accuracy) and self.model != "tree":
            msg = "optimize: {accuracy: COLUMN} goes with model: tree"
            raise ValueError(msg)
        if self.optimize == "precision" and self.model != "full-domain":
            msg = "optimize: precision goes with model: full-domain; a tree has no levels"
            raise ValueError(msg)
        if self.model == "full-domain" and "cells" in self.model_fields_set:
            msg = "cells says what labels of a tree say: leave it out of model: full-domain"
            raise ValueError(msg)
        return self

    @property
    def target(self) -> str | None:
        """The column that labels shall tell."""
        return self.optimize.accuracy if isinstance(self.optimize, Accuracy) else None
