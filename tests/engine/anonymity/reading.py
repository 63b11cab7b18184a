"""Labels of columns without a hierarchy, read as a person reads them."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.types as is_

_NAME = r'"(?:[^"\\]|\\.)*"|[^",{}]*'
_MEMBER = re.compile(rf"(?:\[(?P<low>{_NAME}), (?P<high>{_NAME})\]|(?P<only>{_NAME}))(?:, |$)")
_RANGE = re.compile(r"([\[(])(.+), (.+)\]")


def true_of(label: str, value: object, type_: pa.DataType) -> bool:
    """Whether a label is true of a value of a column of ``type_``; NaN is no number, null is nothing but null."""
    if label == "*":
        return True
    if is_.is_string(type_) or is_.is_boolean(type_):
        text = str(value).lower() if isinstance(value, bool) else value
        inner = label[1:-1] if label.startswith("{") else label
        spans = _members(inner) if label.startswith(("{", "[")) else [(_member(label),) * 2]
        return any(low == text == high or (None not in {low, text, high} and low <= text <= high) for low, high in spans)
    parts = label.split(" or ")
    if value is None:
        return "null" in parts
    if isinstance(value, float) and math.isnan(value):
        return "NaN" in parts
    return parts[-1] not in {"null", "NaN"} and _between(parts[-1], value, _reader(type_))


def _members(inner: str) -> list[tuple[str | None, str | None]]:
    """Returns where each name or range of names begins and ends."""
    found, end = [], 0
    while end < len(inner):
        match = _MEMBER.match(inner, end)
        assert match
        assert match.end() > end, inner
        found.append(tuple(_member(match["only"] if match["low"] is None else match[end_]) for end_ in ("low", "high")))
        end = match.end()
    return found


def _member(text: str) -> str | None:
    return json.loads(text) if text.startswith('"') else None if text == "null" else text


def _between(text: str, value, read: Callable) -> bool:
    if text == "any value":
        return True
    if text[:2] in {"≤ ", "≥ ", "> "}:
        end = read(text[2:])
        return {"≤": value <= end, "≥": value >= end, ">": value > end}[text[0]]
    ends = _RANGE.fullmatch(text)
    if not ends:
        return value == read(text)
    low, high = read(ends[2]), read(ends[3])
    assert low < high
    return (low <= value if ends[1] == "[" else low < value) and value <= high


def _reader(type_: pa.DataType) -> Callable:
    if is_.is_integer(type_):
        return int
    if is_.is_decimal(type_):
        return Decimal
    if is_.is_floating(type_):
        return float if type_ == pa.float64() else lambda text: float(np.float32(text))
    return dt.date.fromisoformat if is_.is_date(type_) else dt.datetime.fromisoformat
