"""bucket: numbers become the half-open interval they fall in."""

from __future__ import annotations

from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

from engine.operators.columns import plain

_EXACT = 2**53  # beyond it doubles are further apart than 1, and so are interval numbers
_DIGITS = Context(prec=60)  # a place has 16 digits, a width 17


def bucket(values: pa.Array, *, width: float, origin: float = 0.0) -> pa.Array:
    """Returns the label of the interval each number falls in, such as ``[20, 30)`` or ``[0.5, 0.75)``.

    Interval number i is [origin + i·width, origin + (i+1)·width), its bounds computed in decimal from
    the digits that the policy shows; a number belongs to it if it lies between the doubles nearest to the
    printed bounds. So 0.3 with width 0.1 is in ``[0.3, 0.4)``, although 0.3 / 0.1 < 3 in doubles. Whole
    bounds print without a point. Decimals are compared as doubles.

    Args:
        values: Integers, floats or decimals.
        width: Width of every interval, above 0.
        origin: Where interval 0 starts.

    Returns:
        String array; null where the value is null, NaN or infinite, or more than 2^53 widths from the origin.
    """
    values = plain(values)
    if types.is_null(values.type):
        return values.cast(pa.string())
    coded = values.dictionary_encode()
    numbers = coded.dictionary
    if types.is_integer(numbers.type) and float(width).is_integer() and float(origin).is_integer():
        places = _whole(numbers, int(width), int(origin))
    else:
        places = _real(numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), width, origin)
    with np.errstate(invalid="ignore"):
        known = np.abs(places) <= _EXACT
    seen, rows = np.unique(np.where(known, places, 0), return_inverse=True)
    labels = pa.array([_label(int(place), width, origin) for place in seen], pa.string())
    return labels.take(pa.array(rows, mask=~known)).take(coded.indices)


def _whole(numbers: pa.Array, width: int, origin: int) -> npt.NDArray[np.float64]:
    """Interval numbers by integer arithmetic, exact for all 64 bits."""
    return np.array([(number - origin) // width for number in numbers.to_pylist()], np.float64)


def _real(numbers: npt.NDArray[np.float64], width: float, origin: float) -> npt.NDArray[np.float64]:
    """Interval numbers by division, then moved by one where rounding crossed a printed bound."""
    with np.errstate(over="ignore", invalid="ignore"):
        places = np.floor((numbers - origin) / width)
        near = np.isfinite(places) & (np.abs(places) <= _EXACT)
    seen, rows = np.unique(places[near], return_inverse=True)
    bounds = np.array([[float(_bound(int(place) + step, width, origin)) for step in (0, 1)] for place in seen]).reshape(-1, 2)
    low, high = bounds[rows, 0], bounds[rows, 1]
    places[near] += (numbers[near] >= high).astype(float) - (numbers[near] < low)
    return places


def _bound(place: int, width: float, origin: float) -> Decimal:
    return _DIGITS.fma(_decimal(width), place, _decimal(origin))


def _decimal(number: float) -> Decimal:
    return Decimal(int(number)) if float(number).is_integer() else Decimal(repr(float(number)))


def _label(place: int, width: float, origin: float) -> str:
    texts = (format(_bound(place + step, width, origin), "f") for step in (0, 1))
    low, high = (text.rstrip("0").rstrip(".") if "." in text else text for text in texts)
    return f"[{low}, {high})"
