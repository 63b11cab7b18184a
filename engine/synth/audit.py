"""Audits of the training loop by canaries: what its noisy sums tell of who was in, beside what is claimed.

Canaries are random rows over the policy's columns, and nobody's. So an audit reads no private row and spends nothing. It runs
the loop itself (``training.fit``) with the policy's clip and noise, and sees what the claim says that anybody may see: every
noisy sum, and the weights of every step.

Two questions are asked. Of each step: which canaries were in it, where each was by a coin of its own; that shows clip and noise
at their sharpest. Of the whole training: which canaries were in the table.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.privacy.auditing import best_bound, contradicted, counted, lost
from engine.privacy.curves import Curve, least_noise
from engine.privacy.pld import pld_epsilon
from engine.synth.added import Added, exact
from engine.synth.generator import Trainable
from engine.synth.marked import Marked, among, canaries, marked
from engine.synth.microbatches import Units
from engine.synth.optimizer import Adam
from engine.synth.standing import Standing
from engine.synth.training import Alone, Recipe, State, fit
from schemas.training_audit import LowerBound, Method, Question

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ATTEMPTS, STEPS, FAIR = 2, 256, 0.5
"""Of the audit of single steps: as often is the loop begun anew, so many steps are taken each time, and a canary is in half."""

BOUNDS = 5
"""Bounds of both questions together, which share the chance of being wrong."""

_POOLED = 10_000
"""Coins of steps that are held against the curve and against one (ε, δ)."""

_SMALLER = 20
"""How much of the chance to be wrong δ may use up: one in so many, for it counts as often as there are coins."""

Test = Callable[[float], bool]
"""Whether what was seen contradicts a noise multiplier."""


class Watcher:
    """Sees what a training releases, step by step. Implements ``training.Record``.

    Args:
        generator: The one that is trained.
        recipe: The training's.
        inside: Which canaries take part, by their positions among the training's units.
        units: These.
        added: Where noise is measured, if it is.

    Attributes:
        read: Of each step, how much of each canary seems to be in the sum.
        present: Of each step, which canaries were in it.
        strayed: Largest difference of a weight from what the noisy sums and public constants say that it is.
    """

    def __init__(self, generator: Marked, recipe: Recipe, inside: Bools, units: Units, added: Added | None) -> None:
        self._generator, self._recipe, self._inside, self._clip = generator, recipe, np.flatnonzero(inside), recipe.clip
        self._number, self._units, self._added = len(inside), units, added
        self.read: list[Floats] = []
        self.present: list[Bools] = []
        self.strayed = 0.0

    def start(self, steps: int) -> tuple[int, int, State | None]:
        """See ``training.Record.start``."""
        self._follows = Adam(torch.cat([value.flatten() for value in self._generator.state.values()]), steps)
        return 0, steps, None

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``training.Record.before``."""
        del step
        self.present.append(np.isin(np.arange(self._number), self._inside[chosen]))
        if self._added is not None:
            self._exact = exact(self._generator, self._units, chosen, self._clip, self._recipe)

    def after(self, step: int, noisy: Tensor, state: Callable[[], State]) -> None:
        """See ``training.Record.after``."""
        del step
        if self._added is not None:
            self._added.see(noisy.numpy() - self._exact, self._clip, self._generator, self._recipe)
        self.read.append(self._generator.read(noisy[:-1], self._clip))
        self._follows.step((noisy[:-1] / self._recipe.expected_batch).float())
        self.strayed = max(self.strayed, float((self._follows.weights - state()["weights"]).abs().max()))

    def told(self, standing: Standing) -> None:
        """Takes the next step's clip, which is public."""
        self._clip = standing.clip


@dataclass(frozen=True)
class Loop:
    """The loop under audit.

    Attributes:
        make: Returns an untrained generator of the policy's columns.
        recipe: The training's constants, as they are claimed. Its bound on samples would cut none, and is looked at alone.
        number: Canaries.
        rows: Of each.
    """

    make: Callable[[], Trainable]
    recipe: Recipe
    number: int
    rows: int = 1

    def canaries(self) -> Units:
        """Returns canaries for it."""
        return marked(canaries(self.make().sizes, self.number, self.rows))

    def watched(
        self, recipe: Recipe, units: Units, inside: Bools, progress: Callable[[Standing], None], added: Added | None = None,
    ) -> tuple[Marked, Watcher]:
        """Runs it once on those canaries that are inside."""
        under = Marked(self.make(), self.number, clip=recipe.clip, per_layer=recipe.per_layer)
        units = among(units, inside)
        watcher = Watcher(under, recipe, inside, units, added)

        def told(standing: Standing) -> None:
            watcher.told(standing)
            progress(standing)

        fit(under, units, replace(recipe, most=None), Alone(), record=watcher, progress=told)
        return under, watcher


@dataclass(frozen=True)
class Seen:
    """What was seen of a loop with some noise, which may be less than is claimed.

    Attributes:
        what: What was watched.
        scores: Higher, if a canary seems to have been there; of steps, (steps, canaries), above 0 if so; of a training,
            (canaries,).
        present: Whether it was.
        strayed: As the watcher's.
        taken: How often units took part in a step, and how often they could have.
        added: The noise, of steps with all of it.
    """

    what: Literal["step", "training"]
    scores: Floats
    present: Bools
    strayed: float
    taken: tuple[int, int]
    added: Added | None = None

    @property
    def right(self) -> int:
        """How many coins are guessed right, if all are guessed."""
        return counted(self.scores.ravel(), self.present.ravel())[-1][1]


