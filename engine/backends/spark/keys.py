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


def encrypts_disks(spark: SparkSession) -> bool:
    """Whether a session encrypts what it writes to local disks; False where it does not tell."""
    try:
        return spark.sparkContext.getConf().get(ENCRYPTION, "false") == "true"  # what runs: a session may have been told too late
    except PySparkException:
        pass  # Spark Connect, whose server lets no client set this
    try:
        return spark.conf.get(ENCRYPTION, "false") == "true"
    except PySparkException:
        return False


def require_shut(spark: SparkSession) -> None:
    """Refuses a session that would write keys where others could read them, and keeps its client's logs from holding any.

    Raises:
        SetupError: If local disks are encrypted neither by Spark nor, as ``LAKEVEIL_DISKS`` says, by somebody else.
    """
    for name in _SAYS_ALL:
        logging.getLogger(name).addFilter(_not_debug)
    if not (encrypts_disks(spark) or os.environ.get(DISKS) == "encrypted"):
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
