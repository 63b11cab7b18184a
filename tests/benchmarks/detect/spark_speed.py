"""How fast the scanner is inside Spark's ``mapInArrow``: one task on one core, beside the same batches in one process.

Runs in a process of its own, so that no Java virtual machine stays behind: ``python -m tests.benchmarks.detect.spark_speed``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.detect import ours
from tests.benchmarks.detect.clean import corpora
from tests.benchmarks.detect.clocks import speed
from tests.benchmarks.detect.figures import Figure, figure

SHARE = 0.8
BATCHES = (10_000, 40_000)
"""Rows of an Arrow batch: Spark's default, and what one call of the scanner can be more."""

_RUNS, _SMALLEST, _LARGEST, _MOST = 3, 400_000, 24_000_000, 16
Batches = Iterator[pa.RecordBatch]
Result = dict[str, Any]


def measure(seconds: float) -> list[Figure]:
    """Returns the figures; they take about ``seconds``, and a quarter of a minute to start Spark."""
    child = subprocess.run([sys.executable, "-m", __name__, str(seconds)], check=False, capture_output=True, text=True)
    if child.returncode:
        reason = (child.stderr.strip().splitlines() or ["no message"])[-1][:120]
        return [figure("through Spark's mapInArrow, share of in-process", None, bar=SHARE, note=f"Spark did not run: {reason}")]
    found: list[Result] = json.loads(child.stdout.splitlines()[-1])
    best = max(found, key=lambda one: one["share"])
    others = ", ".join(f"{one['rows']:,} rows a batch {one['share']:.2f}" for one in found)
    return [
        figure("through Spark's mapInArrow, share of in-process", best["share"], bar=SHARE,
               note=f"classic, local[1], by the wall, median of {_RUNS} pairs; {others}; by processor time of the Python worker "
                    f"{best['cpu_share']:.2f}"),
        figure("through Spark's mapInArrow", best["scan"] / 1e6, "MB/s",
               note=f"clean text from Parquet, {best['rows']:,} rows a batch, by the wall"),
        figure("in-process, the same batches", best["process"] / 1e6, "MB/s", note="by the wall"),
        figure("identity through Spark's mapInArrow", best["identity"] / 1e6, "MB/s", note="the same table, batches handed back"),
    ]


def identity(batches: Batches) -> Batches:
    """Hands batches back."""
    return batches


def scan(batches: Batches) -> Batches:
    """Yields for each batch the number of findings, and the processor time of this worker so far."""
    begin = time.process_time()
    for batch in batches:
        found = ours.first_tier().find(batch.column(0))
        yield pa.RecordBatch.from_pydict({"findings": [found.num_rows], "cpu": [time.process_time() - begin]})


def main(seconds: float) -> None:
    """Measures, and prints the results as JSON."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only this process has Spark

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.log.level": "ERROR",
                "spark.sql.files.maxPartitionBytes": "1g", "spark.sql.files.openCostInBytes": "0"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clean.parquet"
        size, times = _write(path, seconds / len(BATCHES) / (3 * _RUNS + 2))
        spark = SparkSession.builder.master("local[1]").config(map={**settings}).getOrCreate()
        found = [_measured(spark, [str(path)] * times, rows, size * times) for rows in BATCHES]
        spark.stop()
    print(json.dumps(found))  # noqa: T201 - read by the other process


def _write(path: Path, seconds: float) -> tuple[int, int]:
    """Writes clean text of all kinds; returns its bytes, and how many times it can be scanned in the time."""
    kinds = [one for one in corpora() if not one.column]

    def work(size: int, part: int) -> tuple[Callable[[], object], int]:
        array = pa.array([text for one in kinds for text in one.take(size // len(kinds), part)])
        return (lambda: ours.first_tier().find(array)), size

    wanted = int(speed(work, seconds / 2).wall * seconds)
    texts = [text for one in kinds for text in one.take(min(_LARGEST, max(_SMALLEST, wanted)) // len(kinds), 1)]
    pq.write_table(pa.table({"text": texts}), path)
    size = sum(len(text.encode()) for text in texts)
    return size, min(_MOST, max(1, wanted // size))


def _measured(spark: Any, paths: list[str], rows: int, size: int) -> Result:
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(rows))
    frame = spark.read.parquet(*paths).coalesce(1)
    scanned = frame.mapInArrow(scan, "findings bigint, cpu double")
    scanned.collect()  # starts the worker, which Spark keeps, and loads the scanner in it
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    handed_back = frame.mapInArrow(identity, "text string").write.format("noop").mode("overwrite")
    rounds = []
    for _ in range(_RUNS):
        _, process, cpu = _clocked(lambda: [ours.first_tier().find(batch.column(0)) for batch in table.to_batches(rows)])
        counts, through, _ = _clocked(scanned.collect)
        rounds.append((process / through, cpu / max(row["cpu"] for row in counts), size / process, size / through,
                       size / _clocked(handed_back.save)[1]))
    names = ("share", "cpu_share", "process", "scan", "identity")
    return {"rows": rows, **dict(zip(names, map(statistics.median, zip(*rounds, strict=True)), strict=True))}


def _clocked(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Returns the result, and the time by the wall and of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main(float(sys.argv[1]))
