"""An inventory on a screen: short, everything said once, long lists cut."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from jobs._views_lake import SHOWN, known, scanned
from schemas.inventory import Attention, Difference, Failure, InventorySummary, LakeScan, TableStanding

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def table(name="t00", **known):
    return TableStanding(**{"table": f"/lake/{name}", "lake": "/lake", "status": "done", "scanned_at": NOW, **known})


def summary(many=20, **known):
    attention = tuple(Attention(table=f"/lake/t{n // 2:02d}", column=f"c{n}", sensitivity="restricted", because="so",
                                role="direct", confidence=0.9, found=("US_SSN 100%",)) for n in range(many))
    return InventorySummary(**{
        "inventory": "/lake.inventory", "scanned_at": NOW, "columns": 2 * many, "attention": attention,
        "tables": tuple(table(f"t{n:02d}") for n in range(many)),
        "levels": {"public": 0, "internal": 3, "confidential": 1, "restricted": many}, **known})


def shown(parts, width=100):
    screen = Console(width=width, record=True, file=io.StringIO(), highlight=False, markup=False)
    for part in parts:
        screen.print(part)
    return screen.export_text()


def test_lists_are_cut_and_whole_if_asked():
    text = shown(known(summary()))
    assert "/lake: 20 tables, 40 columns, last scanned 2026-03-04 05:06 UTC" in text
    assert f"… and {20 - SHOWN} more: lakeveil inventory --all shows them" in text
    assert text.count("US_SSN") == SHOWN
    whole = shown(known(summary(), everything=True))
    assert whole.count("US_SSN") == 20
    assert "more:" not in whole
    assert whole.count("t00") == 1  # a table's name stands once, before its first column
    assert "public" not in whole  # a level that nobody gave


def test_bars_keep_their_proportions():
    lines = shown(known(summary(levels={"public": 1, "internal": 1000, "confidential": 500, "restricted": 3}))).splitlines()
    bars = {line.split()[0]: line.count("█") for line in lines if "█" in line}
    assert bars == {"public": 1, "internal": 40, "confidential": 20, "restricted": 1}


def test_changes_failures_and_a_run_that_was_cut_short():
    failed = table("bad", status="failed", error_code="input", error="it is cut short")
    change = Difference(table="/lake/t00", column="ssn", change="level raised", before="internal", after="restricted",
                        seen_at=NOW)
    text = shown(known(summary(1, tables=(failed,), differences=(change,), missing=7)))
    assert "bad" in text
    assert "it is cut short (input)" in text
    assert "internal → restricted" in text
    assert "7 tables before its end" in text


def test_what_a_run_did():
    failure = Failure(table="/lake/x", error_code="input", error="e")
    done = LakeScan(lake="/lake", inventory="/lake.inventory", run_id="r", tables=1, scanned=1, skipped=0, rows=1, gone=2,
                    failures=(failure,), other_files=1, bytes_scanned=2_500_000, seconds=3)
    text = shown(scanned(done, summary(1)))
    assert "/lake: 1 table, 1 scanned, 1 failed, 2 gone; 1 row, 2.5 MB, 3.0 s" in text
    assert "not looked at: 1 file of other kinds" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_any_width(width):
    assert max(map(len, shown(known(summary()), width).splitlines())) <= width


def test_markup_in_names_is_text():
    strange = table("[red]x[/red]", status="failed", error="[bold]", error_code="input")
    assert "[red]x[/red]" in shown(known(summary(1, tables=(strange,))))
