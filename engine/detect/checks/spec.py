"""What a type of entity can ask of a candidate: the records under ``check:`` in ``conf/recognizers/entities``.

A check sees candidates in compact form (see ``engine.detect.registry``). ``chance`` is the share of random candidates of the
right format that it lets through; it says how much a passed check proves.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.base import Record


class Asked(Record):
    """What all specifications have in common."""

    kind: str

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return self.kind.replace("_", " ")


Chance = Annotated[float, Field(gt=0, le=1)]
Module = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)?$")]


class Luhn(Asked):
    """The Luhn sum, mod 10 (ISO/IEC 7812-1, annex B)."""

    kind: Literal["luhn"]
    prefix: str = Field("", pattern="^[0-9]*$", description="Digits that count, and are not written (80840 before an NPI).")
    chance: Chance = 0.1


class Weighted(Asked):
    """A weighted sum modulo m, with its check character anywhere.

    The number is exactly as long as its weights and check character say; ``align: right`` also takes shorter ones, whose last
    character meets the last weight.
    """

    kind: Literal["weighted"]
    weights: tuple[int, ...] = Field(min_length=1, description="Of each character from the left; the check character's is 0.")
    modulus: int = Field(gt=1)
    check: str | None = Field(None, description=(
        "The check character for each remainder, '.' where no number has that remainder. "
        "Without it the weights cover every character, and the remainder must be 'remainder'."))
    at: int | None = Field(None, ge=0, description="Where the check character stands; by default after the weights.")
    remainder: int = Field(0, ge=0)
    fallback: tuple[int, ...] = Field((), description="Weights that count where the first sum has no check character.")
    fallback_check: str | None = Field(None, description="Check characters of the second sum; by default those of the first.")
    values: str = Field("0 1 2 3 4 5 6 7 8 9", description=(
        "The characters of value 0, 1, 2 ..., a space between two values; or 'base36': digits, then A=10 to Z=35."))
    tens: tuple[int, ...] = Field((), description="Places whose products count as the sum of their digits, as in Luhn's sum.")
    start: int = Field(0, description="Added to the sum.")
    align: Literal["left", "right"] = "left"
    least: int = Field(1, ge=1, description="Characters of the shortest number, if aligned right.")

    @property
    def chance(self) -> float:
        """One remainder among ``modulus``, or one check character among ten digits."""
        return 1 / (self.modulus if self.check is None else max(10, len(set(self.check) - {"."})))

    @model_validator(mode="after")
    def _whole(self) -> Weighted:
        if any(check is not None and len(check) != self.modulus for check in (self.check, self.fallback_check)):
            raise ValueError("'check' needs one character for each remainder")
        if self.fallback and (self.check is None or len(self.fallback) != len(self.weights)):
            raise ValueError("'fallback' needs 'check', and as many weights")
        return self

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return f"weighted mod {self.modulus}"


class Iso7064(Asked):
    """A check character system of ISO/IEC 7064:2003."""

    kind: Literal["iso7064"]
    system: Literal["mod_11_2", "mod_37_2", "mod_97_10", "mod_11_10", "mod_37_36"]
    rotate: int = Field(0, ge=0, description="So many first characters count last (4 in an IBAN).")

    @property
    def chance(self) -> float:
        """One state of the system's modulus."""
        return {"mod_11_2": 1 / 11, "mod_37_2": 1 / 37, "mod_97_10": 1 / 97, "mod_11_10": 0.1, "mod_37_36": 1 / 36}[self.system]

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return f"ISO 7064 {self.system.replace('_', ' ')}"


class Verhoeff(Asked):
    """Verhoeff's check digit, over the dihedral group of order ten (1969)."""

    kind: Literal["verhoeff"]
    chance: Chance = 0.1


class Damm(Asked):
    """Damm's check digit, over a totally anti-symmetric quasigroup of order ten (2004)."""

    kind: Literal["damm"]
    chance: Chance = 0.1


class Modulo(Asked):
    """Some digits, read as one number modulo m, are the check digits."""

    kind: Literal["modulo"]
    modulus: int = Field(gt=1, le=10**9)
    digits: tuple[int, int] = Field(description="First place, and the place after the last.")
    check: tuple[int, int]
    prefix: str = Field("", pattern="^[0-9]*$", description="Digits that count, and are not written.")
    complement: bool = Field(default=False, description="Check digits and remainder add up to the modulus.")

    @property
    def chance(self) -> float:
        """One number among all that the check digits can write."""
        return 0.1 ** (self.check[1] - self.check[0])

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return f"mod {self.modulus}"


class Iban(Asked):
    """ISO 13616: mod 97-10, with the length and the structure that the country registered (python-stdnum's table)."""

    kind: Literal["iban"]
    chance: Chance = 0.001


