"""A run that leaves all the traces it can, in a process of its own that is ended without a chance to clean up.

``python -m tests.faults.traces FOLDER shut|open``, in a folder that ``prepare`` made; ``open`` is without encryption of local
disks. Everything that Spark and Python can be told to write down, they are told to: event log, pages, logs at DEBUG, spilled
rows, blocks on disk.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import os
import random
import re
import secrets
import signal
import socket
import sys
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from engine import road
from engine.backends.spark.keys import DISKS, ENCRYPTION
from engine.backends.spark.session import spark_session
from engine.errors import InputError, SetupError
from engine.plan import Plan, Policy, compile_plan
from engine.plan.explain import explain
from engine.reversal import Asked, detokenize, write
from tests.plans import call
from tests.plans import plan as by_hand

NAME = "LAKEVEIL_CANARY_KEY"
ENV, FILE = f"env:{NAME}", "file:{folder}/secret/canary.key"
SMALL = {
    "spark.testing.memory": str(28 << 20), "spark.testing.reservedMemory": str(4 << 20), "spark.memory.storageFraction": "0",
    "spark.shuffle.spill.numElementsForceSpillThreshold": "100", "spark.sql.autoBroadcastJoinThreshold": "-1",
}
"""Too little memory for anything: rows are spilled, and blocks go to disk."""

_TALKATIVE = ("sql.connect", "api.python", "sql.execution", "storage", "scheduler")
_LOG4J = """
appender.file.type = File
appender.file.name = file
appender.file.fileName = {folder}/logs/spark.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c: %m%n%ex
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""
_LINK = re.compile(rb"""["'](/connect/session/?\?id=[\w-]+)["']""")
_ROWS = 600


def prepare(folder: Path) -> dict[str, str]:
    """Makes a lake, a key file and folders for all traces; returns the environment of the run."""
    for name in ("logs", "pages", "local", "secret"):
        (folder / name).mkdir(parents=True)
    write_deltalake(str(folder / "lake"), table())
    key = folder / "secret" / "canary.key"
    key.touch(mode=0o600)
    key.write_text(base64.b64encode(secrets.token_bytes(48)).decode())
    said = [f"logger.l{place}.name = org.apache.spark.{name}\nlogger.l{place}.level = debug\n"
            for place, name in enumerate(_TALKATIVE)]
    (folder / "logs" / "log4j2.properties").write_text(_LOG4J.format(folder=folder) + "".join(said))
    return {NAME: secrets.token_hex(32), "SPARK_CONNECT_LOG_LEVEL": "debug", "TMPDIR": str(folder / "local")}


def table() -> pa.Table:
    """Returns invented people, a few of them in many rows."""
    rng = random.Random(3)  # noqa: S311 - test data
    people = [rng.randrange(_ROWS // 3) for _ in range(_ROWS)]
    numbers = {name: pa.array([rng.randrange(10**9) for _ in people]) for name in ("n32", "nint", "nuuid", "ntag")}
    return pa.table({
        "visit": range(_ROWS), "patient": people, **numbers,
        **{name: [f"{name} é {n}" for n in people] for name in ("name", "t32", "tint", "tuuid", "ttag", "seal", "own", "ownt")},
        "card": [str(rng.randrange(10**12, 10**13)) for _ in people],
        "born": [dt.date(1950, 1, 1) + dt.timedelta(days=n) for n in people],
        "cost": [rng.random() for _ in people],
        "note": [f"name é {n} wrote from m{n}@example.org" for n in people],
        "zip": [rng.choice(["10115", "10117", "20095"]) for _ in people],
    })


def policy_for(folder: Path, release: str) -> Policy:
    """Returns a policy that meets every operator that takes a key, natively and as a kernel, under both kinds of handles."""
    file = FILE.format(folder=folder)
    token = lambda domain, form="hex", key=ENV, **rest: {"token": {"domain": domain, "form": form, "key": key, **rest}}
    operators: dict[str, Any] = {
        "patient": token("patient"), "n32": token("n32", "base32"), "nint": token("nint", "integer", file),
        "nuuid": token("nuuid", "uuid", version=3), "ntag": token("ntag", "tagged"), "name": token("name", key=file),
        "t32": token("t32", "base32"), "tint": token("tint", "integer"), "tuuid": token("tuuid", "uuid"),
        "ttag": token("ttag", "tagged", file), "seal": {"encrypt": {"domain": "seal", "key": file}},
        "own": {"encrypt": {"domain": "own", "key": "subject"}}, "ownt": token("own", key="subject"),
        "card": {"encrypt_format": {"domain": "card", "key": ENV}}, "born": {"date_shift": {"key": ENV}},
        "cost": {"noise": {"scale": 2.0, "key": file}}, "note": {"redact": {"style": {
            "EMAIL_ADDRESS": "surrogate", "KNOWN": "hash", "default": "surrogate"}, "known": ["name"], "key": ENV}}}
    columns = {column: {"role": "text" if column == "note" else "direct", "why": "test",
                        "operator": operator} for column, operator in operators.items()}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "traces", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": {"table": str(folder / "lake"), "subject": "patient"},
        "subject_keys": {"table": str(folder / "keys"), "key": ENV},
        "columns": {"visit": {"role": "direct"}, "zip": {"role": "quasi", "hierarchy": {"mask": "right"}, "why": "test"},
                    **columns},
        "guarantees": {"k": 2, "suppression": 0.5}, "detokenize": {"approvers": ["office"], "rows": 10_000, "per_day": 99_999},
        "release": {"path": str(folder / f"release-{release}"), "partitions": 3,
                    "versions": {"state": str(folder / f"state-{release}"), "key": ENV, "row": "visit"}},
    })


