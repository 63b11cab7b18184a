"""Parameters of the operators, as a policy writes them.

A policy names one operator per column, either as a bare word (``drop``) or as one key with its
parameters (``token: {domain: patient, key: "env:LAKEVEIL_KEY"}``). ``Operator`` holds either form
in one shape: exactly one field is set.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.hierarchies import Hierarchy

KEY_SCHEMES = ("env", "file")


def _key_handle(handle: str) -> str:
    scheme, _, rest = handle.partition(":")
    if scheme not in KEY_SCHEMES or not rest:
        allowed = " or ".join(f"'{s}:NAME'" for s in KEY_SCHEMES)
        msg = f"a key is named by a handle, {allowed}; a secret itself is never written in a policy"
        raise ValueError(msg)
    return handle


KeyHandle = Annotated[str, AfterValidator(_key_handle), Field(
    description="Reference to a secret of at least 32 bytes: env:NAME or file:PATH. Never the secret itself.",
    json_schema_extra={"pattern": f"^({'|'.join(KEY_SCHEMES)}):."})]


class Drop(Record):
    """The column does not reach the release."""


class Keep(Record):
    """The column reaches the release as it is; its ``why`` says for what."""


class Redact(Record):
    """Findings in text become typed placeholders; in any other role the whole cell becomes one."""

    known: tuple[str, ...] = Field((), description=(
        "Columns whose values, and their parts, are removed wherever they stand in the text: 'column' of this "
        "table (same row, and same subject where the source names one) or 'table.column' of a table in source.lookups."))
    entities: tuple[str, ...] | None = Field(None, description="Entity types to remove; all that are recognized by default.")
    threshold: float = Field(0.35, ge=0, le=1, description="Findings with a lower score are left.")


class Mask(Record):
    """All signs but a few become ``char``; length is kept."""

    keep_left: int = Field(0, ge=0)
    keep_right: int = Field(0, ge=0)
    char: str = Field("*", min_length=1, max_length=1)


class Replace(Record):
    """Every non-null cell becomes one constant."""

    value: str = Field(alias="with", description="The constant.")


class Token(Record):
    """One-way keyed token: HMAC-SHA-256 under a subkey of the domain. Equal values join across tables of a domain."""

    domain: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="Columns of one domain share a subkey, so that they join.")
    key: KeyHandle


class Generalize(Record):
    """Each value becomes its ancestor at one fixed level of a hierarchy."""

    hierarchy: Hierarchy
    level: int = Field(1, ge=1, description="1 is the first generalization above the value itself.")


class DateShift(Record):
    """All dates of one subject move by the same keyed number of days; intervals within a subject are kept."""

    key: KeyHandle
    max_days: int = Field(180, ge=1, le=3650, description="Shift is uniform on -max_days..max_days, zero included.")


class Bucket(Record):
    """Numbers become the half-open interval of fixed width they fall in, as a label such as '[20, 30)'."""

    width: float = Field(gt=0)
    origin: float = 0.0


class Noise(Record):
    """Keyed random noise on numbers. Masks values; carries no differential-privacy claim."""

    scale: float = Field(gt=0, description="Standard deviation, in the unit of the column.")
    distribution: Literal["gaussian", "laplace", "uniform"] = "gaussian"
    key: KeyHandle


class Operator(Record):
    """Exactly one operator with its parameters."""

    drop: Drop | None = None
    keep: Keep | None = None
    redact: Redact | None = None
    mask: Mask | None = None
    replace: Replace | None = None
    token: Token | None = None
    generalize: Generalize | None = None
    date_shift: DateShift | None = None
    bucket: Bucket | None = None
    noise: Noise | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: Any) -> Any:  # noqa: ANN401 - what a person wrote
        return {written: {}} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _exactly_one(self) -> Operator:
        if len(self.model_fields_set) != 1 or self.spec is None:
            msg = f"name exactly one operator: {', '.join(type(self).model_fields)}"
            raise ValueError(msg)
        return self

    @property
    def name(self) -> str:
        """The operator's name, for example ``token``."""
        return next(iter(self.model_fields_set))

    @property
    def spec(self) -> Any:  # noqa: ANN401 - one of the records above
        """The parameters: one of the records of this module."""
        return getattr(self, self.name)
