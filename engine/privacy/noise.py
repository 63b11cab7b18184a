"""Noise on numbers, each kind with what it guarantees: whole numbers in, whole numbers out, drawn exactly.

What is not whole is put on a public grid first, and so is its noise. Rounding a value to the grid adds at most one step to its
sensitivity, which is accounted. Snapping (Mironov 2012) would do with floating point, at a larger epsilon, and for Laplace alone;
a grid has the same accounting as counts have, for both kinds.

Sensitivity is told as **changes**: for each kind of change that one unit makes, how many cells and by how much each, at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from engine.privacy import limits
from engine.privacy.exact import Whole, discrete_gaussian_many, discrete_laplace_many
from schemas import dp_events

FINE = 2**10
"""Steps of a grid in one deviation of the noise, at least: what rounding costs is a thousandth of the noise."""

_MOST_STEPS = 2**52
"""That a value may be from 0, so that doubles hold it."""


class Change(NamedTuple):
    """What one unit changes: each of ``cells`` cells by ``size`` at most."""

    cells: int
    size: int


Changes = tuple[Change, ...]


def l1(changes: Changes) -> int:
    """Returns the L1 sensitivity."""
    return sum(int(cells) * int(size) for cells, size in changes)


def l2_squared(changes: Changes) -> int:
    """Returns the square of the L2 sensitivity."""
    return sum(int(cells) * int(size) ** 2 for cells, size in changes)


@dataclass(frozen=True)
class LaplaceNoise:
    """Discrete Laplace noise: (rate · L1 sensitivity)-differentially private, and exactly as its events say.

    A cell is changed by ``size`` at most, and its loss is that of a shift by ``size``: noise whose logarithm is concave loses
    less by a smaller shift. Cells have noise of their own, so that their losses compose.

    Attributes:
        rate: z has a probability proportional to exp(-rate |z|).
    """

    rate: float

    def __post_init__(self) -> None:
        """Refuses what cannot be drawn."""
        limits.hold(self, rate=limits.require_within("the rate of discrete Laplace noise", self.rate, limits.LEAST, limits.MOST))

    @classmethod
    def of(cls, epsilon: float, changes: Changes) -> Self:
        """Returns noise that is epsilon-differentially private, by hardly less."""
        limits.require_changes(changes)
        return cls(math.nextafter(limits.require_epsilon(epsilon) / l1(changes), 0))

    def events(self, changes: Changes) -> tuple[dp_events.Event, ...]:
        """Returns what releasing numbers tells, where one unit changes them so."""
        return tuple(dp_events.DiscreteLaplace(rate=self.rate, sensitivity=size, count=cells) for cells, size in changes)

    @property
    def deviation(self) -> float:
        """Its standard deviation (Inusah and Kozubowski 2006)."""
        return math.sqrt(math.exp(-self.rate) * 2) / -math.expm1(-self.rate)

    @property
    def what(self) -> str:
        """Its name and constant."""
        return f"discrete Laplace noise of rate {self.rate:.6g}"

    def __call__(self, values: Whole) -> Whole:
        """Returns the values with fresh noise.

        Raises:
            ValueError: If they are not whole, or beyond 2^62.
        """
        whole = _whole(values)
        return whole + discrete_laplace_many(1 / Fraction(self.rate), whole.size).reshape(whole.shape)


@dataclass(frozen=True)
class GaussianNoise:
    """Discrete Gaussian noise: (L2 sensitivity² / 2 sigma²)-zCDP, and exactly as its events say.

    Canonne, Kamath and Steinke (2020), theorem 4 and proposition 5. Cells as of ``LaplaceNoise``.

    Attributes:
        sigma: z has a probability proportional to exp(-z² / 2 sigma²).
    """

    sigma: float

    def __post_init__(self) -> None:
        """Refuses what cannot be drawn."""
        limits.hold(self, sigma=limits.require_within(
            "the sigma of discrete Gaussian noise", self.sigma, limits.LEAST_SIGMA, limits.MOST_SIGMA))

    @classmethod
    def of(cls, rho: float, changes: Changes) -> Self:
        """Returns noise that is rho-zCDP, by hardly less."""
        rho = limits.require_within("rho", rho, limits.LEAST_RHO, limits.MOST_RHO)
        limits.require_changes(changes)
        return cls(math.nextafter(math.sqrt(l2_squared(changes) / (2 * rho)), math.inf))

    def events(self, changes: Changes) -> tuple[dp_events.Event, ...]:
        """Returns what releasing numbers tells, where one unit changes them so."""
        return tuple(dp_events.DiscreteGaussian(sigma=self.sigma, sensitivity=size, count=cells) for cells, size in changes)

    @property
    def deviation(self) -> float:
        """Its standard deviation is at most this, and hardly less where sigma is a step or more (corollary 9)."""
        return self.sigma

    @property
    def what(self) -> str:
        """Its name and constant."""
        return f"discrete Gaussian noise of sigma {self.sigma:.6g}"

    def __call__(self, values: Whole) -> Whole:
        """Returns the values with fresh noise.

        Raises:
            ValueError: If they are not whole, or beyond 2^62.
        """
        whole = _whole(values)
        return whole + discrete_gaussian_many(Fraction(self.sigma) ** 2, whole.size).reshape(whole.shape)


def _whole(values: Whole) -> Whole:
    """Returns values, which have to be whole: noise on whole numbers would not hide what is between them.

    Raises:
        ValueError: If they are of another kind, or so large that 64 bits may not hold them with noise.
    """
    found = np.asarray(values)
    if not np.issubdtype(found.dtype, np.integer):
        raise ValueError("noise on whole numbers takes an array of whole numbers; OnGrid takes others")
    if found.size and not -limits.MOST_VALUE <= int(found.min()) <= int(found.max()) <= limits.MOST_VALUE:
        raise ValueError("noise on whole numbers takes an array of whole numbers from -2^62 to 2^62")
    return found.astype(np.int64)


Noise = LaplaceNoise | GaussianNoise


@dataclass(frozen=True)
class OnGrid:
    """Laplace or Gaussian noise for numbers that are not whole, on a grid that no data has a part in.

    Attributes:
        step: Distance of the grid's points, a power of two.
        noise: In steps.
        size: What one unit changes a number by at most, in steps: its sensitivity, and one for rounding.
    """

    step: float
    noise: Noise
    size: int

    def __post_init__(self) -> None:
        """Refuses what is no grid."""
        if not (0 < self.step < math.inf and math.frexp(self.step)[0] == 0.5):  # noqa: PLR2004 - so it is of powers of two
            raise ValueError("the step of a grid is a power of two")
        limits.hold(self, step=float(self.step), size=limits.require_whole("the sensitivity in steps", self.size))

    @classmethod
    def laplace(cls, sensitivity: float, epsilon: float) -> Self:
        """Returns noise that is epsilon-differentially private for one number.

        Args:
            sensitivity: What one unit changes it by at most.
            epsilon: Of the release.
        """
        step, size = _grid(sensitivity, limits.require_epsilon(epsilon))
        return cls(step, LaplaceNoise.of(epsilon, (Change(1, size),)), size)

    @classmethod
    def gaussian(cls, sensitivity: float, rho: float) -> Self:
        """Returns noise that is rho-zCDP for one number.

        Args:
            sensitivity: What one unit changes it by at most.
            rho: Of the release.
        """
        rho = limits.require_within("rho", rho, limits.LEAST_RHO, limits.MOST_RHO)
        step, size = _grid(sensitivity, math.sqrt(2 * rho))
        return cls(step, GaussianNoise.of(rho, (Change(1, size),)), size)

    def events(self, cells: int = 1) -> tuple[dp_events.Event, ...]:
        """Returns what it tells of a unit that changes so many numbers."""
        return self.noise.events((Change(cells, self.size),))

    def __call__(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Returns the values with fresh noise: points of the grid, exact in doubles.

        Values beyond what doubles hold of the grid count as the last that they do, which brings no two numbers further apart.
        What is no number counts as zero, which is as far from a total as it likes: where one unit could make a total NaN or
        infinite, no sensitivity holds. So whoever calls leaves such numbers out, or bounds each, before anything is added.
        """
        most = _MOST_STEPS / 2
        with np.errstate(over="ignore"):
            steps = np.clip(np.nan_to_num(np.asarray(values, np.float64) / self.step), -most, most)
        return np.asarray(self.noise(np.rint(steps).astype(np.int64)) * self.step, np.float64)


def _grid(sensitivity: float, shift: float) -> tuple[float, int]:
    """Returns a step, and how many of them one unit changes a rounded number by at most.

    Args:
        sensitivity: What one unit changes the number by at most.
        shift: The same in deviations of the noise, about.
    """
    sensitivity = limits.require_within("the sensitivity", sensitivity, limits.LEAST_SIZE, limits.MOST_SIZE)
    step = 2.0 ** math.floor(math.log2(min(sensitivity, sensitivity / shift) / FINE))
    return step, math.ceil(Fraction(sensitivity) / Fraction(step)) + 1
