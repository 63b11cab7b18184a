"""generalize: the hierarchy's own rule, row by row."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.generalize import generalize

LEVELS = {"month": "{0:%Y-%m}", "year": "{0:%Y}"}


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))), st.integers(1, 3))
def test_dates(cells: list[dt.date | None], level: int) -> None:
    expected = [None if c is None else (f"{c:%Y-%m}", f"{c:%Y}", "*")[level - 1] for c in cells]
    found = generalize(pa.array(cells, pa.date32()), hierarchy={"dates": ["month", "year"]}, level=level)
    assert found.to_pylist() == expected
    assert found.type == pa.string()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.text("0123456789", max_size=6)), st.integers(1, 7))
def test_mask(cells: list[str | None], level: int) -> None:
    expected = [None if c is None else c[: max(len(c) - level, 0)] + "*" * min(level, len(c)) for c in cells]
    assert generalize(pa.array(cells, pa.string()), hierarchy={"mask": "right"}, level=level).to_pylist() == expected


@pytest.mark.parametrize("hierarchy", [{"groups": {"fruit": ["apple", "pear"], "root": ["beet"]}},
                                       {"table": [["apple", "fruit", "*"], ["pear", "fruit", "*"], ["beet", "root", "*"]]}])
def test_taxonomies_hide_what_they_do_not_know(hierarchy: dict[str, object]) -> None:
    values = pa.array(["apple", "beet", None, "stone", "pear"])
    assert generalize(values, hierarchy=hierarchy, level=1).to_pylist() == ["fruit", "root", None, "*", "fruit"]
    assert generalize(values.dictionary_encode(), hierarchy=hierarchy, level=2).to_pylist() == ["*", "*", None, "*", "*"]


def test_all_null_and_empty() -> None:
    assert generalize(pa.nulls(2), hierarchy={"mask": "left"}, level=1) == pa.nulls(2, pa.string())
    assert generalize(pa.array([], pa.int64()), hierarchy={"widths": [5]}, level=1) == pa.array([], pa.string())
