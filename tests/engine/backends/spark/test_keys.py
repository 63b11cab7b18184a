"""A session gets a key only where what Spark writes down is shut, and no setting holds it."""

from __future__ import annotations

import logging

import pytest

from engine.backends.spark.keys import DISKS, ENCRYPTION, admitted, require_shut, settings_of, unlogged
from engine.errors import SetupError
from tests.conftest import KEY

APIS = pytest.mark.parametrize("api", ["spark", "spark_connect"])


@pytest.mark.spark
@APIS
def test_a_session_of_ours_encrypts_its_disks(api, request, monkeypatch):
    monkeypatch.delenv(DISKS, raising=False)
    session = request.getfixturevalue(api)
    assert settings_of(session)[ENCRYPTION] == "true"
    require_shut(session)


@pytest.mark.spark
def test_a_session_that_was_told_too_late_does_not_count(spark):
    spark.conf.set("spark.lakeveil.late", "x")
    try:
        assert "spark.lakeveil.late" not in settings_of(spark)
    finally:
        spark.conf.unset("spark.lakeveil.late")


@pytest.mark.spark
def test_a_key_in_a_setting_is_refused(spark_connect, key):
    assert repr(admitted(spark_connect, key)) == "RootKey(hidden)"
    spark_connect.conf.set("spark.lakeveil.driverEnv.KEY", f"  {KEY.upper()} ")
    try:
        with pytest.raises(SetupError, match="stands in a setting") as raised:
            admitted(spark_connect, key)
    finally:
        spark_connect.conf.unset("spark.lakeveil.driverEnv.KEY")
    assert raised.value.where == "spark.lakeveil.driverEnv.KEY"
    assert KEY not in str(raised.value).lower()


@pytest.mark.spark
@APIS
def test_the_plan_cache_is_off_for_a_while(api, request):
    session, name = request.getfixturevalue(api), "spark.connect.session.planCache.enabled"
    with unlogged(session):
        assert session.conf.get(name) == "false"
    assert session.conf.get(name) == "true"


@pytest.mark.spark
@pytest.mark.parametrize("name", ["py4j.java_gateway", "py4j.clientserver", "pyspark.sql.connect.logging"])
def test_what_is_sent_to_the_jvm_is_logged_no_more(name, spark):
    require_shut(spark)
    passes = logging.getLogger(name).filter
    assert not passes(logging.makeLogRecord({"levelno": logging.DEBUG}))
    assert passes(logging.makeLogRecord({"levelno": logging.WARNING}))
