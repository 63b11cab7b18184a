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


def _column_name(name: str) -> str:
    if name.startswith(PREFIX):
        msg = f"names that start with {PREFIX!r} are Lakeveil's own"
        raise ValueError(msg)
    return name


Finite = Annotated[float, Field(allow_inf_nan=False)]
TableFormat = Literal["delta", "parquet", "csv", "jsonl"]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(share)]
ColumnName = Annotated[str, Field(min_length=1), AfterValidator(_column_name)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
