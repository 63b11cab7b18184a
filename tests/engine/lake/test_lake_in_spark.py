"""A lake scanned by Spark, classic and Connect: the inventory that the local backend would have written, and catalogs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.backends.local_inventory import LocalInventory
from engine.backends.spark import SparkBackend
from engine.backends.spark.catalog import tables_in
from engine.backends.tables import is_name
from engine.errors import InputError, PolicyError
from engine.lake.inventory import Inventory
from engine.lake.road import Wanted, inventory, scan
from schemas.inventory import INVENTORY
from tests.engine.lake.lakes import PLANTED, leaks, rows
from tests.engine.lake.test_inventory import GOLDEN, full_row, row

pytestmark = pytest.mark.spark
APIS = pytest.mark.parametrize("api", ["spark", "spark_connect"])
DIFFERS = ("run_id", "seconds", "scanned_at", "error", "bytes_scanned")
"""What two scans of the same table need not agree on. (Spark holds some types in other widths.)"""


def quiet(*_):
    """Hears progress and says nothing."""


@pytest.fixture
def lake(tmp_path):
    root = tmp_path / "lake"
    noted = rows().select(["code", "email", "ssn", "note"])
    noted = noted.cast(noted.schema.set(0, noted.schema.field("code").with_metadata({"comment": "ask rosalind.doe@example.org"})))
    for owner in ("quentin.roe@example.org", "rosalind.doe@example.org"):
        write_deltalake(root / f"owner={owner}" / "people", noted, partition_by=["email"])
    (root / "set").mkdir()
    for number in range(2):
        pq.write_table(rows().select(["email", "status"]), root / "set" / f"part-{number}.parquet")
    pa_csv.write_csv(rows().select(["code", "ssn"]), root / "a.csv")
    (root / "zero.parquet").write_bytes(b"")
    write_deltalake(root / "broken", rows())
    (root / "broken" / "_delta_log" / "00000000000000000000.json").write_text("{Zanzibar Quixote")
    return root


@pytest.fixture
def no_tables(spark, tmp_path):
    """A schema without tables."""
    name = f"lake{abs(hash(tmp_path)) % 10**8}"
    spark.sql(f"CREATE SCHEMA {name} LOCATION '{tmp_path / 'warehouse'}'")
    yield name
    spark.sql(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def schema(no_tables, spark):
    """A schema with a Delta table, a Parquet table, one of another kind and a view."""
    people = spark.createDataFrame(rows().to_pylist())
    for name, columns, stored in (("people", ("code", "email"), "delta"), ("orders", ("code", "amount"), "parquet"),
                                  ("odd", ("code",), "orc")):
        people.select(*columns).write.format(stored).saveAsTable(f"{no_tables}.{name}")
    spark.sql(f"CREATE VIEW {no_tables}.seen AS TABLE {no_tables}.people")
    return no_tables


def held(place) -> dict[tuple, dict]:
    return {(one["table"], one["table_id"]): {name: value for name, value in one.items() if name not in DIFFERS}
            for one in LocalInventory(str(place)).read(INVENTORY.names).to_pylist()}


@APIS
def test_spark_and_the_local_backend_write_the_same_inventory(api, lake, tmp_path, request):
    session = request.getfixturevalue(api)
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    places = [tmp_path / name for name in ("by-spark", "by-local")]
    try:
        by_spark, summary = scan(str(lake), SparkBackend(session), Wanted(inventory=str(places[0])), quiet, quiet)
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    finally:
        session.conf.set("spark.sql.session.timeZone", "UTC")
    by_local, same = scan(str(lake), LocalBackend(), Wanted(inventory=str(places[1]), workers=1), quiet, quiet)
    assert (by_spark.tables, by_spark.scanned, len(by_spark.failures)) == (6, 4, 2) == (
        by_local.tables, by_local.scanned, len(by_local.failures))
    assert held(places[0]) == held(places[1])
    beside = {(one["place"], one["entity_type"]) for row in held(places[0]).values() for one in row["metadata"] or ()}
    assert beside >= {("comment of column 'code'", "EMAIL_ADDRESS"), ("partition values of column 'email'", "EMAIL_ADDRESS")}
    assert summary.levels == same.levels
    assert json.loads(DeltaTable(places[0]).schema().to_json()) == json.loads(GOLDEN.read_text())
    assert leaks(places[0]) == []
    assert not [value for value in PLANTED if value in by_spark.model_dump_json() + summary.model_dump_json()]
    began = datetime.now(UTC)
    assert all(abs((began - one.scanned_at).total_seconds()) < 900 for one in summary.tables)
    again, _ = scan(str(lake), LocalBackend(), Wanted(inventory=str(places[0]), workers=1), quiet, quiet)
    assert (again.scanned, again.skipped) == (0, 4)  # whoever scanned it


@pytest.mark.parametrize(("api", "named"), [("spark", True), ("spark_connect", False)])
def test_of_two_that_scanned_the_same_the_second_drops_its_row(api, named, tmp_path, no_tables, request):
    place = f"{no_tables}.inventory" if named else str(tmp_path / "inventory")
    store = SparkBackend(request.getfixturevalue(api)).inventory(place)
    assert not store.exists()
    first, second = Inventory(store), Inventory(store)
    first.add([row(run="r1")], again=False)
    second.add([row(run="r2"), full_row()], again=False)
    kept = store.read(["table", "run_id"]).to_pylist()
    assert sorted((one["table"], one["run_id"]) for one in kept) == [("/lake/a", "r1"), ("/lake/a", "r1")]
    columns = [one for one in store.read(["columns"], ["r1"]).column(0).to_pylist() if one]
    assert columns == [[column.model_dump() | {"entities": [entity.model_dump() for entity in column.entities]}
                        for column in full_row().columns]]
    assert store.append(Inventory(store).store.read(INVENTORY.names), 0) is False  # stale: Spark itself says nothing
    write_deltalake(tmp_path / "other", rows())
    with pytest.raises(InputError, match="not an inventory"):
        SparkBackend(request.getfixturevalue(api)).inventory(str(tmp_path / "other")).prepare()


@APIS
def test_a_schema_of_the_catalog(api, schema, spark, tmp_path, request):
    backend = SparkBackend(request.getfixturevalue(api))
    assert backend.tables(f"{schema}.*") == backend.tables(schema) == [f"{schema}.{name}" for name in ("odd", "orders", "people")]
    assert backend.tables(f"spark_catalog.{schema}") == [f"spark_catalog.{schema}.{name}" for name in ("odd", "orders", "people")]
    assert backend.tables("no_such_schema") is None
    wanted = Wanted(inventory=f"{schema}.kept")
    done, summary = scan(schema, backend, wanted, quiet, quiet)
    assert (done.tables, done.scanned) == (3, 2)
    assert [(one.table, one.error_code) for one in done.failures] == [(f"{schema}.odd", "input")]
    found = {one.table: one for one in summary.tables}
    assert found[f"{schema}.people"].version == 0
    assert found[f"{schema}.orders"].format == "parquet"
    assert leaks(tmp_path / "warehouse" / "kept") == []
    again, _ = scan(f"{schema}.*", backend, Wanted(inventory=f"{schema}.kept", exclude=("odd",)), quiet, quiet)
    assert (again.tables, again.scanned, again.skipped, again.gone) == (2, 0, 2, 0)
    more = spark.createDataFrame([("C", "x@example.org")], "code string, email string")
    more.write.format("delta").mode("append").saveAsTable(f"{schema}.people")
    spark.sql(f"DROP TABLE {schema}.orders")
    third, _ = scan(schema, backend, wanted, quiet, quiet)
    assert (third.scanned, third.gone) == (1, 1)
    report, _ = scan(f"{schema}.people", backend, Wanted(), quiet, quiet)
    assert (report.version, report.rows) == (1, 13)
    with pytest.raises(PolicyError, match="no folder"):
        scan(schema, backend, Wanted(), quiet, quiet)
    assert inventory(f"{schema}.kept", backend).levels == summary.levels | {"confidential": summary.levels["confidential"] - 1}


def test_names_and_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.b").mkdir()
    names = {"main.claims.people", "claims.people", "`odd name`.people"}
    paths = {"people.csv", "a.b", "people", "lake/claims.people", "s3a://x/y.z", "a.b.c.d", "x.parquet"}
    assert {one for one in names | paths if is_name(one)} == names


def test_a_schema_that_is_none_has_no_tables(spark):
    for name in ("a/b", "a.b.c", "nothing; DROP", ""):
        assert tables_in(spark, name) is None
