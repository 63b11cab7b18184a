"""Which recognizers run: the records of ``conf/recognizers/*.yaml``."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from engine.conf import problem_of, read_yaml
from engine.detect.registry import EntityType, Registry
from engine.errors import InputError, PolicyError, SetupError, nearest
from schemas.base import Record


class PluginFile(Record):
    """A file that describes plug-ins (docs/plug-ins.md), in a list of recognizers. A bare word is its path."""

    path: str = Field(min_length=1, description="Relative to the file that names it.")
    languages: tuple[str, ...] | None = Field(None, description="Recognizers and models of these; of all by default.")
    seconds: float = Field(5.0, gt=0, description="What each plug-in of it may spend on one cell.")


def _path_alone(written: Any) -> Any:  # noqa: ANN401 - YAML, before it is looked at
    return {"path": written} if isinstance(written, str) else written


class ContextSettings(Record):
    """How context words raise a score: by ``boost``, to at least ``floor``, if within ``words`` words before; after, by half."""

    boost: float = Field(0.35, ge=0, le=1)
    floor: float = Field(0.4, ge=0, le=1)
    words: int = Field(5, ge=0)


class Budget(Record):
    """What one cell may cost. A cell that costs more is not scanned but reported, and redacted, whole."""

    bytes: int = Field(1 << 24, ge=1, description="Size in UTF-8.")
    seconds: float = Field(5.0, gt=0, description="Time.")


BY_EVIDENCE = ("PERSON", "LOCATION", "ORGANIZATION", "TITLE", "NRP", "ZIP_CODE")
"""Types that are not in the registry, but found by evidence (``engine/detect/names``)."""

BETTER_BY_EVIDENCE = ("STREET_ADDRESS", "STREET_ADDRESS_AFTER")
"""Types of the registry that are found so, too, and better: they count where ``names`` are off."""


class RecognizerConfig(Record):
    """What one scanner looks for."""

    version: Literal[1]
    threshold: float = Field(0.4, ge=0, le=1, description="Claims below this score are dropped.")
    regions: tuple[str, ...] | None = Field(None, description="Countries whose types and recognizers count; all by default.")
    regimes: tuple[str, ...] | None = Field(None, description=(
        "Laws and standards whose types count, those of names and places among them; all types by default."))
    leave_out: tuple[str, ...] = Field((), description="Types that do not count, as findings or the registry call them.")
    names: Literal["off", "identifying", "all"] = Field("identifying", description=(
        "Names and places, by evidence (docs/adr/014). 'identifying': without titles and ages up to 89, which alone point at "
        "nobody (45 CFR 164.514(b)(2)(i)(C))."))
    context: ContextSettings = ContextSettings()
    budget: Budget = Budget()
    plugins: tuple[Annotated[PluginFile, BeforeValidator(_path_alone)], ...] = Field((), description=(
        "What users bring, and runs beside the registry's types."))

    def types(self) -> tuple[EntityType, ...]:
        """Returns the entity types of the registry that count.

        Raises:
            PolicyError: If one that is left out, a region or a regime does not exist.
        """
        registry = Registry.default()
        for name in self.leave_out:
            if name not in BY_EVIDENCE:
                registry[name]
        chosen = registry.select(regions=self.regions, regimes=self.regimes)
        better = BETTER_BY_EVIDENCE if self.names != "off" else ()
        return tuple(one for one in chosen.types if one.type not in better
                     and one.type not in self.leave_out and one.reported not in self.leave_out)

    @classmethod
    def default(cls) -> RecognizerConfig:
        """Returns ``conf/recognizers/default.yaml``, from the wheel or from the repository."""
        return cls.parse(packaged("default.yaml"), "conf/recognizers/default.yaml")

    @classmethod
    def load(cls, path: str | Path) -> RecognizerConfig:
        """Reads a list of recognizers from a YAML file. Plug-ins are named from its folder.

        Raises:
            InputError: If the file cannot be read.
            PolicyError: If it is not what this record says, or names a type, a region or a regime that there is not.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("cannot read the list of recognizers", where=str(path), next="check the path") from error
        found = cls.parse(text, str(path))
        try:
            found.types()
        except PolicyError as error:
            raise PolicyError(error.what, where=f"{path}, {error.where}", allowed=error.allowed, next=error.next) from None
        folder = Path(path).resolve().parent
        return found.model_copy(update={"plugins": tuple(
            one.model_copy(update={"path": str(folder / one.path)}) for one in found.plugins)})

    @classmethod
    def parse(cls, text: str, where: str) -> RecognizerConfig:
        """Reads a list of recognizers from YAML text; ``where`` names it in errors.

        Raises:
            PolicyError: If it is not what this record says.
        """
        return parsed(cls, text, where)


Kind = TypeVar("Kind", bound=Record)


def packaged(name: str) -> str:
    """Returns the text of a file of ``conf/recognizers``, from the wheel or from the repository.

    Raises:
        SetupError: If it is in neither.
    """
    in_wheel = importlib.resources.files("engine") / "conf" / "recognizers" / name
    in_repository = Path(__file__).parents[2] / "conf" / "recognizers" / name
    for place in (in_wheel, in_repository):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise SetupError("a list of recognizers is not installed", where=f"conf/recognizers/{name}",
                     next="install Lakeveil again from its wheel")


def parsed(kind: type[Kind], text: str, where: str) -> Kind:
    """Reads a record from YAML text; ``where`` names it in errors.

    Raises:
        PolicyError: If it is not what the record says.
    """
    try:
        return kind.model_validate(read_yaml(text))
    except yaml.YAMLError as error:
        problem, line = problem_of(error, where)
        raise PolicyError(f"this is not valid YAML: {problem}", where=line, next="correct its keys and indentation") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        unknown = str(first["loc"][-1]) if first["type"] == "extra_forbidden" else ""
        raise PolicyError(f"it is wrong at '{place}': {first['msg']}", where=where,
                          next=nearest(unknown, kind.model_fields) or "compare it with conf/recognizers/default.yaml") from error
