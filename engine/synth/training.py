"""DP-SGD over units spread across workers (Abadi et al. 2016), as one program that every rank runs.

Each rank takes every step, whatever it drew: ranks that skipped an empty batch would leave the others waiting in the
all-reduce and change the batch size's distribution. The divisor is the public expected batch, not the drawn one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.clipping import Bound
from engine.synth.generator import Trainable
from engine.synth.microbatches import Units, clipped_sum, micro_batch, shaped
from engine.synth.optimizer import Adam
from engine.synth.sampling import Inclusion
from engine.synth.standing import Standing

State = Mapping[str, Tensor]
"""What a training goes on from: weights, what the optimizer keeps, and the bound. All of it follows from noisy sums."""


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

    def gather(self, values: Tensor) -> Tensor:
        """Returns the entries of all ranks' ``values``, (n,), of any length each, on all ranks."""
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

    def gather(self, values: Tensor) -> Tensor:
        """See ``Collective.gather``."""
        return values

    def route(self, values: Tensor, owners: npt.NDArray[np.intp]) -> Tensor:
        """See ``Collective.route``."""
        del owners
        return values


class Record(Protocol):
    """What rank 0 tells the journal, before and after it takes steps."""

    def start(self, steps: int) -> tuple[int, int, State | None]:
        """Returns after how many steps the attempt begins, after how many it ends, and what it goes on from; None at first.

        Args:
            steps: Of the whole training.
        """
        ...

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """Writes down that ``step`` is taken, in which ``chosen`` of rank 0's units take part; fails if it may not be."""
        ...

    def after(self, step: int, noisy: Tensor, state: Callable[[], State]) -> None:
        """Leaves the state after so many steps, if it is time; ``noisy`` is the sum of the last one, the count at its end."""
        ...


class Unrecorded:
    """An attempt that leaves nothing."""

    def start(self, steps: int) -> tuple[int, int, State | None]:
        """See ``Record.start``."""
        return 0, steps, None

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``Record.before``."""

    def after(self, step: int, noisy: Tensor, state: Callable[[], State]) -> None:
        """See ``Record.after``."""


@dataclass(frozen=True)
class Recipe:
    """The constants of one training, all public.

    Attributes:
        noise_multiplier: Standard deviation of the noise over the clip, of gradient and count of clipped ones together.
        clip: L2 bound on one unit's gradient, to begin with.
        sample_rate: Probability that a unit takes part in a step.
        steps: Number of steps that may be taken, by all attempts together.
        expected_batch: What the noisy sum is divided by.
        most: Units of a step at most (truncated Poisson sampling); None for no bound.
        units: Units of the table at most, where ``most`` bounds a step.
        per_layer: Whether each layer's gradient is clipped to an equal part of the bound.
        adaptive: Whether the clip follows the median norm.
        mixed: Whether the model computes in bfloat16.
    """

    noise_multiplier: float
    clip: float
    sample_rate: float
    steps: int
    expected_batch: float
    most: int | None = None
    units: int = 0
    per_layer: bool = False
    adaptive: bool = False
    mixed: bool = False


def fit(
    generator: Trainable, units: Units, recipe: Recipe, ranks: Collective, *,
    progress: Callable[[Standing], None] = lambda _: None, record: Record | None = None,
) -> Standing | None:
    """Trains ``generator`` in place; afterwards its state is the same on every rank.

    Args:
        generator: With the same shapes on every rank; rank 0's initial weights are taken. Where its state is, is computed.
        units: This rank's units; each unit of the table is on exactly one rank.
        recipe: The same on every rank.
        ranks: The attempt's ranks.
        progress: Called after every step.
        record: Of rank 0: where it goes on from, and what it writes down.

    Returns:
        How it stands at the end; None if no step was ever taken.
    """
    record = record or Unrecorded()
    inclusion = Inclusion(fresh_key(ranks), units.ids, recipe.sample_rate)
    optimizer, bound, until = _taken_up(torch.cat([value.flatten() for value in generator.state.values()]), recipe, ranks, record)
    at_once = micro_batch(generator, units)
    for step in range(optimizer.taken, until):
        generator.state.update(shaped(optimizer.weights, generator.state))
        chosen = inclusion.at(step) if recipe.most is None else truncated(inclusion, step, recipe.most, ranks)
        total, within = clipped_sum(
            generator, units, chosen, bound.clip, per_layer=recipe.per_layer, mixed=recipe.mixed, at_once=at_once)
        flat = torch.cat([total, total.new_tensor([within - len(chosen) / 2])])
        if ranks.rank == 0:
            record.before(step, chosen)
            flat += torch.from_numpy(bound.noise(len(flat) - 1)).to(flat.device)
        noisy = ranks.sum(flat)
        optimizer.step(noisy[:-1].float() / recipe.expected_batch)
        bound = bound.after(float(noisy[-1]))
        if ranks.rank == 0:
            record.after(step + 1, noisy, partial(_state, optimizer, bound))
        progress(Standing(step + 1, until, bound.within, bound.clip))
    generator.state.update(shaped(optimizer.weights, generator.state))
    return Standing(optimizer.taken, until, bound.within, bound.clip) if optimizer.taken else None


def _taken_up(weights: Tensor, recipe: Recipe, ranks: Collective, record: Record) -> tuple[Adam, Bound, int]:
    """Returns optimizer and bound as rank 0's record has them, and after how many steps the attempt ends, on all ranks."""
    optimizer = Adam(weights, recipe.steps)
    bound = Bound.of(recipe.noise_multiplier, recipe.clip, recipe.expected_batch, adaptive=recipe.adaptive)
    *ends, found = record.start(recipe.steps) if ranks.rank == 0 else (0, 0, None)
    taken, until = map(int, ranks.share(torch.tensor(ends)))
    own = _state(optimizer, bound)
    state = {name: ranks.share(value if found is None else found[name].to(value)) for name, value in own.items()}
    optimizer.restore(state, taken)
    clip, within = map(float, state["bound"])  # the same on all ranks, and that of the noise: whatever digits a checkpoint has
    return optimizer, replace(bound, clip=clip, within=within), until


def _state(optimizer: Adam, bound: Bound) -> State:
    return {**optimizer.state, "bound": torch.tensor([bound.clip, bound.within], dtype=torch.float64)}


def truncated(inclusion: Inclusion, step: int, most: int, ranks: Collective) -> npt.NDArray[np.intp]:
    """Returns the units of this rank that take part in a step, so that all ranks together have ``most`` at most.

    Of a larger sample those stay that are first in a random order, which the step's draws are.
    """
    chosen = inclusion.at(step)
    places = (inclusion.places(step, chosen) >> np.uint64(1)).astype(np.int64)
    together = ranks.gather(torch.from_numpy(places)).numpy()
    return chosen if len(together) <= most else chosen[places < np.sort(together)[most]]


def fresh_key(ranks: Collective) -> bytes:
    """Returns 32 bytes that rank 0 drew from the operating system, on all ranks. They are in memory only."""
    return ranks.share(torch.frombuffer(bytearray(os.urandom(32)), dtype=torch.uint8)).numpy().tobytes()