def tokens(folder: Path, release: str) -> Plan:
    """Returns a plan of a token that is an expression and one that is a kernel, no more."""
    kinds = (call("token", name, key=ENV) for name in ("patient", "name"))
    return by_hand(folder / "lake", folder / release, table().schema, *kinds)


def failing(folder: Path, release: str) -> Plan:
    """Returns a plan of which a kernel fails on a value, after another."""
    ciphered = call("encrypt_format", "zip", key=ENV, alphabet="01", column="zip", domain="zip", short="refuse")
    return by_hand(folder / "lake", folder / release, table().schema, call("token", "name", key=ENV), ciphered)


def main(folder: Path, disks: str) -> None:
    """Leaves the traces below ``folder``, and ends as if by a power cut."""
    logging.basicConfig(filename=folder / "logs" / "python.log", level=logging.DEBUG, force=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    spark = spark_session(master="local[2]", event_log=folder / "events", settings={
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={folder}/logs/log4j2.properties",
        "spark.local.dir": str(folder / "local"), "spark.ui.enabled": "true", "spark.ui.port": "0",
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin", "spark.cleaner.referenceTracking": "false",
        "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port,
        **SMALL, **({ENCRYPTION: "false"} if disks == "open" else {})})
    java = spark._jvm.java.lang.ProcessHandle.current().pid()
    failed = True
    try:
        (on_open_disks if disks == "open" else on_both)(folder, spark, port)
        failed = False
    except BaseException:  # noqa: BLE001 - whatever it is, Java must go
        traceback.print_exc()
    finally:
        os.kill(java, signal.SIGKILL)
        os._exit(failed)  # at once: a Connect client would try for minutes to say goodbye


def on_both(folder: Path, spark: Any, port: str) -> None:
    """Walks the road on the classic session, then on Spark Connect, of one and the same server."""
    walk(folder, "classic")
    evict(spark)
    from pyspark.sql.connect.session import SparkSession as Connect  # noqa: PLC0415 - once the server listens

    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    Connect.builder.remote(f"sc://127.0.0.1:{port}").create()
    walk(folder, "connect")
    evict(spark)
    keep_pages(spark.sparkContext.uiWebUrl, folder / "pages")


def walk(folder: Path, api: str) -> None:
    """Plans, releases and reports; brings values back; then runs into a kernel that fails on a value."""
    policy, backend = policy_for(folder, api), road.open_backend("spark")
    plan = compile_plan(policy, backend.measure(policy))
    (folder / "pages" / f"plan-{api}.txt").write_text(f"{explain(plan)}\n{plan}\n{plan.policy.model_dump()}")
    road.anonymize(policy, backend)
    road.report(policy)
    for columns, key in ((("seal",), FILE.format(folder=folder)), (("card", "own"), ENV)):
        with write(folder / f"opened-{api}-{columns[0]}.parquet") as keep:
            keep(detokenize(policy, Asked(policy.release.path, columns, key, "test", "office")).table)
    try:
        backend.execute(failing(folder, f"{api}-fails"))
    except InputError as error:
        (folder / "logs" / f"error-{api}.txt").write_text("".join(traceback.format_exception(error)))


def on_open_disks(folder: Path, spark: Any, _port: str) -> None:
    """Is refused; then says that the disks are encrypted, which is not so, and makes two columns of tokens."""
    plan, backend = tokens(folder, "tokens"), road.open_backend("spark")
    try:
        backend.execute(plan)
    except SetupError as error:
        (folder / "logs" / "refused.txt").write_text(str(error))
    os.environ[DISKS] = "encrypted"
    backend.execute(plan)
    evict(spark)


def evict(spark: Any) -> None:
    """Pushes every block that may lie on disk out of memory.

    By two tables that each fill it: blocks of one do not push each other, so that the first alone would stop short.
    """
    for salt in "ab":
        spark.range(0, 24_000, 1, 12).selectExpr(f"repeat(sha2(concat('{salt}', id), 256), 10) AS filler").cache().count()


def keep_pages(address: str, folder: Path) -> None:
    """Fetches the pages of Spark's UI and the answers of its REST interface, as far as links lead."""
    for place, answer in fetched(address):
        with (folder / re.sub(r"\W+", "_", place)[:150]).open("ab") as file:
            file.write(answer)


def fetched(address: str) -> Iterator[tuple[str, bytes]]:
    """Yields each place with what the server answers there."""
    rest = "/api/v1/applications"
    own = f"{rest}/{json.loads(get(address + rest))[0]['id']}"
    waiting = ["/jobs/", "/stages/", "/storage/", "/environment/", "/executors/", "/SQL/", "/connect/", *(own + end for end in (
        "/jobs", "/stages?details=true", "/allexecutors", "/environment", "/storage/rdd",
        "/sql?details=true&planDescription=true&length=10000"))]
    seen = set(waiting)
    while waiting:
        place = waiting.pop()
        answer = get(address + place)
        yield place, answer
        if "/sql?" in place:
            waiting += [f"/SQL/execution/?id={execution['id']}" for execution in json.loads(answer)]
        waiting += sorted({link.decode() for link in _LINK.findall(answer)} - seen)
        seen.update(waiting)


def get(url: str) -> bytes:
    """Returns what a server answers; of an error its text."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - Spark's own, on this machine
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
