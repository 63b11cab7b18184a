"""How a policy writes a hierarchy: value → coarser values, coarser to the right, '*' above all."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from schemas.base import Record
from schemas.policy.hierarchy_rules import (
    CHAINS,
    Ages,
    Chunks,
    Country,
    DateLevel,
    Icd10,
    Networks,
    Ordering,
    Postal,
    Side,
    Tree,
    names_of,
    scalars,
)
from schemas.policy.terms import Finite

TypeWord = Literal["texts", "integers", "numbers", "booleans", "dates and timestamps"]
_ANY: tuple[TypeWord, ...] = ("texts", "numbers", "booleans", "dates and timestamps")
_TAKES: dict[str, tuple[TypeWord, ...]] = {
    "dates": ("dates and timestamps",), "mask": ("texts", "integers"), "prefix": ("texts", "integers"),
    "widths": ("numbers",), "edges": ("numbers",), "ages": ("numbers",), "latitude": ("numbers",), "longitude": ("numbers",),
    "postal": ("texts", "integers"), "geohash": ("texts",), "ip": ("texts",), "icd10": ("texts",),
}
_LISTED = ("groups", "table", "order")


class Hierarchy(Record):
    """One hierarchy, by rule, by file or inline. Exactly one field is set.

    Written in a policy as a mapping, or, where a rule needs nothing more, as a bare word: ``ages``, ``ip``, ``icd10``.
    """

    dates: tuple[DateLevel, ...] | None = Field(None, description=(
        "2021-03-04T10, 2021-03-04, 2021-03, 2021-Q1, 2021, 2020s, 2000-2099; or, above days, 2021-W09 (ISO 8601) or Thursday. "
        "Timestamps that have a zone are told in UTC."))
    mask: Side | Chunks | None = Field(None, description="Hides one more sign of a string per level, from one side; or a chunk.")
    prefix: tuple[int, ...] | None = Field(None, description="How many first signs stay at each level, fewer and fewer.")
    widths: tuple[Finite, ...] | None = Field(None, description="Interval widths, each a multiple of the one before.")
    edges: tuple[tuple[int | Finite, ...], ...] | None = Field(None, description=(
        "Where intervals begin and end, per level; each level has some of the edges of the level before. Both ends are open."))
    ages: Ages | None = Field(None, description="Bands of years, with one open band at the top.")
    postal: Country | Postal | None = Field(None, description="Postal codes of a country.")
    latitude: tuple[Finite, ...] | None = Field(None, description="Cells in degrees, each a multiple of the one before.")
    longitude: tuple[Finite, ...] | None = Field(None, description="Cells in degrees, each a multiple of the one before.")
    geohash: tuple[int, ...] | None = Field(None, description="How many first signs of a geohash stay at each level.")
    ip: Networks | None = Field(None, description="Networks of IP addresses.")
    icd10: Icd10 | None = Field(None, description="Categories, blocks and chapters of ICD-10.")
    order: Ordering | None = Field(None, description="An ordered list of values, grouped by neighbours.")
    groups: Tree | None = Field(None, description="group: [values] or group: {subgroup: [values]}.")
    file: str | None = Field(None, description="CSV in ARX's format; loading a policy turns it into 'table'.")
    table: tuple[tuple[str, ...], ...] | None = Field(None, description="Rows of value, level 1, level 2, …, all of one length.")

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: Any) -> Any:  # noqa: ANN401 - what a person wrote
        return {written: {}} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _exactly_one(self) -> Hierarchy:
        if len(self.model_fields_set) != 1 or getattr(self, self.kind) in (None, (), {}):
            msg = f"name exactly one kind of hierarchy: {', '.join(type(self).model_fields)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _nested(self) -> Hierarchy:
        if self.dates and not any(_is_part(self.dates, chain) for chain in CHAINS):
            msg = f"dates go from fine to coarse, each once, along one of: {'; '.join(', '.join(chain) for chain in CHAINS)}"
            raise ValueError(msg)
        for widths in (self.widths, self.latitude, self.longitude):
            _require_multiples(_exact(widths or ()))
        for circle, widths in (("90", self.latitude), ("180", self.longitude)):
            if widths and Decimal(circle) % _exact(widths)[-1]:
                msg = f"the widest cells divide {circle} degrees"
                raise ValueError(msg)
        _require_subsets([_exact(level) for level in self.edges or ()])
        for kept in (self.prefix, self.geohash):
            if kept and (kept[-1] < 1 or any(b >= a for a, b in pairwise(kept))):
                msg = "fewer and fewer signs stay, one at least"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _in_words(self) -> Hierarchy:
        listed = self.groups or (self.order.values if self.order else ())
        values = (*scalars(listed), *names_of(listed))
        if any(isinstance(value, float) and not isfinite(value) for value in values):
            msg = "a number among values is finite; another is written in quotes, as text: 'inf'"
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

    @property
    def listed(self) -> bool:
        """Whether it lists its values, rather than having a rule for them."""
        return self.kind in _LISTED

    @property
    def takes(self) -> tuple[TypeWord, ...]:
        """The types of columns that it fits."""
        return _TAKES.get(self.kind, _ANY)


def _exact(numbers: tuple[int | float, ...]) -> list[Decimal]:
    return [Decimal(str(number)) for number in numbers]


def _is_part(levels: tuple[DateLevel, ...], chain: tuple[DateLevel, ...]) -> bool:
    return list(levels) == [unit for unit in chain if unit in levels]


def _require_multiples(widths: list[Decimal]) -> None:
    if any(w <= 0 for w in widths) or any(b <= a or b % a for a, b in pairwise(widths)):
        msg = "widths grow, and each is a multiple of the one before, so that intervals nest"
        raise ValueError(msg)


def _require_subsets(levels: list[list[Decimal]]) -> None:
    for level in levels:
        if not level or any(b <= a for a, b in pairwise(level)):
            msg = "edges rise from left to right, and every level has one"
            raise ValueError(msg)
    if any(not set(coarse) < set(fine) for fine, coarse in pairwise(levels)):
        msg = "each level has some, not all, of the edges of the level before, and no others, so that intervals nest"
        raise ValueError(msg)
