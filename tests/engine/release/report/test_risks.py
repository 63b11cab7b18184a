"""The report's part on risk: before beside after, escaped, and of its own release alone."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from engine.anonymity.risk.assess import Wanted, assess
from engine.backends.frequencies import LocalFrequencies
from engine.release.report import render
from schemas.receipt import TableVersion
from schemas.risk import RiskReport
from tests.engine.release.report.test_page import HOSTILE, Page

HEADING = "What others could do with it, before and after"


def measured(table: pa.Table, **wanted):
    version = TableVersion(table=HOSTILE, rows=0)
    return assess(LocalFrequencies(table, table.column_names), version, Wanted(**wanted), lambda *_: None)


@pytest.fixture
def risk(full):
    before = pa.table({HOSTILE: [f"Jane Q. Public {n}" for n in range(40)], "zip": [n % 4 for n in range(40)]})
    after = pa.table({HOSTILE: ["*"] * 40, "zip": [n % 4 for n in range(40)]})
    return RiskReport(lakeveil="0", created="2026", backend="local", release_id=full.receipt.release_id, threshold=0.2,
                      max_size=2, singled_out=0.05, before=measured(before, fraction=0.1), after=measured(after, fraction=0.1))


def test_before_beside_after(full, risk):
    html = render([replace(full, risk=risk)])
    page = Page(html)
    assert HEADING in page.text
    assert "Rows that are alone400No other row" in page.text
    assert "Estimated for 400 people" in page.text
    assert "<script" not in html.lower()
    assert "Jane" not in html
    assert all(a.get("scope") in {"row", "col"} for a in page.named("th"))


@pytest.mark.parametrize("change", [{"release_id": "another"}, {"release_id": None}, {"after": None}])
def test_what_is_about_no_release_or_another_is_left_out(full, risk, change):
    assert HEADING not in Page(render([replace(full, risk=risk.model_copy(update=change))])).text


def test_what_is_absent_is_left_out(full):
    assert HEADING not in Page(render([full])).text
