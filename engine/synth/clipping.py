"""The bound on one unit's gradient from step to step, and the noise that goes with it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.synth.noise import gaussian

MEDIAN, RATE = 0.5, 0.2
"""The share of gradients that the bound is to hold, and how fast it moves (Andrew et al. 2021, Section 3)."""

_KEPT = 0.9
"""Of the share that is told: how much each step keeps of it, for one step's count is mostly noise."""


@dataclass(frozen=True)
class Bound:
    """A step's bound: clip, and noise of gradients and of the number of units that were within.

    Both are released, and together they are one Gaussian mechanism of the given noise multiplier z: the number's noise is
    σ, of a sum that one unit moves by 1/2, and the gradient's z' with 1/z² = 1/z'² + 1/(2σ)² (Andrew, Thakkar, McMahan and
    Ramaswamy 2021, "Differentially Private Learning with Adaptive Clipping", Theorem 1).

    Attributes:
        clip: L2 bound on one unit's gradient.
        gradient_noise: z'.
        count_noise: σ.
        expected_batch: Units of a step, on average.
        adaptive: Whether the clip moves.
        within: Share of units that were within, about.
    """

    clip: float
    gradient_noise: float
    count_noise: float
    expected_batch: float
    adaptive: bool
    within: float = MEDIAN

    @classmethod
    def of(cls, noise_multiplier: float, clip: float, expected_batch: float, *, adaptive: bool) -> Bound:
        """Returns the first step's bound. A number costs little: σ is a twentieth of the batch, or twice z if that is more."""
        count = max(expected_batch / 20, 2 * noise_multiplier)
        if not noise_multiplier:
            return cls(clip, 0.0, 0.0, expected_batch, adaptive)
        gradient = 1 / math.sqrt(noise_multiplier**-2 - (2 * count) ** -2)
        return cls(clip, gradient, count, expected_batch, adaptive)

    def noise(self, size: int) -> npt.NDArray[np.float64]:
        """Returns fresh noise for a gradient of so many entries, and for the count, which comes last."""
        return np.concatenate([gaussian(size, self.gradient_noise * self.clip), gaussian(1, self.count_noise)])

    def after(self, counted: float) -> Bound:
        """Returns the next step's bound.

        Args:
            counted: The noisy sum over units of 1/2 if they were within, -1/2 if not.
        """
        share = counted / self.expected_batch + 0.5
        within = min(1.0, max(0.0, _KEPT * self.within + (1 - _KEPT) * share))
        clip = self.clip * math.exp(-RATE * (share - MEDIAN)) if self.adaptive else self.clip
        return replace(self, clip=clip, within=within)
