"""The same plan writes the same table: local, classic and Connect; whole, in pieces, shuffled."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.forgetting import forget
from engine.plan import compile_plan
from tests.parity.cases import CASES, KEEP, dropped, noted, policy, styled, visits

pytestmark = [pytest.mark.spark, pytest.mark.slow]
BACKENDS = ("local", "spark", "spark_connect")
PLAIN = "quasi-identifiers"


def backend_on(name: str, request: pytest.FixtureRequest):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backend under test
    from engine.backends.spark import SparkBackend  # noqa: PLC0415

    return LocalBackend() if name == "local" else SparkBackend(request.getfixturevalue(name))


def rows_of(path: Path) -> list[str]:
    """Reads a release's live files with pyarrow alone, as sorted rows."""
    files = [str(path / name) for name in DeltaTable(str(path)).file_uris()]
    table = pa.concat_tables([pq.read_table(file) for file in files])
    return sorted(json.dumps(row, default=str) for row in table.to_pylist())


@pytest.fixture
def lake(tmp_path):
    write_deltalake(str(tmp_path / "lake"), visits())
    write_deltalake(str(tmp_path / "noted"), noted())
    return tmp_path


def release(backend, case: str, lake: Path, key: str, *, table: str = "lake", name: str = "release"):
    columns, rest = CASES[case]
    table = "noted" if columns is styled else table
    rest = json.loads(json.dumps(rest))
    if "subject_keys" in rest:
        rest["subject_keys"] = {"table": str(lake / "keys"), "key": key}
    written = policy(columns(key), lake / table, lake / name, **rest)
    measured = backend.measure(written)
    plan = compile_plan(written, measured)
    backend.execute(plan).publish()
    return plan, measured, rows_of(lake / name)


@pytest.mark.parametrize("case", CASES)
def test_three_backends_one_release(case, lake, key, request):
    expected_plan, expected_measured, expected = release(backend_on("local", request), case, lake, key, name="local")
    assert len(expected) > 300
    for name in BACKENDS[1:]:
        plan, measured, found = release(backend_on(name, request), case, lake, key, name=name)
        assert measured.schema == expected_measured.schema
        assert measured.rows == expected_measured.rows
        assert same_cube(measured.cube, expected_measured.cube)
        assert found == expected, name
        assert plan.stages[1:-2] == expected_plan.stages[1:-2]


def test_columns_beside_are_counted_alike(lake, request):
    columns = {"age": {"role": "quasi", **KEEP}, "zip": {"role": "sensitive", **KEEP}, "weight": {"role": "insensitive", **KEEP},
               "cost": {"role": "insensitive", "operator": {"bucket": {"width": 250_000}}, **KEEP},
               **dropped("patient", "name", "mail", "born", "seen", "diagnosis", "note")}
    written = policy(columns, lake / "lake", lake / "release", guarantees={"k": 5, "l": {"column": "zip", "distinct": 2}})
    plain, *wide = (backend_on(name, request).measure(written, beside=beside).cube
                    for name, beside in (("local", ()), *((name, ("weight", "cost")) for name in BACKENDS)))
    assert plain.sensitive == ("zip",)
    assert wide[0].sensitive == ("zip", "weight", "cost")
    assert set(wide[0].table["cost"].unique().to_pylist()) >= {"[0, 250000)", "[250000, 500000)"}
    assert same_cube(wide[0], wide[1])
    assert same_cube(wide[0], wide[2])


def same_cube(one, other) -> bool:
    if one is None or other is None:
        return one is other
    return sorted(map(str, one.table.to_pylist())) == sorted(map(str, other.table.to_pylist()))


def test_partitions_and_order_do_not_matter(lake, key, spark):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    _, _, expected = release(backend_on("local", None), PLAIN, lake, key)
    shuffled = visits().take(pc.sort_indices(pc.utf8_reverse(visits()["note"].fill_null("~"))))
    try:
        for pieces in (1, 4, 16):
            table = f"pieces-{pieces}"
            spark.createDataFrame(shuffled).repartition(pieces).write.format("delta").save(str(lake / table))
            spark.conf.set("spark.sql.files.minPartitionNum", pieces)  # else small files are packed together again
            assert spark.read.format("delta").load(str(lake / table)).rdd.getNumPartitions() == pieces
            assert release(SparkBackend(spark), PLAIN, lake, key, table=table, name=f"again-{pieces}")[2] == expected
    finally:
        spark.conf.unset("spark.sql.files.minPartitionNum")


@pytest.mark.parametrize("case", [case for case, (_, rest) in CASES.items() if "subject_keys" in rest])
def test_keys_that_spark_made_serve_everywhere(case, lake, key, request):
    made = release(backend_on("spark", request), case, lake, key, name="first")[2]
    assert release(backend_on("local", request), case, lake, key, name="second")[2] == made
    assert DeltaTable(str(lake / "keys")).version() == 1  # the table, then one append
    gone = visits().select([CASES[case][1]["source"]["subject"]]).slice(3, 1)
    pq.write_table(gone, lake / "gone.parquet")
    columns, rest = CASES[case]
    policies = [policy(columns(key), lake / "lake", lake / "first", **rest | {
        "subject_keys": {"table": str(lake / "keys"), "key": key}})]
    done = forget(policies, str(lake / "gone.parquet"), lake / "certificate.json").keys[0]
    assert (done.destroyed, done.before.found, done.after.found) == (1, 2, 0)  # no statistics, nothing compressed
    again = release(backend_on("spark_connect", request), case, lake, key, name="third")[2]  # by the keys that are left
    assert sum(row in made for row in again) == len(made) - sum(cell == gone[0][0] for cell in visits()[gone.column_names[0]])
