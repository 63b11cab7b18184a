"""Audits of the training loop by canaries: what its noisy sums tell of who was in, beside what is claimed.

Canaries are random rows over the policy's columns, and nobody's. So an audit reads no private row and spends nothing. It runs
the loop itself (``training.fit``) with the policy's clip and noise, and sees what the claim says that anybody may see: every
noisy sum, and the weights of every step.

Two questions are asked. Of each step: which canaries were in it, where each was by a coin of its own; that shows clip and noise
at their sharpest. Of the whole training: which canaries were in the table.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import grad, vmap

from engine.privacy.auditing import best_bound
from engine.privacy.pld import pld_epsilon
from engine.synth.generator import Generator
from engine.synth.ghost import Tape
from engine.synth.microbatches import Units
from engine.synth.sampling import ID_BYTES
from engine.synth.training import Alone, Recipe, fit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STEPS = 40
"""Of the audit of single steps."""

_AT_ONCE = 64
_LEAST = 1e-4


@dataclass(frozen=True)
class Found:
    """What an audit found.

    Attributes:
        what: Of which promise.
        claimed: Epsilon of the promise, at the audit's delta.
        least: Lower bound on the true one.
        guesses: Coins that were guessed.
        right: Guesses that were right.
        trials: Coins that there were.
    """

    what: str
    claimed: float
    least: float
    guesses: int
    right: int
    trials: int

    @property
    def holds(self) -> bool:
        """Whether the audit does not refute the promise."""
        return self.least <= self.claimed


class Watcher:
    """Sees what a training releases, step by step. Implements ``training.Record``.

    Args:
        generator: The one that is trained.
        canaries: All of them, whether they take part or not.
        recipe: The training's.
    """

    def __init__(self, generator: Generator, canaries: Units, recipe: Recipe) -> None:
        self._generator, self._clip, self._noise = generator, recipe.clip, recipe.noise_multiplier * recipe.clip
        self._codes, _ = canaries.padded(np.arange(len(canaries.ids)))
        self.scores: list[Floats] = []
        self.present: list[Bools] = []

    def start(self, steps: int) -> tuple[int, int, Tensor | None]:
        """See ``training.Record.start``."""
        return 0, steps, None

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``training.Record.before``."""
        del step
        self.present.append(np.isin(np.arange(len(self._codes)), chosen))

    def after(self, step: int, noisy: Tensor, state: Callable[[], Tensor]) -> None:
        """Scores each canary by how much of its clipped gradient seems to be in the noisy sum."""
        del step, state
        gradients = self._gradients()
        overlap = (gradients @ gradients.T).double()
        rest = (gradients @ (noisy[:-1].float() - gradients.sum(0) / 2)).double()
        ridge = torch.eye(len(overlap), dtype=torch.float64) * max(4 * self._noise**2, _LEAST)
        self.scores.append(torch.linalg.solve(overlap + ridge, rest).numpy())

    def _gradients(self) -> Tensor:
        """Returns each canary's clipped gradient, (canaries, parameters): by plain differentiation, not by the loop's own way."""
        def loss(state: dict[str, Tensor], codes: Tensor) -> Tensor:
            return self._generator.loss(Tape(state, recording=False), codes[None]).sum()

        found = vmap(grad(loss), in_dims=(None, 0), chunk_size=_AT_ONCE)(dict(self._generator.state), self._codes)
        flat = torch.cat([found[name].flatten(1) for name in self._generator.state], dim=1)
        scale: Tensor = (self._clip / flat.norm(dim=1, keepdim=True)).clamp(max=1)
        return flat * scale


def canaries(sizes: tuple[int, ...], number: int) -> Units:
    """Returns units of one random row each."""
    drawn = np.random.default_rng(secrets.randbits(128))
    codes = np.stack([drawn.integers(0, size, number) for size in sizes], axis=1).astype(np.int32)
    ids = np.frombuffer(secrets.token_bytes(number * ID_BYTES), np.uint8).reshape(-1, ID_BYTES)
    return Units(ids, codes, np.arange(number + 1))


def audit_steps(make: Callable[[], Generator], recipe: Recipe, *, number: int, delta: float, confidence: float) -> Found:
    """Audits single steps: a canary is in each by a fair coin, and the step's sum is one Gaussian mechanism.

    Args:
        make: Returns an untrained generator.
        recipe: The training's; of its sampling nothing is used.
        number: Canaries.
        delta: At which a step's epsilon is claimed.
        confidence: Of the bound.
    """
    generator, steps = make(), min(STEPS, recipe.steps)
    units = canaries(generator.sizes, number)
    watcher = Watcher(generator, units, recipe)
    here = replace(recipe, sample_rate=0.5, steps=steps, expected_batch=number / 2, most=None)
    fit(generator, units, here, Alone(), record=watcher)
    claimed = pld_epsilon(recipe.noise_multiplier, 1.0, 1, delta)
    return _found("one step's sum", claimed, np.concatenate(watcher.scores), np.concatenate(watcher.present),
                  delta=delta, confidence=confidence)


def audit_training(make: Callable[[], Generator], recipe: Recipe, *, number: int, delta: float, confidence: float) -> Found:
    """Audits a training: a canary is in the table by a fair coin, and in each step by Poisson sampling, if it is.

    Args:
        make: Returns an untrained generator.
        recipe: The training's.
        number: Canaries.
        delta: At which the training's epsilon is claimed.
        confidence: Of the bound.
    """
    generator = make()
    units = canaries(generator.sizes, number)
    present = np.frombuffer(secrets.token_bytes(number), np.uint8) % 2 == 1
    inside = np.flatnonzero(present)
    table = Units(units.ids[inside], units.codes[inside], np.arange(len(inside) + 1))
    watcher = Watcher(generator, units, recipe)
    fit(generator, table, recipe, Alone(), record=watcher)
    claimed = pld_epsilon(recipe.noise_multiplier, recipe.sample_rate, recipe.steps, delta)
    return _found("the training", claimed, np.sum(watcher.scores, axis=0), present, delta=delta, confidence=confidence)


def _found(what: str, claimed: float, scores: Floats, present: Bools, *, delta: float, confidence: float) -> Found:
    least, guesses, right = best_bound(scores, present, delta, confidence)
    return Found(what, claimed, least, guesses, right, len(scores))
