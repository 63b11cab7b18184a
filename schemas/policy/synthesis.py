"""How a synthetic table is made from a release."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Record
from schemas.policy.statistics import MOST_PARTS
from schemas.policy.terms import MOST_EPSILON, ColumnName, Delta, Finite, Share


class Metrics(Record):
    """Where the figures of a running training go."""

    textfile: str = Field(pattern=r"\.prom$", description=(
        "File that the textfile collector of Prometheus's node_exporter reads; its name ends in .prom."))


class Synthesis(Record):
    """How a synthetic table is trained from the release, with differential privacy."""

    epsilon: Finite = Field(gt=0, le=MOST_EPSILON)
    delta: Delta
    unit: Literal["subject", "record"] = "subject"
    claim: Literal["release", "end-to-end"] = Field("release", description=(
        "Whom epsilon has to protect: whoever is in the release, or whoever is in the original table. The latter is refused "
        "where labels of the release say more of them than was paid for."))
    generator: Literal["auto", "tabular"] = "auto"
    max_rows_per_subject: int = Field(1, ge=1, le=MOST_PARTS)
    records: int | None = Field(None, ge=1, description=(
        "Publicly known, round number of units in the table; estimated with a small part of epsilon when absent."))
    batch: int = Field(256, ge=1, description="Expected batch size: a public constant.")
    epochs: Finite = Field(10.0, gt=0, description="Expected passes over the table.")
    largest_batch: int | None = Field(None, ge=1, description=(
        "Units of a step at most: a larger sample is cut to it at random (truncated Poisson sampling). Needs 'records'."))
    clip: Finite = Field(1.0, ge=1e-6, le=1e6, description="L2 bound on one unit's gradient.")
    clipping: Literal["flat", "per-layer"] = Field("flat", description=(
        "Whether a gradient is clipped whole, or each layer's to an equal part of the bound."))
    adaptive: bool = Field(default=False, description=(
        "Whether the bound follows the median norm, by a noisy count (Andrew et al. 2021)."))
    device: Literal["auto", "cpu", "gpu"] = Field("auto", description=(
        "What workers compute on; by default a GPU each, if the Ray cluster has any."))
    precision: Literal["auto", "full", "mixed"] = Field("auto", description=(
        "Whether the model computes in bfloat16; by default on GPUs alone. Norms, sums and noise never do."))
    workers: int = Field(2, ge=1, description="Ray workers; fewer where the cluster has fewer processors.")
    attempts: int = Field(3, ge=1, description="How often training goes on after its workers were lost, the first time included.")
    rows: int | None = Field(None, ge=1, description="Rows of the synthetic table; as many as 'records' by default.")
    holdout: Share = Field(0.2, description="Share of subjects that training never sees, for evaluation.")
    path: str | None = Field(None, description="Where the synthetic table goes; beside the release by default.")
    columns: tuple[ColumnName, ...] | None = Field(
        None, description="Released columns to learn; all but tokens and text by default.")

    metrics: Metrics | None = Field(None, description="Where figures of the running training go; nowhere by default.")

    @property
    def family(self) -> str:
        """The generator's, as receipts name it: what ``auto`` means is decided here."""
        return "tabular" if self.generator == "auto" else self.generator

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.largest_batch is not None and (self.records is None or self.largest_batch < self.batch):
            raise ValueError("largest_batch needs records, a public number of units, and is no less than batch")
        return self
