"""Receipts: what was promised, what was measured, and on exactly which bytes.

A receipt is evidence for a stranger. It names versions, fingerprints and file digests, holds aggregates
only, and never a data value or a key byte.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Record
from schemas.dp_events import Event
from schemas.ledger import Charged
from schemas.policy import Guarantees, Role
from schemas.policy.recoding import Cells, RecodingModel
from schemas.versions import Version

Provenance = Literal["public", "dp-fitted", "data-dependent"]


class TableVersion(Record):
    """One version of one stored table."""

    table: str
    format: str = "delta"
    version: int | None = None
    rows: int = Field(ge=0)


class FileDigest(Record):
    """One data file of a release."""

    path: str = Field(description="Relative to the table.")
    bytes: int = Field(ge=0)
    sha256: str


class ColumnTreatment(Record):
    """What was done to one column, and why it may stay."""

    column: str
    released_as: str | None = Field(description="None for a column that was dropped.")
    role: Role
    operator: str = Field(description="Operator name, 'generalize (tree)' or 'generalize (full-domain)' for quasi-identifiers.")
    effect: str = Field(description="What the operator declares of itself, in words.")
    reversible: bool = Field(description="Whether some key or mapping can bring values back.")
    linkable: bool = Field(description="Whether equal values stay equal, so that rows can be joined.")
    key: str | None = Field(None, description="Handle of the key, or 'subject' for each subject's own.")
    version: int | None = Field(None, description="Version of the key, of tokens and ciphers.")
    why: str | None = None


OVER = " over versions"
"""What the name of a claim ends with that is measured on rows of one history, and not on a class."""


class GuaranteeVerdict(Record):
    """One claim, measured on the written table."""

    guarantee: str = Field(description="For example 'k', 'l(diagnosis)', 't(diagnosis)', 'suppression'.")
    promised: float
    measured: float
    holds: bool
    detail: str = ""


class Risk(Record):
    """Re-identification risk, from class sizes of the written table (El Emam and Dankar 2008)."""

    prosecutor_max: float
    prosecutor_mean: float
    journalist_max: float
    marketer: float


class ClassSizes(Record):
    """Histogram of equivalence-class sizes; suppressed rows are not a class."""

    edges: tuple[int, ...] = Field(description="Left edges; a bin ends before the next edge.")
    classes: tuple[int, ...]
    rows: tuple[int, ...]
    smallest: int
    largest: int
    mean: float


class ColumnUtility(Record):
    """What is left of one quasi-identifier."""

    column: str
    loss: float = Field(ge=0, le=1, description="Mean over rows of (s-1)/(D-1), suppressed cells counted as 1.")
    distinct_before: int
    distinct_after: int
    precision: float | None = Field(None, description="1 less the mean height of labels in their hierarchy (Sweeney 2002).")
    ambiguity: float | None = Field(None, description="Mean over rows of log10 s.")
    entropy: float | None = Field(None, description="Non-uniform entropy, by that of a column that is suppressed whole.")
    entropy_bits: float | None = Field(None, description="Non-uniform entropy (Gionis and Tassa 2009), over all rows.")
    entropy_by_level: float | None = Field(None, description="As ARX 3.9 has it for hierarchies: level by level.")
    squared_error: float | None = Field(None, description=(
        "Of a column with aggregate: squared differences from what is published, by those from the mean of all (SSE/SST)."))


class GroupSuppression(Record):
    """Suppression in one group. Groups are numbered, largest first, where their label could single people out."""

    column: str
    group: str
    rows: int
    suppressed: int


class Metrics(Record):
    """Figures of the literature for a whole release. A share goes from 0, the source, to 1, nothing left."""

    discernibility: int = Field(description="DM (Bayardo and Agrawal 2005): a suppressed row counts all rows.")
    discernibility_share: float | None = None
    discernibility_star: int = Field(description="DM* (El Emam et al. 2009): the sum of squared class sizes.")
    classes: int
    average_class_size: float
    average_class_share: float | None = None
    c_avg: float = Field(description="Average class size by k (LeFevre et al. 2006).")
    precision: float = Field(description="Mean over the quasi-identifiers; 1 is the source (Sweeney 2002).")
    entropy: float | None = Field(None, description="Non-uniform entropy, as a share.")
    entropy_bits: float | None = None
    entropy_by_level: float | None = Field(None, description="As ARX 3.9 has it, where all columns have a hierarchy.")
    ambiguity: float = Field(description=(
        "log10 of the mean number of combinations of values that a row may be (Goldberger and Tassa 2010)."))
    ambiguity_share: float | None = Field(None, description="None where it leaves the range of a double.")
    ambiguity_mean_log: float = Field(description="Mean over rows of log10 of that number.")


class Spend(Record):
    """One part of a privacy budget and what it paid for."""

    purpose: str
    epsilon: float
    delta: float
    mechanism: str


class Anonymity(Record):
    """What recoding did and what was measured of it."""

    recoding: RecodingModel = Field("tree", description="The model that generalized the quasi-identifiers.")
    cells: Cells | None = Field(None, description="Of a tree: whether labels say where cuts were made, or what a class holds.")
    levels: tuple[int, ...] = Field((), description=(
        "Full-domain: level of each quasi-identifier in its hierarchy, 0 for the value itself."))
    proven: bool | None = Field(None, description="Full-domain: whether no other levels that keep the promises lose less.")
    quasi_identifiers: tuple[str, ...] = Field(description="Released names.")
    sensitive: tuple[str, ...] = ()
    provenance: Provenance = "data-dependent"
    spend: Spend | None = Field(None, description="What the cuts have cost, where provenance is dp-fitted.")
    spend_rows: int | None = Field(None, description="Rows of a subject, at most, that the spend is about; one row if absent.")
    leaves: int
    class_sizes: ClassSizes
    suppressed_rows: int = Field(description="Rows that are left out.")
    beside_rows: int = Field(0, description="Rows that the first tree gave up, in classes of a second one (suppress: cells).")
    starred_rows: int = Field(0, description=(
        "Rows that count as suppressed, and are there: with suppress: cells those that are '*' in every quasi-identifier, with "
        "suppress: values those that are '*' in one that says more of others."))
    risk: Risk
    loss: float = Field(description="Mean over the quasi-identifiers.")
    utility: tuple[ColumnUtility, ...] = ()
    metrics: Metrics | None = None
    suppression_by_group: tuple[GroupSuppression, ...] = ()


class ItemUtility(Record):
    """What is left of a set-valued column. Of the rows that are released, as they were in the source."""

    column: str = Field(description="Released name.")
    items: int = Field(description="Distinct items.")
    labels: int = Field(description="Distinct labels that stand for them.")
    left_out: int = Field(description="Distinct items that no label stands for.")
    occurrences: int = Field(description="Of items; an item counts once a row.")
    suppressed: int = Field(description="Of these, how many are left out.")
    loss: float = Field(ge=0, le=1, description="Mean over occurrences of (s-1)/(D-1), one that is left out counted as 1.")


class Receipt(Record):
    """Beside every release: ``<path>.receipt.json``."""

    receipt: Literal["lakeveil/release/v1"] = "lakeveil/release/v1"
    release_id: str
    lakeveil: str = Field(description="Version of Lakeveil.")
    policy: str = Field(description="Name of the policy.")
    policy_fingerprint: str
    plan_fingerprint: str
    backend: str
    created: str = Field(description="UTC, ISO 8601.")
    purpose: str
    legal_basis: str
    retention: str
    source: TableVersion
    population: TableVersion | None = Field(None, description="What k-map and presence were measured beside.")
    subject: str | None = Field(None, description="Released name of the column that identifies a subject.")
    output: TableVersion
    commit_sha256: str = Field(description="Of the table's first commit file.")
    files: tuple[FileDigest, ...]
    columns: tuple[ColumnTreatment, ...]
    standing: Literal["pseudonymized", "anonymized"] = Field(
        description="'anonymized' only where no key can reverse or link a released column and k was promised and holds.")
    guarantees: Guarantees = Field(description="What was promised, in released names.")
    verdicts: tuple[GuaranteeVerdict, ...]
    versions: Version | None = Field(None, description="Of a release that follows its source, which version this is.")
    anonymity: Anonymity | None = None
    lineage: str | None = Field(None, description="What is charged for this release and for those made of it, by the ledger.")
    charge: Charged | None = Field(None, description="Where a ledger sums up what the cuts have spent.")
    items: tuple[ItemUtility, ...] = Field((), description="Of the columns under guarantees.km.")
    text_redaction: dict[str, dict[str, int]] = Field(
        default_factory=dict, description=(
            "Released text column → type of placeholder or token → occurrences, counted on the written table; UNSCANNABLE counts "
            "cells that could not be scanned and went whole. Surrogates look like text, and are not counted."))

    keys: dict[str, str] = Field(default_factory=dict, description=(
        "Handle of each key that was used → its identifier, as tokens show it: it names the key and tells nothing of it."))

    @property
    def verified(self) -> bool:
        """Whether every verdict holds. A receipt without verdicts proves nothing."""
        return bool(self.verdicts) and all(verdict.holds for verdict in self.verdicts)


class SynthesisReceipt(Record):
    """Beside every synthetic table: ``<path>.receipt.json``."""

    receipt: Literal["lakeveil/synthesis/v1"] = "lakeveil/synthesis/v1"
    synthesis_id: str
    lakeveil: str
    created: str
    release_id: str
    release: TableVersion
    output: TableVersion
    generator: str
    generator_sha256: str | None = Field(None, description="Of the file in the table's folder from which more rows can be drawn.")
    unit: Literal["subject", "record"]
    max_rows_per_subject: int
    rows_cut: int = Field(description="Rows left out to bound a subject's contribution.")
    rows_without_subject: int | None = Field(None, description=(
        "Rows left out that name no subject; None on older receipts, where 'rows_cut' counts them, too."))
    epsilon: float = Field(description="Total, of all spends, by the authoritative accountant.")
    epsilon_record: float | None = Field(None, description=(
        "For one row that changes, comes or goes while its subject's others stay. More than epsilon where a subject is the unit: "
        "the others' sum with the row and without it may point anywhere."))
    delta: float
    accountant: str
    epsilon_by_accountant: dict[str, float]
    spends: tuple[Spend, ...] = Field(description="Each by itself; together they cost less than their sum.")
    charge: Charged | None = Field(None, description="Where a ledger sums them up; nothing does if absent.")
    noise_multiplier: float
    clip: float
    sample_rate: float
    steps: int = Field(description="Steps that were taken by all attempts together; each had noise of its own, and counts.")
    lost_steps: int = Field(0, ge=0, description="Of these, steps after the last checkpoint of an attempt that died.")
    attempts: int = Field(1, ge=1)
    steps_per_second: float | None = Field(None, description="Of the last attempt; absent if it had no step left to take.")
    units_per_second: float | None = Field(None, description="The same, of the expected batch.")
    largest_batch: int | None = None
    clipping: Literal["flat", "per-layer"] = "flat"
    adaptive: bool = False
    final_clip: float | None = Field(None, description=(
        "Where the clip is adaptive: to what it moved from ``clip`` until the end, by counts whose noise is part of the claim."))
    within_clip: float | None = Field(None, description=(
        "Share of gradients within the clip at the end, by counts whose noise is part of the claim; absent if nobody counted."))
    events: tuple[Event, ...] = Field((), description="What ran, for any accountant.")
    workers: int
    device: Literal["cpu", "gpu"] = "cpu"
    mixed: bool = Field(default=False, description="Whether the model computed in bfloat16; norms, sums and noise never do.")
    holdout: float
    covers: tuple[str, ...] = Field(description="What the claim covers, in words.")
    excludes: tuple[str, ...] = Field(description="What it does not.")
    seconds: float
    loss_curve: tuple[float, ...] = Field((), description="Always empty: no claim covers it. Kept for receipts of 0.1.")
    columns: tuple[str, ...]
