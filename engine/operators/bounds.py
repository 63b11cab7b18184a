"""Bounds that a policy writes, as values of a column's type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
from pyarrow import types

from engine.operators.whole import digits_of, limits


def bound(text: str, kind: pa.DataType) -> pa.Array:
    """Returns a bound as an array of one value.

    Args:
        text: A number in decimal notation; a date in ISO 8601; of a timestamp a date, which is its first instant, or a date and
            a time of day, in UTC where the column has a zone and the text has none.
        kind: Type of integers, floats, decimals, dates or timestamps.

    Raises:
        ValueError: If the type does not hold the bound. The message says why.
    """
    if types.is_date(kind):
        return pa.array([_day(text)], pa.date32()).cast(kind)
    if types.is_timestamp(kind):
        return pa.array([_moment(text, zoned=kind.tz is not None)], pa.timestamp("us", tz="UTC" if kind.tz else None)).cast(kind)
    number = _number(text)
    if types.is_floating(kind):
        with np.errstate(over="ignore"):
            nearest = np.array([float(number)]).astype(kind.to_pandas_dtype())
        if not np.isfinite(nearest[0]):
            raise ValueError(f"is beyond the range of {kind}")
        return pa.array(nearest, kind)
    units = number.scaleb(digits_of(kind))
    low, high = limits(kind)
    if units % 1:
        raise ValueError(f"has more digits after the point than {kind}")
    if not low <= units <= high:
        raise ValueError(f"is beyond the range of {kind}")
    return pa.array([number if types.is_decimal(kind) else int(number)], kind)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not number.is_finite():
        raise ValueError("is no finite number")
    return number


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date such as 2024-05-17") from None


def _moment(text: str, *, zoned: bool) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is neither a date nor a moment such as 2024-05-17T08:30:00") from None
    if zoned:
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC)
    if moment.tzinfo is not None:
        raise ValueError("has a zone, and the column has none")
    return moment
