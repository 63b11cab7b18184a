"""The types of entities that a scan can find: the records of ``conf/recognizers/entities/*.yaml``.

A type has formats (fixed shapes, found by hashing character classes) or a pattern (a regular expression), and perhaps a check.
What a check sees of a format's candidate is its compact form: upper case, separators removed; a pattern's candidate is checked as
it is written.

Scores are probabilities. ``score`` is how likely a candidate is of its type before its check. A check that a share ``chance`` of
random candidates would pass multiplies the odds by 1/chance: with a score of 0.5, a passed Luhn sum (chance 0.1) makes 0.91 of
it, a passed IBAN 0.999. A failed check ends the claim.
"""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from engine.conf import conf_path, read_yaml
from engine.detect.checks.spec import Spec
from engine.detect.first.pictures import PER_TYPE, expression, pictures
from engine.errors import PolicyError, nearest
from schemas.base import Record
from schemas.findings import Category

Regime = Literal["gdpr", "pci", "glba", "ccpa", "uk_gdpr", "pipeda", "lgpd", "popia", "dpdp", "appi", "pipl"]
Country = Annotated[str, Field(pattern="^([a-z]{2}|any)$")]
Letter = Literal["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R"]

PRIVACY = frozenset({"gdpr", "uk_gdpr", "ccpa", "pipeda", "lgpd", "popia", "dpdp", "appi", "pipl"})
"""Laws on personal data as such: what one of them protects of anybody, whatever the country, all of them do."""

TELLING = 0.5
"""Below this chance a passed check makes a claim likelier than not as against a text that only looks alike."""

REGIONS = {"uk": "gb"}
"""Names of regions that are no ISO 3166 codes, and in use."""


def _several(check: Any) -> Any:  # noqa: ANN401 - YAML, before it is looked at
    return {"kind": "all", "of": check} if isinstance(check, list) else check


def _joined(example: Any) -> Any:  # noqa: ANN401 - YAML, before it is looked at
    return "".join(map(str, example)) if isinstance(example, list) else example


class EntityType(Record):
    """One type of entity: what it looks like, what proves it, and whose it is."""

    type: str = Field(pattern="^[A-Z][A-Z0-9_]+$")
    reported_as: str | None = Field(None, pattern="^[A-Z][A-Z0-9_]+$", description=(
        "The type under which its claims are reported, where several entries find one type."))
    title: str
    country: Country = Field("any", description="ISO 3166-1 alpha-2 in lower case; eu for the Union; any.")
    category: Category
    regimes: tuple[Regime, ...] = Field((), description="Laws and standards that speak of it; hipaa follows from 'safe_harbor'.")
    safe_harbor: Letter | None = Field(None, description="Its letter in 45 CFR 164.514(b)(2)(i).")
    formats: tuple[str, ...] = Field((), description="Written as engine/detect/first/pictures.py says.")
    formats_in_context: tuple[str, ...] = Field((), description="Formats that only count near a context word, always.")
    pattern: str | None = Field(None, description="A regular expression (RE2, Hyperscan), where no format fits.")
    label: str = Field("", description="A regular expression that stands before the pattern and is no part of what is claimed.")
    near: str = Field("text", description=(
        "What every match of the pattern holds, so that it is looked for there alone: a digit ('number'), 23 ASCII letters and "
        "digits in a row ('token'), its own label ('label'), a dot before a top-level domain ('domain'), or one of some rows of "
        "signs, with 9 for a digit, A for a letter, X for either; or nothing in common ('text')."))
    not_after: str = Field("", max_length=1, description="A sign right after which the pattern does not begin.")
    ignore_case: bool = Field(default=False, description="Lower case counts as upper case.")
    check: Annotated[Spec, BeforeValidator(_several)] | None = Field(None, description="A list means all of them.")
    when: Literal["always", "context", "column"] = Field("context", description="'column': only where its name says so.")
    score: float = Field(ge=0, le=1)
    context: tuple[str, ...] = ()
    source: str = Field(min_length=3, description="Law, standard, or who issues it and where that says so.")
    example: Annotated[str, BeforeValidator(_joined)] = Field(description=(
        "Invented; passes the check. A list is joined: so no file holds what scanners for secrets look for."))

    @model_validator(mode="after")
    def _whole(self) -> EntityType:
        if bool(self.formats or self.formats_in_context) == (self.pattern is not None):
            raise ValueError("it needs formats or a pattern, and not both")
        if (self.label or self.when == "column") and self.pattern is None:
            raise ValueError("a 'label' needs a 'pattern' after it, and what counts in a column alone needs one")
        if not self.context and (self.when != "always" or self.formats_in_context):
            raise ValueError("without 'context' it can never count")
        return self

    @property
    def laws(self) -> frozenset[str]:
        """Its regimes, with hipaa if the Safe Harbor method names it; all of ``PRIVACY`` if it is personal and of no country."""
        every = PRIVACY if self.country == "any" and not PRIVACY.isdisjoint(self.regimes) else frozenset()
        return every | frozenset(self.regimes) | ({"hipaa"} if self.safe_harbor else frozenset())

    @property
    def chance(self) -> float:
        """The share of random candidates that its check lets through; 1 without one."""
        return self.check.chance if self.check else 1.0

    @property
    def verified_score(self) -> float:
        """The score of a candidate that passed the check."""
        return self.score / (self.score + (1 - self.score) * self.chance) if self.score else 0.0

    @property
    def reported(self) -> str:
        """The type under which its claims are reported."""
        return self.reported_as or self.type

    @property
    def evidence(self) -> str:
        """What a claim of this type rests on, in a few words."""
        return " + ".join(("shape" if self.pattern is None else "pattern", *([self.check.brief()] if self.check else [])))

    def pictures(self) -> tuple[str, ...]:
        """Returns what its formats stand for, without repetition, formats in context included.

        Raises:
            PolicyError: If a format cannot be read, or they stand for more than ``PER_TYPE`` pictures.
        """
        every = tuple(dict.fromkeys(one for written in self.formats + self.formats_in_context for one in pictures(written)))
        if len(every) > PER_TYPE:
            raise PolicyError(f"its formats stand for {len(every)} pictures", where=self.type, allowed=f"at most {PER_TYPE}",
                              next="give their repeat counts narrower bounds, or write a 'pattern'")
        return every

    def regex(self) -> str:
        """Returns pattern or formats as one regular expression without anchors, for those who look at one text at a time."""
        return self.label + self.pattern if self.pattern else "|".join(map(expression, self.formats + self.formats_in_context))


