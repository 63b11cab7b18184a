"""The rules of hierarchies that take more than a list of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from schemas.base import Record

DateLevel = Literal["hour", "day", "week", "weekday", "month", "quarter", "year", "decade", "century"]
CHAINS: tuple[tuple[DateLevel, ...], ...] = (
    ("hour", "day", "month", "quarter", "year", "decade", "century"), ("hour", "day", "week"), ("hour", "day", "weekday"))
"""Units of time that nest, fine to coarse. Weeks cross the ends of months and years."""

Side = Literal["right", "left"]
Country = Literal["us", "gb", "ca"]
Icd10Level = Literal["subcategory", "category", "block", "chapter"]
ICD10_LEVELS: tuple[Icd10Level, ...] = ("subcategory", "category", "block", "chapter")
Word = int | float | str

QUOTE = "YAML reads no, yes, on, off, true and false as booleans: write them in quotes"
"""What to do where a text was meant."""

OLDEST = 130
"""Whole years; above it a number is no age of a person."""


class Chunks(Record):
    """Hides ``chunk`` more signs of a string per level, from one side."""

    side: Side = "right"
    chunk: int = Field(ge=1, le=64)


class Ages(Record):
    """Bands of whole years that nest, up to ``top``: from there on all ages are one band, at every level.

    US Safe Harbor wants one category for 90 and older (45 CFR 164.514(b)(2)(i)(C)).
    """

    top: int = Field(90, ge=1, le=OLDEST, description="First age of the open band: 90 makes '90+'.")
    bands: tuple[int, ...] = Field((1, 5, 10, 30), min_length=1, description="Widths, each a multiple of the one before.")

    @model_validator(mode="after")
    def _nested(self) -> Ages:
        if self.bands[0] < 1 or any(b <= a or b % a for a, b in pairwise(self.bands)):
            msg = "bands grow, and each is a multiple of the one before, so that they nest"
            raise ValueError(msg)
        return self


class Postal(Record):
    """Postal codes of one country: us (3 digits, 1 digit), gb (sector, outward code, area), ca (3 signs, 1 sign).

    US Safe Harbor lets the first three digits stand where more than 20,000 people live behind them, by the
    current figures of the Census Bureau, and wants 000 for the others (45 CFR 164.514(b)(2)(i)(B)). The
    figures are the user's: ``populations`` names them, inline or as a CSV of prefix;people.
    """

    country: Country
    populations: str | dict[str, int] | None = Field(None, description=(
        "us: people behind each three digits; a CSV of prefix;people, which loading a policy reads, or inline."))
    more_than: int = Field(20_000, ge=0, description="us: with so many people or fewer, the three digits become 000.")

    @model_validator(mode="after")
    def _counted(self) -> Postal:
        if self.populations is not None and self.country != "us":
            msg = "populations go with country: us"
            raise ValueError(msg)
        if isinstance(self.populations, dict):
            sound = [len(prefix) == 3 and prefix.isascii() and prefix.isdigit() and people >= 0  # noqa: PLR2004 - three digits
                     for prefix, people in self.populations.items()]
            if not sound or not all(sound):
                msg = "populations have three digits, in quotes, and how many people live there"
                raise ValueError(msg)
        return self


class Networks(Record):
    """Networks of IP addresses by length of prefix, fine to coarse: IPv4 and IPv6 side by side, as many levels of both."""

    v4: tuple[int, ...] = Field((24, 16, 8), min_length=1)
    v6: tuple[int, ...] = Field((64, 48, 32), min_length=1)

    @model_validator(mode="after")
    def _side_by_side(self) -> Networks:
        for lengths, most in ((self.v4, 32), (self.v6, 128)):
            if any(not 1 <= n <= most for n in lengths) or any(b >= a for a, b in pairwise(lengths)):
                msg = f"lengths of prefixes fall from level to level, from at most {most}"
                raise ValueError(msg)
        if len(self.v4) != len(self.v6):
            msg = "v4 and v6 have as many levels"
            raise ValueError(msg)
        return self


class Icd10(Record):
    """ICD-10 codes: subcategory (J45.0), category (J45), block (J40-J47), chapter; WHO's edition, or ICD-10-CM."""

    edition: Literal["who", "cm"] = "who"
    levels: tuple[Icd10Level, ...] = Field(("category", "block", "chapter"), min_length=1)

    @model_validator(mode="after")
    def _nested(self) -> Icd10:
        ranks = [ICD10_LEVELS.index(level) for level in self.levels]
        if ranks != sorted(set(ranks)):
            msg = f"levels go from fine to coarse, each once: {', '.join(ICD10_LEVELS)}"
            raise ValueError(msg)
        return self


class Ordering(Record):
    """An ordered list of values; at each level so many neighbours of the level below become one group."""

    values: tuple[Word, ...] = Field(min_length=2, description="All values, from one end to the other.")
    groups: tuple[int, ...] = Field(min_length=1, description="How many neighbours become one, level by level.")

    @field_validator("values", mode="before")
    @classmethod
    def _no_booleans(cls, values: Any) -> Any:  # noqa: ANN401 - what a person wrote
        if isinstance(values, list | tuple) and any(isinstance(value, bool) for value in values):  # two make no order
            raise ValueError(QUOTE)
        return values

    @field_validator("groups")
    @classmethod
    def _grow(cls, groups: tuple[int, ...]) -> tuple[int, ...]:
        if any(size < 2 for size in groups):  # noqa: PLR2004 - fewer change nothing
            msg = "at least two neighbours become one"
            raise ValueError(msg)
        return groups

    @model_validator(mode="after")
    def _different(self) -> Ordering:
        if len(set(map(as_word, self.values))) < len(self.values):
            msg = "each value stands once in an order"
            raise ValueError(msg)
        if [width for width in accumulate(self.groups, int.__mul__) if width >= len(self.values)]:
            msg = "the last level has more than one group; '*' stands above it anyway"
            raise ValueError(msg)
        return self


def quoted(groups: Any) -> Any:  # noqa: ANN401 - nested YAML
    """Returns groups whose texts are in quotes where YAML would read a boolean: a column has texts or booleans, not both.

    Raises:
        ValueError: If the name of a group is a boolean, or some values are and others are not.
    """
    mixed = {isinstance(value, bool) for value in scalars(groups)} == {True, False}
    if mixed or any(isinstance(name, bool) for name in names_of(groups)):
        raise ValueError(QUOTE)
    return groups


def scalars(groups: Any) -> Iterator[Any]:  # noqa: ANN401 - nested YAML
    """Yields the values of groups within groups."""
    if isinstance(groups, Mapping):
        groups = list(groups.values())
    if isinstance(groups, list | tuple):
        for below in groups:
            yield from scalars(below)
    else:
        yield groups


def names_of(groups: Any) -> Iterator[Any]:  # noqa: ANN401 - nested YAML
    """Yields the names of groups, and of groups within groups."""
    if isinstance(groups, Mapping):
        yield from groups
        groups = list(groups.values())
    if isinstance(groups, list | tuple):
        for below in groups:
            yield from names_of(below)


Tree = Annotated[dict[str, Any], BeforeValidator(quoted)]
"""``group: [values]``, or ``group: {subgroup: [values]}``."""


def as_word(written: bool | Word) -> str:  # noqa: FBT001 - groups may be of booleans
    """Returns a YAML scalar as the text that a column's value is compared by."""
    return str(written).lower() if isinstance(written, bool) else str(written)
