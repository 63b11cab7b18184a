"""What parts of a policy are written with: shares, names of columns, texts."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from schemas.reserved import PREFIX

PERCENTAGE = r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%"


def share(written: Any) -> Any:  # noqa: ANN401 - what a person wrote
    """Returns a percentage as the number that it is."""
    if isinstance(written, str):
        if not re.fullmatch(PERCENTAGE, written):
            msg = "a share is a number from 0 to 1, or a percentage such as 2%"
            raise ValueError(msg)
        return float(written[:-1]) / 100
    return written


def as_tuple(written: Any) -> Any:  # noqa: ANN401 - what a person wrote
    """Returns one record, where several may stand, as the only one of them."""
    return (written,) if isinstance(written, dict) else written


def in_quotes(written: Any) -> Any:  # noqa: ANN401 - what a person wrote
    """Returns values as they were written, and says of a bare number, date or boolean how to write it."""
    if isinstance(written, list | tuple) and not all(isinstance(value, str) for value in written):
        msg = "each value is text, in quotes: numbers, dates and true and false, too, as in ['1', '2024-01-31', 'true']"
        raise ValueError(msg)
    return written


MOST_EPSILON = 100
"""Largest epsilon of statistics, and of a training: from a tenth of it on, nobody is hidden by noise."""

MOST_DELTA = 1e-3
"""Largest delta of a promise: with this chance nothing at all is promised."""


def _a_promise(delta: float) -> float:
    if delta > MOST_DELTA:
        msg = (f"delta is at most {MOST_DELTA:g}: with a chance of delta nothing is promised, and a mechanism that publishes one "
               "person of so many in full would meet it; a tenth of one over the number of people is usual")
        raise ValueError(msg)
    return delta


def _column_name(name: str) -> str:
    if name.startswith(PREFIX):
        msg = f"names that start with {PREFIX!r} are Lakeveil's own"
        raise ValueError(msg)
    return name


Finite = Annotated[float, Field(allow_inf_nan=False)]
Delta = Annotated[
    float, Field(gt=0, allow_inf_nan=False, json_schema_extra={"maximum": MOST_DELTA}), AfterValidator(_a_promise)]
DeltaOrZero = Annotated[
    float, Field(ge=0, allow_inf_nan=False, json_schema_extra={"maximum": MOST_DELTA}), AfterValidator(_a_promise)]
TableFormat = Literal["delta", "parquet", "csv", "jsonl"]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(share)]
ColumnName = Annotated[str, Field(min_length=1), AfterValidator(_column_name)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
