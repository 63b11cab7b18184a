"""Policy, version ``lakeveil/v1``: what a person promises about one table.

Never edited after its first release: a later version gets its own module, and ``upgrade.py`` moves
policies forward.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.growing import Versions
from schemas.policy.guarantees import Guarantees
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.key_handles import OF_SUBJECT, KeyHandle
from schemas.policy.operators import Operator
from schemas.policy.privacy_budget import PrivacyBudget
from schemas.policy.recoding import Aggregate, Recoding
from schemas.policy.statistics import Statistics
from schemas.policy.synthesis import Synthesis
from schemas.policy.terms import ColumnName, Finite, TableFormat, Text, in_quotes

API_VERSION = "lakeveil/v1"

_MOST_UNMASKED = 10
"""Signs of a direct identifier that a mask may leave: the first six and last four of a card (PCI DSS 4.0, 3.4.1)."""

MOST_NUMBER, LEAST_WIDTH = 1e100, 1e-100
"""Of a domain's ends, and of its width: doubles are far from their own ends there."""

Role = Literal["direct", "quasi", "sensitive", "text", "insensitive"]


class Lookup(Record):
    """Another table of the same subjects, read only for what it knows about them."""

    table: Text
    format: TableFormat | None = None
    subject: ColumnName


class Source(Record):
    """The table that is to be released."""

    table: Text = Field(description="Path or URI of the table.")
    format: TableFormat | None = Field(None, description="Found from the path by default.")
    version: int | None = Field(None, ge=0, description="Delta version; the newest by default.")
    subject: ColumnName | None = Field(None, description="Column that identifies the person a row is about.")
    lookups: dict[str, Lookup] = Field(default_factory=dict, description="Tables that 'known' may refer to, by a short name.")


class Domain(Record):
    """What a column may hold, known to the public: never learned from the data."""

    min: Annotated[Finite, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)] | None = None
    max: Annotated[Finite, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)] | None = None
    values: Annotated[tuple[str, ...] | None, BeforeValidator(in_quotes)] = Field(None, json_schema_extra={"uniqueItems": True})
    missing: bool = Field(default=True, description=(
        "Whether a value may be missing; false says publicly that none ever is, and then none is in a synthetic table. Cuts and "
        "statistics do not ask."))

    @model_validator(mode="after")
    def _range_or_values(self) -> Domain:
        ranged = self.min is not None and self.max is not None and self.min < self.max and self.values is None
        listed = bool(self.values) and self.min is None and self.max is None
        if not (ranged or listed):
            msg = "a domain is either {min, max} with min < max, or {values: [...]}"
            raise ValueError(msg)
        if self.min is not None and self.max is not None and self.max - self.min < LEAST_WIDTH:
            msg = f"a domain from min to max is {LEAST_WIDTH:g} wide at least: numbers within less are not told apart"
            raise ValueError(msg)
        if self.values and len(set(self.values)) < len(self.values):
            msg = "a domain has each of its values once: groups of one name would be taken for two"
            raise ValueError(msg)
        return self


class Column(Record):
    """What happens to one column, and why it may stay."""

    role: Role
    operator: Operator | None = Field(None, description=(
        "What is done to it. By default: direct is dropped, quasi is generalized, text is redacted, the others are kept."))
    hierarchy: Hierarchy | None = Field(None, description="How a quasi-identifier coarsens; intervals and sets by default.")
    why: Text | None = Field(None, description="For what the purpose needs it. Required for every column that is not dropped.")
    rename: ColumnName | None = Field(None, description="Its name in the release.")
    domain: Domain | None = Field(None, description="What it may hold, publicly known; the synthesizer's bins come from here.")
    aggregate: Aggregate | None = Field(None, description=(
        "Of a quasi-identifier of numbers or dates: what each class publishes in place of an interval, one number."))
    weight: float = Field(1.0, ge=1e-6, le=1e6, description=(
        "How much its precision matters when quasi-identifiers are generalized, beside that of the others: 1e-6 to 1e6."))
    coarsest: int | None = Field(None, ge=0, description=(
        "How far it may be generalized at most: up to this level of its hierarchy; 0 keeps its values. For others' sake rows may "
        "have to be left out, or other columns lose more."))
    protected: bool = Field(default=False, description=(
        "Whether the utility report holds the groups of this column against each other: who is left out, who loses most."))

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if self.hierarchy and self.role != "quasi":
            msg = "a hierarchy belongs to a column of role quasi (or, for one fixed level, to operator generalize)"
            raise ValueError(msg)
        if self.aggregate and (self.role != "quasi" or self.hierarchy):
            msg = "aggregate belongs to a column of role quasi without a hierarchy: what it publishes is a number, not a level"
            raise ValueError(msg)
        if not self.dropped and self.why is None:
            msg = "kept without a reason: say in 'why' what the purpose needs this column for, or use operator: drop"
            raise ValueError(msg)
        if self.coarsest is not None and (self.role != "quasi" or (self.coarsest > 0 and self.hierarchy is None)):
            msg = "coarsest is a level of a quasi-identifier's hierarchy; without a hierarchy there is 0 alone, its values"
            raise ValueError(msg)
        if self.role == "direct" and self.operator and self.operator.keep:
            msg = "a direct identifier cannot be kept as it is: drop, token, mask, replace or redact it"
            raise ValueError(msg)
        mask = self.operator.mask if self.operator else None
        if self.role == "direct" and mask and mask.keep_left + mask.keep_right > _MOST_UNMASKED:
            msg = f"a mask that leaves more than {_MOST_UNMASKED} signs of a direct identifier hides too little"
            raise ValueError(msg)
        if self.role == "quasi" and self.operator and self.operator.keep:
            msg = "a quasi-identifier is generalized, not kept: leave the operator out, or give it another role"
            raise ValueError(msg)
        if self.role == "text" and self.operator and self.operator.keep:
            msg = "free text cannot be kept as it is: drop or redact it"
            raise ValueError(msg)
        if self.protected and (self.dropped or self.role in {"direct", "text"}):
            msg = "protected compares groups of a released column of role quasi, sensitive or insensitive"
            raise ValueError(msg)
        return self

    @property
    def effective_operator(self) -> Operator | None:
        """The operator that runs; None where generalization alone decides."""
        if self.operator is not None:
            return self.operator
        default = {"direct": "drop", "text": "redact", "quasi": None}.get(self.role, "keep")
        return Operator.model_validate(default) if default else None

    @property
    def dropped(self) -> bool:
        """Whether the column does not reach the release."""
        operator = self.effective_operator
        return operator is not None and operator.drop is not None


