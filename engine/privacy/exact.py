"""Many draws at a time from discrete distributions, exactly: not one probability is rounded.

Everything is decided by comparing random bits with a logarithm. Floating point compares almost all at once, with a margin that
is a thousand times wider than its error; the few draws that lie within the margin are decided by decimals, with more digits and
more random bits until the answer is certain. Bits come from the operating system, and nothing can be replayed.

Distributions and rejection: Canonne, Kamath and Steinke (2020), "The Discrete Gaussian for Differential Privacy", algorithms 2
and 3. A floor of a logarithm is their loop of coins, in one step: P(floor(-s ln U) >= k) = exp(-k / s).
"""

from __future__ import annotations

import math
import os
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from engine.privacy.limits import fraction_of

Whole = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

MOST_SCALE = 2**40
"""Largest scale: draws are far below 2^63 then."""

_MARGIN = 2.0**-40
"""How far a logarithm of doubles may be off, relatively: library functions are within 2^-50."""

_WORD = 64


def discrete_laplace_many(scale: Fraction, size: int) -> Whole:
    """Returns whole numbers z, each with a probability proportional to exp(-abs(z) / scale).

    The difference of two geometric numbers has that distribution.

    Args:
        scale: Positive, at most ``MOST_SCALE``.
        size: How many.

    Raises:
        ValueError: If there is no such distribution.
    """
    scale = _within(scale, MOST_SCALE, "the scale of the discrete Laplace distribution")
    return _geometric(scale, size) - _geometric(scale, size)


def discrete_gaussian_many(variance: Fraction, size: int) -> Whole:
    """Returns whole numbers z, each with a probability proportional to exp(-z² / (2 variance)).

    Args:
        variance: The square of sigma, positive. The variance of the distribution is at most this.
        size: How many.

    Raises:
        ValueError: If there is no such distribution.
    """
    variance = _within(variance, MOST_SCALE**2, "the variance of the discrete Gaussian distribution")
    scale = math.isqrt(math.floor(variance)) + 1
    found, left = np.empty(size, np.int64), np.arange(size)
    while len(left):
        proposed = discrete_laplace_many(Fraction(scale), len(left))
        taken = _taken(proposed, variance, scale)
        found[left[taken]] = proposed[taken]
        left = left[~taken]
    return found


def _taken(proposed: Whole, variance: Fraction, scale: int) -> npt.NDArray[np.bool_]:
    """Returns which Laplace draws become Gaussian ones: z with probability exp(-(|z| - variance/scale)² / 2 variance)."""
    words = _words(len(proposed))
    wanted = (np.abs(proposed) - float(variance / scale)) ** 2 / float(2 * variance)
    apart = -_logarithms(words) - wanted
    found = apart > 0
    for place in np.flatnonzero(np.abs(apart) <= _slack(words) + _MARGIN * wanted):
        exponent = (abs(int(proposed[place])) - variance / scale) ** 2 / (2 * variance)
        found[place] = _exceeds(exponent, int(words[place]))
    return found


def _geometric(scale: Fraction, size: int) -> Whole:
    """Returns floor(-scale ln u) for fresh u between 0 and 1."""
    words = _words(size)
    near = -_logarithms(words) * float(scale)
    slack = float(scale) * _slack(words)
    low, high = np.floor(near - slack), np.floor(near + slack)
    found = low.astype(np.int64)
    for place in np.flatnonzero(low != high):
        found[place] = _floor(scale, int(words[place]))
    return found


def _words(size: int) -> Words:
    return np.frombuffer(os.urandom(8 * size), np.uint64)


def _logarithms(words: Words) -> npt.NDArray[np.float64]:
    """Returns ln u of the middle of what 64 bits say of u."""
    return np.log((words.astype(np.float64) + 0.5) * 2.0**-_WORD)


def _slack(words: Words) -> npt.NDArray[np.float64]:
    """Returns how far ln u may be from that: the bits that are not drawn yet, and rounding. Nobody knows of a word of zeros."""
    return 1 / np.maximum(words.astype(np.float64), _MARGIN**2) + _MARGIN * (1 - _logarithms(words))


def _floor(scale: Fraction, word: int) -> int:
    """Returns floor(-scale ln u), for the u that begins with the bits of ``word``."""
    bits, drawn = word, _WORD
    while True:
        low, high = (math.floor(scale * Fraction(bound)) for bound in _bounds(bits, drawn))
        if low == high:
            return low
        bits, drawn = _more(bits), drawn + _WORD


def _exceeds(exponent: Fraction, word: int) -> bool:
    """Whether -ln u > exponent, for the u that begins with the bits of ``word``."""
    bits, drawn = word, _WORD
    while True:
        low, high = (Fraction(bound) for bound in _bounds(bits, drawn))
        if low > exponent or high <= exponent:
            return low > exponent
        bits, drawn = _more(bits), drawn + _WORD


def _bounds(bits: int, drawn: int) -> tuple[Decimal, Decimal]:
    """Returns between what -ln u lies, for u from bits / 2^drawn to (bits + 1) / 2^drawn."""
    digits = 20 + drawn // 3
    down, up = Context(prec=digits, rounding=ROUND_FLOOR), Context(prec=digits, rounding=ROUND_CEILING)
    off = Decimal(10) ** (5 - digits)  # a logarithm is rounded to half a unit, whatever the context says
    whole = down.ln(Decimal(1 << drawn))
    least = down.subtract(down.subtract(whole, up.ln(Decimal(bits + 1))), off * drawn)
    if bits == 0:
        return max(least, Decimal(0)), Decimal(10) ** 9  # u may be as near to 0 as it likes: more bits will tell
    return max(least, Decimal(0)), up.add(up.subtract(whole, down.ln(Decimal(bits))), off * drawn)


def _more(bits: int) -> int:
    return bits << _WORD | int.from_bytes(os.urandom(_WORD // 8), "little")


def _within(value: Fraction, most: int, what: str) -> Fraction:
    found = fraction_of(value)
    if not 0 < found <= most:
        raise ValueError(f"{what} is positive, and at most {most}")
    return found
