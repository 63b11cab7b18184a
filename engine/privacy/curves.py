"""All that a claim says at once: delta at every epsilon, and so how well any test tells two neighbours apart.

A mechanism with noise is not (ε, δ)-private at one point but on a curve, and what contradicts the curve contradicts the noise. So
an audit that holds guesses against the whole curve sees less noise than is claimed where one point would not show it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engine.privacy.pld import subsampled_gaussian

Floats = npt.NDArray[np.float64]
Family = Callable[[float], "Curve"]
"""Noise multiplier → what a mechanism with such noise promises."""

_POINTS = 256
_NEGLIGIBLE = 1e-12
_TAIL = 1e-11
_FARTHEST = 60.0
_STEEPEST = 20.0
"""Largest epsilon of a line that is used near certainty: beyond it floating point would tell more than is true."""


@dataclass(frozen=True)
class Curve:
    """A promise at many epsilons: Q(E) ≥ e^-ε (P(E) - δ) for every event and both orders of any two neighbours.

    Attributes:
        epsilons: Rising, none negative.
        deltas: At each.
    """

    epsilons: Floats
    deltas: Floats

    @classmethod
    def promised(cls, epsilon: float, delta: float) -> Curve:
        """Returns what one pair promises."""
        return cls(np.array([epsilon]), np.array([delta]))

    @classmethod
    def gaussian(cls, noise_multiplier: float) -> Curve:
        """Returns the curve of normal noise (Balle and Wang 2018, Theorem 8)."""
        reach = 1 / noise_multiplier
        epsilons = np.linspace(0.0, min(_FARTHEST, reach * (7 + reach / 2)), _POINTS)
        deltas = [_normal(reach / 2 - e / reach) - math.exp(e) * _normal(-reach / 2 - e / reach) for e in epsilons.tolist()]
        return cls(epsilons, np.array(deltas).clip(0))

    @classmethod
    def sampled(cls, noise_multiplier: float, sample_rate: float, steps: int) -> Curve:
        """Returns the curve of Poisson-sampled steps, by their loss distribution, which is on the side of more delta."""
        both = [subsampled_gaussian(noise_multiplier, sample_rate, direction, tail=_TAIL / steps).composed(steps, _TAIL)
                for direction in ("remove", "add")]
        far = min(_FARTHEST, max(found.epsilon(max(_NEGLIGIBLE, 4 * found.infinite)) for found in both))
        epsilons = np.linspace(0.0, max(far, 1e-3), _POINTS)
        return cls(epsilons, np.maximum(*(found.deltas(epsilons) for found in both)))

    @property
    def right_at_most(self) -> float:
        """How likely anybody's guess is right whether one unit, in or out by a fair coin, was in; needs delta at ε = 0."""
        return (1 + float(self.deltas[0])) / 2

    def least(self, probability: float) -> float:
        """Returns how likely an event is at least that has ``probability`` for the neighbour. Convex and rising."""
        slopes, offsets, meets, first = self._lines
        place = bisect_right(meets, probability)
        if place < first:
            return max(0.0, slopes[place] * (probability - offsets[place]))
        return max(0.0, 1 - offsets[place] - slopes[place] * (1 - probability))

    @cached_property
    def _lines(self) -> tuple[list[float], list[float], list[float], int]:
        """Returns slopes of the lines of which ``least`` is the greatest, their deltas, where they meet, and how many are flat.

        Flat lines are e^-ε (p - δ); steep ones 1 - δ - e^ε (1 - p), which is the same of the opposite event.
        """
        steep = self.epsilons <= _STEEPEST
        slopes = np.concatenate([np.exp(-self.epsilons[::-1]), np.exp(self.epsilons[steep])])
        deltas = np.concatenate([self.deltas[::-1], self.deltas[steep]])
        first = len(self.epsilons)
        starts = np.concatenate([-slopes[:first] * deltas[:first], 1 - deltas[first:] - slopes[first:]])
        keep = np.concatenate([[True], np.diff(slopes) > 0])
        slopes, deltas, starts, first = slopes[keep], deltas[keep], starts[keep], int(keep[:first].sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.nan_to_num((starts[:-1] - starts[1:]) / np.diff(slopes), nan=1.0, posinf=1.0)
        return slopes.tolist(), deltas.tolist(), np.maximum.accumulate(meets).tolist(), first


def least_noise(refuted: Callable[[float], bool], claimed: float, *, apart: float = 4.0, width: float = 0.01) -> float:
    """Returns a noise multiplier such that any larger one is refuted; infinity where none of those looked at is.

    Args:
        refuted: Whether what was seen contradicts a noise multiplier; a larger one is contradicted, too.
        claimed: Where to look.
        apart: How far on either side: from claimed / apart to claimed · apart², within ``width``.
        width: Relative.
    """
    low, high = claimed / apart, claimed * apart**2
    if not refuted(high):
        return math.inf
    if refuted(low):
        return low
    while high / low > 1 + width:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if refuted(middle) else (middle, high)
    return high


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2
