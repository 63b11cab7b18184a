"""What every kernel promises: a cell's result depends on that cell's inputs, whatever batch and layout they come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import udfs

SUBKEY = bytes(range(32))
UNUSUAL = ["Jose\u0301", "José", "שלום", "\U0001f9ec", "a" * 3000, "Ann 1961-03-04", "42"]
TEXTS = st.text(max_size=12) | st.sampled_from(UNUSUAL)
NUMBERS = st.floats(width=32) | st.sampled_from([0.0, -0.0, 20.0, 20.0])
DATES = st.dates() | st.just(dt.date(2020, 2, 29))
NAMES = st.none() | st.lists(st.none() | st.sampled_from(["Ann", "1961-03-04", "José"]), max_size=3)

KERNELS: dict[str, tuple[tuple[st.SearchStrategy[Any], ...], tuple[pa.DataType, ...], dict[str, Any], pa.DataType]] = {
    "token": ((TEXTS,), (pa.string(),), {"subkey": SUBKEY}, pa.string()),
    "redact": ((TEXTS,), (pa.string(),), {}, pa.string()),
    "replace": ((NUMBERS,), (pa.float64(),), {"value": "x"}, pa.string()),
    "mask": ((TEXTS,), (pa.string(),), {"keep_left": 1, "keep_right": 2, "char": "#"}, pa.string()),
    "surrogate": ((TEXTS,), (pa.string(),), {"entity_type": "PERSON", "locale": "en_US", "subkey": SUBKEY}, pa.string()),
    "bucket": ((NUMBERS,), (pa.float64(),), {"width": 2.5, "origin": 1.0}, pa.string()),
    "round": ((NUMBERS,), (pa.float64(),), {"step": "2.5"}, pa.float64()),
    "top_bottom_code": ((NUMBERS,), (pa.float64(),), {"bottom": "-1", "top": "20", "top_label": "20+"}, pa.string()),
    "generalize": ((TEXTS,), (pa.string(),), {"hierarchy": {"mask": "right"}, "level": 2}, pa.string()),
    "date_shift": ((DATES, TEXTS), (pa.date32(), pa.string()), {"max_days": 90, "subkey": SUBKEY}, pa.date32()),
    "noise": ((NUMBERS, TEXTS), (pa.float64(), pa.string()),
              {"scale": 2.0, "distribution": "gaussian", "subkey": SUBKEY}, pa.float64()),
    "redact_text": ((TEXTS, NAMES), (pa.string(), pa.list_(pa.string())), {"entities": None, "threshold": 0.35}, pa.string()),
}


def columns(data: st.DataObject, name: str) -> list[pa.Array]:
    """Some rows for a kernel, nulls among them."""
    strategies, kinds, _, _ = KERNELS[name]
    rows = data.draw(st.lists(st.tuples(*(st.none() | strategy for strategy in strategies)), max_size=12))
    return [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]


def same(one: pa.Array, other: pa.Array) -> bool:
    """Equal, NaN included."""
    return [repr(cell) for cell in one.to_pylist()] == [repr(cell) for cell in other.to_pylist()]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(KERNELS) - {"redact_text"}))
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_batches_slices_and_layouts_do_not_matter(name: str, data: st.DataObject) -> None:
    check_batches(name, data)


@pytest.mark.slow
@settings(deadline=None, max_examples=6)
@given(data=st.data())
def test_batches_do_not_matter_to_redaction(data: st.DataObject) -> None:
    check_batches("redact_text", data)  # fewer examples: every call scans


def check_batches(name: str, data: st.DataObject) -> None:
    """Compares one batch with two halves, another order and another layout."""
    kernel, inputs, (_, _, params, output) = udfs.kernel(name), columns(data, name), KERNELS[name]
    whole = kernel(*inputs, **params)
    whole.validate(full=True)
    assert whole.type == output
    assert len(whole) == len(inputs[0])

    cut = data.draw(st.integers(0, len(whole)))
    halves = [kernel(*(column.slice(*place) for column in inputs), **params) for place in ((0, cut), (cut,))]
    assert same(pa.concat_arrays(halves), whole)

    order = pa.array(data.draw(st.permutations(range(len(whole)))), pa.int64())
    assert same(kernel(*(column.take(order) for column in inputs), **params), whole.take(order))

    coded = [column if pa.types.is_list(column.type) else column.dictionary_encode() for column in inputs]
    assert same(kernel(*coded, **params), whole)


@pytest.mark.parametrize("name", KERNELS)
@settings(deadline=None, max_examples=6)
@given(data=st.data())
def test_null_stays_null_and_nothing_else_becomes_a_value(name: str, data: st.DataObject) -> None:
    inputs, (_, _, params, _) = columns(data, name), KERNELS[name]
    found = udfs.kernel(name)(*inputs, **params)
    assert all(result is None for cell, result in zip(inputs[0].to_pylist(), found.to_pylist(), strict=True) if cell is None)
    if name not in ("bucket", "date_shift"):  # these also have nothing to say about some values
        assert found.null_count == inputs[0].null_count


@pytest.mark.parametrize("name", KERNELS)
def test_nothing_and_only_nulls(name: str) -> None:
    kernel, (_, kinds, params, output) = udfs.kernel(name), KERNELS[name]
    assert kernel(*(pa.array([], kind) for kind in kinds), **params) == pa.array([], output)
    assert kernel(*(pa.nulls(3, kind) for kind in kinds), **params) == pa.nulls(3, output)
