"""Tokens: how fast each kind is on one core, in-process and through Spark, and collisions among many.

Spark runs in a process of its own. Peers (``ff3``, ``pyffx``) are timed where they are installed: they are no dependency.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
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

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.operators.forms import BITS, collision_bound
from tests.benchmarks.detect.figures import Figure, figure, table
from udfs.encrypt import encrypt
from udfs.encrypt_format import encrypt_format
from udfs.token import token

RESULT = Path(__file__).parents[2] / "build" / "bench" / "tokens.json"
ROWS, RUNS = 1_000_000, 5
KEYS = {name: hashlib.sha256(name.encode()).digest() for name in ("subkey", "second", "key_id")}
SEALED = {"domain": "patient", "column": "id", **KEYS}
CARDS = {"alphabet": "0123456789", "domain": "card", "column": "pan", "subkey": KEYS["subkey"]}


def main() -> int:
    """Measures, prints a table, writes the figures; 0 if no bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=10**8, help="among which collisions are looked for")
    parser.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    parser.add_argument("--spark", metavar="FILE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.spark:
        print(json.dumps(_in_spark(asked.spark)))  # noqa: T201 - read by the other process
        return 0
    pa.set_cpu_count(1)
    figures = [*in_process(), *through_spark(), *collisions(asked.values)]
    print(table(figures, markdown=asked.markdown))  # noqa: T201 - a script that prints
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one["holds"] is not False for one in figures) else 1


def in_process() -> list[Figure]:
    """Returns how many values a second each kernel takes in this process; each value is another one."""
    identifiers = pa.array([f"patient-{number:09}" for number in range(ROWS)])
    cards = pa.array([f"{number * 7919 + 4 * 10**15:016}" for number in range(ROWS)])
    few = cards[:20_000].to_pylist()
    key = KEYS["subkey"]
    return [
        figure("tokens, kernel", _rate(lambda: token(identifiers, subkey=key)), "M/s", bar=1.7, note="hex, 17 signs"),
        *(figure(f"tokens, kernel, {form}", _rate(lambda form=form: token(identifiers, form=form, subkey=key, key_id=key)), "M/s")
          for form in BITS if form != "hex"),
        figure("AES-SIV", _rate(lambda: encrypt(identifiers, **SEALED)), "M/s", bar=0.85, note="as tokens, 17 signs"),
        figure("FF1, 16 digits", _rate(lambda: encrypt_format(cards, **CARDS)), "M/s", bar=0.9,
               peer=max(filter(None, (_ff3(few), _pyffx(few))), default=None),
               note=f"peers, M/s: ff3 {_told(_ff3(few))}, pyffx {_told(_pyffx(few))}"),
    ]


def _rate(work: Callable[[], object], rows: int = ROWS) -> float:
    work()
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return rows / statistics.median(times) / 1e6


def _ff3(values: list[str]) -> float | None:
    try:
        cipher = importlib.import_module("ff3").FF3Cipher("2DE79D232DF5585D68CE47882AE256D6", "CBD09280979564")
    except ImportError:
        return None
    return _rate(lambda: [cipher.encrypt(value) for value in values], len(values))


def _pyffx(values: list[str]) -> float | None:
    try:
        cipher = importlib.import_module("pyffx").String(b"secret-key", alphabet="0123456789", length=16)
    except ImportError:
        return None
    some = values[:2000]
    return _rate(lambda: [cipher.encrypt(value) for value in some], len(some))


def _told(rate: float | None) -> str:
    return "not installed" if rate is None else f"{rate:.4f}"


def through_spark() -> list[Figure]:
    """Returns how many tokens a second one core of Spark makes: as an expression, and through ``mapInArrow``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.parquet"
        pq.write_table(pa.table({"id": np.arange(ROWS), "name": [f"patient-{number:09}" for number in range(ROWS)]}), path)
        child = subprocess.run([sys.executable, "-m", __spec__.name if __spec__ else "tests.benchmarks.bench_tokens",
                                "--spark", str(path)], check=False, capture_output=True, text=True)
    bars = {"native tokens": 1.0, "kernel tokens through mapInArrow": 0.45}
    if child.returncode:
        reason = (child.stderr.strip().splitlines() or ["no message"])[-1][:120]
        return [figure(name, None, "M/s", bar=bar, note=f"Spark did not run: {reason}") for name, bar in bars.items()]
    found: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return [figure(name, found[name], "M/s", bar=bar, note="classic, local[1], by the wall, scan included")
            for name, bar in bars.items()]


def _in_spark(path: str) -> dict[str, float]:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only this process has Spark
    from pyspark.sql import functions as F  # noqa: N812, PLC0415

    from engine.backends.spark.native import native, pads  # noqa: PLC0415
    from engine.operators.base import KernelCall, KeyRef  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = SparkSession.builder.master("local[1]").config(map={
        "spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.sql.shuffle.partitions": "1"}).getOrCreate()
    frame = spark.read.parquet(*[path] * 4).coalesce(1)
    row = spark.createDataFrame([pads(KEYS["subkey"])], "ki binary, ko binary")
    keyed = frame.crossJoin(F.broadcast(row))
    call = KernelCall("token", ("id",), pa.string(), (("form", "hex"), ("version", 1)), KeyRef("env:UNUSED", "bench"))
    expression = native(call, [F.col("id")], [pa.int64()], lambda: (F.col("ki"), F.col("ko")))
    as_kernel = frame.select("name").mapInArrow(_tokens, "t string")
    work = {"native tokens": keyed.select(expression.alias("t")), "kernel tokens through mapInArrow": as_kernel}
    rates = {name: _wall(lambda made=made: made.write.format("noop").mode("overwrite").save(), 4 * ROWS)
             for name, made in work.items()}
    spark.stop()
    return rates


def _tokens(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_arrays([token(batch.column(0), subkey=KEYS["subkey"])], names=["t"])


def _wall(work: Callable[[], Any], rows: int) -> float:
    work()
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return rows / statistics.median(times) / 1e6


def collisions(values: int) -> list[Figure]:
    """Returns how many of many different values share the first 64 bits of their tokens, and what chance is bound to do."""
    firsts = np.empty(values, np.uint64)
    for begin in range(0, values, ROWS):
        some = pa.array(np.arange(begin, min(values, begin + ROWS)))
        signs = token(some, subkey=KEYS["subkey"]).buffers()[2].to_pybytes().decode()
        tokens = np.frombuffer(bytes.fromhex(signs), np.uint8).reshape(len(some), -1)
        firsts[begin:begin + len(some)] = tokens[:, 1:9].copy().view("<u8").ravel()  # the first byte is the version
    firsts.sort()
    found = int((firsts[1:] == firsts[:-1]).sum())
    bounds = ", ".join(f"{form} {collision_bound(values, form):.1e}" for form in BITS)
    return [figure(f"tokens of {values:,} values that share 64 bits", found, "pairs", bar=0, better="lower",
                   note=f"by chance {values * (values - 1) / 2**65:.1e}; birthday bounds of whole tokens: {bounds}")]


if __name__ == "__main__":
    sys.exit(main())
