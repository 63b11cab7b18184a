"""What the log says was done to a table after a version; and what nobody can tell counts as a change of data."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.growing import last_commit
from engine.backends.local_store import LocalStore
from engine.release.commits import change_after, changed_at

ROWS = pa.table({"a": pa.array([1, 2, None]), "b": pa.array([0.5, float("nan"), None])})


@pytest.fixture
def table(tmp_path):
    path = str(tmp_path / "ta ble")
    write_deltalake(path, ROWS)
    write_deltalake(path, ROWS, mode="append")
    return path


def compact(path):
    DeltaTable(path).optimize.compact()


def vacuum(path):
    DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False)


def properties(path):
    DeltaTable(path).alter.set_table_properties({"delta.logRetentionDuration": "interval 9 days"})


def commit(path, *actions):
    """Writes a log entry by hand."""
    log = Path(path) / "_delta_log"
    (log / f"{DeltaTable(path).version() + 1:020}.json").write_text("\n".join(map(json.dumps, actions)))


def metadata(path, **changes):
    log = (Path(path) / "_delta_log" / f"{0:020}.json").read_text()
    found = next(json.loads(line)["metaData"] for line in log.splitlines() if "metaData" in line)
    return {"metaData": found | changes}


OTHER = json.dumps({"type": "struct", "fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]})


@pytest.mark.parametrize(("done", "expected"), [
    ([], "none"),
    ([vacuum], "none"),
    ([properties, vacuum], "none"),
    ([compact], "files"),
    ([compact, vacuum, properties], "files"),
    ([lambda path: commit(path, {"commitInfo": {}}, {"domainMetadata": {"domain": "x", "configuration": "", "removed": False}})],
     "none"),
    ([lambda path: write_deltalake(path, ROWS, mode="append")], "rows"),
    ([lambda path: write_deltalake(path, ROWS, mode="overwrite")], "rows"),
    ([lambda path: DeltaTable(path).delete("a = 1"), compact, properties], "rows"),
    ([compact, lambda path: DeltaTable(path).restore(0)], "rows"),
    ([lambda path: commit(path, metadata(path, schemaString=OTHER))], "rows"),
    ([lambda path: commit(path, metadata(path, id="f" * 32))], "rows"),
    ([lambda path: commit(path, metadata(path, partitionColumns=["a"]))], "rows"),
    ([lambda path: commit(path, metadata(path, configuration={"delta.columnMapping.mode": "name"}))], "rows"),
    ([lambda path: commit(path, {"txn": {"appId": "x", "version": 3}})], "rows"),
    ([lambda path: commit(path, {"commitInfo": {}}, {"cdc": {"path": "x", "size": 1, "dataChange": False}})],
     "rows"),
    ([lambda path: commit(path, {"commitInfo": {}}), lambda path: commit(path, ["add"])], "rows"),
])
def test_only_what_is_known_to_change_no_data_counts_for_none(table, done, expected) -> None:
    for do in done:
        do(table)
    assert change_after(table, 1) == expected


def test_entries_that_are_missing_could_have_been_anything(table) -> None:
    properties(table)
    DeltaTable(table).create_checkpoint()
    properties(table)
    (Path(table) / "_delta_log" / f"{2:020}.json").unlink()
    assert change_after(table, 1) == "rows"
    assert change_after(table, 2) == "none"
    assert last_commit(table) == (2, {})


@pytest.mark.parametrize(("version", "expected"), [(5, "rows"), (1, "none"), (0, "rows")])
def test_a_version_that_is_not_there_yet_is_no_earlier_one(table, version, expected) -> None:
    assert change_after(table, version) == expected


def test_no_table_and_other_stores(tmp_path) -> None:
    assert change_after(str(tmp_path / "nothing"), 0) == "rows"
    assert changed_at("s3a://bucket/table", 7) == 7


def test_the_last_commit_that_changed_data_is_found_behind_those_of_services(table) -> None:
    before = last_commit(table)
    assert before[0] == 1
    for do in (compact, vacuum, properties):
        do(table)
    assert last_commit(table) == before
    assert DeltaTable(table).version() == 5


@pytest.mark.parametrize(("other", "same"), [
    (ROWS, True),
    (ROWS.take([2, 0, 1]), True),
    (pa.concat_tables([ROWS, ROWS.slice(0, 1)]), False),
    (ROWS.take([0, 0, 1]), False),
    (ROWS.slice(0, 2), False),
    (ROWS.set_column(0, "a", pa.array([1, 2, 0])), False),
    (ROWS.append_column("c", pa.array([1, 2, 3])), True),
])
def test_rows_are_compared_each_as_often_as_it_is_there(tmp_path, other, same) -> None:
    stores = []
    for name, rows in (("one", ROWS), ("other", other)):
        write_deltalake(str(tmp_path / name), rows)
        stores.append(LocalStore(str(tmp_path / name), staged=False))
    assert stores[0].same_rows(stores[1]) is same
