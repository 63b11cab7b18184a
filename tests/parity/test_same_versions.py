"""Spark makes the same versions as the reference: row by row, receipt by receipt; classic and Connect, and from a stream."""

from __future__ import annotations

import pytest
from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends.local import LocalBackend
from tests.engine.growing.lives import histories, people, policy, released, source
from tests.parity.test_same_release import backend_on

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def state_of(place):
    """Returns what the owner keeps, without the order of rows."""
    tables = {}
    for one in ("inside", "waiting", "left"):
        table = DeltaTable(str(place / "release.state" / one)).to_pyarrow_table()
        tables[one] = sorted(map(repr, table.select(sorted(table.column_names)).to_pylist()))
    return tables


def life(place, key, backend):
    """Makes three versions, and returns what each left: figures, published rows, and what the owner keeps."""
    place.mkdir()
    source(place, range(200))
    found, told = policy(place, key), []

    def made(receipt) -> None:
        assert receipt.verified
        figures = receipt.versions.model_dump(exclude={"state"})
        told.append((figures, receipt.source.rows, released(place / "release"), state_of(place)))

    made(road.anonymize(found, backend))
    write_deltalake(str(place / "source"), people(range(200, 420)), mode="append")
    made(growing.append(found, backend))
    DeltaTable(str(place / "source")).delete("id in (1, 250, 251)")
    DeltaTable(str(place / "source")).update(updates={"illness": "'ague'"}, predicate="id = 7")
    write_deltalake(str(place / "source"), people([1, 420, 421]), mode="append")
    made(growing.append(found, backend, whole=True))
    assert all(verdict.holds for verdict in road.verify(str(place / "release"), backend, found)[1])
    return told


def test_three_backends_one_history(tmp_path, key, request) -> None:
    expected = life(tmp_path / "local", key, backend_on("local", request))
    assert [one[0]["version"] for one in expected] == [0, 1, 2]
    assert expected[2][0]["withdrawn"] > 0 < expected[1][0]["waiting"]
    assert min(map(len, histories(tmp_path / "local" / "release").values())) >= 4
    for name in ("spark", "spark_connect"):
        assert life(tmp_path / name, key, backend_on(name, request)) == expected


def test_a_stream_makes_versions(tmp_path, key, spark) -> None:
    """A batch is a version; what changed while the stream was down comes as one batch, and none comes twice."""
    source(tmp_path, range(150))
    found = policy(tmp_path, key)
    road.anonymize(found, LocalBackend())

    def run() -> None:
        changes = spark.readStream.format("delta").option("readChangeFeed", "true").option("startingVersion", 1)
        query = changes.load(str(tmp_path / "source")).writeStream.foreachBatch(growing.each_batch(found)).option(
            "checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        assert query.awaitTermination(180)

    write_deltalake(str(tmp_path / "source"), people(range(150, 400)), mode="append")
    run()
    first = released(tmp_path / "release")
    assert len(first) > 150
    run()
    assert DeltaTable(str(tmp_path / "release")).version() == 1
    DeltaTable(str(tmp_path / "source")).delete("id = 3")
    run()
    assert 4 <= len(first) - len(released(tmp_path / "release")) < 30
    assert min(map(len, histories(tmp_path / "release").values())) >= 4
