"""What a training leaves while it runs: what was fixed before it began, and what each attempt may have done."""

from __future__ import annotations

import uuid
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Record

SHA256 = r"^[0-9a-f]{64}$"
NAME = r"^[0-9a-f]{32}$"


class Constants(Record):
    """What every step of a training runs with, beside what the policy says.

    Attributes:
        noise_multiplier: Standard deviation of the noise over the clipping norm.
        sample_rate: Probability that a unit takes part in a step.
        expected_batch: What gradients are divided by.
        most: Units of a step at most; None for no bound.
        units: Units that there are at most, where ``most`` bounds a step.
    """

    noise_multiplier: float = Field(gt=0)
    sample_rate: float = Field(gt=0, le=1)
    expected_batch: float = Field(gt=0)
    most: int | None = Field(None, ge=1)
    units: int = Field(0, ge=0)


class Begun(Record):
    """What is fixed before the first attempt: at first what was drawn, then how many steps are taken, and with what.

    Attributes:
        training: Its name, drawn at random: another of the same plan is another training.
        plan: Digest of everything that the claim depends on: release, columns, constants.
        units: The public or privately estimated number of units, drawn once; noise can bring it below 0.
        vocabularies: Column → values that were selected with noise, once, where the policy gives no domain.
        steps: Steps of the whole training; 0 as long as it is not decided that there is one.
        every: Steps between two checkpoints.
        constants: Of the steps, fixed with their number: whatever another version would compute, these are what ran.
        reservation: Of the ledger that it is charged to; empty where there is none.
    """

    training: str = Field(default_factory=lambda: uuid.uuid4().hex, pattern=NAME)
    plan: str = Field(pattern=SHA256)
    units: int
    vocabularies: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    steps: int = Field(0, ge=0)
    every: int = Field(1, ge=1)
    constants: Constants | None = None
    reservation: str = ""


class Attempt(Record):
    """What one attempt may have done, at most: it is written down before it is done.

    Attributes:
        training: Name of the training that it is part of.
        number: 1 for the first.
        began: Steps that were taken before it, by the checkpoint from which it went on.
        covered: Steps up to which it may have gone. Each of those in between had noise of its own, and counts.
        until: Steps after which it ends: what earlier attempts took and lost is not taken again, so that epsilon is kept.
        workers: Ranks that it ran on.
        kept: Steps after which it left its last checkpoint, if it left one.
        digest: SHA-256 of that.
    """

    training: str = Field(pattern=NAME)
    number: int = Field(ge=1)
    began: int = Field(ge=0)
    covered: int = Field(ge=0)
    until: int = Field(ge=0)
    workers: int = Field(ge=1)
    kept: int | None = Field(None, ge=0)
    digest: str | None = Field(None, pattern=SHA256)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.began <= (self.began if self.kept is None else self.kept) <= self.covered <= max(self.until, self.began):
            raise ValueError("an attempt goes on from where it began, and leaves checkpoints within what it covered")
        if (self.kept is None) != (self.digest is None):
            raise ValueError("a checkpoint has a digest")
        return self

    @property
    def steps(self) -> int:
        """Steps that it took, at most."""
        return self.covered - self.began
