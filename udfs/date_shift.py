"""date_shift: all dates of one subject move by the same keyed number of days."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

from engine.operators.canonical import canonical
from engine.operators.columns import over_distinct, plain
from engine.operators.keyed import mac

_FIRST, _LAST = -719_162, 2_932_896  # days from 1970-01-01 to 0001-01-01 and to 9999-12-31
_TICKS = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def date_shift(values: pa.Array, subjects: pa.Array, *, max_days: int, subkey: bytes) -> pa.Array:
    """Returns each date moved by its subject's number of days, uniform on -max_days..max_days.

    The shift is the first 15 hexadecimal signs of HMAC-SHA-256(subkey, canonical subject), read as a
    60-bit integer, modulo 2 max_days + 1, minus max_days. In Spark SQL, for the hexadecimal digest ``h``:
    ``pmod(CAST(conv(substr(h, 1, 15), 16, 10) AS BIGINT), 2 * max_days + 1) - max_days``. A day is 24
    hours, so timestamps with a zone move in UTC.

    Protects the calendar date. Intervals, seasons beyond ``max_days`` and weekdays relative to each other
    stay visible; one date of a subject that is known from elsewhere gives all others away.

    Args:
        values: date32, date64 or timestamp.
        subjects: Of the same length, any type with a canonical encoding.
        max_days: Largest shift.
        subkey: 32 bytes.

    Returns:
        Array of the type of ``values``; null where the date or the subject is null, or where the moved
        date would leave the years 1 to 9999.
    """
    values = plain(values)
    if types.is_null(values.type):
        return values
    shifts = _shifts(subjects, max_days, subkey)
    dated = types.is_date(values.type)
    per_day = 1 if dated else _TICKS[values.type.unit]
    ticks = values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()) if dated else values.cast(pa.int64())
    before = ticks.fill_null(0).to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        after = before + shifts.fill_null(0).to_numpy(zero_copy_only=False) * per_day
    wrapped = (after < before) != (shifts.fill_null(0).to_numpy(zero_copy_only=False) < 0)
    days = after // per_day
    gone = np.asarray(ticks.is_null()) | np.asarray(shifts.is_null()) | wrapped | (days < _FIRST) | (days > _LAST)
    moved = pa.array(np.where(gone, 0, after), pa.int64(), mask=gone)
    return moved.cast(pa.int32()).cast(pa.date32()).cast(values.type) if dated else moved.cast(values.type)


def _shifts(subjects: pa.Array, max_days: int, subkey: bytes) -> pa.Array:
    """Days per row, int64, null where the subject is null."""
    def shifts(messages: pa.Array) -> pa.Array:
        sixty_bits: npt.NDArray[np.int64] = (mac(messages, subkey)[:, :8].copy().view(">u8").ravel() >> 4).astype(np.int64)
        return pa.array(sixty_bits % (2 * max_days + 1) - max_days)
    return over_distinct(canonical(subjects), shifts)
