"""What of a public range a column's type can hold. Ends move inwards, so that whatever is drawn between them can be written."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pyarrow as pa

_FIRST_YEAR, _LAST_YEAR = 1, 10_000
"""What Delta's dates and times lie between."""

_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def held(kind: pa.DataType, low: float, high: float) -> tuple[float, float]:
    """Returns both ends of what cells of a type can be of a range; where that is nothing, the right one is not above the left.

    Args:
        kind: For which ``encoding.binnable`` holds.
        low: Smallest value; of times a calendar year.
        high: Largest value; of times the year before whose first day they end.

    Returns:
        Numbers; of times, days since 1970. Of whole numbers and times the right end is no longer part of the range.
    """
    if pa.types.is_temporal(kind):
        return _days(kind, low, high)
    if pa.types.is_decimal(kind):
        return _decimals(kind, low, high)
    number = kind.to_pandas_dtype()
    if pa.types.is_integer(kind):
        limits = np.iinfo(number)
        return float(max(math.ceil(low), limits.min)), float(min(math.floor(high), limits.max) + 1)
    most = float(np.finfo(number).max)
    low, high = (min(max(end, -most), most) for end in (low, high))
    first, last = float(number(low)), float(number(high))
    return (first if first >= low else float(np.nextafter(number(low), number(np.inf))),
            last if last <= high else float(np.nextafter(number(high), number(-np.inf))))


def _days(kind: pa.DataType, low: float, high: float) -> tuple[float, float]:
    years = [min(max(math.floor(year), _FIRST_YEAR), _LAST_YEAR) for year in (low, high)]
    first, end = (float(np.datetime64(f"{year:04d}-01-01", "D").astype(np.int64)) for year in years)
    most = float(2**63 // _A_DAY[kind.unit]) if pa.types.is_timestamp(kind) else math.inf
    return max(first, -most), min(end, most)


def _decimals(kind: pa.DataType, low: float, high: float) -> tuple[float, float]:
    first = Decimal(str(low)).scaleb(kind.scale).to_integral_value(ROUND_CEILING)
    last = Decimal(str(high)).scaleb(kind.scale).to_integral_value(ROUND_FLOOR)
    exact = Decimal((0, (9,) * kind.precision, -kind.scale))
    most = float(exact)
    if Decimal(most) > exact:  # of many digits that is one more than there are
        most = math.nextafter(most, 0)
    return max(float(first.scaleb(-kind.scale)), -most), min(float(last.scaleb(-kind.scale)), most)
