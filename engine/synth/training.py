"""DP-SGD over units spread across workers (Abadi et al. 2016), as one program that every rank runs.

Each rank takes every step, whatever it drew: ranks that skipped an empty batch would leave the others waiting in the
all-reduce and change the batch size's distribution. The divisor is the public expected batch, not the drawn one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.encoding import Codes
from engine.synth.generator import Generator
from engine.synth.ghost import Tape
from engine.synth.noise import gaussian
from engine.synth.sampling import Inclusion

LEARNING_RATE = 1e-2
"""Adam's rate for ``_USUAL_STEPS``. It falls with the root of the number of steps: few steps must go far, since each moves a
weight by the rate at most; in many, noise adds up. Measured on Adult at 300 and 760 steps."""

_USUAL_STEPS = 300
_LARGEST_RATE = 4e-2
_POSITIONS_AT_ONCE = 1024


class Collective(Protocol):
    """The ranks of one attempt, and what they do together."""

    rank: int
    size: int

    def sum(self, values: Tensor) -> Tensor:
        """Returns the element-wise sum over all ranks, on all ranks."""
        ...

    def share(self, values: Tensor) -> Tensor:
        """Returns rank 0's ``values`` on all ranks."""
        ...

    def route(self, values: Tensor, owners: npt.NDArray[np.intp]) -> Tensor:
        """Sends row i of ``values`` to rank ``owners[i]`` and returns the rows received."""
        ...


class Alone:
    """A collective of one."""

    rank = 0
    size = 1

    def sum(self, values: Tensor) -> Tensor:
        """See ``Collective.sum``."""
        return values

    def share(self, values: Tensor) -> Tensor:
        """See ``Collective.share``."""
        return values

    def route(self, values: Tensor, owners: npt.NDArray[np.intp]) -> Tensor:
        """See ``Collective.route``."""
        del owners
        return values


@dataclass(frozen=True)
class Units:
    """One worker's privacy units.

    Attributes:
        ids: (units, sampling.ID_BYTES).
        codes: Rows of all units, unit by unit, (rows, columns).
        offsets: Where each unit's rows start and end, (units + 1,).
    """

    ids: npt.NDArray[np.uint8]
    codes: Codes
    offsets: npt.NDArray[np.intp]

    def padded(self, chosen: npt.NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """Returns the chosen units' rows, (units, rows, columns), and which of them are real, (units, rows)."""
        starts, ends = self.offsets[chosen], self.offsets[chosen + 1]
        place = starts[:, None] + np.arange(max(1, int((ends - starts).max(initial=1))))
        real = place < ends[:, None]
        return torch.from_numpy(self.codes[np.where(real, place, starts[:, None])].astype(np.int64)), torch.from_numpy(real)


@dataclass(frozen=True)
class Recipe:
    """The constants of one attempt, all public.

    Attributes:
        noise_multiplier: Standard deviation of the noise over ``clip``.
        clip: L2 bound on one unit's gradient.
        sample_rate: Probability that a unit takes part in a step.
        steps: Number of steps; all are taken.
        expected_batch: What the noisy sum is divided by.
    """

    noise_multiplier: float
    clip: float
    sample_rate: float
    steps: int
    expected_batch: float


def fit(generator: Generator, units: Units, recipe: Recipe, ranks: Collective, progress: Callable[[float], None]) -> None:
    """Trains ``generator`` in place; afterwards its state is the same on every rank.

    Args:
        generator: With the same shapes on every rank; rank 0's initial weights are taken.
        units: This rank's units; each unit of the table is on exactly one rank.
        recipe: The same on every rank.
        ranks: The attempt's ranks.
        progress: Called with the share of steps that are done.
    """
    inclusion = Inclusion(fresh_key(ranks), units.ids, recipe.sample_rate)
    names = list(generator.state)
    weights = ranks.share(torch.cat([generator.state[name].flatten() for name in names]))
    optimizer = _Adam(weights, recipe.steps)
    for step in range(recipe.steps):
        _assign(generator, names, optimizer.weights)
        total = clipped_sum(generator, units, inclusion.at(step), recipe.clip)
        flat = torch.cat([total[name].flatten() for name in names]).double()
        if ranks.rank == 0:
            flat += torch.from_numpy(gaussian(len(flat), recipe.noise_multiplier * recipe.clip))
        optimizer.step((ranks.sum(flat) / recipe.expected_batch).float())
        progress((step + 1) / recipe.steps)
    _assign(generator, names, optimizer.weights)


def fresh_key(ranks: Collective) -> bytes:
    """Returns 32 bytes that rank 0 drew from the operating system, on all ranks. They are in memory only."""
    return ranks.share(torch.frombuffer(bytearray(os.urandom(32)), dtype=torch.uint8)).numpy().tobytes()


def clipped_sum(generator: Generator, units: Units, chosen: npt.NDArray[np.intp], clip: float) -> dict[str, Tensor]:
    """Returns the sum over the chosen units of their gradients, each scaled to a norm of ``clip`` at most.

    A unit's gradient is that of the sum over its rows: it is clipped as one. No unit chosen gives zeros.
    """
    total = {name: torch.zeros_like(value) for name, value in generator.state.items()}
    widest = int(np.diff(units.offsets).max(initial=1))
    at_once = max(1, _POSITIONS_AT_ONCE // widest)
    for start in range(0, len(chosen), at_once):
        codes, real = units.padded(chosen[start : start + at_once])
        tape = Tape(generator.state, recording=True)
        part, _ = tape.clipped((generator.loss(tape, codes) * real).sum(1), clip)
        for name, value in part.items():
            total[name] += value
    return total


class _Adam:
    """Adam (Kingma and Ba 2015) on one flat vector, the rate falling linearly over the second half.

    Written out because ``torch.optim`` loads torch's compiler, which takes longer than a small training.
    """

    def __init__(self, weights: Tensor, steps: int) -> None:
        self.weights = weights
        self._steps = steps
        self._rate = min(_LARGEST_RATE, LEARNING_RATE * (_USUAL_STEPS / steps) ** 0.5)
        self._taken = 0
        self._mean = torch.zeros_like(weights)
        self._square = torch.zeros_like(weights)

    def step(self, gradient: Tensor) -> None:
        slow, fast = 0.9, 0.99
        rate = self._rate * min(1.0, 2 * (1 - self._taken / self._steps) + 0.02)
        self._taken += 1
        self._mean = slow * self._mean + (1 - slow) * gradient
        self._square = fast * self._square + (1 - fast) * gradient**2
        spread = (self._square / (1 - fast**self._taken)).sqrt() + 1e-8
        self.weights = self.weights - rate * self._mean / (1 - slow**self._taken) / spread


def _assign(generator: Generator, names: list[str], weights: Tensor) -> None:
    place = 0
    for name in names:
        shape = generator.state[name].shape
        generator.state[name] = weights[place : place + shape.numel()].reshape(shape)
        place += shape.numel()
