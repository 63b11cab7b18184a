"""Parameters of the operators, as a policy writes them.

A policy names one operator per column, either as a bare word (``drop``) or as one key with its
parameters (``token: {domain: patient, key: "env:LAKEVEIL_KEY"}``). ``Operator`` holds either form
in one shape: exactly one field is set.
"""

from __future__ import annotations

import difflib
import re
import string
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Record
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.key_handles import OF_SUBJECT, KeyHandle, OwnKeyHandle
from schemas.policy.numbers import Bucket, Noise, Round, TopBottomCode

ALPHABETS = {"digits": string.digits, "lower": string.ascii_lowercase, "upper": string.ascii_uppercase,
             "letters": string.ascii_letters, "alphanumeric": string.digits + string.ascii_letters}
"""Alphabets that have names."""

_LAST_IN_INTEGERS = 15


EntityType = Annotated[str, Field(pattern="^(default|[A-Z][A-Z0-9_]*)$")]
Style = Literal["placeholder", "surrogate", "keep_format", "hash", "drop"]
"""What stands in place of a finding: its type in brackets; an invented value of its type; other letters and digits in its format;
a keyed token; nothing."""
STYLES: tuple[str, ...] = get_args(Style)
KEYED_STYLES: tuple[str, ...] = ("surrogate", "keep_format", "hash")
"""Styles whose result depends on a key."""


def _known_styles(written: Any) -> Any:  # noqa: ANN401 - what a person wrote
    """Names the nearest style for a misspelt one: pydantic would only list them."""
    for style in written.values() if isinstance(written, dict) else [written]:
        if style not in STYLES:
            match = difflib.get_close_matches(str(style), STYLES, n=1, cutoff=0.5)
            hint = f"did you mean {match[0]!r}?" if match else f"allowed: {', '.join(STYLES)}"
            msg = f"there is no such style; {hint}"
            raise ValueError(msg)
    for name in written if isinstance(written, dict) else ():
        if not re.fullmatch("default|[A-Z][A-Z0-9_]*", str(name)):
            msg = f"a style is given for {name!r}, neither 'default' nor an entity type such as PERSON"
            raise ValueError(msg)
    return written


class Drop(Record):
    """The column does not reach the release."""


class Keep(Record):
    """The column reaches the release as it is; its ``why`` says for what."""


class Redact(Record):
    """Findings in text become typed placeholders, or what ``style`` says; in any other role the whole cell becomes one."""

    known: tuple[str, ...] = Field((), description=(
        "Columns whose values, and their parts, are removed wherever they stand in the text: 'column' of this "
        "table (same row, and same subject where the source names one) or 'table.column' of a table in source.lookups."))
    entities: tuple[str, ...] | None = Field(None, description="Entity types to remove; all that are recognized by default.")
    threshold: float = Field(0.35, ge=0, le=1, description="Findings with a lower score are left.")
    style: Annotated[Style | dict[EntityType, Style], BeforeValidator(_known_styles)] = Field("placeholder", description=(
        "What stands instead: placeholder ([PERSON]), surrogate (an invented value of the same type), keep_format (other letters "
        "and digits), hash (a keyed token), drop (nothing). One for all, or by entity type, with 'default' for the others."))
    key: KeyHandle | None = Field(None, description="For surrogate, keep_format and hash: equal values map alike under one key.")
    locale: str = Field("en_US", pattern="^[a-z]{2,3}_[A-Z]{2}$", description=(
        "Whose names the text mostly holds, and whose order of day and month; names that another locale knows stay of that one."))
    scope: Literal["table", "subject"] = Field("table", description=(
        "Whether equal values map equally in the whole table, and in others under the same key, or only within one subject."))

    max_days: int = Field(180, ge=1, le=3650, description=(
        "Surrogates of dates are moved by at most so many days: those of one subject as date_shift with the same key and "
        "max_days moves them."))

    @model_validator(mode="after")
    def _key_where_needed(self) -> Redact:
        keyed = [style for style in KEYED_STYLES if style in self.styles.values()]
        if keyed and self.key is None:
            msg = f"style {keyed[0]} makes up values under a key: give key, for example 'env:LAKEVEIL_KEY'"
            raise ValueError(msg)
        if self.key is not None and not keyed:
            msg = f"a key is given that no style needs: take it out, or choose one of {', '.join(KEYED_STYLES)}"
            raise ValueError(msg)
        return self

    @property
    def styles(self) -> dict[str, Style]:
        """Entity type → style, with ``default`` for those not named."""
        return {"default": self.style} if isinstance(self.style, str) else {"default": "placeholder", **self.style}


class Mask(Record):
    """All signs but a few become ``char``; length is kept."""

    keep_left: int = Field(0, ge=0)
    keep_right: int = Field(0, ge=0)
    char: str = Field("*", min_length=1, max_length=1)


class Replace(Record):
    """Every non-null cell becomes one constant."""

    value: str = Field(alias="with", description="The constant.")


TokenDomain = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
SurrogateType = Literal["PERSON", "FIRST_NAME", "LAST_NAME", "ORGANIZATION", "STREET_ADDRESS", "LOCATION", "EMAIL_ADDRESS",
                        "PHONE_NUMBER", "URL", "IP_ADDRESS", "MAC_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN"]
