"""A large table is sampled first, and read whole only where the sample does not clear a column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner
from engine.detect.tables.sampling import ROUTE_ABOVE, ROUTE_ROWS
from engine.detect.tables.scan import Table, blocks, scan_table, tallies_of

ROWS = ROUTE_ABOVE + 1000


@pytest.fixture(scope="module")
def table():
    number = np.arange(ROWS)
    kinds = pa.array(["open", "closed", "pending"]).take(pa.array(number % 3))
    mail, nothing = pa.scalar("jane@example.com"), pa.scalar(None, pa.string())
    often = pa.compute.if_else(pa.array(number % 50 == 0), mail, kinds)
    hidden = pa.compute.if_else(pa.array(number == 7), mail, kinds)
    sparse = pa.compute.if_else(pa.array(number % 100 == 0), kinds, nothing)
    inner = pa.StructArray.from_arrays([kinds, often], names=["kind", "mail"])
    tags = pa.ListArray.from_arrays(pa.array(np.arange(ROWS + 1, dtype=np.int32)), kinds)
    return pa.table({"kind": kinds, "often": often, "hidden": hidden, "sparse": sparse, "inner": inner, "tags": tags,
                     "day": pa.array(number % 9000).cast(pa.int32()).cast(pa.date32()), "no": number})


def scanned(table, **options):
    reads = []

    def read(columns, chosen):
        reads.append((None if columns is None else list(columns), chosen.mode))
        wanted = table if columns is None else table.select(columns)
        return tallies_of(wanted.to_batches(max_chunksize=1 << 16), ROWS, chosen, Scanner.default())

    report = scan_table(Table("t", table.schema, "parquet", None, ROWS), read, scanner=Scanner.default(), **options)
    return {column.path: column for column in report.columns}, report, reads


@pytest.mark.slow
def test_what_a_sample_clears_is_left_out(table):
    columns, report, reads = scanned(table)
    assert reads == [(None, "route"), (["often", "sparse", "inner"], "all")]
    assert (report.sampling.mode, report.sampling.rows) == ("route", ROUTE_ROWS)
    assert list(columns) == ["kind", "often", "hidden", "sparse", "inner", "inner.kind", "inner.mail", "tags", "tags[]", "day",
        "no"]
    skipped = {path for path, column in columns.items() if column.skipped}
    assert skipped == {"kind", "hidden", "tags", "tags[]", "day", "no"}
    assert all(column.scanned == (ROUTE_ROWS if path in skipped else ROWS) for path,
        column in columns.items() if path != "tags[]")
    assert columns["kind"].missed_at_most == columns["tags[]"].missed_at_most == pytest.approx(0.00015, rel=0.01)
    assert columns["day"].missed_at_most is None  # nothing can be found in a date
    assert columns["often"].missed_at_most is None
    assert columns["often"].entities[0].cells == ROWS // 50  # exact
    assert not columns["hidden"].entities  # one cell in 200,000, as the bound allows


@pytest.mark.slow
def test_all_rows(table):
    columns, report, reads = scanned(table, whole=True)
    assert reads == [(None, "all")]
    assert report.sampling.mode == "all"
    assert columns["hidden"].entities[0].cells == 1
    assert not any(column.skipped or column.missed_at_most for column in columns.values())


def test_a_sample_of_asked_size(table):
    columns, report, reads = scanned(table, sample=500)
    assert reads == [(None, "sample")]
    assert report.sampling.rows == columns["kind"].scanned == 500
    assert columns["kind"].missed_at_most == pytest.approx(0.006, rel=0.01)
    assert not columns["kind"].skipped


@pytest.mark.slow
def test_the_same_scan_twice(table):
    first, second = (scanned(table)[1].model_copy(update={"seconds": 0.0}) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_blocks_join_batches():
    batches = pa.table({"a": np.arange(100)}).to_batches(max_chunksize=7)
    assert [block.num_rows for block in blocks(batches)] == [100]
    wide = pa.record_batch({"a": ["x" * (1 << 20)] * 30})
    assert [block.num_rows for block in blocks([wide] * 5)] == [90, 60]
    assert list(blocks([])) == []
