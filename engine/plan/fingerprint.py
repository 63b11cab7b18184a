"""Fingerprints: SHA-256 over one canonical JSON encoding."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel


def fingerprint(value: Any) -> str:  # noqa: ANN401 - any value of a plan
    """Returns the SHA-256 of ``value``'s canonical JSON, hexadecimal.

    Equal values have equal fingerprints whatever the order of mapping keys. Accepts what plans are made
    of: records, dataclasses, mappings, sequences, arrays of whole numbers, Arrow schemas and types, and JSON scalars.

    Raises:
        TypeError: For anything else; a fingerprint must not depend on a ``repr``.
    """
    text = json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any value of a plan, one return for each kind
    """Returns ``value`` as plain JSON types, dataclasses tagged with their name."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)  # a field added later, with one, changes none
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: canonical(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
        return {"_": type(value).__name__, **fields}
    if isinstance(value, np.ndarray):
        return [list(value.shape), hashlib.sha256(np.ascontiguousarray(value, "<i8").tobytes()).hexdigest()]
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, pa.Schema):
        return [[field.name, str(field.type)] for field in value]
    if isinstance(value, pa.DataType):
        return str(value)
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    raise TypeError(f"no canonical form for {type(value).__name__}")
