"""The JSON Schema that editors complete and check policies with: ``conf/schema/policy.v1.json``.

``python -m schemas.policy.json_schema`` prints it. pydantic derives most of it from the records; what a
record's validators accept beyond its types (a bare ``drop``, ``2%``, one claim instead of a list of
one) and the rules that hold within one record are said here, next to the validators' names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from schemas.policy import terms, v1
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.operators import KEYED_STYLES, STYLES, Operator
from schemas.reserved import PREFIX

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of policies as people write them, defaults left out."""
    schema = v1.PolicyV1.model_json_schema(by_alias=True, schema_generator=_AsWritten)
    schema["properties"]["columns"]["propertyNames"] = {"minLength": 1, "not": {"pattern": f"^{PREFIX}"}}
    parts = schema["$defs"]
    for name, amend in _AMENDMENTS.items():
        amend(parts[name])
    return {"$schema": DIALECT, "title": "Lakeveil policy, lakeveil/v1", **{k: v for k, v in schema.items() if k != "title"}}


class _AsWritten(GenerateJsonSchema):
    """pydantic's generator, told what the policy's own validators accept before the types apply."""

    def function_before_schema(self, schema: Any) -> JsonSchemaValue:  # noqa: ANN401 - pydantic's core schema
        """Returns the schema behind a validator that runs first, widened by what the validator turns into it."""
        plain = super().function_before_schema(schema)
        validator = schema["function"]["function"]
        if validator is terms.share:
            return {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1},
                              {"type": "string", "pattern": f"^{terms.PERCENTAGE}$"}]}
        if validator is terms.as_tuple:
            return {"anyOf": [plain["items"], plain]}
        return plain

    def model_schema(self, schema: Any) -> JsonSchemaValue:  # noqa: ANN401 - pydantic's core schema
        """Returns a record's schema without the titles and defaults that tell an editor nothing."""
        plain = super().model_schema(schema)
        for field in plain.get("properties", {}).values():
            for noise in ("title", "ge", "le"):
                field.pop(noise, None)
            if field.get("default", 0) in (None, [], {}):
                del field["default"]
        return plain


def _exactly_one(record: JsonSchemaValue) -> None:
    """Says that one key is set, and that it is set to something."""
    for name, field in record["properties"].items():
        given = [option for option in field.pop("anyOf", []) if option != {"type": "null"}]
        record["properties"][name] = {**field, **({"anyOf": given} if len(given) > 1 else given[0] if given else {})}
    record.update({"minProperties": 1, "maxProperties": 1})


def _operator(record: JsonSchemaValue) -> None:
    """Adds the bare words: the operators that need no parameters."""
    _one_or_word(record, Operator)


def _hierarchy(record: JsonSchemaValue) -> None:
    """Adds the bare words: the rules that need no parameters."""
    _one_or_word(record, Hierarchy)


def _one_or_word(record: JsonSchemaValue, model: type[BaseModel]) -> None:
    """Says that one key is set, or its bare word stands for it."""
    _exactly_one(record)
    bare = [name for name, field in model.model_fields.items() if _bare(field.annotation)]
    description = record.pop("description")
    mapping = dict(record)
    record.clear()
    record.update({"description": description, "anyOf": [{"enum": bare}, mapping]})


def _column(record: JsonSchemaValue) -> None:
    """Says when ``why`` is required, that only a quasi-identifier has a hierarchy, and who can be protected."""
    dropped = {"required": ["operator"], "properties": {"operator": {"enum": ["drop", {"drop": {}}]}}}
    dropped_by_default = {"properties": {"role": {"const": "direct"}, "operator": {"type": "null"}}}
    reason = {"required": ["why"], "properties": {"why": {"type": "string"}}}
    quasi = {"properties": {"role": {"const": "quasi"}}}
    record["allOf"] = [
        {"if": {"anyOf": [dropped, dropped_by_default]}, "else": reason},
        {"if": quasi, "else": {"properties": {"hierarchy": {"type": "null"}, "coarsest": {"type": "null"}}}},
        {"if": {"properties": {"hierarchy": {"type": "null"}}}, "then": {"properties": {"coarsest": {"enum": [0, None]}}}},
        {"if": {"anyOf": [dropped, {"properties": {"role": {"enum": ["direct", "text"]}}}]},
         "then": {"properties": {"protected": {"const": False}}}},
    ]


