"""What an audit looks at beside guesses: noise and batches, how often units are drawn, the clip, weights that follow.

Where chance plays a part, a loop that is right fails a look once in a million audits at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from engine.privacy.farthest import Farthest, drawn, spread
from engine.synth.added import Added
from engine.synth.audit import FAIR, Loop, Seen
from engine.synth.drawn import STEPS, batches, many
from engine.synth.marked import canaries
from engine.synth.microbatches import clipped_sum
from engine.synth.training import Recipe
from schemas.training_audit import Look

FALSE_ALARM = 1e-7
"""Of each look, by the normal distribution: some times that, where it is an approximation."""

_UNITS = 32
_TIGHT = 100.0
_ROUNDING = 1e-4
_NORMAL = 5.0
"""Variance of batches from which on their sizes are as good as normal."""


def looks(loop: Loop, watched: Sequence[Seen]) -> tuple[Look, ...]:
    """Returns what was looked at.

    Args:
        loop: It.
        watched: What was seen: of single steps, of an attempt and others after it; then of a training, if one was watched.
    """
    steps = watched[0]
    present = steps.present.astype(float)
    noise = steps.scores + 0.5 - present
    return (
        _alike("noise of two steps or attempts, most alike", noise),
        _alike("noise of two weights, most alike", noise.T),
        _alike("batches of two steps or attempts, most alike", present),
        *_noise(steps.added),
        _look("how often the canary that is farthest off is drawn",
              drawn(steps.present.sum(axis=0), len(present), FAIR, FALSE_ALARM)),
        *(_drawn(loop, one) for one in watched),
        *_many(loop.recipe),
        Look(what="one unit's part of a sum, over the clip", value=_largest_part(loop), allowed=1 + _ROUNDING),
        _part(steps),
        Look(what="weights, beside those that noisy sums and public constants give",
             value=max(one.strayed for one in watched), allowed=_ROUNDING),
    )


def _noise(added: Added | None) -> Iterator[Look]:
    """Yields how much noise was added, over what is claimed; nothing, if it was not measured."""
    if added is not None:
        layers, draws = np.array(added.layers), added.draws
        yield _look("noise of the layer that is farthest off", spread(layers.sum(axis=0), draws.sum(axis=0), FALSE_ALARM))
        yield _look("noise of the layer that is farthest off in a step", spread(layers.ravel(), draws.ravel(), FALSE_ALARM))
        every = np.full(len(added.places), len(layers))
        yield _look("noise of the weight that is farthest off", spread(added.places, every, FALSE_ALARM))


def _drawn(loop: Loop, seen: Seen) -> Look:
    """Returns how often canaries took part in the steps that were watched."""
    rate, of = (FAIR, "single steps") if seen.what == "step" else (loop.recipe.sample_rate, "a training")
    taken, times = seen.taken
    return _look(f"how often canaries are drawn, {of}", drawn(np.array([taken]), times, rate, FALSE_ALARM))


def _many(recipe: Recipe) -> Iterator[Look]:
    """Yields how many are drawn at the policy's rate, of many; whether each for itself; and whether a bound on batches holds."""
    rate, number, sizes = recipe.sample_rate, many(recipe.sample_rate), batches(recipe)
    yield _look("how often units are drawn at the policy's rate",
                drawn(sizes.sum(keepdims=True), number * STEPS, rate, FALSE_ALARM))
    variance = number * rate * (1 - rate)
    if variance > _NORMAL:
        squares = ((sizes - number * rate) ** 2).sum(keepdims=True) / variance
        yield _look("how much batches differ in size", spread(squares, np.array([STEPS]), FALSE_ALARM))
    if recipe.most is not None:  # of so many units the policy's own bound would cut none
        most = max(1, round(number * rate))
        yield Look(what="the largest batch, over the bound", value=float(batches(recipe, most=most).max()) / most, allowed=1)


def _look(what: str, far: Farthest) -> Look:
    return Look(what=what, value=far.value, least=far.least, allowed=far.most)


def _alike(what: str, rows: npt.NDArray[np.float64]) -> Look:
    """Returns the largest correlation of two rows, and what chance makes of it (Fisher's transformation)."""
    number, length = rows.shape
    found = np.abs(np.asarray(np.corrcoef(rows))[np.triu_indices(number, 1)])
    allowed = math.tanh(_beyond(number * (number - 1) // 2) / math.sqrt(length - 3))
    return Look(what=what, value=float(np.nan_to_num(found, nan=1.0).max()), allowed=allowed)


def _beyond(draws: int) -> float:
    """Returns what none of so many normal draws is beyond, on either side, but by a false alarm."""
    return NormalDist().inv_cdf(1 - FALSE_ALARM / 2 / draws)


def _part(steps: Seen) -> Look:
    """Returns how much of a canary is in the loop's own sums, on average of all that are in them: the whole clip, nearly."""
    parts = steps.scores[steps.present] + 0.5
    by_chance = NormalDist().inv_cdf(1 - FALSE_ALARM) * float(parts.std()) / math.sqrt(len(parts))
    return Look(what="a canary's part of noisy sums, over the clip", value=float(parts.mean()), allowed=1 + _ROUNDING + by_chance)


def _largest_part(loop: Loop) -> float:
    """Returns the largest norm of one unit's part over the clip, the policy's and one that is far smaller than gradients are."""
    generator = loop.make()
    units, largest = canaries(generator.sizes, _UNITS, loop.rows), 0.0
    for clip in (loop.recipe.clip, loop.recipe.clip / _TIGHT):
        for unit in range(_UNITS):
            total, _ = clipped_sum(generator, units, np.array([unit]), clip, per_layer=loop.recipe.per_layer)
            largest = max(largest, float(total.norm()) / clip)
    return largest