class Evaluation(Record):
    """What the release and the synthetic table should be good for."""

    target: ColumnName | None = Field(None, description="Column that a model predicts; the first sensitive column by default.")


class ReleaseTarget(Record):
    """Where the release goes. The path must not exist yet."""

    path: Text
    partitions: int | None = Field(None, ge=1, description="Number of files; the backend's choice by default.")
    versions: Versions | None = Field(None, description="How the release follows its source; it has one version only if absent.")


class Detokenize(Record):
    """Who may allow that reversible tokens of the release are opened, and how many. Nobody may where this is absent."""

    approvers: tuple[Text, ...] = Field(min_length=1, description="Names, as they will stand in the audit.")
    rows: int = Field(1000, ge=1, description="Rows of one call, at most.")
    per_day: int = Field(10_000, ge=1, description="Rows of all calls within 24 hours, at most.")


class SubjectKeys(Record):
    """Where the subjects' own keys lie, each wrapped under one key. ``lakeveil forget`` destroys them."""

    table: Text = Field(description="Path of a Delta table, made by the first run. Several policies may share it.")
    key: KeyHandle


class PolicyV1(Record):
    """One table, from raw to released."""

    apiVersion: Literal["lakeveil/v1"]  # noqa: N815 - the key as written in YAML
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    source: Source
    purpose: Text
    legal_basis: Text
    retention: Text
    recognizers: Text | None = Field(None, description=(
        "File that says what is looked for in text, plug-ins included; found from the policy's folder. conf/recognizers/"
        "default.yaml by default."))
    columns: dict[ColumnName, Column] = Field(min_length=1)
    guarantees: Guarantees = Guarantees()
    recoding: Recoding = Recoding()
    synthesis: Synthesis | None = None
    budget: PrivacyBudget | None = Field(None, description=(
        "The ledger that sums up all that is spent on the people of the source; nothing sums it up if absent."))
    statistics: Statistics | None = None
    evaluation: Evaluation = Evaluation()
    detokenize: Detokenize | None = None
    subject_keys: SubjectKeys | None = Field(None, description=(
        "The subjects' own keys, for operators with key: subject: what is under one can be read until its subject is forgotten."))
    release: ReleaseTarget

    @model_validator(mode="after")
    def _columns_agree(self) -> PolicyV1:
        from schemas.policy.agreement import disagreements  # noqa: PLC0415 - it names this module's types

        found = disagreements(self)
        if found:
            raise ValueError("; ".join(found))
        return self

    def under_own_keys(self) -> tuple[str, ...]:
        """Returns the columns whose values are under their subjects' own keys, in policy order."""
        return tuple(name for name, column in self.columns.items()
                     if column.operator and getattr(column.operator.spec, "key", None) == OF_SUBJECT)

    def key_handles(self) -> tuple[str, ...]:
        """Returns the handles of all keys that a run needs, sorted."""
        specs = (column.effective_operator.spec for column in self.columns.values() if column.effective_operator)
        handles = {getattr(spec, "key", None) for spec in specs} | {self.subject_keys.key if self.subject_keys else None}
        handles |= {self.release.versions.key if self.release.versions else None}
        return tuple(sorted(handle for handle in handles if handle not in {None, OF_SUBJECT}))

    def of_role(self, role: Role) -> tuple[str, ...]:
        """Returns the names of the columns with ``role`` that are not dropped, in policy order."""
        return tuple(name for name, column in self.columns.items() if column.role == role and not column.dropped)

    def item_columns(self) -> tuple[str, ...]:
        """Returns the quasi-identifiers that hold sets of items and are under a claim of their own, in policy order."""
        claimed = {claim.column for claim in self.guarantees.km}
        return tuple(name for name in self.of_role("quasi") if name in claimed)

    def quasi_identifiers(self) -> tuple[str, ...]:
        """Returns the columns that are generalized together, in policy order: those of role quasi that hold no sets of items."""
        items = self.item_columns()
        return tuple(name for name in self.of_role("quasi") if name not in items)

    def released_name(self, column: str) -> str:
        """Returns the name that ``column`` has in the release."""
        return self.columns[column].rename or column
