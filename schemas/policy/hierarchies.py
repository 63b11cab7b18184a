"""How a policy writes a hierarchy: value → coarser values, coarser to the right, '*' above all."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from schemas.base import Record

DateLevel = Literal["month", "quarter", "year", "decade"]


class Hierarchy(Record):
    """One hierarchy, by rule, by file or inline. Exactly one field is set.

    ``dates`` turns a date or timestamp into 2021-03, 2021-Q1, 2021, 2020s. ``mask`` hides one more sign of
    a string per level, from one side. ``widths`` puts numbers into intervals that nest. ``groups`` is an
    inline taxonomy. ``file`` is a CSV in ARX's format: value;level 1;level 2;…, no header.
    """

    dates: tuple[DateLevel, ...] | None = None
    mask: Literal["right", "left"] | None = None
    widths: tuple[float, ...] | None = Field(None, description="Interval widths, each a multiple of the one before.")
    groups: dict[str, Any] | None = Field(None, description="group: [values] or group: {subgroup: [values]}.")
    file: str | None = Field(None, description="CSV in ARX's format; loading a policy turns it into 'table'.")
    table: tuple[tuple[str, ...], ...] | None = Field(None, description="Rows of value, level 1, level 2, …, all of one length.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Hierarchy:
        if len(self.model_fields_set) != 1 or getattr(self, self.kind) in (None, ()):
            msg = f"name exactly one kind of hierarchy: {', '.join(type(self).model_fields)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _nested(self) -> Hierarchy:
        order = ("month", "quarter", "year", "decade")
        ranks = [order.index(level) for level in self.dates or ()]
        if ranks != sorted(set(ranks)):
            msg = f"dates go from fine to coarse, each once: {', '.join(order)}"
            raise ValueError(msg)
        widths = [Decimal(str(width)) for width in self.widths or ()]
        if any(w <= 0 for w in widths) or any(b <= a or b % a for a, b in pairwise(widths)):
            msg = "widths grow, and each is a multiple of the one before, so that intervals nest"
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, dumped: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only the kind that is set: a receipt that holds a hierarchy is read again."""
        return {name: value for name, value in dumped(self).items() if name in self.model_fields_set}

    @property
    def kind(self) -> str:
        """Which field is set."""
        return next(iter(self.model_fields_set))
