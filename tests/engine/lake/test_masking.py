"""Paths give nothing away, and stay readable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.lake.masking import masked, unquoted


@pytest.mark.parametrize(("name", "shown"), [
    ("/lake/people", "/lake/people"),
    ("/lake/owner=quentin roe/orders", "/lake/owner=*/orders"),
    ("day=2024-01-02", "day=*"),
    ("/lake/_x=1/y==2/z=/a", "/lake/_x=*/y=*/z=*/a"),
    ("/lake/quentin.roe@example.org/orders", "/lake/*/orders"),
    ("/logs/quentin.roe@example.org 478-13-2906.csv", "/logs/* *.csv"),
    ("/exports/2024-01-02/part-00000.parquet", "/exports/2024-01-02/part-00000.parquet"),
    ("data.quentin.roe@example.org", "*"),
    ("birth_date", "birth_date"),
    ("a\x1b[31mb\nc\udcff", "a?[31mb?c?"),
])
def test_masked(name, shown):
    assert masked(["other", name]) == ["other", shown]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab=/@.1 é"), max_size=12), max_size=6))
def test_partition_values_never_show_and_the_rest_keeps_its_shape(names):
    for name, shown in zip(names, masked(names), strict=True):
        assert shown.count("/") == name.count("/")
        assert not [part for part in shown.split("/") if re.search(r"[^=]=[^*]", part)]
        if not re.search(r"[=@1]", name):
            assert shown == name


@pytest.mark.parametrize(("sentence", "shown"), [
    ("several columns are called 'quentin roe', 'x'", "several columns are called …"),
    ("columns 'a' and \"it's b\" differ only in case", "columns … differ only in case"),
    ("the table's file is not UTF-8", "the table's file is not UTF-8"),
])
def test_unquoted(sentence, shown):
    assert "quentin" not in unquoted(sentence)
    assert unquoted(sentence) == shown
