"""Spark's errors → Lakeveil's. The text of a Spark error can hold a row, so none of it is passed on.

What is passed on: the error condition (``PATH_NOT_FOUND``), which is one of Spark's or Delta's fixed names,
and the verdict of a kernel in the form that ``engine.backends.spark.worker`` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.logger import PySparkLogger

from engine.backends.outcome import restored
from engine.backends.spark.worker import FAILURE, NOT_READY
from engine.errors import InputError, LakeveilError, SetupError

try:
    from grpc import RpcError
except ImportError:  # pyspark without its connect extra
    RpcError = Py4JError

T = TypeVar("T")

RAISED = (PySparkException, Py4JError, RpcError)
"""What Spark raises: a conflict of Delta's comes as an error of py4j now and then, from several threads above all."""

for _name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
    PySparkLogger.getLogger(_name).disabled = True  # pyspark would write the whole error, and the value in it, to stderr

_CONDITION = re.compile(r"[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*")
_IN_TEXT = re.compile(r"\[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:\.[A-Z0-9_]+)*)\]")

_ABSENT = ("PATH_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST", "TABLE_OR_VIEW_NOT_FOUND")
_NOT_DELTA = ("DELTA_TABLE_NOT_FOUND", "DELTA_MISSING_DELTA_TABLE", "DELTA_TABLE_ONLY_OPERATION", "DELTA_INVALID_FORMAT",
              "DELTA_SCHEMA_NOT_SET")
_CORRUPT = ("FAILED_READ_FILE", "CANNOT_READ_FILE_FOOTER", "DELTA_LOG_FILE_NOT_FOUND", "DELTA_STATE_RECOVER_ERROR",
            "UNABLE_TO_INFER_SCHEMA", "MALFORMED_RECORD_IN_PARSING", "CANNOT_MERGE_SCHEMAS", "MALFORMED_CSV_RECORD",
            "FAILED_TO_READ")
_COLLIDING = ("COLUMN_ALREADY_EXISTS", "DELTA_DUPLICATE_COLUMNS_FOUND", "AMBIGUOUS_REFERENCE", "DELTA_AMBIGUOUS_PATHS")
_NO_VERSION = ("DELTA_VERSION_NOT_FOUND", "DELTA_TIME_TRAVEL_INVALID_BEGIN_VALUE", "DELTA_CANNOT_RESTORE_TABLE_VERSION")
_NO_DELTA = ("DATA_SOURCE_NOT_FOUND", "DELTA_CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG",
             "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY")


def attempt(doing: str, where: str, run: Callable[[], T]) -> T:
    """Returns ``run()``; whatever Spark raises becomes a typed error without values.

    The original is neither the cause nor the context of what is raised: a log that follows those would
    print it.

    Args:
        doing: What is under way, as in "Spark could not <doing>".
        where: The table.
        run: What to do.
    """
    try:
        return run()
    except RAISED as error:
        failure = translate(error, doing, where)
    raise failure


def translate(error: Exception, doing: str, where: str) -> LakeveilError:
    """Returns the typed error for one of Spark's."""
    text = str(error)
    lacking = NOT_READY.search(text)
    if lacking:
        return restored(json.loads(unquote(lacking["error"])))
    failed = FAILURE.search(text)
    if failed:
        return _kernel_failure(failed, where)
    condition = condition_of(error, text)
    for known, what, fix in _MEANINGS:
        if condition.startswith(known):
            return InputError(what, where=f"{where} ({condition})", next=fix)
    if condition.startswith(_NO_DELTA):
        return SetupError("this Spark session cannot read Delta tables", where=condition,
                          next="start it with conf/spark/lakeveil.conf and Delta's jars (deploy/spark/submit.sh does)")
    return SetupError(f"Spark could not {doing} ({condition})", where=where,
                      next="Spark's own log has the details; they may hold data values, so they are not repeated here")


def condition_of(error: Exception, text: str) -> str:
    """Returns the error condition: the deepest that is named, or else the exception's class."""
    asked = getattr(error, "getCondition", None) or getattr(error, "getErrorClass", None)
    try:
        given = asked() if asked else None
    except (Py4JError, RpcError):
        given = None
    if given and _CONDITION.fullmatch(given) and not given.startswith(("_LEGACY", "TASK_WRITE_FAILED")):
        return str(given)
    named = _IN_TEXT.findall(text)
    meant = [name for name in named if any(name.startswith(known) for known, _, _ in _MEANINGS)]
    return str((meant or named or [type(error).__name__])[0])


def _kernel_failure(failed: re.Match[str], where: str) -> LakeveilError:
    kernel, code, cause = failed.group("kernel"), failed.group("code"), failed.group("cause")
    kind = InputError if code == InputError.code else LakeveilError
    return kind(f"kernel {kernel} failed on a batch ({cause})", where=where,
                next="the batch is not shown because it holds data: check the column's values against its operator")


_MEANINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (_ABSENT, "there is no such table", "check the path, and that this machine may read it"),
    (_NOT_DELTA, "there is no Delta table here", "check the path; if the table has another format, name it under source.format"),
    (("EXPECT_TABLE_NOT_VIEW",), "this is a view, which holds nothing of its own", "name the tables that it reads"),
    (_NO_VERSION, "the table has no such version", "leave source.version out to read the newest"),
    (_COLLIDING, "column names stand twice, or differ only in case", "rename them at the source"),
    (("PARQUET_TYPE_ILLEGAL", "PARQUET_TYPE_NOT"), "the table has a column of a type that Spark does not read: nanoseconds, say",
     "write timestamps in microseconds (pandas: df.to_parquet(…, coerce_timestamps='us')), or leave the column out"),
    (_CORRUPT, "the table's files cannot be read: corrupt, cut short, or of another format",
     "restore the table, or correct source.format"),
)
