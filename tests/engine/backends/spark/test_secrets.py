"""Neither a key nor a value of the data reaches Spark's event log, its plans, or the release's Delta log.

What else a run leaves is swept in ``tests/faults/test_traces.py``.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.errors import LakeveilError
from engine.plan.stages import Gather, KnownColumn
from schemas.reserved import KNOWN
from tests.faults.canaries import Sweep, secrets_of
from tests.plans import call, plan

pytestmark = pytest.mark.spark
VALUES = (b"4711000815", b"Wolfhart-Zirbelnuss", b"zirbelnuss@planted.example", b"907-55-1234")
PLANTED = ("Wolfhart-Zirbelnuss", "zirbelnuss@planted.example", "907-55-1234")
SOURCE = pa.table({
    "id": pa.array([4_711_000_815, 4_711_000_816, None], pa.int64()),
    "name": [PLANTED[0], "someone else entirely", None],
    "mail": [PLANTED[1], None, ""],
    "note": [f"{PLANTED[0]} called, number {PLANTED[2]}", "nothing", None],
})


def tokenizing_plan(folder: Path, key: str, name: str):
    known = Gather(KNOWN, "id", (KnownColumn("name"), KnownColumn("mail")))
    return plan(
        folder / "lake", folder / name, SOURCE.schema, known,
        call("redact_text", "note", KNOWN, entities=None, threshold=0.35),
        call("token", "id", key=key), call("token", "name", key=key), call("mask", "mail"))


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


def test_a_key_that_is_a_literal_is_found(spark, event_log):
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - Spark's own convention; starts pyspark

    planted = secrets.token_bytes(32)
    spark.range(3).select(F.sha2(F.concat(F.lit(planted), F.col("id").cast("string").cast("binary")), 256)).toArrow()
    found = Sweep({"planted": planted}).files(event_log)
    assert {(one.secret, one.spelling) for one in found} >= {("planted", "hex, upper")}
    assert planted.hex() not in str(found).lower()


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_logs_and_plans_hold_no_secret(api, request, tmp_path, key, event_log):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    session = request.getfixturevalue(api)
    write_deltalake(str(tmp_path / "lake"), SOURCE)
    backend = SparkBackend(session)

    made = tokenizing_plan(tmp_path, key, "out")
    release = backend.execute(made)
    with pytest.raises(LakeveilError):  # a task that fails on a value
        backend.execute(plan(tmp_path / "lake", tmp_path / "fails", SOURCE.schema, call("bucket", "name", width=1.0)))

    logs = contents(event_log)
    assert any(b"mapinarrow" in log.lower() for log in logs), "the event log has the plans"
    assert any(b'"Task End Reason":{"Reason":"ExceptionFailure"' in log for log in logs), "and the failed task"
    (delta,) = tmp_path.glob(".out.staging-*/_delta_log")
    for value in VALUES:
        assert not any(value in log for log in (*logs, *contents(delta))), f"{len(value)} bytes of a value are in a log"
    assert Sweep(secrets_of(made)).files(event_log, delta) == set()
    written = json.dumps(session.read.format("delta").load(release.store._path).toArrow().to_pylist())
    assert not any(value in written for value in PLANTED)
    release.discard()


def test_delta_log_has_no_column_statistics_and_carries_the_ids(spark, tmp_path, key):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    write_deltalake(str(tmp_path / "lake"), SOURCE)
    made = tokenizing_plan(tmp_path, key, "out")
    release = SparkBackend(spark).execute(made)
    (commit,) = tmp_path.glob(".out.staging-*/_delta_log/*.json")
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    assert [set(json.loads(a["add"]["stats"])) for a in actions if "add" in a] == [{"numRecords"}] * len(release.store.files())
    user = json.loads(next(a["commitInfo"]["userMetadata"] for a in actions if "commitInfo" in a))
    assert user["release_id"] == release.release_id
    assert user["plan"] == made.fingerprint
    assert user["policy"] == made.policy.fingerprint
    release.discard()
