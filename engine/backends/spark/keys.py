"""Keys on their way from driver to executors (ADR 23): what Spark and its client would write down, and what keeps that shut.

Subkeys leave the driver in pickled functions and in one-row tables. Spark puts either on a local disk: blocks that memory has no
room for, large functions, and in passing every table that a classic driver makes of rows. With ``spark.io.encryption.enabled``
all of those are encrypted, or go over a socket. So no subkey is derived on a session without it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from engine.backends.keys import RootKey, resolve
from engine.errors import SetupError

ENCRYPTION = "spark.io.encryption.enabled"
DISKS = "LAKEVEIL_DISKS"
"""Environment variable: ``encrypted`` where somebody other than Spark encrypts the local disks of driver and executors."""

_SAYS_ALL = ("py4j.java_gateway", "py4j.clientserver", "pyspark.sql.connect.logging")
"""Loggers that at level DEBUG write down whole commands and requests to the JVM, pickled functions and rows among them."""


_PLAN_CACHE = "spark.connect.session.planCache.enabled"
"""Spark Connect's server says at level DEBUG which plan it finds in its cache, with all rows in it."""


def _not_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def admitted(spark: SparkSession, handle: str) -> RootKey:
    """Reads a root key whose subkeys may travel on this session: every one of Spark's kernels gets its key through here.

    Raises:
        SetupError: If the key is missing or stands in Spark's settings, or as ``require_shut``.
    """
    require_shut(spark)
    root = resolve(handle)
    for name, value in settings_of(spark).items():
        if root.stands_in(value):
            raise SetupError(
                f"the key of {handle} stands in a setting of Spark, which the event log and the UI show", where=name,
                next="take it out, and use another key: this one was written down already. Hand keys to the driver alone, in its "
                     "environment (not by a setting that sets it) or as a file")
    return root


def settings_of(spark: SparkSession) -> dict[str, str]:
    """Returns what a session was started with, as far as it tells."""
    try:
        return dict(spark.sparkContext.getConf().getAll())  # what runs: a session may have been told something else since
    except PySparkException:
        pass  # Spark Connect, whose server lets no client change what it was started with
    try:
        return dict(spark.conf.getAll)
    except PySparkException:
        return {}


def require_shut(spark: SparkSession) -> None:
    """Refuses a session that would write keys where others could read them, and keeps its client's logs from holding any.

    Raises:
        SetupError: If local disks are encrypted neither by Spark nor, as ``LAKEVEIL_DISKS`` says, by somebody else.
    """
    for name in _SAYS_ALL:
        logging.getLogger(name).addFilter(_not_debug)
    if not (settings_of(spark).get(ENCRYPTION) == "true" or os.environ.get(DISKS) == "encrypted"):
        raise SetupError(
            "this Spark session writes to its local disks in the clear, the policy's keys too", where=ENCRYPTION,
            allowed=f"{ENCRYPTION}=true (conf/spark/lakeveil.conf has it), or {DISKS}=encrypted where the disks of driver and "
                    "executors are encrypted by other means",
            next="start Spark with the setting: it cannot be changed while a session runs")


@contextmanager
def unlogged(spark: SparkSession) -> Iterator[None]:
    """Keeps plans out of a Spark Connect server's cache, and so out of its log, for what is built inside."""
    before = None
    with suppress(PySparkException):  # a server may keep its settings to itself
        before = spark.conf.get(_PLAN_CACHE, "true")
        spark.conf.set(_PLAN_CACHE, "false")
    try:
        yield
    finally:
        if before is not None:
            with suppress(PySparkException):
                spark.conf.set(_PLAN_CACHE, before)
