"""What constants mechanisms take: what promises nothing, or cannot be drawn, is refused when a mechanism is made.

All of it is public. Errors say what is allowed. What is returned is Python's own, whatever type came in: products of narrow
whole numbers wrap around, and too little noise would come of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Integral, Rational
from typing import SupportsFloat

LEAST, MOST = 2.0**-40, 2.0**9
"""Of an epsilon, or a rate: below it noise is more than whole numbers hold, above it nobody is hidden by it."""

LEAST_RHO, MOST_RHO = 2.0**-80, 2.0**20
"""Of a rho, for the same reasons."""

LEAST_SIGMA, MOST_SIGMA = 2.0**-10, 2.0**39

LEAST_SIZE, MOST_SIZE = 1e-100, 1e100
"""Of numbers that are not whole, and of what one unit changes them by: doubles are far from their ends there."""

MOST_WHOLE = 2**40
"""Of a sensitivity in whole numbers."""

MOST_VALUE = 2**62
"""Of a whole number that gets noise, which is far less: 64 bits hold their sum."""

MOST_HITS = 10_000


def hold(mechanism: object, **constants: float | Fraction) -> None:
    """Sets constants of a frozen record while it is made."""
    for name, value in constants.items():
        object.__setattr__(mechanism, name, value)


def fraction_of(value: SupportsFloat) -> Fraction:
    """Returns a number of whatever type exactly, as a fraction of Python's whole numbers."""
    return Fraction(int(value.numerator), int(value.denominator)) if isinstance(value, Rational) else Fraction(float(value))


def require_within(what: str, value: float | Fraction, least: float, most: float) -> float:
    """Returns a constant as Python's number.

    Raises:
        ValueError: If it is less than ``least``, more than ``most``, or no number.
    """
    found = float(value)
    if not least <= found <= most:
        raise ValueError(f"{what} is from {least:.3g} to {most:.3g}")
    return found


def require_epsilon(epsilon: float) -> float:
    """Returns an epsilon. See ``require_within``."""
    return require_within("epsilon", epsilon, LEAST, MOST)


def require_delta(delta: float) -> float:
    """Returns a delta as Python's number.

    Raises:
        ValueError: If it is no chance.
    """
    if not 0 < delta < 1:
        raise ValueError("delta is between 0 and 1, and neither of them")
    return float(delta)


def require_whole(what: str, value: int, most: int = MOST_WHOLE) -> int:
    """Returns a constant that is a whole number from 1 on as Python's.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, Integral) or not 1 <= value <= most:
        raise ValueError(f"{what} is a whole number from 1 to {most:,}")
    return int(value)


def exactly(what: str, value: int) -> int:
    """Returns a whole number of private data, of whatever type, as Python's, with which no sum and no product wraps around.

    Raises:
        ValueError: If it is not whole.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole:
        raise ValueError(f"{what} is a whole number")
    return int(value)


def all_exactly(what: str, values: Iterable[int]) -> list[int]:
    """Returns whole numbers of private data, in a list or an array of one dimension, as Python's.

    Raises:
        ValueError: If there are none, or one of them is not whole.
    """
    found = list(values) if isinstance(values, Iterable) else []
    if not found:
        raise ValueError(f"{what} are a list or an array of whole numbers, one at least")
    return [exactly(f"each of {what}", value) for value in found]


def require_fraction(what: str, value: Fraction) -> Fraction:
    """Returns a constant that is told exactly. See ``fraction_of``.

    Raises:
        ValueError: If it is no positive whole number, and no positive fraction of whole numbers.
    """
    if not isinstance(value, Rational) or not 0 < fraction_of(value) <= MOST_WHOLE:
        raise ValueError(f"{what} is a whole number or a Fraction, positive and at most {MOST_WHOLE:,}")
    return fraction_of(value)


def require_changes(changes: Sequence[tuple[int, int]]) -> None:
    """Checks what one unit changes.

    Raises:
        ValueError: If it is nothing: noise that hides nothing has no constant.
    """
    if not changes:
        raise ValueError("changes are one at least: noise hides what one unit changes")
    for cells, size in changes:
        require_whole("the number of cells that one unit changes", cells)
        require_whole("the sensitivity", size)
