"""What an audit of the training found: bounds from guesses, and what was looked at beside them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record

Method = Literal["wagers", "curve", "pair"]
"""How a bound follows from guesses: by wagers step by step, by the claim's whole curve, or by one (ε, δ)."""


NOT_AUDITED = (
    "loading of rows and the split that is held out", "the bound on rows of a subject",
    "several workers, and what they add up together", "GPUs", "which units largest_batch leaves out",
    "the number of units and values of columns, where they are drawn with noise")
"""What no audit of canaries sees: it has no table, and one process."""


class LowerBound(Record):
    """What guesses prove."""

    method: Method
    delta: float = Field(description=(
        "At which it is told. By one pair that is a smaller one: it counts as often as there are coins."))
    claimed: float = Field(description="Epsilon of the promise, at that delta.")
    epsilon: float = Field(ge=0, description=(
        "At least that. By wagers and by curve: of the largest noise multiplier that is not contradicted."))
    holds: bool = Field(description="Whether the claim is not contradicted.")


class Question(Record):
    """A promise that was audited."""

    what: Literal["step", "training"]
    coins: int = Field(description="Each a canary that was in or out; of steps, each in each step.")
    right: int = Field(description="Coins that are guessed right, if all are guessed.")
    bounds: tuple[LowerBound, ...] = Field(description="The sharpest kind first.")

    @property
    def holds(self) -> bool:
        """Whether no bound contradicts the claim."""
        return all(bound.holds for bound in self.bounds)


class Control(Record):
    """The same audit of a loop that adds less noise than is claimed; of steps half as long."""

    noise: float = Field(description="Share of the noise that was added: 0 or 0.5.")
    what: Literal["step", "training"]
    coins: int
    right: int
    caught: bool


class Look(Record):
    """Something beside guesses that has to be so, whatever the noise."""

    what: str
    value: float
    least: float = Field(0.0, description="At least.")
    allowed: float = Field(description="At most.")

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return self.least <= self.value <= self.allowed


class TrainingAudit(Record):
    """An audit of the loop that trains, with a policy's constants, on canaries and nobody's rows."""

    policy: str
    noise_multiplier: float
    sample_rate: float
    steps: int
    clip: float
    clipping: Literal["flat", "per-layer"]
    adaptive: bool
    columns: int = Field(description="Of the generator, as the policy has them.")
    canaries: int = Field(description="Of all questions together.")
    rows: int = Field(description="Of each canary.")
    confidence: float = Field(description="Of all bounds together.")
    questions: tuple[Question, ...]
    controls: tuple[Control, ...]
    looks: tuple[Look, ...]
    not_audited: tuple[str, ...] = Field(NOT_AUDITED, description="What it says nothing of.")
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts the claim."""
        return all(one.holds for one in self.questions) and all(one.holds for one in self.looks)

    @property
    def caught(self) -> bool:
        """Whether a loop without noise was caught, by each question: else the audit proves nothing."""
        return all(one.caught for one in self.controls if not one.noise)
