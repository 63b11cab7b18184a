"""Canaries whose part in a sum is known: rows of random codes, and a mark of their own on each.

The claim is about the worst gradients there can be. Those of ordinary rows overlap, and hide each other. So the policy's
generator gets one parameter more for each canary, which the canary's loss pulls at far beyond the clip: after clipping, nearly
all that is left of its gradient is the whole clip in a place of its own. The generator's own gradient stays beside it, and
everything goes through the loop as it is: tape, clipping, sum, noise.
"""

from __future__ import annotations

import secrets

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.generator import Trainable
from engine.synth.ghost import Tape
from engine.synth.microbatches import Units
from engine.synth.sampling import ID_BYTES

STRENGTH = 100.0
"""How far beyond the clip a mark's gradient is."""

_LAYERS_EACH = 3
"""Layers of marks for each of the generator where layers are clipped by themselves: three quarters of the squared norm."""

_MARK = "mark"


class Marked:
    """A generator with marks. Implements ``generator.Trainable``: marks are nobody's, and no rows are drawn.

    Args:
        generator: Of the policy's columns, untrained.
        marks: Canaries that there are.
        clip: The training's.
        per_layer: Whether each layer is clipped by itself.
    """

    def __init__(self, generator: Trainable, marks: int, *, clip: float, per_layer: bool) -> None:
        self._inner, self._pull = generator, clip * STRENGTH
        layers = {name.removesuffix(".weight").removesuffix(".bias") for name in generator.state}
        self._names = [f"{_MARK}.{place}" for place in range(_LAYERS_EACH * len(layers) if per_layer else 1)]
        self._all = len(self._names) + (len(layers) if per_layer else 0)
        self.sizes = (*generator.sizes, marks)
        self.state = {**generator.state, **{name: torch.zeros(marks, 1) for name in self._names}}

    def loss(self, tape: Tape, codes: Tensor) -> Tensor:
        """See ``Trainable.loss``."""
        losses = self._inner.loss(tape, codes[:, :, :-1])
        pulled = [tape.embed(name, codes[:, :, -1])[:, :, 0] for name in self._names]
        return losses + self._pull * torch.stack(pulled).sum(0)

    @property
    def spread(self) -> float:
        """How much more noise is in what is read than noise over clip: 1, but where layers are clipped by themselves."""
        return float((self._all / len(self._names)) ** 0.5)

    def read(self, summed: Tensor, clip: float) -> npt.NDArray[np.float64]:
        """Returns how much of each canary is in a sum of clipped gradients, (canaries,): 1 if it is there whole, but for noise.

        Args:
            summed: In the order of ``state``.
            clip: With which it was made.
        """
        shapes = [value.numel() for value in self.state.values()]
        parts = dict(zip(self.state, torch.split(summed, shapes), strict=True))
        marks = torch.stack([parts[name] for name in self._names]).sum(0).double()
        return np.asarray((marks * self._all**0.5 / (len(self._names) * clip)).numpy())


def canaries(sizes: tuple[int, ...], number: int, rows: int = 1) -> Units:
    """Returns so many units of so many random rows each."""
    drawn = np.random.default_rng(secrets.randbits(128))
    codes = np.stack([drawn.integers(0, size, number * rows) for size in sizes], axis=1).astype(np.int32)
    ids = np.frombuffer(secrets.token_bytes(number * ID_BYTES), np.uint8).reshape(-1, ID_BYTES)
    return Units(ids, codes, np.arange(number + 1) * rows)


def marked(units: Units) -> Units:
    """Returns units with a mark of its own on each one's rows, as a further column."""
    marks = np.repeat(np.arange(len(units.ids), dtype=np.int32), np.diff(units.offsets))
    return Units(units.ids, np.concatenate([units.codes, marks[:, None]], axis=1), units.offsets)


def among(units: Units, present: npt.NDArray[np.bool_]) -> Units:
    """Returns those units that are present."""
    rows = np.diff(units.offsets)
    return Units(units.ids[present], units.codes[np.repeat(present, rows)], np.concatenate([[0], np.cumsum(rows[present])]))
