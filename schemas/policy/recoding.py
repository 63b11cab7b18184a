"""How quasi-identifiers are generalized together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from schemas.base import Record
from schemas.policy.terms import ColumnName, Delta

RecodingModel = Literal["tree", "full-domain"]
Cells = Literal["bounds", "tight"]
Aggregate = Literal["mean", "median", "mode"]


Figure = Literal["loss", "discernibility", "class-size", "precision"]


class Accuracy(Record):
    """How well a column can be told from the quasi-identifiers: classes in which it differs little are kept apart."""

    accuracy: ColumnName


class NoisyCuts(Record):
    """Cuts that are drawn with noise, on what columns are publicly known to hold: the tree is differentially private."""

    epsilon: float = Field(gt=0, allow_inf_nan=False, description="What the cuts may tell of one row, or of one subject.")
    delta: Delta = Field(1e-6, description=(
        "What pays for the chance that a class is too small after all, so that the release fails."))
    depth: int = Field(6, ge=1, le=16, description="How often a class is cut, at most: a public constant.")
    rows: int | None = Field(None, ge=1, description=(
        "Rows of one subject, at most, publicly known: then epsilon is about subjects. About rows by default."))


Cuts = Literal["all", "quasi"] | NoisyCuts


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
    cuts: Cuts = Field("all", description=(
        "What a tree's cuts depend on. all: whatever the promises are about. quasi: quasi-identifiers alone, so that cuts tell "
        "nothing of sensitive columns; classes that break a claim on these are left out, within guarantees.suppression. "
        "{epsilon: 1}: noisy counts, for an epsilon end to end."))

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

    @model_validator(mode="after")
    def _of_the_cuts(self) -> Recoding:
        if self.cuts != "all" and self.model != "tree":
            msg = "cuts are a tree's: leave them out of model: full-domain"
            raise ValueError(msg)
        if self.cuts != "all" and isinstance(self.optimize, Accuracy):
            msg = "cuts that depend on quasi-identifiers alone cannot heed a target: leave optimize or cuts out"
            raise ValueError(msg)
        if self.noisy and (self.cells != "bounds" or self.optimize != "loss"):
            msg = "noisy cuts have cells: bounds and optimize: loss; what a class holds was not paid for"
            raise ValueError(msg)
        return self

    @property
    def noisy(self) -> NoisyCuts | None:
        """How cuts are drawn with noise, if they are."""
        return self.cuts if isinstance(self.cuts, NoisyCuts) else None

    @property
    def target(self) -> str | None:
        """The column that labels shall tell."""
        return self.optimize.accuracy if isinstance(self.optimize, Accuracy) else None
