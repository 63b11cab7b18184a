"""Discrete noise: whole numbers from keyed bits, each with the probability that its distribution gives it, to 2^-63.

A draw compares 64 bits with cumulative probabilities, which whole numbers and decimals compute alone: no floating point has a
part in it, so that it is the same on every machine, and no low bit of a logarithm tells of a value (Mironov 2012, "On
Significance of the Least Significant Bits for Differential Privacy").

Source: Canonne, Kamath and Steinke (2020), "The Discrete Gaussian for Differential Privacy", definition 1; Ghosh, Roughgarden and
Sundararajan (2009), "Universally Utility-Maximizing Privacy Mechanisms" (two-sided geometric).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt

MOST = 2**12
"""Largest scale, in steps, for which cumulative probabilities are listed."""

_BITS = 192  # of the fixed point in which probabilities are computed
_DRAWN = 64
_CONTEXT = Context(prec=80)


def drawn(digests: npt.NDArray[np.uint8], distribution: str, scale: float) -> npt.NDArray[np.int64]:
    """Returns a whole number for each digest.

    Args:
        digests: Shape (rows, at least 9): eight bytes for the size, one for the sign.
        distribution: ``discrete_laplace``: z has a probability proportional to exp(-|z| / scale). ``discrete_gaussian``: to
            exp(-z² / (2 scale²)).
        scale: Up to 2 ``MOST``, in steps.
    """
    words = np.ascontiguousarray(digests[:, :8]).view(">u8").ravel().astype(np.uint64)
    sizes = np.searchsorted(cumulative(distribution, scale), words, side="right").astype(np.int64)
    return np.where(digests[:, 8] & 1, -sizes, sizes)


@functools.lru_cache(maxsize=32)
def cumulative(distribution: str, scale: float) -> npt.NDArray[np.uint64]:
    """Returns floor(2^64 · P(|z| ≤ k)) for k = 0, 1, …, until nothing that 64 bits could tell is left.

    Args:
        distribution: ``discrete_laplace`` or ``discrete_gaussian``.
        scale: Its parameter, in steps.
    """
    weights = list(_weights(distribution, Decimal(scale)))
    whole = weights[0] + 2 * sum(weights[1:])
    found, mass = [], -weights[0]
    for weight in weights:
        mass += 2 * weight
        found.append(min((mass << _DRAWN) // whole, 2**_DRAWN - 1))
        if found[-1] == 2**_DRAWN - 1:
            break
    return np.array(found, np.uint64)


def _weights(distribution: str, scale: Decimal) -> Iterator[int]:
    """Yields the weights of 0, 1, 2, … in fixed point, until they vanish: each is the one before times a ratio."""
    one = 1 << _BITS
    if distribution == "discrete_laplace":
        ratio, shrinks = _fixed(_CONTEXT.divide(Decimal(-1), scale)), one
    else:
        square = _CONTEXT.multiply(scale, scale)
        ratio, shrinks = _fixed(_CONTEXT.divide(Decimal("-0.5"), square)), _fixed(_CONTEXT.divide(Decimal(-1), square))
    weight = one
    while weight >> _BITS - _DRAWN - 32:
        yield weight
        weight = weight * ratio >> _BITS
        ratio = ratio * shrinks >> _BITS


def _fixed(exponent: Decimal) -> int:
    """Returns e to a negative power in fixed point."""
    return int(_CONTEXT.multiply(_CONTEXT.exp(exponent), Decimal(1 << _BITS)))
