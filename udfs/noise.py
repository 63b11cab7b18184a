"""noise: keyed random noise on numbers. Carries no differential-privacy claim."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

from engine.operators.columns import plain
from engine.operators.discrete import drawn
from engine.operators.keyed import mac, messages
from engine.operators.quantiles import normal
from engine.operators.whole import Numbers, digits_of, limits, typed, whole

Reals = npt.NDArray[np.float64]

_GRID = 2**32  # standard deviations are cut into this many steps, so that a last bit of log() does not show
_NEAR = 1e-3  # steps from the middle between two, within which another last bit could
_SAFE = 2.0**40  # below, products of floats are known to far less than a step
_LARGEST = 1e300  # far beyond every type's bound
_MOST = 2.0**62  # from here on whole numbers are added outside 64 bits


def noise(
    values: pa.Array, *others: pa.Array, distribution: str, scale: float, subkey: bytes, step: float = 1,
    lower: int | None = None, upper: int | None = None,
) -> pa.Array:
    """Returns each number plus noise of mean 0.

    The noise is the distribution's quantile at the share that HMAC-SHA-256(subkey, value and others) names, so a row that is
    written twice gets the same noise twice. Discrete noise is drawn on a grid, from 64 bits of size and one of sign
    (``engine.operators.discrete``): values are set within the bounds, go to the nearest step, and move by whole steps.

    Protects single values against who does not hold the subkey, by about ``scale``. It does not hide
    outliers far beyond ``scale``, nor equal values (of one subject) from each other; many different values
    of one subject average the noise away; an integer may come out unchanged; who holds the subkey can try values until one fits.
    Noise that can be replayed gives no differential privacy, whatever its scale was calibrated to.

    Args:
        values: Integers, floats or decimals.
        *others: What tells cells with equal values apart: whom each row is about, what numbers it. Null counts as one more.
            Without any, noise depends on the value alone.
        distribution: ``gaussian``, ``laplace`` or ``uniform``; or ``discrete_gaussian``, ``discrete_laplace``.
        scale: Standard deviation, in the unit of ``values``; of discrete noise the distribution's parameter, in steps.
        subkey: 32 bytes.
        step: Of discrete noise: a power of two for floats; for others a whole number of their last digit.
        lower: Of discrete noise: the smallest value, in steps. Floats have both bounds.
        upper: The largest one.

    Returns:
        Array of the type of ``values``: integers and decimals rounded to it, and results beyond its range set to its bound (of
        discrete noise, to the last step within); null and NaN cells stay as they are, infinite ones, too, unless there are
        bounds.
    """
    values = plain(values)
    if types.is_null(values.type):
        return values
    hashed = mac(messages(values, *others), subkey)
    if distribution.startswith("discrete"):
        stepped = _float_steps if types.is_floating(values.type) else _steps
        return stepped(values, drawn(hashed, distribution, scale), step, lower, upper)
    shares = ((np.ascontiguousarray(hashed[:, :8]).view(">u8").ravel() >> 11).astype(np.float64) + 0.5) / 2**53
    return _add(values, _units(shares, distribution) * scale)


def _laplace(share: float) -> float:
    return math.copysign(math.log1p(-abs(2 * share - 1)), share - 0.5) / math.sqrt(2)


_QUANTILES: dict[str, tuple[Callable[[float], float], Callable[[Reals], Reals]]] = {
    "gaussian": (NormalDist().inv_cdf, normal),
    "laplace": (_laplace, lambda shares: np.copysign(np.log1p(-np.abs(2 * shares - 1)), shares - 0.5) / math.sqrt(2)),
    "uniform": (lambda share: (2 * share - 1) * math.sqrt(3), lambda shares: (2 * shares - 1) * math.sqrt(3)),
}
"""Inverse distribution functions with mean 0 and standard deviation 1: of one share, which says what holds, and of many."""


def _units(shares: Reals, distribution: str) -> Reals:
    """Standard deviations, in whole steps: by arrays, and one by one where a last bit could decide on the step."""
    one, many = _QUANTILES[distribution]
    steps = many(shares) * _GRID
    found = np.rint(steps)
    near = np.abs(np.abs(steps - np.floor(steps)) - 0.5) < _NEAR
    found[near] = [round(one(share) * _GRID) for share in shares[near].tolist()]
    return found / _GRID


def _add(values: pa.Array, amounts: Reals) -> pa.Array:
    kind = values.type
    if types.is_floating(kind):
        cells = values.to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore", invalid="ignore"):
            return _within(values, cells.astype(np.float64) + amounts, np.isfinite(cells))
    return typed(_moved(whole(values), _whole_steps(amounts, digits_of(kind)), limits(kind)), values)


def _within(values: pa.Array, moved: Reals, known: npt.NDArray[np.bool_]) -> pa.Array:
    """Floats of the type of ``values``, within its range; those that are not ``known`` as they were."""
    cells = values.to_numpy(zero_copy_only=False)
    limit = float(np.finfo(cells.dtype).max)
    bounded = np.where(known, np.clip(moved, -limit, limit), cells)
    return pa.array(bounded.astype(cells.dtype), values.type, mask=np.asarray(values.is_null()))


def _whole_steps(amounts: Reals, digits: int) -> Numbers:
    """Amounts in whole steps of a type's last digit; one by one where a product of floats could be off by one."""
    amounts = np.clip(amounts, -_LARGEST, _LARGEST)
    steps = amounts * 10.0**digits
    doubtful = np.abs(steps) >= _MOST
    if digits:
        doubtful |= (np.abs(np.abs(steps - np.floor(steps)) - 0.5) < _NEAR) | (np.abs(steps) > _SAFE)
    found = np.where(doubtful, 0, np.rint(steps)).astype(np.int64)
    exact = [round(Decimal(amount).scaleb(digits)) for amount in amounts[doubtful].tolist()]
    found = found.astype(object) if max(map(abs, exact), default=0) >= _MOST else found
    found[doubtful] = exact
    return found


def _steps(values: pa.Array, moves: npt.NDArray[np.int64], size: float, lower: int | None, upper: int | None) -> pa.Array:
    """Whole numbers that go to the nearest step within the bounds, and move by whole steps."""
    numbers, step = whole(values), int(size)
    low, high = -(-limits(values.type)[0] // step), limits(values.type)[1] // step
    rest = np.mod(numbers, step)
    places = np.floor_divide(numbers, step) + (rest >= step - rest)
    lower, upper = low if lower is None else max(lower, low), high if upper is None else min(upper, high)
    places = np.minimum(np.maximum(places, lower), upper)
    return typed(_moved(places, moves, (low, high)) * step, values)


def _moved(numbers: Numbers, moves: Numbers, within: tuple[int, int]) -> Numbers:
    """The sum, or the bound that it is beyond."""
    low, high = within
    if object in (numbers.dtype, moves.dtype):
        return np.asarray(np.minimum(np.maximum(numbers.astype(object) + moves.astype(object), low), high))
    found = numbers + moves
    found = np.where((moves > 0) & (found < numbers), high, np.where((moves < 0) & (found > numbers), low, found))
    return np.asarray(np.clip(found, low, high))


def _float_steps(values: pa.Array, moves: npt.NDArray[np.int64], step: float, lower: int | None, upper: int | None) -> pa.Array:
    """Floats on a grid of a power of two, so that no low bit is left of a value or of its noise."""
    cells = values.to_numpy(zero_copy_only=False).astype(np.float64)
    with np.errstate(invalid="ignore"):
        places = np.clip(np.rint(cells / step), lower, upper)
    return _within(values, (places + moves) * step, ~np.isnan(cells))
