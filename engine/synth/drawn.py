"""How often the loop draws a unit at a policy's rate: many units, many steps, and nothing that they teach.

Where the rate is small, few canaries are in few steps. Here the loop itself (``training.fit``) draws as many units as it takes,
for a model of one weight.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.ghost import Tape
from engine.synth.marked import canaries
from engine.synth.training import Alone, Recipe, Unrecorded, fit

STEPS = 256

PARTS = 20_000
"""That units take in all steps together, on average: their number is known to a hundredth or so."""

MOST_UNITS = 1 << 20


class _OneWeight:
    """Implements ``generator.Trainable``."""

    def __init__(self) -> None:
        self.sizes: tuple[int, ...] = (1,)
        self.state = {"weight": torch.zeros(1, 1)}

    def loss(self, tape: Tape, codes: Tensor) -> Tensor:
        """See ``Trainable.loss``."""
        return tape.embed("weight", codes[:, :, 0])[:, :, 0]


class _Counting(Unrecorded):
    """Counts who takes part."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``training.Record.before``."""
        del step
        self.sizes.append(len(chosen))


def many(rate: float) -> int:
    """Returns how many units it takes at a rate."""
    return min(MOST_UNITS, math.ceil(PARTS / (STEPS * rate)))


def batches(recipe: Recipe, *, most: int | None = None) -> npt.NDArray[np.int64]:
    """Returns how many of ``many`` units took part in each of ``STEPS`` steps.

    Args:
        recipe: Of which the rate is looked at.
        most: That there may be in a step.
    """
    number, model, counting = many(recipe.sample_rate), _OneWeight(), _Counting()
    fit(model, canaries(model.sizes, number), replace(recipe, steps=STEPS, most=most, units=number), Alone(), record=counting)
    return np.array(counting.sizes)
