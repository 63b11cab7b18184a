"""What a report is made of. Aggregates only: no record here can hold a row, or a value of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.evaluation import Evaluation
from schemas.findings import ScanReport
from schemas.receipt import Receipt, SynthesisReceipt
from schemas.risk import RiskReport
from schemas.utility import Utility


@dataclass(frozen=True)
class Section:
    """One release, and whatever is known beside its receipt. What is absent is left out of the page."""

    receipt: Receipt
    scan: ScanReport | None = None
    synthesis: SynthesisReceipt | None = None
    evaluation: Evaluation | None = None
    utility: Utility | None = None
    risk: RiskReport | None = None


@dataclass(frozen=True)
class PlantedScore:
    """How much of what was planted in one place was found, or is gone.

    Attributes:
        place: Table and column.
        entity_type: What was planted.
        planted: Values, or cells that hold one.
        found: Of these, how many were recognized (scan) or no longer stand (redaction).
        noticed: For a scan: whether the column was proposed to be more than harmless, whatever the types found.
    """

    place: str
    entity_type: str
    planted: int
    found: int
    noticed: bool = True

    @property
    def share(self) -> float:
        """Found ÷ planted."""
        return self.found / self.planted if self.planted else 1.0


@dataclass(frozen=True)
class Demo:
    """The demo lake's truth, held against what was done.

    Attributes:
        scan: What the scan found of what was planted.
        notes: What redaction removed of what was planted in free text.
        searched: Entity type → distinct planted values searched for in every file that was written.
        leaked: Entity type → distinct planted values found there.
        files: Files searched.
        bytes: Bytes searched.
        kept_words: Share of harmless words that look like names and were left standing.
        seconds: Step of the demo → seconds it took.
    """

    scan: tuple[PlantedScore, ...] = ()
    notes: tuple[PlantedScore, ...] = ()
    searched: dict[str, int] = field(default_factory=dict)
    leaked: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    kept_words: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)
