"""DP-SGD over units spread across workers (Abadi et al. 2016), as one program that every rank runs.

Each rank takes every step, whatever it drew: ranks that skipped an empty batch would leave the others waiting in the
all-reduce and change the batch size's distribution. The divisor is the public expected batch, not the drawn one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.clipping import Bound
from engine.synth.generator import Generator
from engine.synth.ghost import Tape
from engine.synth.optimizer import Adam
from engine.synth.sampling import Inclusion
from engine.synth.standing import Standing

MICRO_BATCH_BYTES = {"cpu": 32 << 20, "cuda": 1 << 30}
"""What a rank computes at once, a micro-batch, is to hold, by the kind of its device. A batch of any size is the sum of its
micro-batches, in double precision, so memory does not grow with it. More at once is no faster on a processor."""

_AT_ONCE = 1 << 16
_HELD = 2
"""Bytes that a micro-batch takes for each that its tape holds: what the model itself keeps until its gradients are there."""


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


@dataclass(frozen=True)
class Units:
    """One worker's privacy units.

    Attributes:
        ids: (units, sampling.ID_BYTES).
        codes: Rows of all units, unit by unit, (rows, columns); a memory map, where they were loaded.
        offsets: Where each unit's rows start and end, (units + 1,); the same.
    """

    ids: npt.NDArray[np.uint8]
    codes: npt.NDArray[np.integer[Any]]
    offsets: npt.NDArray[np.int64]

    @cached_property
    def widest(self) -> int:
        """Rows of a unit, at most."""
        parts = (self.offsets[start : start + _AT_ONCE + 1] for start in range(0, len(self.ids), _AT_ONCE))
        return max((int(np.diff(part).max()) for part in parts), default=1)

    def padded(self, chosen: npt.NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """Returns the chosen units' rows, (units, rows, columns), and which of them are real, (units, rows)."""
        starts, ends = self.offsets[chosen], self.offsets[chosen + 1]
        place = starts[:, None] + np.arange(max(1, int((ends - starts).max(initial=1))))
        real = place < ends[:, None]
        return torch.from_numpy(self.codes[np.where(real, place, starts[:, None])].astype(np.int64)), torch.from_numpy(real)


class Record(Protocol):
    """What rank 0 tells the journal, before and after it takes steps."""

    def start(self, steps: int) -> tuple[int, int, Tensor | None]:
        """Returns after how many steps the attempt begins, after how many it ends, and the optimizer's state; None at first.

        Args:
            steps: Of the whole training.
        """
        ...

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """Writes down that ``step`` is taken, in which ``chosen`` of rank 0's units take part; fails if it may not be."""
        ...

    def after(self, step: int, noisy: Tensor, state: Callable[[], Tensor]) -> None:
        """Leaves the state after so many steps, if it is time; ``noisy`` is the sum of the last one, the count at its end."""
        ...


