"""Parameters of the operators on numbers, dates and timestamps, as a policy writes them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.key_handles import KeyHandle
from schemas.policy.terms import Finite

Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
UNITS: tuple[str, ...] = get_args(Unit)
"""Units of the calendar, the finest first. A week begins on Monday (ISO 8601)."""
Whole = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_MOST_DIGITS = 30


def _day_as_text(written: Any) -> Any:  # noqa: ANN401 - what a person wrote
    """YAML reads 2020-01-01 as a date."""
    return written.isoformat() if isinstance(written, dt.date) else written


Bound = Annotated[Whole | Real | Annotated[str, Field(min_length=1)], BeforeValidator(_day_as_text)]
"""A number, exactly as it is written; or a date, or a moment, in ISO 8601."""


class Bucket(Record):
    """Numbers become the half-open interval of fixed width they fall in, as a label such as '[20, 30)'."""

    width: Finite = Field(gt=0)
    origin: Finite = 0.0


class Round(Record):
    """Numbers become the nearest multiple; dates and timestamps the start of their week, month, hour. The type stays."""

    to: Annotated[Whole, Field(gt=0)] | Annotated[Real, Field(gt=0)] | Unit | None = Field(None, description=(
        f"The multiple of which results are (5, 0.25); for dates and timestamps a unit, to whose start they go back: "
        f"{', '.join(UNITS)}."))
    digits: int | None = Field(None, ge=-_MOST_DIGITS, le=_MOST_DIGITS, description=(
        "How many digits stay after the point; -3 rounds to thousands."))
    significant: int | None = Field(None, ge=1, le=_MOST_DIGITS, description=(
        "How many digits stay, from the first that is no zero."))
    half: Literal["even", "away"] = Field("even", description=(
        "Where a number in the middle goes: to the even multiple (2.5 to 2, 3.5 to 4), so that sums do not drift; or away from 0 "
        "(2.5 to 3, -2.5 to -3)."))

    @model_validator(mode="after")
    def _one_way(self) -> Round:
        given = [name for name in ("to", "digits", "significant") if getattr(self, name) is not None]
        if len(given) != 1:
            msg = "round says how in one way: 'to' a multiple or unit, 'digits' after the point, or 'significant' digits"
            raise ValueError(msg)
        if self.to in UNITS and "half" in self.model_fields_set:
            msg = "a unit of the calendar has no middle: dates and timestamps go back to its start; take 'half' out"
            raise ValueError(msg)
        return self


class TopBottomCode(Record):
    """Top and bottom coding: values beyond a bound become the bound, or a label. One bound at least."""

    bottom: Bound | None = Field(None, description="Smaller values become this one.")
    top: Bound | None = Field(None, description="Larger values become this one: 90 for HIPAA's 'age 90 or older'.")
    bottom_label: str | None = Field(None, min_length=1, description=(
        "What stands for the bottom and for what is below. With a label the column becomes text."))
    top_label: str | None = Field(None, min_length=1, description=(
        "What stands for the top and for what is above, such as '90+'. With a label the column becomes text."))

    @model_validator(mode="after")
    def _bounded(self) -> TopBottomCode:
        bounds = [bound for bound in (self.bottom, self.top) if bound is not None]
        if not bounds:
            msg = "name a bottom, a top, or both"
            raise ValueError(msg)
        for name in ("bottom", "top"):
            if getattr(self, f"{name}_label") is not None and getattr(self, name) is None:
                msg = f"{name}_label stands for values beyond {name}: name that, too"
                raise ValueError(msg)
        numbers = [bound for bound in bounds if not isinstance(bound, str)]
        if len(numbers) == len(bounds) > 1 and not numbers[0] < numbers[1]:
            msg = "the bottom is below the top"
            raise ValueError(msg)
        return self


Distribution = Literal["gaussian", "laplace", "uniform", "discrete_gaussian", "discrete_laplace"]


class Noise(Record):
    """Keyed random noise on numbers, of a scale, or calibrated to bounds. Masks values; carries no differential-privacy claim."""

    scale: float | None = Field(None, gt=0, allow_inf_nan=False, description=(
        "Standard deviation, in the unit of the column. Either this, or lower, upper and epsilon."))
    distribution: Distribution = Field("gaussian", description=(
        "discrete_gaussian and discrete_laplace are for integers and decimals, and move them by whole steps of the last digit."))
    lower: float | None = Field(None, allow_inf_nan=False, description=(
        "Values below become this one before noise is added. The sensitivity is upper - lower."))
    upper: float | None = Field(None, allow_inf_nan=False, description="Values above become this one before noise is added.")
    epsilon: float | None = Field(None, gt=0, le=100, description=(
        "The scale is what this epsilon would need for one cell, if the cell's noise were fresh."))
    delta: float | None = Field(None, gt=0, lt=1, description="The same, for gaussian noise.")
    per: tuple[str, ...] = Field((), description=(
        "Columns that tell rows apart, say a row's number: noise then depends on them, too, so that equal values get different "
        "noise."))
    key: KeyHandle

    @property
    def calibrated(self) -> bool:
        """Whether the scale follows from bounds and epsilon."""
        return self.scale is None

    @model_validator(mode="after")
    def _one_scale(self) -> Noise:
        bounds = ("lower", "upper", "epsilon")
        given = [name for name in (*bounds, "delta") if getattr(self, name) is not None]
        if (self.scale is not None and given) or (self.scale is None and not set(bounds) <= set(given)):
            msg = "noise has a scale, or is calibrated to lower, upper and epsilon (gaussian noise to delta, too): give either"
            raise ValueError(msg)
        if self.calibrated:
            self._refuse_calibration()
        if len(set(self.per)) < len(self.per):
            msg = "per names a column twice"
            raise ValueError(msg)
        return self

    def _refuse_calibration(self) -> None:
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            msg = "lower is below upper"
            raise ValueError(msg)
        if self.distribution == "uniform":
            msg = "no uniform noise gives any epsilon: choose laplace or gaussian, or give a scale"
            raise ValueError(msg)
        gaussian = self.distribution.endswith("gaussian")
        if gaussian and self.delta is None:
            msg = "gaussian noise is calibrated to epsilon and delta: give delta, or choose laplace"
            raise ValueError(msg)
        if not gaussian and self.delta is not None:
            msg = "laplace noise needs no delta: take it out, or choose gaussian"
            raise ValueError(msg)
