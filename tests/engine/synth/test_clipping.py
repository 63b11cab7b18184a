"""The bound on gradients, and the noise that pays for it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.synth.clipping import Bound


def test_noise_of_gradient_and_count_is_one_mechanism():
    """A unit moves the gradient by the clip and the count by a half: in units of their noise, together 1 / z."""
    for noise, batch in ((0.7, 256.0), (2.5, 5.0), (40.0, 64.0)):
        bound = Bound.of(noise, 3.0, batch, adaptive=True)
        moved = (3.0 / (bound.gradient_noise * bound.clip)) ** 2 + (0.5 / bound.count_noise) ** 2
        assert moved == pytest.approx(noise**-2)
        assert bound.gradient_noise < 1.04 * noise


def test_an_adaptive_clip_finds_the_median():
    drawn = np.random.default_rng(3)
    bound = Bound.of(1.0, 40.0, 400.0, adaptive=True)
    for _ in range(150):
        norms = drawn.lognormal(0.5, 0.6, drawn.binomial(4000, 0.1))
        counted = ((norms <= bound.clip) - 0.5).sum() + bound.noise(0)[0]
        bound = bound.after(counted)
    assert bound.clip == pytest.approx(np.exp(0.5), rel=0.2)
    assert bound.within == pytest.approx(0.5, abs=0.1)
