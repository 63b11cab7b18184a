"""What an audit looks at beside guesses: whether noise and batches are fresh, the clip holds, and nothing goes round the noise.

Where chance plays a part, a loop that is right fails a look once in a million audits at most.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from engine.synth.audit import Loop, Seen
from engine.synth.marked import canaries
from engine.synth.microbatches import clipped_sum
from schemas.training_audit import Look

FALSE_ALARM = 1e-7
"""Of each look, by the normal distribution: some times that, where it is an approximation."""

_UNITS = 32
_TIGHT = 100.0
_ROUNDING = 1e-4


def looks(loop: Loop, steps: Seen, strayed: float) -> tuple[Look, ...]:
    """Returns what was looked at.

    Args:
        loop: It.
        steps: What was seen of single steps, of an attempt and others after it.
        strayed: How far weights were from what noisy sums and public constants give.
    """
    present = steps.present.astype(float)
    noise = steps.scores + 0.5 - present
    return (
        _alike("noise of two steps or attempts, most alike", noise),
        _alike("noise of two weights, most alike", noise.T),
        _alike("batches of two steps or attempts, most alike", present),
        Look(what="the canary that is left out most, beyond its share", value=0.5 - float(present.mean(axis=0).min()),
             allowed=_beyond(loop.number) / (2 * math.sqrt(len(present)))),
        Look(what="one unit's part of a sum, over the clip", value=_largest_part(loop), allowed=1 + _ROUNDING),
        Look(what="weights, beside those that noisy sums and public constants give", value=strayed,
             allowed=_ROUNDING),
    )


def _alike(what: str, rows: npt.NDArray[np.float64]) -> Look:
    """Returns the largest correlation of two rows, and what chance makes of it (Fisher's transformation)."""
    number, length = rows.shape
    found = np.abs(np.asarray(np.corrcoef(rows))[np.triu_indices(number, 1)])
    allowed = math.tanh(_beyond(number * (number - 1) // 2) / math.sqrt(length - 3))
    return Look(what=what, value=float(np.nan_to_num(found, nan=1.0).max()), allowed=allowed)


def _beyond(draws: int) -> float:
    """Returns what none of so many normal draws is beyond, on either side, but by a false alarm."""
    return NormalDist().inv_cdf(1 - FALSE_ALARM / 2 / draws)


def _largest_part(loop: Loop) -> float:
    """Returns the largest norm of one unit's part over the clip, the policy's and one that is far smaller than gradients are."""
    generator = loop.make()
    units, largest = canaries(generator.sizes, _UNITS, loop.rows), 0.0
    for clip in (loop.recipe.clip, loop.recipe.clip / _TIGHT):
        for unit in range(_UNITS):
            total, _ = clipped_sum(generator, units, np.array([unit]), clip, per_layer=loop.recipe.per_layer)
            largest = max(largest, float(total.norm()) / clip)
    return largest