"""What a whole column can be of, to be made up. Dates have ``date_shift``, other identifiers ``token`` and ``encrypt_format``."""


class Surrogate(Record):
    """Each value becomes an invented one of its type; the same value the same one, in every table and, without a domain, text."""

    type: SurrogateType = Field(description="What the column holds: LOCATION a city or country, ORGANIZATION a company.")
    key: KeyHandle
    locale: str = Field("en_US", pattern="^[a-z]{2,3}_[A-Z]{2}$", description=(
        "Whose names they mostly are; names that another locale knows stay of that one."))
    domain: TokenDomain | None = Field(None, description=(
        "Columns of one domain agree on the same value. By default all columns and texts do that have the same key."))


KeyVersion = Annotated[int, Field(ge=1, le=255, description=(
    "Which of the key's versions this is. It stands in every token, and another version makes other tokens."))]
TokenForm = Literal["hex", "base32", "integer", "uuid", "tagged"]
"""How a token is written. All hold the key's version; a tagged one the key's identifier, too."""


class Token(Record):
    """One-way keyed token: HMAC-SHA-256 under a subkey of the domain. Equal values join across tables of a domain."""

    domain: TokenDomain = Field(description="Columns of one domain share a subkey, so that they join.")
    key: OwnKeyHandle
    version: KeyVersion = 1
    form: TokenForm = Field("hex", description=(
        "hex (66 digits), base32 (40 signs), integer (64 bits; for up to some million values), uuid (version 8), or tagged "
        "(lv1.<version>.<key id>.<48 signs>)."))

    @model_validator(mode="after")
    def _room_for_version(self) -> Token:
        if self.form == "integer" and self.version > _LAST_IN_INTEGERS:
            msg = f"an integer has room for versions 1 to {_LAST_IN_INTEGERS} of a key: choose another form"
            raise ValueError(msg)
        if self.form == "tagged" and self.key == OF_SUBJECT:
            msg = "a tagged token names the key that made it, and each subject has its own: choose another form"
            raise ValueError(msg)
        return self


class Encrypt(Record):
    """Reversible token: AES-SIV under a subkey of the domain, bound to domain and column. ``lakeveil detokenize`` opens it."""

    domain: TokenDomain = Field(description="What the values are of; columns of one domain share a subkey.")
    key: OwnKeyHandle
    version: KeyVersion = 1


class EncryptFormat(Record):
    """Reversible, format-preserving: FF1 puts other signs of the same alphabet in place of a value's; all else stays.

    Whole numbers come out as text of as many digits, for one may begin with 0.
    What it makes has no room for the key's version: that stands in the receipt.
    """

    domain: TokenDomain = Field(description="What the values are of; columns of one domain share a subkey.")
    key: KeyHandle
    version: KeyVersion = 1
    alphabet: str = Field("digits", min_length=2, description=(
        "digits, lower, upper, letters, alphanumeric, or the signs themselves. Signs of a value that are not of it stay as and "
        "where they are."))
    short: Literal["refuse", "null"] = Field("refuse", description=(
        "What becomes of values of so few signs of the alphabet that there are under a million of them: they end the run, or "
        "become null."))
    others: Literal["refuse", "null", "keep"] = Field("refuse", description=(
        "What becomes of values with letters or digits that are not of the alphabet, and would be seen: they end the run, become "
        "null, or keep them. Other signs, such as spaces and hyphens, always stay."))

    @property
    def signs(self) -> str:
        """The alphabet's signs, in the order of their numerals."""
        return ALPHABETS.get(self.alphabet, self.alphabet)

    @model_validator(mode="after")
    def _each_once(self) -> EncryptFormat:
        if len(set(self.signs)) < len(self.signs):
            msg = f"an alphabet has each sign once; or is one of {', '.join(ALPHABETS)}"
            raise ValueError(msg)
        if self.signs.isalpha() and list(self.signs) != sorted(self.signs):
            msg = ("an alphabet of letters alone is written in their order, so that no word is taken for one; or is one of "
                   f"{', '.join(ALPHABETS)}")
            raise ValueError(msg)
        return self


class Generalize(Record):
    """Each value becomes its ancestor at one fixed level of a hierarchy."""

    hierarchy: Hierarchy
    level: int = Field(1, ge=1, description="1 is the first generalization above the value itself.")


class DateShift(Record):
    """All dates of one subject move by the same keyed number of days; intervals within a subject are kept."""

    key: KeyHandle
    max_days: int = Field(180, ge=1, le=3650, description="Shift is uniform on -max_days..max_days, zero included.")


class Operator(Record):
    """Exactly one operator with its parameters."""

    drop: Drop | None = None
    keep: Keep | None = None
    redact: Redact | None = None
    mask: Mask | None = None
    replace: Replace | None = None
    surrogate: Surrogate | None = None
    token: Token | None = None
    encrypt: Encrypt | None = None
    encrypt_format: EncryptFormat | None = None
    generalize: Generalize | None = None
    date_shift: DateShift | None = None
    bucket: Bucket | None = None
    round: Round | None = None
    top_bottom_code: TopBottomCode | None = None
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
