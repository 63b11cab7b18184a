"""Units, and the sum of their clipped gradients, in micro-batches that fit into memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.synth.generator import Trainable
from engine.synth.ghost import Tape

MICRO_BATCH_BYTES = {"cpu": 64 << 20, "cuda": 1 << 30}
"""What a rank computes at once, a micro-batch, is to hold, by the kind of its device. A batch of any size is the sum of its
micro-batches, in double precision, so memory does not grow with it. More at once is no faster on a processor."""

_AT_ONCE = 1 << 16
_HELD = 2
"""Bytes that a micro-batch takes for each that its tape holds: what the model itself keeps until its gradients are there."""

_WEIGHT_BYTES = 64
"""Of a weight during a step: it, the optimizer's averages, sums in double precision, noise."""


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


def clipped_sum(
    generator: Trainable, units: Units, chosen: npt.NDArray[np.intp], clip: float, *,
    per_layer: bool = False, mixed: bool = False, at_once: int | None = None,
) -> tuple[Tensor, int]:
    """Returns the sum over the chosen units of their gradients, each scaled to a norm of ``clip`` at most, and how many fit.

    A unit's gradient is that of the sum over its rows: it is clipped as one. No unit chosen gives zeros. The sum is one vector
    (``shaped`` takes it apart): float64, of micro-batches in float32, on the generator's device.

    Args:
        generator: It.
        units: This rank's.
        chosen: Positions of those that take part.
        clip: The bound.
        per_layer: Whether layers are clipped apart.
        mixed: Whether the model computes in bfloat16 where torch's autocast does. Norms, scales and sums never do.
        at_once: Units of a micro-batch; as many as fit by default.
    """
    at_once = at_once or micro_batch(generator, units)
    device, size, within = _device(generator), sum(value.numel() for value in generator.state.values()), 0
    total: Tensor | None = None
    for start in range(0, len(chosen), at_once):
        codes, real = (part.to(device) for part in units.padded(chosen[start : start + at_once]))
        tape = Tape(generator.state, recording=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            losses = (generator.loss(tape, codes) * real).sum(1)
        part, norms = tape.clipped(losses, clip, per_layer=per_layer)
        within += int((norms <= clip).sum())
        if total is None:
            total = torch.cat([part[name].flatten() for name in generator.state]).double()
            continue
        for name, place in shaped(total, generator.state).items():
            place.add_(part.pop(name))
    if total is None:
        total = torch.zeros(size, dtype=torch.float64, device=device)
    return total, within


def micro_batch(generator: Trainable, units: Units) -> int:
    """Returns how many units a rank computes at once: as many as fit into ``MICRO_BATCH_BYTES``, and one at least."""
    return max(1, MICRO_BATCH_BYTES[_device(generator).type] // _unit_bytes(generator, units.widest))


def expected_memory(generator: Trainable, rows: int, batch: int) -> int:
    """Returns how many bytes a step takes on one rank, about, for units of so many rows and a batch of so many units."""
    unit = _unit_bytes(generator, rows)
    at_once = max(1, min(batch, MICRO_BATCH_BYTES[_device(generator).type] // unit))
    return at_once * unit + _WEIGHT_BYTES * sum(value.numel() for value in generator.state.values())


def _unit_bytes(generator: Trainable, rows: int) -> int:
    tape = Tape(generator.state, recording=True)
    generator.loss(tape, torch.zeros(1, rows, len(generator.sizes), dtype=torch.int64, device=_device(generator)))
    return _HELD * tape.held


def shaped(flat: Tensor, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns one vector as tensors of the names and shapes of ``like``."""
    parts = torch.split(flat, [value.numel() for value in like.values()])
    return {name: part.reshape(like[name].shape) for name, part in zip(like, parts, strict=True)}


def _device(generator: Trainable) -> torch.device:
    return next(iter(generator.state.values())).device
