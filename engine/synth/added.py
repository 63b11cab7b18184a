"""The noise that a loop added, measured: its noisy sums less the exact ones, which an audit of canaries may know.

Guesses read the marks' places alone. Noise that is missing elsewhere they do not see: on a layer, on some weights, in a step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.privacy.farthest import Counts, Floats
from engine.synth.clipping import Bound
from engine.synth.generator import Trainable
from engine.synth.microbatches import Units, clipped_sum
from engine.synth.training import Recipe


def exact(generator: Trainable, units: Units, chosen: npt.NDArray[np.intp], clip: float, recipe: Recipe) -> Floats:
    """Returns what a step would release without noise: the sum of clipped gradients, and the count."""
    total, within = clipped_sum(generator, units, chosen, clip, per_layer=recipe.per_layer, mixed=recipe.mixed)
    return np.append(total.numpy(), within - len(chosen) / 2)


class Added:
    """Squares of noise, of which each value is over the deviation that is claimed of it; the count is a layer of its own.

    Attributes:
        sizes: Weights of each layer.
        places: Of each weight, over all steps, (weights,).
        layers: Of each step, by layer, each (layers,).
    """

    def __init__(self) -> None:
        self.sizes, self.places = np.empty(0, np.int_), np.zeros(1)
        self.layers: list[Floats] = []

    def see(self, noise: Floats, clip: float, generator: Trainable, recipe: Recipe) -> None:
        """Takes a step's noise.

        Args:
            noise: Of every weight, and of the count.
            clip: The step's.
            generator: Whose layers there are.
            recipe: What is claimed.
        """
        sizes = [value.numel() for value in generator.state.values()]
        gradient, count = claimed(recipe)
        squares = np.append(noise[:-1] / (gradient * clip), noise[-1] / count) ** 2
        self.sizes, self.places = np.array([*sizes, 1]), self.places + squares
        self.layers.append(np.add.reduceat(squares, np.cumsum([0, *sizes])))

    @property
    def draws(self) -> Counts:
        """How many draws are in each of ``layers``, (steps, layers)."""
        return np.tile(self.sizes, (len(self.layers), 1))


def claimed(recipe: Recipe) -> tuple[float, float]:
    """Returns the deviation of a gradient's noise, over the clip, and of the count's: both together are the noise multiplier."""
    count = Bound.of(recipe.noise_multiplier, recipe.clip, recipe.expected_batch, adaptive=recipe.adaptive).count_noise
    return (recipe.noise_multiplier**-2 - (2 * count) ** -2) ** -0.5, count
