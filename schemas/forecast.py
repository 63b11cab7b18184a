"""What a training would be: printed before anything is spent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.ledger import Beside


class Forecast(Record):
    """Constants, cost and time of a training that has not begun."""

    units: int
    assumed: bool = Field(description=(
        "Whether the number of units is the release's number of rows, for it is drawn with noise when training begins."))
    noise_multiplier: float
    sample_rate: float
    steps: int
    expected_batch: float
    epsilon_by_accountant: dict[str, float]
    epsilon_record: float = Field(description="For one row that changes, comes or goes while its subject's others stay.")
    delta: float
    columns: tuple[str, ...]
    to_name: tuple[str, ...] = Field((), description=(
        "Of these, such as have no domain: what values they can have is drawn with noise when training begins, for a tenth of "
        "epsilon and delta."))
    parameters: int = Field(description="Weights of the generator.")
    workers: int
    bytes_per_worker: int = Field(description=(
        "About: of loading, or of a step, whichever is more; beside what torch and one file of the release take."))
    budget: Beside | None = Field(None, description=(
        "How it stands beside the policy's budget; absent without one, or where an earlier call was charged for it already."))
    device: Literal["auto", "cpu", "gpu"] = Field(description="The policy's; memory and time are those of processors.")
    seconds: float = Field(description=(
        "About, of all steps, by a few that were taken here and now, on random units of as many rows as they may have."))