class Date(Asked):
    """A day that exists, inside a number."""

    kind: Literal["date"]
    layout: str = Field(pattern="^[YMD]+$", description="YYMMDD, DDMMYYYY, ...: digits of year, month and day in their order.")
    at: int = Field(0, ge=0)
    days: tuple[int, ...] = Field((0,), description="What may have been added to the day (40 for women, say).")
    months: tuple[int, ...] = Field((0,), description="What may have been added to the month.")
    years: tuple[int, int] = Field((1850, 2100), description="First and last year, where four digits are written.")

    @property
    def chance(self) -> float:
        """Days of a year among the numbers that the digits of month and day can write, times the years among 10,000."""
        share = 1.0
        share *= 12 * len(self.months) / 100 if "M" in self.layout else 1
        share *= 31 * len(self.days) / 100 if "D" in self.layout else 1
        share *= (self.years[1] - self.years[0] + 1) / 10_000 if "YYYY" in self.layout else 1
        return min(1.0, share)


class Structure(Asked):
    """A regular expression over the whole candidate (RE2's dialect)."""

    kind: Literal["structure"]
    regex: str
    chance: Chance = 0.5


class Stdnum(Asked):
    """What python-stdnum says of the number: ``stdnum.<module>.is_valid``."""

    kind: Literal["stdnum"]
    module: Module
    chance: Chance = 0.1

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return f"stdnum {self.module}"


class Listed(Asked):
    """Some digits begin as an entry of one of python-stdnum's tables does: ``id/loc``, ``us/ein``."""

    kind: Literal["listed"]
    table: str = Field(pattern="^[a-z0-9]+(/[a-z0-9]+)?$")
    at: int = Field(0, description="The first of the digits; below 0 counted from the end.")
    width: int = Field(ge=1, le=6, description="How many digits count.")
    chance: Chance = 0.5


class Phone(Asked):
    """What libphonenumber's metadata says: a number that can be valid in the region, or anywhere if it begins with +."""

    kind: Literal["phone"]
    region: str | None = Field(None, pattern="^[A-Z]{2}$")
    line: Literal["any", "mobile", "fixed"] = "any"
    chance: Chance = 0.3


class TopLevel(Asked):
    """A domain, web or e-mail address whose domain ends in one of the public suffix list's top-level domains."""

    kind: Literal["top_level"]
    chance: Chance = 0.1


class Encoded(Asked):
    """A token that can be decoded, and carries its own proof.

    ``base58check``, ``ripple`` (the same in the XRP Ledger's alphabet), ``bech32`` (BIP 173 and 350), ``eip55`` (mixed-case
    hexadecimal), ``stellar`` (CRC-16), ``github`` (CRC-32 of the
    random part in base 62), ``jwt`` (RFC 7519: a JSON header that names an algorithm), ``ip`` (RFC 791, RFC 4291), ``entropy``
    (random enough to be a key: at least 3 bits a character, and letters and digits).
    """

    kind: Literal["base58check", "ripple", "bech32", "eip55", "stellar", "github", "jwt", "ip", "entropy"]

    @property
    def chance(self) -> float:
        """A checksum of 30 bits and more leaves nothing to chance; an address or a random string leaves some."""
        return {"ip": 0.3, "entropy": 0.3, "eip55": 0.05}.get(self.kind, 1e-6)


class Part(Asked):
    """A check of a stretch of the number."""

    kind: Literal["part"]
    start: int = Field(0, ge=0)
    end: int | None = Field(None, ge=1)
    of: Spec

    @property
    def chance(self) -> float:
        """As of its check."""
        return self.of.chance

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return self.of.brief()


class All(Asked):
    """Every check passes."""

    kind: Literal["all"]
    of: tuple[Spec, ...] = Field(min_length=1)

    @property
    def chance(self) -> float:
        """As if they were independent."""
        return math.prod(one.chance for one in self.of)

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return " + ".join(dict.fromkeys(one.brief() for one in self.of))


class Either(Asked):
    """Some check passes."""

    kind: Literal["any"]
    of: tuple[Spec, ...] = Field(min_length=1)

    @property
    def chance(self) -> float:
        """At most the sum."""
        return min(1.0, sum(one.chance for one in self.of))

    def brief(self) -> str:
        """Returns the check in a word or two."""
        return " or ".join(dict.fromkeys(one.brief() for one in self.of))


Spec = Annotated[
    Luhn | Weighted | Iso7064 | Verhoeff | Damm | Modulo | Iban | Date | Structure | Stdnum | Listed | Phone | TopLevel | Encoded
    | Part | All | Either,
    Field(discriminator="kind")]

for _record in (Part, All, Either):
    _record.model_rebuild()
