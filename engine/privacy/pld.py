"""The privacy loss distribution of DP-SGD, composed by FFT: the authoritative accountant.

One step of DP-SGD is the Poisson-subsampled Gaussian mechanism. For neighbours that differ by one unit the two
output distributions are dominated by ``N(0, s²)`` and ``(1-q) N(0, s²) + q N(1, s²)`` (Zhu, Dong and Wang 2022,
Theorem 11), in both orders: a unit may be added or removed. The distribution of the log-likelihood ratio is put on a grid
so that the result can only be worse than the truth, convolved with itself ``steps`` times, and read off at delta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Direction = Literal["add", "remove"]

GRID = 1e-4
"""Width of a loss bucket. Halving it changes epsilon of ordinary runs by less than 1e-4."""

TAIL = 1e-5
"""Share of delta that all truncations of one computation may use up; they count as certain failure."""

_LARGEST = 500.0
"""Losses above it count as infinite: their exponential leaves floating point, and no such epsilon is a promise."""

_MAX_BUCKETS = 1 << 16


def _erfc(values: Floats) -> Floats:
    """Returns the complementary error function of each value."""
    return np.fromiter(map(math.erfc, values.tolist()), dtype=np.float64, count=len(values))



@dataclass(frozen=True)
class LossDistribution:
    """A discrete privacy loss distribution.

    Attributes:
        width: Distance of neighbouring losses.
        first: Index of the first loss; loss ``i`` of ``mass`` is ``(first + i) * width``.
        mass: Probability of each loss under the first distribution.
        infinite: Probability of an unbounded loss.
    """

    width: float
    first: int
    mass: Floats
    infinite: float

    def epsilon(self, delta: float) -> float:
        """Returns the smallest epsilon of the grid, at least 0, at which the hockey-stick divergence is ``delta`` or less.

        Returns infinity where no epsilon is enough.
        """
        start = max(0, -self.first)
        end = max(start, int(_LARGEST / self.width) - self.first)
        mass = self.mass[start:end]
        loss = (self.first + start + np.arange(len(mass))) * self.width
        above = np.cumsum(mass[::-1])[::-1]
        discounted = np.cumsum((mass * np.exp(-loss))[::-1])[::-1]
        divergence = self.infinite + self.mass[end:].sum() + above - np.exp(loss) * discounted
        met = np.flatnonzero(divergence <= delta)
        return float(loss[met[0]]) if len(met) else math.inf

    def deltas(self, epsilons: Floats) -> Floats:
        """Returns the hockey-stick divergence at each epsilon, none negative."""
        loss = (self.first + np.arange(len(self.mass))) * self.width
        kept = loss > 0
        loss, mass = loss[kept], self.mass[kept]
        above = np.append(np.cumsum(mass[::-1])[::-1], 0.0)
        discounted = np.append(np.cumsum((mass * np.exp(-loss))[::-1])[::-1], 0.0)
        place = np.searchsorted(loss, epsilons, side="right")
        return np.asarray((self.infinite + above[place] - np.exp(epsilons) * discounted[place]).clip(0, 1))

    def composed(self, times: int, tail: float) -> LossDistribution:
        """Returns the distribution of ``times`` independent losses; at most ``tail`` of mass is moved to infinity.

        What the transform folds over from below the window lands above it, which overstates the loss.
        """
        low, high = self._window(times, tail)
        size = 1 << max(1, (high - low).bit_length())
        spectrum = np.fft.rfft(_folded(self.mass, size))
        total = np.fft.irfft(spectrum**times, size)
        mass = np.roll(total, times * self.first - low)[: high - low + 1].clip(0)
        infinite = -math.expm1(times * math.log1p(-self.infinite)) + 2 * tail
        return LossDistribution(self.width, low, mass, infinite)

    def _window(self, times: int, tail: float) -> tuple[int, int]:
        """Returns indices that the summed loss leaves with probability ``tail`` at most on each side (Chernoff's bound)."""
        loss = (self.first + np.arange(len(self.mass))) * self.width
        kept = self.mass > 0
        loss, log_mass = loss[kept], np.log(self.mass[kept])
        bounds = []
        for sign, end in ((-1.0, loss[0]), (1.0, loss[-1])):
            best = times * abs(float(end))
            for rate in np.geomspace(1e-2, 1e3, 24):
                exponents = log_mass + sign * rate * loss
                peak = float(exponents.max())
                log_moment = peak + math.log(float(np.exp(exponents - peak).sum()))
                best = min(best, (times * log_moment - math.log(tail)) / rate)
            bounds.append(best)
        low, high = -math.ceil(bounds[0] / self.width), math.ceil(bounds[1] / self.width)
        return min(low, 0), max(high, 1)


def subsampled_gaussian(noise_multiplier: float, sample_rate: float, direction: Direction, *, tail: float) -> LossDistribution:
    """Returns the loss distribution of one step, pessimistic by less than the grid.

    The mass between two losses of the grid is moved to both so that both output distributions keep theirs: the
    "connect the dots" of Doroshenko et al. (2022), Section 4. Losses above the grid become infinite.

    Args:
        noise_multiplier: Standard deviation of the noise over the clipping norm.
        sample_rate: Probability that a unit takes part, 0 < q <= 1.
        direction: Whether the neighbour has one unit more or one less.
        tail: Probability that may be lost at the ends.
    """
    sigma, rate = noise_multiplier, sample_rate
    reach = sigma * math.sqrt(2 * math.log(2 / tail))
    bottom, top = (_loss(x, sigma, rate) for x in (-reach, 1 + reach))
    if direction == "add":
        bottom, top = -top, -bottom
    width = max(GRID, (top - bottom) / _MAX_BUCKETS)
    first, last = math.floor(bottom / width), math.ceil(top / width)
    losses: Floats = np.asarray(np.arange(first, last + 1) * width, dtype=np.float64)
    outcome = _outcome(losses if direction == "remove" else -losses, sigma, rate)
    still, moved = _between(outcome, 0.0, sigma), _between(outcome, 1.0, sigma)
    mixture = (1 - rate) * still + rate * moved
    upper, lower = (mixture, still) if direction == "remove" else (still, mixture)
    inner, other = upper[1:-1], lower[1:-1] * np.exp(losses[:-1])
    to_right = ((inner - other) / -math.expm1(-width)).clip(0, inner)
    mass = np.zeros(len(losses))
    mass[:-1] += inner - to_right
    mass[1:] += to_right
    mass[0] += upper[0]
    return LossDistribution(width, first, mass, float(upper[-1]))


def pld_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Returns epsilon of ``steps`` Poisson-subsampled Gaussian steps at ``delta``: the worse of adding and removing a unit."""
    tail = delta * TAIL
    return max(
        subsampled_gaussian(noise_multiplier, sample_rate, direction, tail=tail / steps).composed(steps, tail).epsilon(delta)
        for direction in ("remove", "add")
    )


def _loss(x: float, sigma: float, rate: float) -> float:
    """Returns log of (mixture / centred) density at outcome ``x``; it grows with ``x``."""
    exponent = (2 * x - 1) / (2 * sigma**2)
    if exponent > 0:
        return exponent + math.log(rate + (1 - rate) * math.exp(-exponent))
    return math.log1p(rate * math.expm1(exponent)) if rate < 1 or exponent > -700 else exponent  # noqa: PLR2004 - exp underflows there


def _outcome(loss: Floats, sigma: float, rate: float) -> Floats:
    """Returns the outcomes that have ``loss``; minus infinity where no outcome has so small a loss."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(loss > 1, loss + np.log1p(-(1 - rate) * np.exp(-loss)), np.log(np.expm1(loss) + rate)) - math.log(rate)
    return np.where(np.isnan(ratio), -np.inf, sigma**2 * ratio + 0.5)


def _between(outcome: Floats, mean: float, sigma: float) -> Floats:
    """Returns the normal probability between consecutive ``outcome``, and of both ends, in order of the outcomes given.

    Each side of the mean uses its own tail function, so that small probabilities keep their digits.
    """
    scaled = (outcome - mean) / (sigma * math.sqrt(2))
    right = 0.5 * _erfc(scaled)
    left = 0.5 * _erfc(-scaled)
    right_of_mean = (scaled[1:] + scaled[:-1]) > 0
    inner = np.abs(np.where(right_of_mean, right[:-1] - right[1:], left[1:] - left[:-1]))
    rising = len(outcome) < 2 or outcome[-1] > outcome[0]  # noqa: PLR2004 - two ends
    ends = (left[0], right[-1]) if rising else (right[0], left[-1])
    return np.concatenate([[ends[0]], inner, [ends[1]]])


def _folded(mass: Floats, size: int) -> Floats:
    """Returns ``mass`` wrapped around to ``size`` entries."""
    padded = np.zeros(-(-len(mass) // size) * size)
    padded[: len(mass)] = mass
    return np.asarray(padded.reshape(-1, size).sum(axis=0))