class _File(Record):
    version: Literal[1]
    defaults: dict[str, Any] = Field({}, description="What holds for every type of the file that does not say otherwise.")
    types: tuple[dict[str, Any], ...] = Field(min_length=1)


class Registry(Record):
    """Entity types, by name."""

    types: tuple[EntityType, ...]

    @classmethod
    @functools.cache
    def default(cls) -> Registry:
        """Returns the types of ``conf/recognizers/entities``, from the wheel or from the repository."""
        folder = conf_path("recognizers/entities")
        files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
        return cls.parse({f"conf/recognizers/entities/{one.name}": one.read_text(encoding="utf-8") for one in files})

    @classmethod
    def parse(cls, texts: dict[str, str]) -> Registry:
        """Reads types from YAML texts, by the names that errors call them.

        Raises:
            PolicyError: If one is not YAML, not what the records say, or names a type a second time.
        """
        types = tuple(one for where, text in texts.items() for one in _types(text, where))
        double = [name for name, count in Counter(one.type for one in types).items() if count > 1]
        if double:
            raise PolicyError(f"the type {double[0]!r} is defined twice", where=", ".join(texts), next="rename or remove one")
        return cls(types=types)

    def __getitem__(self, name: str) -> EntityType:
        """Returns a type by its name.

        Raises:
            PolicyError: If there is none.
        """
        found = self._named().get(name)
        if found is None:
            raise PolicyError(f"there is no entity type {name!r}", where="entity types", allowed="types of docs/entity-types.md",
                              next=nearest(name, self._named()))
        return found

    def _named(self) -> dict[str, EntityType]:
        return {one.type: one for one in self.types}

    def select(self, *, regions: Collection[str] | None = None, regimes: Collection[str] | None = None) -> Registry:
        """Returns the types of some countries (those of no country included) that count under some regime.

        Args:
            regions: ISO 3166 codes, in any case, or ``uk``; all by default.
            regimes: ``hipaa`` or any of ``Regime``; all types by default, those under no regime included.

        Raises:
            PolicyError: If no type is of such a region or regime.
        """
        _known("region", regions, {one.country for one in self.types} | set(REGIONS))
        _known("regime", regimes, {law for one in self.types for law in one.laws})
        countries = None if regions is None else {"any"} | {REGIONS.get(region.lower(), region.lower()) for region in regions}
        laws = None if regimes is None else {regime.lower() for regime in regimes}
        return Registry(types=tuple(
            one for one in self.types
            if (countries is None or one.country in countries) and (laws is None or not one.laws.isdisjoint(laws))))

    def safe_harbor(self) -> dict[str, tuple[str, ...]]:
        """Returns the names of types for each identifier of the Safe Harbor method, by its letter.

        Source: 45 CFR 164.514(b)(2)(i)(A) to (R). Names (A) are found by recognizers of names; biometric identifiers (P) and
        photographs (Q) are not in text.
        """
        letters = sorted({one.safe_harbor for one in self.types if one.safe_harbor})
        return {letter: tuple(one.type for one in self.types if one.safe_harbor == letter) for letter in letters}

    def pictures(self) -> dict[str, tuple[str, ...]]:
        """Returns picture → names of the types that it may be."""
        found: dict[str, list[str]] = {}
        for one in self.types:
            for picture in one.pictures():
                found.setdefault(picture, []).append(one.type)
        return {picture: tuple(names) for picture, names in found.items()}


