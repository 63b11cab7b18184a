"""What pydantic finds wrong with a policy, told by the policy's own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.errors import PolicyError, nearest
from schemas.base import Record

if TYPE_CHECKING:
    from pydantic import BaseModel

Place = tuple[int | str, ...]

_SECRET = re.compile(r"(?=\S*\d)[A-Za-z0-9+/=_-]{32,}")
"""What somebody may have pasted where a name should stand."""

_SHOULD = "Input should be "


def policy_error(model: type[BaseModel], written: Any, error: ValidationError, where: str) -> PolicyError:  # noqa: ANN401 - any YAML
    """Returns the error that tells every broken rule of a policy.

    Args:
        model: What it was validated as.
        written: The mapping that was validated.
        error: What was found.
        where: The file.
    """
    found: dict[Place, list[Any]] = {}
    for one in error.errors(include_url=False):
        found.setdefault(_place(written, one), []).append(one)
    told = {place: _told(place, ones, found) for place, ones in found.items()}
    problems = [_problem(model, place, ones) for place, ones in told.items() if ones]
    return PolicyError(
        "the policy breaks a rule:" if len(problems) == 1 else f"the policy breaks {len(problems)} rules:",
        where=where + "".join(f"\n    - {problem}" for problem in problems),
        next="conf/schema/policy.v1.json describes every key; editors complete and check it",
    )


def _place(written: Any, error: Any) -> Place:  # noqa: ANN401 - any YAML; pydantic's error record
    """Returns the keys that lead to an error: those of pydantic's path that are in what was written.

    pydantic names members of unions and validators, too, and the place in a list of what was written as its only member.
    """
    node, place = written, []
    for part in error["loc"]:
        if part in node if isinstance(node, Mapping) else isinstance(part, int) and isinstance(node, list | tuple):
            node = node[part]
        elif node == part:  # a bare word, which stands for a mapping
            node = {}
        else:
            continue
        place.append(part)
    return (*place, error["loc"][-1]) if error["type"] == "missing" else tuple(place)


def _told(place: Place, errors: list[Any], found: Mapping[Place, list[Any]]) -> list[Any]:
    """Returns what is worth telling of one place: where a mapping is nearly right, not that a word would be right, too."""
    if any(len(other) > len(place) and other[:len(place)] == place for other in found):
        return [one for one in errors if one["type"] != "literal_error" and not one["type"].endswith("_type")]
    return errors


def _problem(model: type[BaseModel], place: Place, errors: list[Any]) -> str:
    shown = ".".join(_SECRET.sub("…", str(part)) for part in place)
    first, *others = dict.fromkeys(_said(model, one) for one in errors)  # of a union, what each member expects
    told = "; or ".join([first, *(other.removeprefix(_SHOULD) for other in others)])
    told += _meant(errors[0]) if len(errors) == 1 and errors[0]["type"] == "model_type" else ""
    return f"{shown}: {told}" if place else told


def _said(model: type[BaseModel], error: Any) -> str:  # noqa: ANN401 - pydantic's error record
    if error["type"] == "extra_forbidden":
        known = _fields_at(model, error["loc"][:-1])
        hint = nearest(str(error["loc"][-1]), known)
        return f"unknown key; {hint or 'allowed: ' + ', '.join(known)}"
    if error["type"] == "missing":
        return "missing"
    if error["type"] == "model_type":
        return f"{_SHOULD}a mapping of {', '.join(_fields_at(model, error['loc']))}"
    if error["type"] in ("tuple_type", "list_type"):
        each = _fields_at(model, (*error["loc"], 0))
        return f"{_SHOULD}{'a mapping of ' + ', '.join(each) + '; or a list of such' if each else 'a list'}"
    if error["type"] == "dict_type":
        return f"{_SHOULD}a mapping"
    return str(error["msg"].removeprefix("Value error, "))


def _meant(error: Any) -> str:  # noqa: ANN401 - pydantic's error record
    """Returns the one mapping that a list or a single value may stand for, as a question; numbers alone are shown."""
    given, record = error["input"], _record(error["ctx"]["class_name"])
    if record is None or given is None or isinstance(given, Mapping):
        return ""
    names = [field.alias or name for name, field in record.model_fields.items()]
    tried = [{name: given} for name in names]
    if isinstance(given, list | tuple) and 1 < len(given) <= len(names):
        tried.append(dict(zip(names, given, strict=False)))
    right = [mapping for mapping in tried if _valid(record, mapping)]
    if len(right) != 1:
        return ""
    shown = (f"{name}: {part if isinstance(part, int | float) else '…'}" for name, part in right[0].items())
    return f"; did you mean {{{_SECRET.sub('…', ', '.join(shown))}}}?"


def _valid(record: type[Record], mapping: dict[str, Any]) -> bool:
    try:
        record.model_validate(mapping)
    except ValidationError:
        return False
    return True


def _record(name: str) -> type[Record] | None:
    return next((record for record in _below(Record) if record.__name__ == name), None)


def _below(record: type[Record]) -> Iterator[type[Record]]:
    for one in record.__subclasses__():
        yield one
        yield from _below(one)


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    """Returns the keys that are valid at ``place``, following the model's JSON Schema."""
    schema = _schema(model)

    def resolve(node: dict[str, Any]) -> dict[str, Any]:
        options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
        if options:
            return resolve(next((option for option in options if "$ref" in option), options[0]))
        return schema["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node

    node = schema
    for part in place:
        node = resolve(node)
        if isinstance(part, int):
            node = node.get("items", {})
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
    return list(resolve(node).get("properties", {}))
