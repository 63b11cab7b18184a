"""What an evaluation of a synthetic table found. Aggregates only; not covered by any epsilon."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record


class Distance(Record):
    """How far one column, or one pair of columns, is from the real one."""

    columns: tuple[str, ...]
    total_variation: float


class ClosestRecord(Record):
    """Distances to the closest training record, quantiles of, for synthetic and for held-out rows."""

    quantiles: tuple[float, ...]
    synthetic: tuple[float, ...]
    holdout: tuple[float, ...]
    share_synthetic_closer: float = Field(description="Share of synthetic rows closer to a training row than to a held-out one.")


class Prediction(Record):
    """Train on synthetic, test on real, beside train on real, test on real."""

    target: str
    metric: str
    train_real: float
    train_synthetic: float
    majority: float


class Evaluation(Record):
    """Beside a synthetic table: ``<path>.evaluation.json``."""

    evaluation: Literal["lakeveil/evaluation/v1"] = "lakeveil/evaluation/v1"
    release_id: str
    synthesis_id: str
    rows_real: int
    rows_holdout: int
    rows_synthetic: int
    per_column: tuple[Distance, ...]
    pairwise: tuple[Distance, ...]
    k_marginal: int = Field(description="NIST k-marginal score of 3-way marginals, 0 to 1000.")
    k_marginal_holdout: int = Field(description="The same score of held-out rows against training rows.")
    prediction: Prediction | None
    closest_record: ClosestRecord
    seconds: float
