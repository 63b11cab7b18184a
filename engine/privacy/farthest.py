"""Of several figures that chance makes, the least likely, and between which figures it would have been likely.

By Chernoff's bound, which is never less than the probability itself, for any number of draws: no distribution is approximated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int_]

_LARGEST = 64.0
"""Times what it is on average is a deviation never likely."""

_HALVINGS = 60


class Farthest(NamedTuple):
    """The least likely of some figures, each 1 but for chance.

    Attributes:
        value: It.
        least: Least that is likely.
        most: Largest that is likely.
    """

    value: float
    least: float
    most: float


def drawn(taken: Counts, times: int, rate: float, chance: float) -> Farthest:
    """Returns the least likely of some counts of draws that were taken, over what it is on average.

    Args:
        taken: Of so many draws, each.
        times: Draws of a count.
        rate: Probability that one is taken.
        chance: That one of the counts, if all are as they should be, is called unlikely.
    """
    def loss(ratio: Floats) -> Floats:
        return _relative(ratio * rate, rate) + _relative(1 - ratio * rate, 1 - rate)

    return _farthest(taken / (times * rate), np.full(len(taken), times), loss, 1 / rate, chance)


def spread(squares: Floats, draws: Counts, chance: float) -> Farthest:
    """Returns the least likely of some standard deviations, of normal draws that have one of 1.

    Args:
        squares: Sum of the draws' squares, of each.
        draws: How many.
        chance: That one of them, if all are as they should be, is called unlikely.
    """
    def loss(deviation: Floats) -> Floats:
        return (deviation**2 - 1) / 2 - np.log(deviation)

    return _farthest(np.sqrt(squares / draws), draws, loss, _LARGEST, chance)


def _farthest(found: Floats, draws: Counts, loss: Callable[[Floats], Floats], end: float, chance: float) -> Farthest:
    """Returns the least likely figure: to be as far off, on its side, has probability exp(-draws * loss) at most."""
    with np.errstate(divide="ignore", invalid="ignore"):
        place = int((draws * loss(found)).argmax())
        enough = math.log(2 * len(found) / chance) / int(draws[place])
        least, most = (_until(lambda figure: float(loss(np.array([figure]))[0]) <= enough, end) for end in (0.0, end))
    return Farthest(float(found[place]), least, most)


def _relative(share: Floats, rate: float) -> Floats:
    """Returns one part of how far a distribution is from another (Kullback and Leibler)."""
    return np.where(share > 0, share * np.log(share / rate), 0.0)


def _until(likely: Callable[[float], bool], end: float) -> float:
    """Returns how far from 1 a figure can go towards an end and still be likely."""
    inside, outside = end if likely(end) else 1.0, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if likely(middle) else (inside, middle)
    return inside
