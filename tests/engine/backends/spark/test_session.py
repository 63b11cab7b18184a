"""A session is found before it is started, and started only from what lies on disk."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.backends.spark import session as sessions
from engine.backends.spark.session import local_settings, provided, spark_session
from engine.errors import SetupError


@pytest.mark.parametrize("name", ["SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION"])
def test_surroundings_that_bring_a_session(monkeypatch, name):
    for other in ("SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION"):
        monkeypatch.delenv(other, raising=False)
    assert not provided()
    monkeypatch.setenv(name, "x")
    assert provided()


def test_a_spark_connect_server_that_is_not_there_is_told_at_once(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        sessions._require_answer(f"sc://127.0.0.1:{port}/;user_id=x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        sessions._require_answer(f"sc://127.0.0.1:{server.getsockname()[1]}")
    monkeypatch.setenv("SPARK_REMOTE", f"sc://127.0.0.1:{port}/;token=secret")
    monkeypatch.setattr(sessions.SparkSession, "getActiveSession", lambda: None)
    with pytest.raises(SetupError, match=r"Spark did not start \(ConnectionRefusedError\)") as error:
        spark_session()
    assert error.value.where == f"sc://127.0.0.1:{port}"


@pytest.fixture
def settings(tmp_path):
    try:
        return local_settings("local[2]", tmp_path / "events")
    except SetupError as error:
        pytest.skip(error.what)


def test_local_settings_need_no_network(settings):
    assert "spark.jars.packages" not in settings
    assert all(Path(jar).is_file() for jar in settings["spark.jars"].split(","))
    assert settings["spark.sql.session.timeZone"] == "UTC"
    assert settings["spark.ui.enabled"] == "false"
    assert Path(urlsplit(settings["spark.eventLog.dir"]).path).is_dir()


def test_event_log_only_if_asked(settings):
    assert not any(name.startswith("spark.eventLog") for name in local_settings("local[2]"))


def test_missing_jars_are_a_setup_error_before_spark_starts(monkeypatch, tmp_path):
    monkeypatch.setenv("LAKEVEIL_JARS", str(tmp_path))
    monkeypatch.setattr(sessions, "java_version", lambda: 17)
    with pytest.raises(SetupError, match="missing") as raised:
        local_settings("local[2]")
    assert "engine.backends.jars" in raised.value.next


def test_missing_java_is_a_setup_error_before_spark_starts(monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(SetupError, match="Java is missing"):
        local_settings("local[2]")


@pytest.mark.spark
def test_active_session_is_taken(spark):
    assert spark_session() is spark
    assert os.environ["PYSPARK_PYTHON"] == sys.executable


@pytest.mark.spark
@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_time_zone_is_put_back(api, request):
    session = request.getfixturevalue(api)
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        with sessions.utc(session):
            assert session.conf.get("spark.sql.session.timeZone") == "UTC"
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    finally:
        session.conf.set("spark.sql.session.timeZone", "UTC")
