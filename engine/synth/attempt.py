"""One attempt at training, as each rank runs it. Knows nothing of Ray."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from engine.synth.encoding import Encoding
from engine.synth.generator import Generator
from engine.synth.loading import load_units
from engine.synth.shards import VerifiedRelease
from engine.synth.tabular import TabularGenerator
from engine.synth.training import Collective, Recipe, fit
from engine.synth.weights import Weights
from schemas.receipt import Receipt

GENERATORS: dict[str, Callable[[tuple[int, ...]], Generator]] = {"tabular": TabularGenerator}
"""Generator's name → from column sizes to an untrained generator."""


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

    def as_dict(self) -> dict[str, Any]:
        """Returns plain JSON types; ``from_dict`` takes them back."""
        return {
            "path": self.release.path, "receipt": self.release.receipt.model_dump_json(), "encoding": self.encoding.as_dict(),
            "recipe": dataclasses.asdict(self.recipe), "generator": self.generator, "subject": self.subject,
            "holdout": self.holdout, "most_rows": self.most_rows,
        }

    @classmethod
    def from_dict(cls, written: dict[str, Any]) -> Task:
        """Returns the task that ``as_dict`` wrote."""
        return cls(
            release=VerifiedRelease(written["path"], Receipt.model_validate_json(written["receipt"])),
            encoding=Encoding.from_dict(written["encoding"]), recipe=Recipe(**written["recipe"]),
            generator=written["generator"], subject=written["subject"], holdout=written["holdout"],
            most_rows=written["most_rows"],
        )


@dataclass(frozen=True)
class Outcome:
    """What a rank has at the end.

    Attributes:
        weights: The trained weights, the same on every rank.
        rows_cut: Rows of the whole table that were left out to bound contributions.
        seconds: How long reading and training took.
    """

    weights: Weights
    rows_cut: int
    seconds: dict[str, float]


def run_rank(task: Task, ranks: Collective, progress: Callable[[float], None]) -> Outcome:
    """Reads this rank's units and takes part in every step.

    Raises:
        InputError: If a file of the release is not the one that was verified.
    """
    began = time.perf_counter()
    torch.manual_seed(secrets.randbits(63))
    units, rows_cut = load_units(
        task.release, task.encoding, subject=task.subject, holdout=task.holdout, most_rows=task.most_rows, ranks=ranks)
    loaded = time.perf_counter()
    generator = GENERATORS[task.generator](task.encoding.sizes)
    fit(generator, units, task.recipe, ranks, progress)
    done = time.perf_counter()
    weights = {name: value.numpy() for name, value in generator.state.items()}
    return Outcome(weights, rows_cut, {"read": loaded - began, "train": done - loaded})
