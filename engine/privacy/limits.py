"""What constants mechanisms take: what promises nothing, or cannot be drawn, is refused when a mechanism is made.

All of it is public. Errors say what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Integral, Rational

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


def require_within(what: str, value: float | Fraction, least: float, most: float) -> None:
    """Checks a constant.

    Raises:
        ValueError: If it is less than ``least``, more than ``most``, or no number.
    """
    if not least <= value <= most:
        raise ValueError(f"{what} is from {least:.3g} to {most:.3g}")


def require_epsilon(epsilon: float) -> None:
    """Checks an epsilon. See ``require_within``."""
    require_within("epsilon", epsilon, LEAST, MOST)


def require_delta(delta: float) -> None:
    """Checks a delta.

    Raises:
        ValueError: If it is no chance.
    """
    if not 0 < delta < 1:
        raise ValueError("delta is between 0 and 1, and neither of them")


def require_whole(what: str, value: int, most: int = MOST_WHOLE) -> None:
    """Checks a constant that is a whole number from 1 on.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, Integral) or not 1 <= value <= most:
        raise ValueError(f"{what} is a whole number from 1 to {most:,}")


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


def require_fraction(what: str, value: Fraction) -> None:
    """Checks a constant that is told exactly.

    Raises:
        ValueError: If it is no positive whole number, and no positive fraction of whole numbers.
    """
    if not isinstance(value, Rational) or not 0 < value <= MOST_WHOLE:
        raise ValueError(f"{what} is a whole number or a Fraction, positive and at most {MOST_WHOLE:,}")


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