def watch_steps(
    loop: Loop, share: float = 1.0, *, attempts: int = ATTEMPTS, steps: int = STEPS,
    progress: Callable[[Standing], None] = lambda _: None,
) -> Seen:
    """Watches single steps, in which each canary is by a fair coin.

    Args:
        loop: Of its sampling nothing is used.
        share: Of the claimed noise, that is added.
        attempts: How often the loop is begun, with the same canaries.
        steps: Of each.
        progress: Called after every step.
    """
    recipe = replace(loop.recipe, noise_multiplier=loop.recipe.noise_multiplier * share, sample_rate=FAIR, steps=steps,
                     expected_batch=loop.number * FAIR)
    units, everybody, added = loop.canaries(), np.ones(loop.number, np.bool_), Added() if share == 1 else None
    runs = [loop.watched(recipe, units, everybody, progress, added)[1] for _ in range(attempts)]
    scores, present = np.concatenate([run.read for run in runs]) - 0.5, np.concatenate([run.present for run in runs])
    return Seen("step", scores, present, max(run.strayed for run in runs), (int(present.sum()), present.size), added)


def watch_training(loop: Loop, share: float = 1.0, *, progress: Callable[[Standing], None] = lambda _: None) -> Seen:
    """Watches a training: a canary is in the table by a fair coin, and in each step by Poisson sampling, if it is.

    Args:
        loop: It.
        share: Of the claimed noise, that is added.
        progress: Called after every step.
    """
    claimed = loop.recipe
    present = np.frombuffer(secrets.token_bytes(loop.number), np.uint8) % 2 == 1
    recipe = replace(claimed, noise_multiplier=claimed.noise_multiplier * share)
    under, watcher = loop.watched(recipe, loop.canaries(), present, progress)
    noise, rate = claimed.noise_multiplier * under.spread, claimed.sample_rate
    exponents = (2 * np.array(watcher.read) - 1) / (2 * noise**2)
    with np.errstate(divide="ignore"):  # where everybody is in every step
        scores = np.logaddexp(np.log1p(-rate), np.log(rate) + exponents).sum(axis=0)
    taken = sum(int(batch.sum()) for batch in watcher.present), len(watcher.present) * int(present.sum())
    return Seen("training", scores, present, watcher.strayed, taken)


def tests_of(loop: Loop, seen: Seen, chance: float) -> dict[Method, Test]:
    """Returns tests of a noise multiplier against what was seen, the sharpest first.

    Args:
        loop: What is claimed.
        seen: What was seen.
        chance: Of each test, that it contradicts the truth.
    """
    recipe, (scores, present) = loop.recipe, _pooled(seen)
    if seen.what == "training":
        return {"curve": lambda noise: contradicted(
            Curve.sampled(noise, recipe.sample_rate, recipe.steps), scores, present, chance)}
    shares = ((seen.scores > 0) == seen.present).mean(axis=1)
    return {"wagers": lambda noise: lost(Curve.gaussian(noise).right_at_most, shares, chance),
            "curve": lambda noise: contradicted(Curve.gaussian(noise), scores, present, chance)}


def judged(loop: Loop, seen: Seen, *, delta: float, chance: float) -> Question:
    """Returns what guesses prove: of one step's sum, a Gaussian mechanism, or of the whole training.

    Args:
        loop: What is claimed.
        seen: What was seen.
        delta: At which epsilon is told.
        chance: Of each bound, that it is above the truth.
    """
    recipe, (scores, present) = loop.recipe, _pooled(seen)
    rate, steps = (1.0, 1) if seen.what == "step" else (recipe.sample_rate, recipe.steps)

    def epsilon(noise: float, delta: float = delta) -> float:
        return 0.0 if noise == math.inf else pld_epsilon(noise, rate, steps, delta)

    claimed, bounds = epsilon(recipe.noise_multiplier), []
    for method, refuted in tests_of(loop, seen, chance).items():
        bounds.append(LowerBound(method=method, delta=delta, claimed=claimed, holds=not refuted(recipe.noise_multiplier),
                                 epsilon=epsilon(least_noise(refuted, recipe.noise_multiplier))))
    small = min(delta, chance / (_SMALLER * len(scores)))
    claimed, (least, _, _) = epsilon(recipe.noise_multiplier, small), best_bound(scores, present, small, 1 - chance)
    bounds.append(LowerBound(method="pair", delta=small, claimed=claimed, epsilon=least, holds=least <= claimed))
    return Question(what=seen.what, coins=seen.scores.size, right=seen.right, bounds=tuple(bounds))


def _pooled(seen: Seen) -> tuple[Floats, Bools]:
    """Returns the coins of a training, or of the first steps."""
    most = max(1, _POOLED // seen.scores.shape[-1])
    return (seen.scores, seen.present) if seen.scores.ndim == 1 else (seen.scores[:most].ravel(), seen.present[:most].ravel())
