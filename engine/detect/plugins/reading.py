"""Reads the files that describe plug-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import regex
import yaml
from pydantic import ValidationError

from engine.conf import problem_of, read_yaml
from engine.detect.plugins.budget import BUDGET, Budget
from engine.errors import InputError, PolicyError, nearest
from schemas.base import Record

Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True)
class Origin:
    """Where a description of plug-ins comes from, and what it may do.

    Attributes:
        where: How errors call it.
        folder: What relative paths in it are relative to.
        languages: Recognizers and models of these run; of all that it names where this is None.
        allow_code: Whether it may import somebody's code.
        budget: Of each plug-in.
        fingerprints: Folder of a model → SHA-256 that it must have.
    """

    where: str
    folder: str = ""
    languages: frozenset[str] | None = None
    allow_code: bool = False
    budget: Budget = BUDGET
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    def at(self, part: str) -> Origin:
        """Returns the same for a part of it, for errors."""
        return replace(self, where=f"{self.where}, {part}")


def text_of(path: str | Path) -> str:
    """Returns a file's text.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot read the description of plug-ins", where=str(path), next="check the path") from error


def mapping_of(text: str, where: str) -> dict[str, Any]:
    """Returns YAML text as a mapping.

    Raises:
        PolicyError: If it is something else.
    """
    try:
        content = read_yaml(text)
    except yaml.YAMLError as error:
        problem, line = problem_of(error, where)
        raise PolicyError(f"this is not valid YAML: {problem}", where=line, next="correct its keys and indentation") from error
    if not isinstance(content, dict):
        raise PolicyError("this is not a mapping of keys to values", where=where,
                          allowed="Presidio's list of recognizers, its NLP engine configuration, or a list of patterns")
    return content


def record_of(kind: type[Kind], content: Mapping[str, Any], where: str) -> Kind:
    """Returns content as a record.

    Raises:
        PolicyError: If it is not what the record says.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        unknown = str(first["loc"][-1]) if first["type"] == "extra_forbidden" else ""
        keys = sorted({key for inner in _records(kind) for key in keys_of(inner)})
        raise PolicyError(f"it is wrong at '{place}': {first['msg']}", where=where, allowed=", ".join(keys) if unknown else "",
                          next=nearest(unknown, keys) or "compare it with the format's documentation") from error


def keys_of(kind: type[Record]) -> tuple[str, ...]:
    """Returns the keys of a record as they are written in YAML."""
    return tuple(field.alias or name for name, field in kind.model_fields.items())


def _records(kind: type[Record]) -> set[type[Record]]:
    """Returns a record and those inside it."""
    found: set[type[Record]] = set()
    unseen: list[Any] = [kind]
    while unseen:
        one = unseen.pop()
        unseen += get_args(one)
        if isinstance(one, type) and issubclass(one, Record) and one not in found:
            found.add(one)
            unseen += (inner.annotation for inner in one.model_fields.values())
    return found


def known(name: str, names: Iterable[str], *, what: str, where: str) -> str:
    """Returns a name that is one of ``names``.

    Raises:
        PolicyError: If it is not.
    """
    names = list(names)
    if name not in names:
        raise PolicyError(f"there is no {what} called {name!r}", where=where, allowed=", ".join(sorted(names)),
                          next=nearest(name, names))
    return name


def checked(written: str, flags: int, where: str) -> str:
    """Returns a regular expression that compiles.

    Raises:
        PolicyError: If it does not.
    """
    try:
        regex.compile(written, flags)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        said = error.msg if isinstance(error, regex.error) else type(error).__name__
        raise PolicyError(f"this pattern does not compile: {said}", where=where,
                          allowed="regular expressions of the Python module regex") from error
    return written
