"""How sensitive a column is, from what a scan found in it: four levels, by the rules of ``conf/recognizers/sensitivity.yaml``.

The levels are the usual ones of data classification schemes (ISO/IEC 27001:2022, A.5.12; NIST IR 8496 describes them). A rating
is a proposal, as a role is, and a function of the report alone: it can be made again from a report of last year.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from pydantic import Field, model_validator

from engine.detect.config import packaged, parsed
from engine.detect.registry import Registry
from engine.errors import InputError
from schemas.base import Record
from schemas.findings import Category, ColumnFindings, ScanReport, Sensitivity, percent
from schemas.policy import Role

LEVELS: tuple[Sensitivity, ...] = get_args(Sensitivity)
"""From the widest to the narrowest."""

_CONTAINERS = {"struct", "list", "map"}
_DOCUMENT = "$"
"""What follows the path of a text column before a field of the JSON documents in it."""


class Rating(Record):
    """A level, and why."""

    level: Sensitivity
    because: str = Field(min_length=1, description="In words; shown to people.")


class ColumnRule(Rating):
    """What a column's role and category say. A condition that is empty always holds."""

    roles: tuple[Role, ...] = ()
    categories: tuple[Category, ...] = ()

    def fits(self, column: ColumnFindings) -> bool:
        """Whether it speaks of this column."""
        return (not self.roles or column.role in self.roles) and (not self.categories or column.category in self.categories)


class EntityRule(Rating):
    """What an entity type in a column's cells says. A condition that is empty always holds."""

    types: tuple[str, ...] = Field((), description="Shell patterns over names of types.")
    categories: tuple[Category, ...] = ()
    laws: tuple[str, ...] = ()
    least_share: float | None = Field(None, ge=0, le=1, description="In place of the general one.")

    def fits(self, entity_type: str) -> bool:
        """Whether it speaks of this type."""
        category, laws = _known(entity_type)
        return ((not self.types or any(fnmatchcase(entity_type, pattern) for pattern in self.types))
                and (not self.categories or category in self.categories) and (not self.laws or not laws.isdisjoint(self.laws)))


class Decision(Rating):
    """What a person decided about columns. Beats what a scan proposes."""

    tables: tuple[str, ...] = Field(("*",), description="Shell patterns over tables; * crosses folders.")
    columns: tuple[str, ...] = Field(("*",), description="Shell patterns over paths of columns.")

    def fits(self, table: str, column: str) -> bool:
        """Whether it speaks of this column."""
        return any(fnmatchcase(table, one) for one in self.tables) and any(fnmatchcase(column, one) for one in self.columns)


class SensitivityConfig(Record):
    """The rules of all levels."""

    version: int = Field(ge=1, le=1)
    least_share: float = Field(ge=0, le=1, description="An entity type counts from this share of a column's non-null cells on.")
    otherwise: Rating
    decided: tuple[Decision, ...] = ()
    columns: tuple[ColumnRule, ...] = ()
    entities: tuple[EntityRule, ...] = ()

    @model_validator(mode="after")
    def _only_people_publish(self) -> SensitivityConfig:
        if any(rule.level == "public" for rule in (*self.columns, *self.entities, self.otherwise)):
            raise ValueError("public is a person's decision: say it under 'decided'")
        return self

    @classmethod
    @functools.cache
    def default(cls) -> SensitivityConfig:
        """Returns ``conf/recognizers/sensitivity.yaml``, from the wheel or from the repository."""
        return parsed(cls, packaged("sensitivity.yaml"), "conf/recognizers/sensitivity.yaml")

    @classmethod
    def load(cls, path: str | Path) -> SensitivityConfig:
        """Reads rules from a YAML file.

        Raises:
            InputError: If the file cannot be read.
            PolicyError: If it is not what this record says.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise InputError("cannot read the rules of sensitivity", where=str(path), next="check the path") from None
        return parsed(cls, text, str(path))


@dataclass(frozen=True)
class Verdict:
    """A column's level, and why, in words without data values."""

    level: Sensitivity
    because: str


def rate(column: ColumnFindings, config: SensitivityConfig, table: str = "") -> Verdict:
    """Rates one column by itself: a person's decision, or else the higher of what its role and its entities say."""
    for decision in config.decided:
        if decision.fits(table, column.path):
            return Verdict(decision.level, decision.because)
    otherwise = Verdict(config.otherwise.level, config.otherwise.because)
    return max([*_by_role(column, config), *_by_entities(column, config)], key=_height, default=otherwise)


def rated(report: ScanReport, config: SensitivityConfig | None = None) -> ScanReport:
    """Returns the report with a level for each column and for the table.

    A container is as sensitive as the most sensitive thing in it, and so is a text of JSON.
    """
    config = config or SensitivityConfig.default()
    alone = [rate(column, config, report.table) for column in report.columns]
    verdicts = [max(_held(column, report.columns, alone), key=_height, default=own)
                for column, own in zip(report.columns, alone, strict=True)]
    columns = tuple(column.model_copy(update={"sensitivity": one.level, "because": one.because})
                    for column, one in zip(report.columns, verdicts, strict=True))
    return report.model_copy(update={"columns": columns, "sensitivity": highest(one.level for one in verdicts)})


def _held(column: ColumnFindings, columns: Sequence[ColumnFindings], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Returns the verdicts on what a column holds, and on its own cells unless it is nothing but a container."""
    container = column.type in _CONTAINERS
    below = tuple(column.path + sign for sign in ((".", "[", _DOCUMENT) if container else (_DOCUMENT,)))
    return [verdict for one, verdict in zip(columns, verdicts, strict=True)
            if one.path.startswith(below) or (one is column and not container)]


def level_of_type(entity_type: str, config: SensitivityConfig) -> Sensitivity:
    """Returns the level of an entity type by itself, wherever it stands."""
    return next((rule.level for rule in config.entities if rule.fits(entity_type)), config.otherwise.level)


def highest(levels: Iterable[Sensitivity]) -> Sensitivity | None:
    """Returns the highest of some levels; None of none."""
    return max(levels, key=LEVELS.index, default=None)


def _height(verdict: Verdict) -> int:
    return LEVELS.index(verdict.level)


def _by_role(column: ColumnFindings, config: SensitivityConfig) -> list[Verdict]:
    first = next((rule for rule in config.columns if rule.fits(column)), None)
    return [Verdict(first.level, f"{column.role}, {column.category}: {first.because}")] if first else []


def _by_entities(column: ColumnFindings, config: SensitivityConfig) -> list[Verdict]:
    found = []
    for entity in column.entities:
        rule = next((one for one in config.entities if one.fits(entity.entity_type)), None)
        if rule and entity.cells and entity.share >= (config.least_share if rule.least_share is None else rule.least_share):
            found.append(Verdict(rule.level, f"{entity.entity_type} in {percent(entity.share)} of its cells: {rule.because}"))
    return found


@functools.cache
def _known(entity_type: str) -> tuple[Category, frozenset[str]]:
    """Returns an entity type's category and laws, from the registry; a type that is not in it is taken for an identifier."""
    return _registered().get(entity_type, ("identity", frozenset()))


@functools.cache
def _registered() -> dict[str, tuple[Category, frozenset[str]]]:
    return {one.type: (one.category, one.laws) for one in Registry.default().types}