class Unrecorded:
    """An attempt that leaves nothing."""

    def start(self, steps: int) -> tuple[int, int, Tensor | None]:
        """See ``Record.start``."""
        return 0, steps, None

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``Record.before``."""

    def after(self, step: int, noisy: Tensor, state: Callable[[], Tensor]) -> None:
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
    generator: Generator, units: Units, recipe: Recipe, ranks: Collective, *,
    progress: Callable[[Standing], None] = lambda _: None, record: Record | None = None,
) -> float:
    """Trains ``generator`` in place; afterwards its state is the same on every rank.

    Args:
        generator: With the same shapes on every rank; rank 0's initial weights are taken. Where its state is, is computed.
        units: This rank's units; each unit of the table is on exactly one rank.
        recipe: The same on every rank.
        ranks: The attempt's ranks.
        progress: Called after every step.
        record: Of rank 0: where it goes on from, and what it writes down.

    Returns:
        The share of gradients that were within the clip at the end, about; by noisy counts.
    """
    record = record or Unrecorded()
    inclusion = Inclusion(fresh_key(ranks), units.ids, recipe.sample_rate)
    names = list(generator.state)
    optimizer, until = _taken_up(torch.cat([generator.state[name].flatten() for name in names]), recipe, ranks, record)
    bound = Bound.of(recipe.noise_multiplier, recipe.clip, recipe.expected_batch, adaptive=recipe.adaptive)
    at_once = micro_batch(generator, units)
    for step in range(optimizer.taken, until):
        _assign(generator, names, optimizer.weights)
        chosen = inclusion.at(step) if recipe.most is None else truncated(inclusion, step, recipe.most, ranks)
        total, within = clipped_sum(
            generator, units, chosen, bound.clip, per_layer=recipe.per_layer, mixed=recipe.mixed, at_once=at_once)
        counted = optimizer.weights.new_tensor([within - len(chosen) / 2], dtype=torch.float64)
        flat = torch.cat([*(total[name].flatten() for name in names), counted])
        if ranks.rank == 0:
            record.before(step, chosen)
            flat += torch.from_numpy(bound.noise(len(flat) - 1)).to(flat.device)
        noisy = ranks.sum(flat)
        optimizer.step((noisy[:-1] / recipe.expected_batch).float())
        bound = bound.after(float(noisy[-1]))
        if ranks.rank == 0:
            record.after(step + 1, noisy, lambda: optimizer.state)
        progress(Standing(step + 1, until, bound.within, bound.clip))
    _assign(generator, names, optimizer.weights)
    return bound.within


def _taken_up(weights: Tensor, recipe: Recipe, ranks: Collective, record: Record) -> tuple[Adam, int]:
    """Returns the optimizer as rank 0's record has it, and after how many steps the attempt ends, on all ranks."""
    optimizer = Adam(weights, recipe.steps)
    *ends, state = record.start(recipe.steps) if ranks.rank == 0 else (0, 0, None)
    taken, until = map(int, ranks.share(torch.tensor(ends)))
    optimizer.restore(ranks.share(optimizer.state if state is None else state.to(weights.device)), taken)
    return optimizer, until


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


def clipped_sum(
    generator: Generator, units: Units, chosen: npt.NDArray[np.intp], clip: float, *,
    per_layer: bool = False, mixed: bool = False, at_once: int | None = None,
) -> tuple[dict[str, Tensor], int]:
    """Returns the sum over the chosen units of their gradients, each scaled to a norm of ``clip`` at most, and how many fit.

    A unit's gradient is that of the sum over its rows: it is clipped as one. No unit chosen gives zeros. The sum is float64, of
    micro-batches in float32, on the generator's device.

    Args:
        generator: It.
        units: This rank's.
        chosen: Positions of those that take part.
        clip: The bound.
        per_layer: Whether layers are clipped apart.
        mixed: Whether the model computes in bfloat16 where torch's autocast does. Norms, scales and sums never do.
        at_once: Units of a micro-batch; as many as fit by default.
    """
    names, device = list(generator.state), _device(generator)
    total = torch.zeros(sum(value.numel() for value in generator.state.values()), dtype=torch.float64, device=device)
    within, at_once = 0, at_once or (micro_batch(generator, units) if len(chosen) else 1)
    for start in range(0, len(chosen), at_once):
        codes, real = (part.to(device) for part in units.padded(chosen[start : start + at_once]))
        tape = Tape(generator.state, recording=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            losses = (generator.loss(tape, codes) * real).sum(1)
        part, norms = tape.clipped(losses, clip, per_layer=per_layer)
        within += int((norms <= clip).sum())
        total += torch.cat([part[name].flatten() for name in names])
    return dict(zip(names, _split(generator, names, total), strict=True)), within


def micro_batch(generator: Generator, units: Units) -> int:
    """Returns how many units a rank computes at once: as many as fit into ``MICRO_BATCH_BYTES``, and one at least."""
    tape, device = Tape(generator.state, recording=True), _device(generator)
    generator.loss(tape, torch.zeros(1, max(1, units.widest), len(generator.sizes), dtype=torch.int64, device=device))
    return max(1, MICRO_BATCH_BYTES[device.type] // (_HELD * tape.held))


def _device(generator: Generator) -> torch.device:
    return next(iter(generator.state.values())).device


def _split(generator: Generator, names: list[str], flat: Tensor) -> list[Tensor]:
    shapes = [generator.state[name].shape for name in names]
    return [part.reshape(shape) for part, shape in zip(flat.split([shape.numel() for shape in shapes]), shapes, strict=True)]


def _assign(generator: Generator, names: list[str], weights: Tensor) -> None:
    generator.state.update(zip(names, _split(generator, names, weights), strict=True))
