"""redact: one placeholder for every cell, whatever its type."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from udfs.redact import PLACEHOLDER, redact


@pytest.mark.parametrize("values", [
    pa.array(["secret", None]), pa.array([1.5, None]), pa.array([dt.date(1961, 3, 4), None]), pa.array([[1], None]),
    pa.array(["secret", None]).dictionary_encode(), pa.array(["x", "secret", None]).slice(1), pa.array([{"a": 1}, None]),
    pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["secret", None])), pa.array(["secret", None], pa.large_string()),
])
def test_only_presence_is_left(values: pa.Array) -> None:
    assert redact(values) == pa.array([PLACEHOLDER, None])


def test_all_null_and_empty() -> None:
    assert redact(pa.nulls(2)) == pa.nulls(2, pa.string())
    assert redact(pa.array([], pa.int8())) == pa.array([], pa.string())
