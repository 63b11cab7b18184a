"""One table's findings on a screen: bounds, small shares, masks, no signs that a terminal would obey."""

from __future__ import annotations

import io

import pyarrow as pa
from rich.console import Console

from engine.detect.tables.scan import scan_batches
from jobs import _views


def shown(table, **how):
    report = scan_batches(table.schema, table.to_batches(), table="t", format="parquet", version=None, rows=table.num_rows, **how)
    screen = Console(file=io.StringIO(), width=120)
    screen.print(_views.findings(report))
    return report, screen.file.getvalue()


def test_a_sample_shows_its_bound_for_each_column_without_a_finding():
    mails = [f"user{number}@example.com" if number == 7 else "open" for number in range(400)]
    report, text = shown(pa.table({"n": ["closed"] * 400, "m": ["a@example.com"] * 400, "state": mails}), sample=300)
    bound = next(column.missed_at_most for column in report.columns if column.path == "n")
    assert "missed" in text
    assert f"≤ {bound:.2%}" in text
    assert "300 random rows" in text
    assert "missed" not in shown(pa.table({"n": ["closed"] * 400}))[1]


def test_a_small_share_is_not_nothing():
    text = shown(pa.table({"state": ["open"] * 399 + ["jane.doe@example.com"]}))[1]
    assert "<1%" in text
    assert " 0%" not in text


def test_masked_and_odd_names():
    text = shown(pa.table({"jane.doe@example.com": [1], "a\x1b[31mb": [2]}))[1]
    assert "jane" not in text
    assert "\x1b" not in text
    assert "a?[31mb" in text
    assert "* stands for what identifies somebody" in text
