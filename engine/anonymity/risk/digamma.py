"""Differences of the gamma function's logarithm and of its derivative, which numpy does not have; a release needs no scipy."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SERIES = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760)
"""Coefficients of x^-2, x^-4, … in the asymptotic series of ψ(x) (DLMF 5.11.2)."""
_FROM, _LARGE = 15.0, 1e3


def rise(x: npt.ArrayLike, step: npt.ArrayLike) -> Floats:
    """Returns ψ(x + step) - ψ(x) for x > 0, step ≥ 0, to some 14 digits also where both are large and their difference is small.

    For a whole step this is the sum of 1/(x+i) for i from 0 to step - 1.
    """
    at, by = np.broadcast_arrays(np.array(x, np.float64, ndmin=1), np.array(step, np.float64, ndmin=1))
    return np.asarray(np.log1p(by / at) + _beyond_log(at + by) - _beyond_log(at))


def log_gamma_rise(x: float, step: float) -> float:
    """Returns log Γ(x + step) - log Γ(x) for x > 0, step ≥ 0, by Stirling's series where large terms cancel (DLMF 5.11.1)."""
    if x < _LARGE:
        return math.lgamma(x + step) - math.lgamma(x)
    end = x + step
    beyond = (1 / end - 1 / x) / 12 - (1 / end**3 - 1 / x**3) / 360
    return (x - 0.5) * math.log1p(step / x) + step * math.log(end) - step + beyond


def _beyond_log(x: Floats) -> Floats:
    """Returns ψ(x) - log x: the asymptotic series from 15 on, and the recurrence of ψ below."""
    at, below = x.copy(), np.zeros_like(x)
    small = at < _FROM
    while small.any():
        below[small] -= 1 / at[small] - np.log1p(1 / at[small])
        at[small] += 1
        small = at < _FROM
    square = 1 / (at * at)
    series = np.zeros_like(at)
    for term in reversed(_SERIES):
        series = (series + term) * square
    return np.asarray(below + series - 0.5 / at)
