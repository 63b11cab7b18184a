"""Large tables on Spark, from a Delta table to a published release: time, and memory of the driver.

Each size runs in a process of its own, whose peak of memory is its own too; making the table and starting Spark are not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import ROOT, ended, line, shown

FIVE = {"few": ("age", "sex", "zip", "education", "children"), "distinct": ("born", "sex", "zip", "education", "income")}
"""Columns with few values, of which a few million tuples come; and with a birth date to the second and an exact income."""

SIZES = (("few", 1_000_000), ("few", 10_000_000), ("distinct", 2_000_000), ("distinct", 10_000_000))
K = 10
BARS = {("few", 10_000_000): 75.0}


def main() -> int:
    """Runs all sizes, or the one that is asked for; 0 if every bar holds."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, help="one size alone")
    asked.add_argument("--shape", choices=[*FIVE], default="few")
    asked.add_argument("--in", dest="folder", help="run here: what a process of its own does")
    given = asked.parse_args()
    if given.folder:
        print(json.dumps(released(Path(given.folder), given.shape, given.rows)))  # noqa: T201 - a script that prints
        return 0
    sizes = [(given.shape, given.rows)] if given.rows else SIZES
    lines, seconds = [], {}
    for shape, rows in sizes:
        found = apart(shape, rows)
        seconds[shape, rows] = found["seconds"]
        lines += [shown(one) for one in lines_of(shape, rows, found)]
    if ("few", 1_000_000) in seconds and ("few", 10_000_000) in seconds:
        times = seconds["few", 10_000_000] / seconds["few", 1_000_000]
        lines.append(shown(line("ten times the rows, few", times, "times", 11.0, "seconds by seconds")))
    return ended(lines, "scale")


def apart(shape: str, rows: int) -> dict[str, Any]:
    """Runs one size in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.bench_scale", "--in", folder, "--shape", shape, "--rows", str(rows)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def lines_of(shape: str, rows: int, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the figures of one size."""
    name, note = f"{rows:,} rows, {shape}", ", ".join(f"{step} {taken:.0f} s" for step, taken in found["steps"].items())
    return [
        line(name, found["seconds"], "s", BARS.get((shape, rows)), f"{found['tuples']:,} tuples, {note}"),
        line(f"{name}: rows in classes below k", found["below"], "rows", 0, f"{found['classes']:,} classes, re-read"),
        line(f"{name}: driver", found["gib"], "GiB", 2.0, "peak of the driver's Python")]


def released(folder: Path, shape: str, rows: int) -> dict[str, Any]:
    """Makes a table, releases it, and counts the release's classes with Spark alone."""
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - in the process that needs it
    from engine.plan import compile_plan  # noqa: PLC0415 - the same

    backend = SparkBackend()
    made(backend.spark, folder, shape, rows)
    asked, steps, began = policy(folder, shape), {}, time.monotonic()
    measured = backend.measure(asked)
    steps["measure"] = time.monotonic() - began
    cube = measured.cube
    tuples = cube.table.num_rows if hasattr(cube, "table") else cube.tuples
    plan = compile_plan(asked, measured)
    steps["fit"] = time.monotonic() - began - steps["measure"]
    staged = backend.execute(plan)
    steps["write"] = time.monotonic() - began - sum(steps.values())
    staged.publish()
    steps["verify"] = time.monotonic() - began - sum(steps.values())
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    classes = sizes(backend.spark, folder / "release", shape)
    return {"seconds": sum(steps.values()), "steps": steps, "tuples": tuples, "gib": gib, "classes": classes[0],
            "below": classes[1]}


def sizes(spark: Any, release: Path, shape: str) -> tuple[int, int]:
    """Returns the number of classes, and the rows in those below k, as Spark counts them."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - Spark's own convention, where it is needed

    classes = spark.read.format("delta").load(str(release)).groupBy(*FIVE[shape]).count()
    small = F.when(F.col("count") < K, F.col("count")).otherwise(0)
    found = classes.agg(F.count("count"), F.coalesce(F.sum(small), F.lit(0))).first()
    return int(found[0]), int(found[1])


def made(spark: Any, folder: Path, shape: str, rows: int) -> None:
    """Writes a table that is the same whenever it is made: columns are hashes of the row's number."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - Spark's own convention, where it is needed

    def even(salt: int) -> Any:
        return F.pmod(F.xxhash64(F.col("id"), F.lit(salt)), F.lit(1 << 30)).cast("double") / float(1 << 30)

    columns = {
        "age": F.floor(even(1) * even(2) * 90).cast("int"), "sex": F.when(even(3) < 0.5, "f").otherwise("m"),
        "zip": F.lpad(F.floor(even(4) * even(4) * 3000).cast("string"), 5, "0"),
        "education": F.concat(F.lit("e"), F.floor(even(5) * even(6) * 16).cast("string")),
        "children": F.floor(even(7) * 7).cast("int"), "income": F.round(F.exp(even(7) * 6) * 1000) / 100,
        "born": (F.lit(-315_619_200) + F.floor(even(1) * 2_208_988_800)).cast("timestamp")}
    chosen = [columns[name].alias(name) for name in FIVE[shape]]
    diagnosis = F.concat(F.lit("d"), F.floor(even(8) * even(9) * 40).cast("string")).alias("diagnosis")
    spark.range(0, rows, 1, 8).select(*chosen, diagnosis).write.format("delta").save(str(folder / "table"))


def policy(folder: Path, shape: str) -> Any:
    """Returns the policy of five quasi-identifiers."""
    from engine.plan import Policy  # noqa: PLC0415 - in the process that needs it

    quasi = {name: {"role": "quasi", "why": "benchmark"} for name in FIVE[shape]}
    quasi["zip"] |= {"hierarchy": {"mask": "right"}}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "scale", "purpose": "benchmark", "legal_basis": "none", "retention": "none",
        "source": {"table": str(folder / "table")}, "release": {"path": str(folder / "release")}, "guarantees": {"k": K},
        "columns": {**quasi, "diagnosis": {"role": "sensitive", "why": "benchmark"}}})


if __name__ == "__main__":
    sys.exit(main())
