"""Spark's errors become typed ones, and nothing of their text gets through."""

from __future__ import annotations

import traceback

import pytest
from pyspark.errors import PySparkException, PythonException

from engine.backends.spark.errors import attempt, condition_of, translate
from engine.backends.spark.worker import KernelError, guarded
from engine.errors import InputError, LakeveilError, SetupError

VALUE = "Erika Mustermann"


def spark_error(message: str, condition: str | None = None, kind: type[PySparkException] = PySparkException) -> PySparkException:
    error = kind(message=message)
    error._errorClass = condition
    return error


@pytest.mark.parametrize(("message", "condition", "kind", "word"), [
    (f"[PATH_NOT_FOUND] {VALUE}", "PATH_NOT_FOUND", InputError, "no such table"),
    (f"[DELTA_TABLE_NOT_FOUND] {VALUE}", None, InputError, "no Delta table"),
    (f"[FAILED_READ_FILE.NO_HINT] {VALUE}", "FAILED_READ_FILE.NO_HINT", InputError, "cannot be read"),
    (f"[TASK_WRITE_FAILED] x\nCaused by: [CANNOT_READ_FILE_FOOTER] {VALUE}", "TASK_WRITE_FAILED", InputError, "cannot be read"),
    (f"[PARQUET_TYPE_ILLEGAL] {VALUE}", "PARQUET_TYPE_ILLEGAL", InputError, "microseconds"),
    (f"[COLUMN_ALREADY_EXISTS] {VALUE}", "COLUMN_ALREADY_EXISTS", InputError, "case"),
    (f"[DATA_SOURCE_NOT_FOUND] {VALUE}", "DATA_SOURCE_NOT_FOUND", SetupError, "Delta"),
    (f"[CAST_INVALID_INPUT] The value '{VALUE}'", "CAST_INVALID_INPUT", SetupError, "CAST_INVALID_INPUT"),
    (f"something about {VALUE}", None, SetupError, "PySparkException"),
])
def test_condition_decides_and_text_stays_behind(message, condition, kind, word):
    error = translate(spark_error(message, condition), "read", "lake/claims")
    assert type(error) is kind
    assert word in str(error)
    assert VALUE not in str(error)


def test_a_value_that_looks_like_a_condition_is_not_one():
    assert condition_of(spark_error(""), "value [SMITH] in row") == "PySparkException"


@pytest.mark.parametrize(("raised", "kind"), [(ValueError(VALUE), LakeveilError), (InputError(f"about {VALUE}"), InputError)])
def test_kernel_failures_keep_code_and_class_only(raised, kind):
    def fail(_):
        raise raised

    with pytest.raises(KernelError) as caught:
        guarded("token", fail, VALUE)
    shown = "".join(traceback.format_exception(caught.value))
    assert VALUE not in shown
    assert caught.value.__context__ is None

    error = translate(spark_error(f"Traceback...\n{shown}", kind=PythonException), "write", "lake/claims")
    assert type(error) is kind
    assert f"token failed on a batch ({type(raised).__name__})" in error.what


def test_what_is_raised_has_no_original_behind_it():
    def fail():
        raise spark_error(f"[PATH_NOT_FOUND] {VALUE}", "PATH_NOT_FOUND")

    with pytest.raises(InputError) as caught:
        attempt("read", "lake/claims", fail)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_typed_errors_and_other_defects_pass():
    with pytest.raises(InputError, match="as it was"):
        attempt("read", "x", lambda: (_ for _ in ()).throw(InputError("as it was")))
    with pytest.raises(ZeroDivisionError):
        attempt("read", "x", lambda: 1 // 0)
