"""The inventory's table: one schema, kept by heart; no doubles, whoever writes at the same time."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local_inventory import LocalInventory
from engine.errors import InputError, SetupError
from engine.lake.inventory import Inventory
from engine.lake.rows import KEY, to_table
from schemas.inventory import INVENTORY, InventoryColumn, InventoryEntity, InventoryMetadata, InventoryRow

GOLDEN = Path(__file__).parents[2] / "golden" / "inventory.schema.json"


def row(table="/lake/a", run="r1", version=1, status="done", **known):
    always = {"run_id": run, "planned": 1, "lake": "/lake", "detector": "d", "lakeveil": "0", "scanned_at": datetime.now(UTC)}
    return InventoryRow(**{**always, "table": table, "version": version, "status": status, **known})


def full_row():
    entity = InventoryEntity(entity_type="US_SSN", cells=3, share=0.5, score_mean=0.9)
    column = InventoryColumn(
        path="a.b", type="string", role="direct", category="identity", sensitivity="restricted", because="x", confidence=0.9,
        cells=6, nulls=0, scanned=6, distinct=3, entities=(entity,))
    return row(
        table_id="i", format="delta", fingerprint="f", error_code="input", error="e", rows=6, column_count=1, bytes_stored=9,
        bytes_scanned=9, seconds=0.5, scanned_share=1.0, sample=6, sensitivity="restricted", columns=(column,),
        whole=True, metadata=(InventoryMetadata(place="file path", entity_type="US_SSN", count=2),))


def test_the_delta_schema_is_the_golden_one(tmp_path):
    """A change of this file is a change of every inventory there is: fields may be added, never altered."""
    LocalInventory(str(tmp_path / "inventory")).prepare()
    assert json.loads(DeltaTable(tmp_path / "inventory").schema().to_json()) == json.loads(GOLDEN.read_text())


def test_records_and_schema_name_the_same_fields():
    column = INVENTORY.field("columns").type.value_type
    assert list(InventoryRow.model_fields) == INVENTORY.names
    assert list(InventoryColumn.model_fields) == [field.name for field in column]
    assert list(InventoryMetadata.model_fields) == [field.name for field in INVENTORY.field("metadata").type.value_type]
    assert list(InventoryEntity.model_fields) == [field.name for field in column.field("entities").type.value_type]


def test_rows_come_back_as_they_went(tmp_path):
    store = LocalInventory(str(tmp_path / "inventory"))
    given = full_row()
    Inventory(store).add([given], again=False)
    back, = store.read(INVENTORY.names).to_pylist()
    assert InventoryRow(**back) == given
    assert store.read(["run_id"], ["r1"]).num_rows == 1
    assert store.read(["run_id"], ["other"]).num_rows == 0


def test_an_older_inventory_without_some_fields_is_added_to(tmp_path):
    place = tmp_path / "inventory"
    older = pa.schema([field for field in INVENTORY if field.name not in ("bytes_stored", "sample")])
    write_deltalake(place, to_table([row()]).select(older.names).cast(older))
    store = LocalInventory(str(place))
    Inventory(store).add([full_row()], again=True)
    assert sorted(store.read(["bytes_stored"]).column(0).to_pylist(), key=str) == [9, None]


def test_of_two_that_scanned_the_same_the_second_drops_its_row(tmp_path):
    store = LocalInventory(str(tmp_path / "inventory"))
    first, second = Inventory(store), Inventory(store)
    first.add([row(run="r1")], again=False)
    second.add([row(run="r2"), row("/lake/b", run="r2")], again=False)
    second.add([row(run="r2", status="failed")], again=False)
    kept = store.read(["table", "run_id", "status"]).to_pylist()
    assert sorted((one["table"], one["run_id"], one["status"]) for one in kept) == [
        ("/lake/a", "r1", "done"), ("/lake/a", "r2", "failed"), ("/lake/b", "r2", "done")]
    second.add([row(run="r3")], again=True)
    assert store.read(["table"]).num_rows == 4


@pytest.mark.slow
def test_many_writers_at_once_leave_each_table_once(tmp_path):
    store = LocalInventory(str(tmp_path / "inventory"))
    store.prepare()
    writers = [Inventory(store) for _ in range(4)]

    def write(number: int) -> None:
        for table in range(6):
            writers[number].add([row(f"/lake/{table}", run=f"r{number}"), row(f"/own/{number}/{table}")], again=False)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tables = store.read(list(KEY)).column("table").to_pylist()
    assert len(tables) == len(set(tables)) == 6 + 4 * 6


def test_a_table_that_nobody_can_compare_is_never_known(tmp_path):
    store = LocalInventory(str(tmp_path / "inventory"))
    Inventory(store).add([row(version=None)], again=False)
    again = Inventory(store)
    assert not again.has(None)
    assert not again.has(("/lake/a", None, None, None, "d", None))


def test_a_place_that_is_not_mounted_is_refused():
    with pytest.raises(SetupError, match="mounted"):
        LocalInventory("s3a://bucket/inventory")


def test_another_delta_table_is_refused(tmp_path):
    write_deltalake(tmp_path / "people", pa.table({"a": ["x"]}))
    with pytest.raises(InputError, match="not an inventory"):
        Inventory(LocalInventory(str(tmp_path / "people")))


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "letter.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for place in ("notes", "file"):
        with pytest.raises(InputError, match="something else"):
            Inventory(LocalInventory(str(tmp_path / place)))
    assert [path.name for path in (tmp_path / "notes").iterdir()] == ["letter.txt"]
    (tmp_path / "empty").mkdir()
    Inventory(LocalInventory(str(tmp_path / "empty")))