Model = TypeVar("Model", bound=Record)


def _types(text: str, where: str) -> Iterable[EntityType]:
    try:
        content = read_yaml(text)
    except yaml.YAMLError as error:
        raise PolicyError("this is not YAML", where=where, next="correct its indentation and quotes") from error
    file = _read(_File, content, where)
    for entry in file.types:
        one = _read(EntityType, {**file.defaults, **entry}, f"{where}, {entry.get('type', 'a type without name')}")
        one.pictures()  # refuses formats that cannot be read
        yield one


def _read(kind: type[Model], content: object, where: str) -> Model:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        key = str(first["loc"][-1]) if first["type"] == "extra_forbidden" else ""
        raise PolicyError(f"it is wrong at '{place}': {first['msg']}", where=where,
                          next=nearest(key, kind.model_fields) or "compare it with its neighbours") from error


def _known(what: str, asked: Collection[str] | None, known: Collection[str]) -> None:
    for one in asked or ():
        if one.lower() not in known:
            alike = [other for other in known if abs(len(other) - len(one)) <= 2]  # noqa: PLR2004 - signs
            raise PolicyError(f"no entity type is of the {what} {one!r}", where="entity types", allowed=", ".join(sorted(known)),
                              next=nearest(one.lower(), alike) or f"write a {what} as it is listed here")


_HEAD = """# Entity types

Written by `python -m engine.detect.registry` from `conf/recognizers/entities`; do not edit.

{types} types, {checked} of them with a validator, of {countries} countries (ISO 3166-1, and XK). The registry and its
checks can be used from Python; what `lakeveil scan` looks for in this version is listed in `conf/recognizers/default.yaml`.

In a format `9` is a digit, `A` a letter, `X` either, `{{n,m}}` a number of them. A type counts *always*, or only near a *context*
word; so do formats in parentheses; or only in a *column* named by such a word. Examples are invented; of secrets they show the
beginning. *Passes* is the share of random texts of the form that the validator lets through: below 0.5 for {telling:.0%} of the
types. A type without a validator has none that we know of beyond its form; a share near 1 says little more than a first digit.

Names are found by evidence, not by a form, so they are not among these: `PERSON`, `LOCATION`, `ORGANIZATION`, `TITLE`, `NRP`
(nationalities, religions, parties), `ZIP_CODE` (a postal code of whatever country, beside its town); `docs/adr/014` tells how.

*Regimes* are the laws and standards that `regimes:` in a list of recognizers chooses by; *privacy* stands for {privacy}.
For HIPAA the letter is that of 45 CFR 164.514(b)(2)(i). Of what is found by evidence, `pci` knows `PERSON` (the cardholder),
`glba` and `hipaa` places, too, `hipaa` also `DATE_TIME`, `AGE` and `ORGANIZATION` (employers), the privacy laws everything.
"""


def _page(registry: Registry) -> str:
    """Returns ``docs/entity-types.md``: every type, by country."""
    countries = sorted({one.country for one in registry.types}, key=lambda country: (country != "any", country))
    lines = [_HEAD.format(types=len(registry.types), checked=sum(one.check is not None for one in registry.types),
                          telling=sum(one.chance < TELLING for one in registry.types) / len(registry.types),
                          countries=len(set(countries) - {"any", "eu"}), privacy=", ".join(sorted(PRIVACY)))]
    for country in countries:
        lines += [f"## {'Anywhere' if country == 'any' else country.upper()}", "",
                  "| type | what it is | looks like | validator | passes | counts | regimes | example | source |",
                  "|---|---|---|---|---|---|---|---|---|"]
        lines += [*(_row(one) for one in sorted(registry.types, key=lambda one: one.type) if one.country == country), ""]
    return "\n".join(lines)


def _row(one: EntityType) -> str:
    formats = [f"`{written}`" for written in one.formats] + [f"(`{written}`)" for written in one.formats_in_context]
    example = f"{one.example[:6]}…" if one.category == "credential" and one.pattern else one.example
    cells = (f"`{one.type}`", one.title, "pattern" if one.pattern else ", ".join(formats),
             one.check.brief() if one.check else "—", f"{one.chance:.2g}", one.when, _regimes(one), f"`{example}`", one.source)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _regimes(one: EntityType) -> str:
    laws = (one.laws - PRIVACY) | {"privacy"} if one.laws >= PRIVACY else one.laws
    return ", ".join(f"hipaa {one.safe_harbor}" if law == "hipaa" else law for law in sorted(laws))


if __name__ == "__main__":
    sys.stdout.write(_page(Registry.default()))
