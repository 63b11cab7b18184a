"""Spark makes the same versions as the reference: row by row, receipt by receipt; classic and Connect, and from a stream."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends.local import LocalBackend
from engine.errors import InputError
from tests.engine.growing.lives import KEEP, histories, people, policy, released, source
from tests.parity.test_same_release import backend_on

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def state_of(place):
    """Returns what the owner keeps, without the order of rows."""
    tables = {}
    for one in ("inside", "waiting", "left"):
        table = DeltaTable(str(place / "release.state" / one)).to_pyarrow_table()
        tables[one] = sorted(map(repr, table.select(sorted(table.column_names)).to_pylist()))
    return tables


def in_town(table: pa.Table, town: str) -> pa.Table:
    return table.set_column(2, "town", pa.array([town] * table.num_rows))


def told(receipt):
    """Returns what a version left: figures, published rows, and what the owner keeps."""
    assert receipt.verified
    figures = receipt.versions.model_dump(exclude={"state", "read"})
    return figures, receipt.source.rows, released("release"), state_of(Path())


def test_three_backends_one_history(tmp_path, key, request, monkeypatch) -> None:
    """A version of one backend is followed by those of others; what changed is told by names, or by the feed."""
    first, local = tmp_path / "first", backend_on("local", request)
    first.mkdir()
    monkeypatch.chdir(first)
    few = in_town(people(range(1000, 1004)), "Z").set_column(1, "age", pa.array([20] * 4))
    write_deltalake(source(Path(), range(200)), few, mode="append")
    columns = policy(Path(), key).columns
    found = policy(Path(), key, columns={**columns, "age": {**KEEP, "role": "quasi", "weight": 0.01}})
    road.anonymize(found, local)
    write_deltalake("source", people(range(200, 420)), mode="append")
    write_deltalake("source", in_town(people(range(2000, 2200)), "Z"), mode="append")
    DeltaTable("source").delete("id in (1, 250, 251)")
    DeltaTable("source").update(updates={"illness": "'ague'"}, predicate="id = 7")
    DeltaTable("source").update(updates={"id": "9000"}, predicate="id = 8")
    shutil.copytree(first, tmp_path / "spark")
    shutil.copytree(first, tmp_path / "spark_connect")
    expected, refined = told(growing.append(found, local)), told(growing.refine(found, local))
    assert expected[0]["withdrawn"] > 0 < expected[0]["waiting"]
    assert refined[0]["refined"] > 0
    assert min(map(len, histories("release").values())) >= 4
    for name, whole in (("spark", True), ("spark_connect", False)):
        monkeypatch.chdir(tmp_path / name)
        backend = backend_on(name, request)
        receipt = growing.append(found, backend, whole=whole)
        assert receipt.versions.read == ("whole" if whole else "changes")
        assert told(receipt) == expected
        if name == "spark":
            assert told(growing.refine(found, backend)) == refined
            assert all(verdict.holds for verdict in road.verify("release", backend, found)[1])
        write_deltalake("source", people([9, 9001, 9001]), mode="append")
        with pytest.raises(InputError, match="2 rows are called as another"):
            growing.append(found, backend)


def test_a_stream_makes_versions(tmp_path, key, spark) -> None:
    """A batch is a version; what changed while the stream was down comes as one batch, and none comes twice."""
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - loads pyspark

    source(tmp_path, range(150))
    found = policy(tmp_path, key)
    assert road.anonymize(found, SparkBackend(spark)).verified
    expected = policy(tmp_path, key, name="expected")
    road.anonymize(expected, LocalBackend())
    assert released(tmp_path / "release") == released(tmp_path / "expected")
    write_deltalake(str(tmp_path / "source"), people(range(150, 400)), mode="append")
    DeltaTable(str(tmp_path / "source")).delete("id = 3")
    growing.append(expected, LocalBackend())
    for _ in range(2):
        changes = spark.readStream.format("delta").option("readChangeFeed", "true").option("startingVersion", 1)
        query = changes.load(str(tmp_path / "source")).writeStream.foreachBatch(growing.each_batch(found)).option(
            "checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        assert query.awaitTermination(600)
        assert released(tmp_path / "release") == released(tmp_path / "expected")
        assert DeltaTable(str(tmp_path / "release")).version() == 1