def _redact(record: JsonSchemaValue) -> None:
    """Says that a key is given where a style needs one, and only there."""
    others = {"enum": [style for style in STYLES if style not in KEYED_STYLES]}
    keyed = {"anyOf": [{"enum": list(KEYED_STYLES)}, {"type": "object", "not": {"additionalProperties": others}}]}
    style = record["properties"]["style"]
    mapping = next(option for option in style["anyOf"] if option.get("type") == "object")
    mapping["propertyNames"] = {"pattern": "^(default|[A-Z][A-Z0-9_]*)$"}
    record["if"] = {"required": ["style"], "properties": {"style": keyed}}
    record["then"] = {"required": ["key"], "properties": {"key": {"type": "string"}}}
    record["else"] = {"properties": {"key": {"type": "null"}}}


def _round(record: JsonSchemaValue) -> None:
    """Says that there is one way to round."""
    record["oneOf"] = [{"required": [name]} for name in ("to", "digits", "significant")]


def _top_bottom_code(record: JsonSchemaValue) -> None:
    """Says that there is a bound, and one for each label."""
    record["anyOf"] = [{"required": ["bottom"]}, {"required": ["top"]}]
    record["dependentRequired"] = {"bottom_label": ["bottom"], "top_label": ["top"]}


def _noise(record: JsonSchemaValue) -> None:
    """Says that there is a scale, or what it follows from."""
    bounds = ["lower", "upper", "epsilon"]
    gaussian = {"properties": {"distribution": {"enum": ["gaussian", "discrete_gaussian"]}}}
    record["oneOf"] = [
        {"required": ["scale"], "not": {"anyOf": [{"required": [name]} for name in (*bounds, "delta")]}},
        {"required": bounds, "properties": {"distribution": {"not": {"const": "uniform"}}, "scale": {"type": "null"}},
         "if": gaussian, "then": {"required": ["delta"]}, "else": {"not": {"required": ["delta"]}}},
    ]


def _recoding(record: JsonSchemaValue) -> None:
    """Says what goes with which model."""
    full_domain = {"required": ["model"], "properties": {"model": {"const": "full-domain"}}}
    record["if"] = full_domain
    record["then"] = {"properties": {"cells": False, "optimize": {"type": "string"}}}
    record["else"] = {"properties": {"optimize": {"not": {"const": "precision"}}}}


def _bare(annotation: Any) -> bool:  # noqa: ANN401 - a type expression, "Record | None"
    records = [option for option in get_args(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
    if not records:
        return False
    try:
        records[0].model_validate({})
    except ValidationError:
        return False
    return True


def _presence(part: JsonSchemaValue) -> None:
    """One of both shares is named."""
    part["minProperties"] = 1


def _query(part: JsonSchemaValue) -> None:
    """One measure is named, and what goes with it."""
    part["oneOf"] = [{"required": [name]} for name in ("count", "sum", "mean", "quantiles")]
    part["dependentRequired"] = {"at": ["quantiles"], "bins": ["by"]}


_AMENDMENTS: dict[str, Callable[[JsonSchemaValue], None]] = {
    "Operator": _operator, "Hierarchy": _hierarchy, "Column": _column, "Redact": _redact,
    "Recoding": _recoding, "Round": _round, "TopBottomCode": _top_bottom_code, "Noise": _noise, "Presence": _presence,
    "Query": _query,
}

if __name__ == "__main__":
    json.dump(policy_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
