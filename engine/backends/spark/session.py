"""A Spark session that can read and write Delta, found or started."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from engine.backends import ROOT
from engine.backends.jars import delta_jars
from engine.backends.java import java_version
from engine.conf import conf_path
from engine.errors import SetupError

_ZONE = "spark.sql.session.timeZone"
_SHORT = {"spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
          "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1)}
_CONNECT_PORT = 15002
_PATIENCE = 20
"""Seconds for a Spark Connect server to take a connection."""

_JVM = ("-XX:+UseParallelGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
        "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000")
"""For few cores: G1, the default, would take a tenth more of two; compiling what is not very hot once more a quarter, so that
its thresholds are ten times the default's."""


def spark_session(
    *, master: str = "local[*]", event_log: Path | None = None, settings: dict[str, str] | None = None,
) -> SparkSession:
    """Returns the active session, or the one the surroundings provide, or starts a local one.

    Looked for in this order: an active session (a notebook, an earlier call); ``SPARK_REMOTE`` (Spark
    Connect, Databricks Connect); ``spark-submit`` or a Databricks runtime; else a local session with
    Delta's jars from disk, which needs no network.

    Args:
        master: Master of a session that is started here.
        event_log: Folder for Spark's event log, of a session that is started here. None writes none.
        settings: Further Spark settings, of a session that is started here.

    Raises:
        SetupError: If Java or Delta's jars are missing, or the session does not start.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    try:
        if provided():
            _require_answer(os.environ.get("SPARK_REMOTE", ""))
            return SparkSession.builder.getOrCreate()
        return _start(local_settings(master, event_log) | (settings or {}))
    except (PySparkException, OSError, RuntimeError) as error:
        kind = type(error).__name__
    raise SetupError(f"Spark did not start ({kind})", where=_shown(os.environ.get("SPARK_REMOTE", "")) or master,
                     next="lakeveil doctor checks Java, jars and Python")


def _require_answer(remote: str) -> None:
    """Connects to a Spark Connect server once: its client would try for many minutes, in silence."""
    place = urlsplit(remote)
    if place.scheme == "sc" and place.hostname:
        with socket.create_connection((place.hostname, place.port or _CONNECT_PORT), timeout=_PATIENCE):
            pass


def _shown(remote: str) -> str:
    """Returns where a server is, without what follows: a token may stand there."""
    place = urlsplit(remote)
    return f"{place.scheme}://{place.netloc}" if place.netloc else ""


def provided() -> bool:
    """Whether the surroundings bring a session: Spark Connect, ``spark-submit`` or a Databricks runtime."""
    return any(name in os.environ for name in ("SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION"))


def local_settings(master: str, event_log: Path | None = None) -> dict[str, str]:
    """Returns the settings of a local session.

    Raises:
        SetupError: If Java or Delta's jars are missing.
    """
    java_version()
    logging = Path(str(conf_path("spark/log4j2.properties"))).resolve().as_uri()
    settings = {
        **_read("lakeveil.conf"), **_read("local.conf"), "spark.master": master,
        "spark.jars": ",".join(str(jar) for jar in delta_jars()),
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging} {_JVM}",
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        "spark.sql.warehouse.dir": (Path(tempfile.gettempdir()) / "lakeveil-warehouse").as_uri(),
    }
    if event_log is not None:
        event_log.mkdir(parents=True, exist_ok=True)
        settings |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": event_log.as_uri(),
                     "spark.eventLog.compress": "false", "spark.eventLog.rolling.enabled": "false"}
    return settings


def _start(settings: Mapping[str, str]) -> SparkSession:
    """Starts a session whose Python workers are this interpreter, with these packages."""
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    path = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    return SparkSession.builder.config(map={**settings}).getOrCreate()


def _read(name: str) -> dict[str, str]:
    lines = conf_path(f"spark/{name}").read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))


@contextmanager
def utc(spark: SparkSession) -> Iterator[None]:
    """Lets dates and timestamps mean UTC for the actions inside, on whatever session, and puts its zone back."""
    with _set(spark, {_ZONE: "UTC"}):
        yield


@contextmanager
def short_rows(spark: SparkSession) -> Iterator[None]:
    """Cuts the batches that Python gets by rows alone, for the actions inside: their rows hold no documents.

    To measure a batch's bytes after each of its rows, as Spark 4.2 does, takes longer than to hand them over: ten million rows of
    five columns take 8 s so, and 3 without. Rows of less than 32 KB each make no larger batches than Spark's limit.
    """
    with _set(spark, {name: value for name, value in _SHORT.items() if spark.conf.isModifiable(name)}):
        yield


@contextmanager
def _set(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: str(spark.conf.get(name)) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)
