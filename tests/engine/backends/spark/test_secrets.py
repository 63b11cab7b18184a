"""Neither a key nor a value of the data reaches Spark's event log, its plans, or the release's Delta log."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.backends.keys import resolve
from engine.backends.spark.native import pads
from engine.errors import LakeveilError
from engine.plan.stages import Gather, KnownColumn
from schemas.reserved import KNOWN
from tests.plans import call, plan

pytestmark = pytest.mark.spark
PLANTED = ("Wolfhart-Zirbelnuss", "zirbelnuss@planted.example", "907-55-1234")
SOURCE = pa.table({
    "id": pa.array([4_711_000_815, 4_711_000_816, None], pa.int64()),
    "name": [PLANTED[0], "someone else entirely", None],
    "mail": [PLANTED[1], None, ""],
    "note": [f"{PLANTED[0]} called, number {PLANTED[2]}", "nothing", None],
})


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yields the ways in which bytes are commonly written, and slices of them that would give them away."""
    for part in (secret, secret[:16], secret[-16:]):
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield base64.b64encode(part).rstrip(b"=")[:-1]
        yield " ".join(map(str, part)).encode()
        yield ",".join(map(str, part)).encode()
        yield ", ".join(map(str, [b - 256 if b > 127 else b for b in part])).encode()


def everything_secret(key: str) -> list[bytes]:
    root = resolve(key)
    subkeys = [root.derive(f"test/{kernel}") for kernel in ("token", "date_shift")]
    blocks = [block for subkey in subkeys for block in pads(subkey)]
    found = [spelling for secret in (root._material, *subkeys, *blocks) for spelling in spellings(secret)]
    return [*found, *(value.encode() for value in PLANTED), b"4711000815"]


def tokenizing_plan(folder: Path, key: str, name: str):
    known = Gather(KNOWN, "id", (KnownColumn("name"), KnownColumn("mail")))
    return plan(
        folder / "lake", folder / name, SOURCE.schema, known,
        call("redact_text", "note", KNOWN, entities=None, threshold=0.35),
        call("token", "id", key=key), call("token", "name", key=key), call("mask", "mail"))


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_logs_and_plans_hold_no_secret(api, request, tmp_path, key, event_log):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    session = request.getfixturevalue(api)
    write_deltalake(str(tmp_path / "lake"), SOURCE)
    backend = SparkBackend(session)

    release = backend.execute(tokenizing_plan(tmp_path, key, "out"))
    with pytest.raises(LakeveilError):  # a task that fails on a value
        backend.execute(plan(tmp_path / "lake", tmp_path / "fails", SOURCE.schema, call("bucket", "name", width=1.0)))

    logs = [file.read_bytes() for file in event_log.rglob("*") if file.is_file()]
    assert any(b"mapinarrow" in log.lower() for log in logs), "the event log has the plans"
    assert any(b'"Task End Reason":{"Reason":"ExceptionFailure"' in log for log in logs), "and the failed task"
    delta = [file.read_bytes() for file in tmp_path.glob(".out.staging-*/_delta_log/*") if file.is_file()]
    assert delta
    for secret in everything_secret(key):
        assert not any(secret in log for log in (*logs, *delta)), f"{len(secret)} bytes of a secret are in a log"
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
