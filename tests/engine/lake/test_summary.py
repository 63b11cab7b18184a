"""An inventory, read: the newest of each table, what to look at, what changed; against hand-made rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backends.local_inventory import LocalInventory
from engine.lake.rows import to_table
from engine.lake.summary import summarize
from schemas.inventory import INVENTORY, InventoryColumn, InventoryEntity, InventoryRow

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def column(path, level="internal", confidence=0.9, **known):
    entity = InventoryEntity(entity_type="US_SSN", cells=1, share=0.25, score_mean=0.9)
    return InventoryColumn(path=path, type=known.pop("type", "string"), role="direct", category="identity", sensitivity=level,
                           because="so", confidence=confidence, cells=4, nulls=0, scanned=4, distinct=4, entities=(entity,))


def row(table, day, *columns, status="done", planned=1, run=None, **known):
    levels = ("public", "internal", "confidential", "restricted")
    level = max((one.sensitivity for one in columns), key=levels.index, default=None)
    return InventoryRow(**{
        "run_id": run or f"run{day}", "planned": planned, "lake": "/lake", "table": f"/lake/{table}", "status": status,
        "column_count": len(columns) or None, "sensitivity": level, "detector": "d", "lakeveil": "0",
        "scanned_at": BEGAN + timedelta(days=day), "columns": columns, **known})


class Shelf(LocalInventory):
    """An inventory in memory."""

    def __init__(self, *rows):
        super().__init__("here")
        self.rows = to_table(rows)

    def exists(self):
        return True

    def read(self, columns, runs=None):
        kept = self.rows if runs is None else to_table(
            [InventoryRow(**one) for one in self.rows.to_pylist() if one["run_id"] in runs])
        return kept.select(list(columns))


def changes(*rows):
    return [(one.change, one.table.removeprefix("/lake/"), one.column, one.before, one.after)
            for one in summarize(Shelf(*rows)).differences]


def test_the_newest_of_each_table_counts():
    found = summarize(Shelf(
        row("a", 1, column("x", "restricted")), row("a", 2, column("x")), row("b", 1, column("x", "confidential"), column("y"))))
    assert found.levels == {"public": 0, "internal": 1, "confidential": 1, "restricted": 0}
    assert found.columns == 3
    assert [(one.table, one.sensitivity) for one in found.tables] == [("/lake/a", "internal"), ("/lake/b", "confidential")]
    assert found.scanned_at == BEGAN + timedelta(days=2)


def test_what_to_look_at():
    found = summarize(Shelf(row(
        "a", 1, column("sure", "confidential"), column("unsure", "confidential", 0.4), column("plain", confidence=0.1),
        column("worst", "restricted"), column("holder", "restricted", type="struct"))))
    assert [(one.column, one.sensitivity) for one in found.attention] == [("worst", "restricted"), ("unsure", "confidential")]
    assert found.attention[0].found == ("US_SSN 25%",)


def test_what_changed():
    before = row("a", 1, column("same"), column("up"), column("down", "restricted"), column("old", "confidential"))
    after = row("a", 2, column("same"), column("up", "restricted"), column("down"), column("new", "confidential"))
    assert changes(before, after) == [
        ("level raised", "a", "up", "internal", "restricted"), ("level lowered", "a", "down", "restricted", "internal"),
        ("new column", "a", "new", None, "confidential"), ("column gone", "a", "old", "confidential", None)]
    assert changes(before) == []


def test_tables_that_came_and_went():
    first = [row("a", 1, column("x"), planned=2, run="r1"), row("b", 1.1, column("x"), planned=2, run="r1")]
    assert changes(*first, row("c", 2, column("x", "restricted"))) == [("new table", "c", None, None, "restricted")]
    assert changes(*first, row("b", 3, status="gone")) == [("table gone", "b", None, "internal", None)]
    assert [one.table for one in summarize(Shelf(*first, row("b", 3, status="gone"))).tables] == ["/lake/a"]


def test_a_first_scan_in_two_runs_finds_no_new_table():
    first = row("a", 1, column("x"), planned=2)
    assert summarize(Shelf(first)).missing == 1
    assert changes(first, row("b", 2, column("x"))) == []
    assert summarize(Shelf(first, row("b", 2, column("x")))).missing == 0
    assert changes(first, row("b", 2, column("x")), row("c", 3, column("x"))) == [("new table", "c", None, None, "internal")]


def test_of_two_runs_at_the_same_time_neither_was_cut_short():
    both = [row("a", 1, column("x"), planned=2, run="r1"), row("b", 1.1, column("x"), planned=2, run="r2"),
            row("c", 1.2, column("x"), planned=2, run="r1")]
    assert summarize(Shelf(*both)).missing == 0
    assert summarize(Shelf(*both[:1])).missing == 1


def test_a_failure_keeps_what_was_known():
    failure = row("a", 2, status="failed", error_code="input", error="cut")
    found = summarize(Shelf(row("a", 1, column("x", "restricted")), failure))
    table, = found.tables
    assert (table.status, table.error, table.sensitivity) == ("failed", "cut", "restricted")
    assert found.levels["restricted"] == len(found.attention) == 1
    assert changes(row("a", 1, column("x")), row("a", 2, status="failed"), row("a", 3, column("x", "restricted"))) == [
        ("level raised", "a", "x", "internal", "restricted")]


def test_tables_behind_one_mask_stay_apart():
    found = summarize(Shelf(
        row("owner=*/t", 1, column("x", "restricted"), table_id="1"), row("owner=*/t", 1, column("y"), table_id="2"),
        row("plain", 1, column("x"), table_id="1"), row("plain", 2, column("x", "restricted"), table_id="2")))
    assert [(one.table, one.sensitivity) for one in found.tables] == [
        ("/lake/owner=*/t", "restricted"), ("/lake/owner=*/t", "internal"), ("/lake/plain", "restricted")]


@pytest.mark.parametrize("lake", ["/lake", "/other"])
def test_one_lake_of_several(lake):
    found = summarize(Shelf(row("a", 1, column("x")), row("b", 2, column("x"), lake="/other")), lake)
    assert {one.lake for one in found.tables} == {lake}


HISTORY = st.lists(st.tuples(
    st.sampled_from("abc"), st.sampled_from(["done", "done", "failed", "gone"]),
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["internal", "confidential", "restricted"])), max_size=3,
             unique_by=lambda one: one[0])), max_size=8)


@settings(max_examples=25, deadline=None)
@given(HISTORY)
def test_any_history_is_read_as_if_by_hand(history):
    rows = [row(table, day, *(column(*one) for one in columns if status == "done"), status=status)
            for day, (table, status, columns) in enumerate(history)]
    found = summarize(Shelf(*rows)) if rows else summarize(Shelf())
    last = {one.table: one for one in rows}
    assert {one.table for one in found.tables} == {table for table, one in last.items() if one.status != "gone"}
    for table in found.tables:
        done = [one for one in rows if one.table == table.table and one.status == "done"]
        assert table.sensitivity == (done[-1].sensitivity if done else None)
        seen = {one.column: (one.before, one.after) for one in found.differences if one.table == table.table and one.column}
        if len(done) > 1 and last[table.table].status == "done":
            before, after = ({one.path: one.sensitivity for one in scan.columns} for scan in done[-2:])
            assert seen == {path: (before.get(path), after.get(path)) for path in before.keys() | after.keys()
                            if before.get(path) != after.get(path)}
        else:
            assert seen == {}


def test_the_shelf_reads_as_the_store_does(tmp_path):
    store = LocalInventory(str(tmp_path / "inventory"))
    store.prepare()
    rows = [row("a", 1, column("x", "restricted")), row("b", 2, column("x"))]
    store.append(to_table(rows), 0)
    shelf = Shelf(*rows)
    for columns, runs in ((INVENTORY.names, None), (["table"], ["run2"]), (["table", "columns"], [])):
        assert store.read(columns, runs).to_pylist() == shelf.read(columns, runs).to_pylist()
