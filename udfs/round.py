"""round: numbers become the nearest multiple; dates and timestamps the start of their week, month, hour."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.operators.columns import is_moment, plain
from engine.operators.whole import Numbers, digits_of, limits, typed, whole

Reals = npt.NDArray[np.float64]

_EXACT = 2.0**53  # from here on doubles are two apart
_SAFE = 2**62  # steps below cannot overflow 64 bits when they are taken from a number's remainder
_SMALL = 1e-290  # below it doubles lose digits, and a quotient of two tells little
_SLACK = 2.0**-50  # relative error of a quotient, with room to spare
_DAYS = (-719_162, 2_932_896)  # 0001-01-01 and 9999-12-31, in days from 1970-01-01
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def round(values: pa.Array, *, step: str | None = None, significant: int | None = None, half: str = "even") -> pa.Array:  # noqa: A001 - the operator's name
    """Returns each number as the nearest multiple of ``step``, or with its first ``significant`` digits.

    Integers and decimals are rounded exactly. A float counts as the exact number that it stores (2.675 is stored a little
    below, so that 0.01 makes 2.67 of it), and becomes the float that is nearest to the multiple; one that is no finer than the
    step stays. A zero that comes out has no sign, so that it does not tell from which side it was rounded. Dates and timestamps
    go back to the start of their unit, in UTC where they have a zone; weeks begin on Monday.

    Protects the digits that are rounded away, and nothing else: who knows a value to within a step knows which ones can be
    its, and a value that nobody else is near stays alone.

    Args:
        values: Integers, floats, decimals, dates or timestamps.
        step: A positive number as decimal text, for integers and decimals a whole number of their last digit; or a unit of the
            calendar: ``second``, ``minute``, ``hour``, ``day``, ``week``, ``month``, ``quarter``, ``year``.
        significant: How many digits stay, from the first that is not zero. Either this or ``step``.
        half: Where a number in the middle goes: ``even`` or ``away`` from zero.

    Returns:
        Array of the type of ``values``. Where the nearest multiple is beyond the type's range, the next one towards zero.
        Null, NaN and infinite cells stay as they are; dates before the year 1 or after 9999 become null.
    """
    values = plain(values)
    if types.is_null(values.type):
        return values
    if is_moment(values.type):
        return _started(values, str(step))
    if types.is_floating(values.type):
        return _floats(values, step, significant, half)
    unit = 10**digits_of(values.type)
    if step is not None:
        steps = _one_step(Fraction(step) * unit, values.type)
        numbers = whole(values) if steps < _SAFE else whole(values).astype(object)
        return typed(_multiples(numbers, steps, half, limits(values.type)), values)
    numbers = whole(values)
    return typed(_multiples(numbers, _steps(numbers, int(significant or 1)), half, limits(values.type)), values)


def _one_step(step: Fraction, kind: pa.DataType) -> int:
    if step.denominator != 1 or step <= 0:
        raise ValueError(f"a step is a whole number of the last digit of {kind}")
    return step.numerator


def _steps(numbers: Numbers, significant: int) -> Numbers:
    """The unit of each number's last significant digit, one at least."""
    sized = np.abs(np.maximum(numbers, -(2**63 - 1)) if numbers.dtype != object else numbers)  # -2^63 has no positive
    count = 19 if numbers.dtype != object else 78
    powers = np.array([10**place for place in range(count)], numbers.dtype)
    length = np.searchsorted(powers, sized, side="right")
    return powers[np.maximum(length - significant, 0)]


def _multiples(numbers: Numbers, steps: int | Numbers, half: str, within: tuple[int, int]) -> Numbers:
    """The nearest multiple of each number's step, by whole numbers alone. No sum here leaves 64 bits."""
    low, high = within
    rest = np.mod(numbers, steps)
    lack = steps - rest
    odd = np.mod(np.floor_divide(numbers, steps), 2) == 1
    upwards = (rest > lack) | ((rest == lack) & (odd if half == "even" else numbers > 0))
    upwards = np.where(numbers > high - lack, False, upwards) | (numbers < low + rest)  # noqa: FBT003 - what it becomes
    return np.where(upwards, numbers + lack, numbers - rest)


