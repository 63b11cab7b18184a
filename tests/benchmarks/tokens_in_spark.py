"""What of the tokens' benchmark runs in Spark, a process of its own: speed, fuzzed values, collisions. Writes one JSON object."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.spark.native import native, pads
from engine.backends.spark.types import ddl_schema
from engine.operators.base import KernelCall, KeyRef
from udfs.token import token

KEY = hashlib.sha256(b"subkey").digest()
FORMS = {"hex": 1, "base32": 255, "integer": 15, "uuid": 200}
"""Forms that have a native expression, each with the version of the key that is fuzzed."""
FUZZED = 1_000_000
COPIES, RUNS = 4, 3


def main() -> None:
    """Measures, and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", help="a million identifiers, numbers and names, in Parquet")
    parser.add_argument("--distinct", type=int, required=True, help="values whose tokens are counted")
    asked = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = SparkSession.builder.master("local[1]").config(map={
        "spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.sql.shuffle.partitions": "8", "spark.driver.memory": "2g",
        "spark.sql.execution.arrow.pyspark.enabled": "true"}).getOrCreate()
    print(json.dumps({**rates(spark, asked.path), "fuzzed": fuzzed(spark), "distinct": distinct(spark, asked.distinct)}))  # noqa: T201 - read by the other process
    spark.stop()


def rates(spark: SparkSession, path: str) -> dict[str, float]:
    """Returns million tokens a second of one core, by the wall: of numbers as an expression, of names through ``mapInArrow``."""
    frame = spark.read.parquet(*[path] * COPIES).coalesce(1)
    work = {"native tokens": with_key(spark, frame).select(expression("id", pa.int64(), "hex").alias("t")),
            "kernel tokens through mapInArrow": frame.select("name").mapInArrow(_tokens, "t string")}
    return {name: _rate(lambda made=made: made.write.format("noop").mode("overwrite").save(), frame.count())
            for name, made in work.items()}


def fuzzed(spark: SparkSession) -> dict[str, int]:
    """Returns how many values of all types and forms were compared, and of how many Spark's token is not the kernel's."""
    columns = _values(FUZZED // (len(FORMS) * len(_KINDS)))
    table = pa.table({"row": np.arange(len(columns["binary"])), **columns})
    frame = with_key(spark, spark.createDataFrame(table, ddl_schema(table.schema)))
    compared = unequal = 0
    for form, version in FORMS.items():
        tokens = (expression(name, kind, form).alias(name) for name, kind in _KINDS.items())
        made = frame.select("row", *tokens).toArrow().sort_by("row")
        for name, values in columns.items():
            expected = token(values, form=form, version=version, subkey=KEY).to_pylist()
            compared += len(expected)
            unequal += sum(one != other for one, other in zip(made[name].to_pylist(), expected, strict=True))
    return {"compared": compared, "unequal": unequal}


def distinct(spark: SparkSession, values: int) -> int:
    """Returns how many different tokens as many numbers have."""
    return with_key(spark, spark.range(values)).select(expression("id", pa.int64(), "hex").alias("t")).distinct().count()


def with_key(spark: SparkSession, frame: DataFrame) -> DataFrame:
    """Returns a frame beside the padded blocks of the key."""
    return frame.crossJoin(F.broadcast(spark.createDataFrame([pads(KEY)], "ki binary, ko binary")))


def expression(name: str, kind: pa.DataType, form: str) -> Column:
    """Returns the native expression of a column's tokens.

    Raises:
        ValueError: If there is none.
    """
    call = KernelCall("token", (name,), pa.string(), (("form", form), ("version", FORMS[form])), KeyRef("env:UNUSED", "bench"))
    made = native(call, [F.col(name)], [kind], lambda: (F.col("ki"), F.col("ko")))
    if made is None:
        raise ValueError(f"no native expression for {kind}")
    return made


_KINDS = {"int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(), "boolean": pa.bool_(),
          "date": pa.date32(), "zoned": pa.timestamp("us", tz="UTC"), "unzoned": pa.timestamp("us"), "binary": pa.binary(),
          "long binary": pa.binary()}
_EDGES = 0, 1, -1, 9, 10, -9, -10


def _values(rows: int) -> dict[str, pa.Array]:
    """Returns random values of each type, with both ends of its range, what is near zero, and nulls."""
    random = np.random.default_rng(7)
    found = {}
    for name, kind in _KINDS.items():
        null = random.random(rows) < 0.01
        if pa.types.is_binary(kind):
            longest = 300 if name == "long binary" else 24
            found[name] = pa.array([random.bytes(size) for size in random.integers(0, longest, rows)], kind, mask=null)
        elif pa.types.is_boolean(kind):
            found[name] = pa.array(random.random(rows) < 0.5, mask=null)
        else:
            bits = kind.bit_width
            ends = -(2**(bits - 1)), 2**(bits - 1) - 1
            numbers = random.integers(*ends, rows, np.int64, endpoint=True) >> random.integers(0, bits - 1, rows)
            numbers[:len(_EDGES) + 2] = *_EDGES, *ends
            null[:len(_EDGES) + 2] = False
            found[name] = pa.array(numbers, pa.int64(), mask=null).cast(pa.int32() if bits == 32 else pa.int64()).cast(kind)
    return found


def _tokens(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_arrays([token(batch.column(0), subkey=KEY)], names=["t"])


def _rate(work: Callable[[], Any], rows: int) -> float:
    work()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return rows / statistics.median(times) / 1e6


if __name__ == "__main__":
    main()
