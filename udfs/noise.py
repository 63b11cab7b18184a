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
from engine.operators.keyed import mac, pair_messages

_GRID = 2**32  # standard deviations are cut into this many steps, so that a last bit of log() does not show


def _laplace(share: float) -> float:
    return math.copysign(math.log1p(-abs(2 * share - 1)), share - 0.5) / math.sqrt(2)


_QUANTILES: dict[str, Callable[[float], float]] = {
    "gaussian": NormalDist().inv_cdf,
    "laplace": _laplace,
    "uniform": lambda share: (2 * share - 1) * math.sqrt(3),
}
"""Inverse distribution functions with mean 0 and standard deviation 1."""


def noise(values: pa.Array, subjects: pa.Array | None = None, *, scale: float, distribution: str, subkey: bytes) -> pa.Array:
    """Returns each number plus noise of mean 0 and standard deviation ``scale``.

    The noise is the distribution's quantile at the share that HMAC-SHA-256(subkey, value and subject)
    names (its first 53 bits), so a row that is written twice gets the same noise twice.

    Protects single values against who does not hold the subkey, by about ``scale``. It does not hide
    outliers far beyond ``scale``, nor equal values (of one subject) from each other; many different values
    of one subject average the noise away; an integer may come out unchanged. Noise that can be replayed
    gives no differential privacy.

    Args:
        values: Integers, floats or decimals.
        subjects: Whom each row is about; null counts as one more subject. Without it noise depends on the value alone.
        scale: Standard deviation, in the unit of ``values``.
        distribution: ``gaussian``, ``laplace`` or ``uniform``.
        subkey: 32 bytes.

    Returns:
        Array of the type of ``values``: integers and decimals rounded to it, and results beyond its range
        set to its bound; null, NaN and infinite cells stay as they are.
    """
    values = plain(values)
    if types.is_null(values.type):
        return values
    hashed = mac(pair_messages(values, subjects), subkey)
    shares = ((hashed[:, :8].copy().view(">u8").ravel() >> 11).astype(np.float64) + 0.5) / 2**53
    quantile = _QUANTILES[distribution]
    units = np.array([round(quantile(share) * _GRID) / _GRID for share in shares.tolist()], np.float64)
    return _add(values, units * scale)


def _add(values: pa.Array, amounts: npt.NDArray[np.float64]) -> pa.Array:
    kind = values.type
    if types.is_floating(kind):
        cells = values.to_numpy(zero_copy_only=False)
        limit = np.finfo(cells.dtype).max
        with np.errstate(over="ignore"):
            moved = cells.astype(np.float64) + amounts
        bounded = np.where(np.isfinite(cells), np.clip(moved, -float(limit), float(limit)), cells)
        return pa.array(bounded.astype(cells.dtype), kind, mask=np.asarray(values.is_null()))
    add = _decimal_adder(kind) if types.is_decimal(kind) else _integer_adder(kind)
    return pa.array([None if cell is None else add(cell, amount)
                     for cell, amount in zip(values.to_pylist(), amounts.tolist(), strict=True)], kind)


def _integer_adder(kind: pa.DataType) -> Callable[[int, float], int]:
    bounds = np.iinfo(kind.to_pandas_dtype())
    low, high = int(bounds.min), int(bounds.max)
    return lambda cell, amount: min(max(cell + round(amount), low), high)


def _decimal_adder(kind: pa.DataType) -> Callable[[Decimal, float], Decimal]:
    """Adds in whole steps of the type's last digit, by integers, so that no context rounds anything."""
    limit = 10**kind.precision - 1

    def add(cell: Decimal, amount: float) -> Decimal:
        steps = int(cell.scaleb(kind.scale)) + round(Decimal(amount).scaleb(kind.scale))
        return Decimal(min(max(steps, -limit), limit)).scaleb(-kind.scale)

    return add