def _floats(values: pa.Array, step: str | None, significant: int | None, half: str) -> pa.Array:
    cells = values.to_numpy(zero_copy_only=False)
    limit = float(np.finfo(cells.dtype).max)
    numbers = cells.astype(np.float64)
    if step is not None:
        found = _nearest(numbers, Fraction(step), half, limit)
    else:
        found, places = numbers + 0.0, _places(numbers)
        for place in np.unique(places[np.isfinite(numbers) & (numbers != 0)]).tolist():
            rows = (places == place) & np.isfinite(numbers) & (numbers != 0)
            found[rows] = _nearest(numbers[rows], Fraction(10) ** (place + 1 - int(significant or 1)), half, limit)
    return pa.array(found.astype(cells.dtype), values.type, mask=np.asarray(values.is_null()))


def _places(numbers: Reals) -> npt.NDArray[np.int64]:
    """The power of ten of each number's first digit."""
    powers = [float(f"1e{place}") for place in range(-323, 309)]
    begins = [power if Fraction(power) >= Fraction(10) ** place else math.nextafter(power, math.inf)
              for place, power in zip(range(-323, 309), powers, strict=True)]
    return np.searchsorted(np.array(begins), np.abs(numbers), side="right") - 324


def _nearest(numbers: Reals, step: Fraction, half: str, limit: float) -> Reals:
    """Floats → the floats nearest to their multiples. A quotient decides; where it could err, fractions do."""
    size = float(step)
    with np.errstate(all="ignore"):
        quotients = numbers / size
        moves = np.isfinite(numbers) & (np.abs(quotients) < _EXACT)
        counts = np.rint(quotients)
        from_middle = np.abs(np.abs(quotients - np.floor(quotients)) - 0.5)
        doubtful = moves & (numbers != 0) & ((from_middle <= np.abs(quotients) * _SLACK) | (np.abs(numbers) < _SMALL))
    counts[doubtful] = _each(numbers[doubtful], lambda number: _count(Fraction(number) / step, half))
    counts = np.where(moves, counts, 0.0)
    found = _sized(counts, step)
    beyond = np.abs(found) > limit
    found[beyond] = _sized((counts - np.sign(counts))[beyond], step)
    return np.where(moves, found, numbers) + 0.0


def _sized(counts: Reals, step: Fraction) -> Reals:
    """The float nearest to each multiple: one division of two exact doubles where they are exact."""
    over, under = step.numerator, step.denominator
    if max(over, under) <= _EXACT and np.abs(counts).max(initial=0) * over < _EXACT:
        return counts * float(over) / float(under)

    def product(count: float) -> float:
        try:
            return float(int(count) * step)
        except OverflowError:
            return math.copysign(math.inf, count)

    return _each(counts, product)


def _each(numbers: Reals, function: Callable[[float], float]) -> Reals:
    """A function of each distinct number."""
    seen, rows = np.unique(numbers, return_inverse=True)
    return np.array([function(number) for number in seen.tolist()], np.float64)[rows]


def _count(share: Fraction, half: str) -> int:
    low = math.floor(share)
    rest = share - low
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (low % 2 == 1 if half == "even" else share > 0))
    return low + up


def _started(values: pa.Array, unit: str) -> pa.Array:
    """Dates and timestamps at the start of their unit. What is outside the calendar is null: Arrow's arithmetic ends there."""
    dated = types.is_date(values.type)
    bare = values.cast(pa.date32()) if dated else values.cast(pa.timestamp(values.type.unit))
    ticks = bare.cast(pa.int32() if dated else pa.int64())
    first, last = _DAYS[0], _DAYS[1] + 1
    if not dated:
        first, last = (max(-(2**63), min(2**63 - 1, day * _PER_DAY[values.type.unit])) for day in (first, last))
    known = pc.and_(pc.greater_equal(ticks, first), pc.less(ticks, last))
    return pc.floor_temporal(pc.if_else(known, bare, pa.scalar(None, bare.type)), unit=unit).cast(values.type)
