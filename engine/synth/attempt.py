"""One attempt at training, as each rank runs it. Knows nothing of Ray."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.errors import InputError
from engine.synth.encoding import Encoding
from engine.synth.generator import Generator
from engine.synth.journal import Journal, Snapshot
from engine.synth.loading import Left, load_units
from engine.synth.shards import VerifiedRelease
from engine.synth.standing import Standing
from engine.synth.tabular import TabularGenerator
from engine.synth.training import Collective, Recipe, State, fit
from engine.synth.weights import Weights
from schemas.receipt import Receipt
from schemas.training import Attempt

GENERATORS: dict[str, Callable[[tuple[int, ...]], Generator]] = {"tabular": TabularGenerator}
"""Generator's name → from column sizes to an untrained generator."""

_DEVICES = {"cpu": "cpu", "gpu": "cuda"}


@dataclass(frozen=True)
class Task:
    """What every rank is told: public constants, where the release lies and what its receipt says. No key, no seed."""

    release: VerifiedRelease
    encoding: Encoding
    recipe: Recipe
    generator: str
    subject: str | None
    holdout: float
    most_rows: int
    journal: str
    every: int
    device: str = "cpu"

    def as_dict(self) -> dict[str, Any]:
        """Returns plain JSON types; ``from_dict`` takes them back."""
        return {
            "path": self.release.path, "receipt": self.release.receipt.model_dump_json(), "encoding": self.encoding.as_dict(),
            "recipe": dataclasses.asdict(self.recipe), "generator": self.generator, "subject": self.subject,
            "holdout": self.holdout, "most_rows": self.most_rows, "journal": self.journal, "every": self.every,
            "device": self.device,
        }

    @classmethod
    def from_dict(cls, written: dict[str, Any]) -> Task:
        """Returns the task that ``as_dict`` wrote."""
        return cls(
            release=VerifiedRelease(written["path"], Receipt.model_validate_json(written["receipt"])),
            encoding=Encoding.from_dict(written["encoding"]), recipe=Recipe(**written["recipe"]),
            generator=written["generator"], subject=written["subject"], holdout=written["holdout"],
            most_rows=written["most_rows"], journal=written["journal"], every=written["every"],
            device=written["device"],
        )


@dataclass(frozen=True)
class Outcome:
    """What a rank has at the end.

    Attributes:
        weights: The trained weights, the same on every rank.
        left: Rows of the whole table that were left out.
        within: Share of gradients that were within the clip at the end, about, by noisy counts; None if no step was ever taken.
        clip: The clip at the end; it moves if it is adaptive.
        seconds: How long reading and training took.
    """

    weights: Weights
    left: Left
    within: float | None
    clip: float
    seconds: dict[str, float]


class Recorded:
    """Rank 0's record of an attempt, in the training's journal. Implements ``training.Record``."""

    def __init__(self, task: Task, attempt: Attempt) -> None:
        self._journal, self._attempt, self._every = Journal(Path(task.journal)), attempt, task.every

    def start(self, steps: int) -> tuple[int, int, State | None]:
        """See ``training.Record.start``."""
        self._journal.take(self._attempt)
        snapshot = self._journal.latest()
        state = {name: torch.from_numpy(array) for name, array in snapshot.arrays.items()}
        return snapshot.step, min(steps, self._attempt.until), state if snapshot.step else None

    def before(self, step: int, chosen: npt.NDArray[np.intp]) -> None:
        """See ``training.Record.before``. Steps are written down as many at once as lie between two checkpoints."""
        del chosen
        if step >= self._attempt.covered:
            self._attempt = self._journal.cover(self._attempt, min(step + self._every, self._attempt.until))

    def after(self, step: int, noisy: torch.Tensor, state: Callable[[], State]) -> None:
        """See ``training.Record.after``."""
        del noisy
        if step == self._attempt.covered:
            arrays = {name: value.cpu().numpy().astype(np.float32) for name, value in state().items()}
            self._attempt = self._journal.keep(self._attempt, Snapshot(step, arrays))


def run_rank(task: Task, attempt: Attempt, ranks: Collective, progress: Callable[[Standing], None]) -> Outcome:
    """Reads this rank's units and takes part in every step.

    Args:
        task: What is trained.
        attempt: The one that this rank is part of, as its driver started it.
        ranks: The attempt's ranks.
        progress: Called after every step.

    Raises:
        InputError: If a file of the release is not the one that was verified, or a checkpoint not the one that was left.
        SetupError: If a later attempt has started.
    """
    began = time.perf_counter()
    torch.manual_seed(secrets.randbits(63))
    units, left = load_units(
        task.release, task.encoding, subject=task.subject, holdout=task.holdout, most_rows=task.most_rows, ranks=ranks)
    _require_within(task.recipe, len(units.ids), ranks)
    loaded = time.perf_counter()
    generator = GENERATORS[task.generator](task.encoding.sizes)
    generator.state = {name: value.to(_DEVICES[task.device]) for name, value in generator.state.items()}
    end = fit(generator, units, task.recipe, ranks, progress=progress,
              record=Recorded(task, attempt) if ranks.rank == 0 else None)
    done = time.perf_counter()
    weights = {name: value.cpu().numpy() for name, value in generator.state.items()}
    within, clip = (end.within, end.clip) if end else (None, task.recipe.clip)
    return Outcome(weights, left, within, clip, {"read": loaded - began, "train": done - loaded})


def _require_within(recipe: Recipe, units: int, ranks: Collective) -> None:
    """Refuses more units than a claim about samples of bounded size is made for.

    Raises:
        InputError: On every rank.
    """
    if recipe.most is not None and int(ranks.sum(torch.tensor([units]))) > recipe.units:
        raise InputError("the table holds more units than the policy says, and largest_batch is accounted for those",
                         where="synthesis.records", allowed="a public number that is no less than there are",
                         next="say a larger number, or leave largest_batch out")
