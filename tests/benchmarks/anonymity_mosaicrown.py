"""The same table by Lakeveil and by mosaicrown's Mondrian on Spark, each in processes of its own, one after the other.

De Capitani di Vimercati, Facchinetti, Foresti, Oldani, Paraboschi, Rossi, Samarati, "Scalable distributed data anonymization for
large datasets", IEEE Transactions on Big Data 9(3), 2023; github.com/mosaicrown/mondrian. ``make build/mosaicrown`` gets it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.csv
from deltalake.table import DeltaTable

from tests.benchmarks.bench_scale import FIVE, K
from tests.benchmarks.figures import ROOT, line, missing

NAME = "mosaicrown's Mondrian"
BARS = {1_000_000: 0.1}
"""Our seconds by theirs."""

LONGEST = 900.0
"""Seconds after which the peer is given up: then it counts as if it had finished."""

_SECONDS = re.compile(r"--- ([\d.]+) seconds ---")


def lines(checkout: Path, rows: int) -> Iterator[dict[str, Any]]:
    """Yields the seconds of both on five quasi-identifiers, k=10, two cores, and ours by theirs.

    Args:
        checkout: Of the peer, with an environment in ``.venv`` that has pyspark, treelib and binpacking.
        rows: Of the table.
    """
    python = checkout / ".venv" / "bin" / "python"
    if not python.exists() or not (checkout / "distributed" / "anonymize.py").exists():
        yield missing(f"{NAME}, {rows:,} rows", f"there is none in {checkout}: make build/mosaicrown, or --mosaicrown PATH")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "tests.benchmarks.bench_scale", "--in", name, "--shape", "few", "--rows", str(rows)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        ours = json.loads(done.stdout.splitlines()[-1])["seconds"]
        yield line(f"Lakeveil, {rows:,} rows", ours, "s", None, "five quasi-identifiers, k=10; without the start of Spark")
        pyarrow.csv.write_csv(DeltaTable(folder / "table").to_pyarrow_table(), folder / "table.csv")
        theirs, why = _theirs(python, folder)
    if theirs is None:
        yield missing(f"{NAME}, {rows:,} rows", why)
        return
    yield line(f"{NAME}, {rows:,} rows", theirs, "s", None, why or "the same rows from a CSV, local[2]; with the start of Spark")
    yield line(f"{rows:,} rows: our seconds by those of {NAME}", ours / theirs, "", BARS.get(rows), f"{theirs / ours:.1f} times")


def _theirs(python: Path, folder: Path) -> tuple[float | None, str]:
    """Returns the peer's own seconds, or ``LONGEST`` if it takes more; None, and why, if it fails."""
    job = {"input": str(folder / "table.csv"), "output": str(folder / "theirs.csv"), "quasiid_columns": list(FIVE["few"]),
           "sensitive_columns": ["diagnosis"], "column_score": "span", "fragmentation": "quantile", "K": K}
    (folder / "job.json").write_text(json.dumps(job))
    distributed = python.parents[2] / "distributed"
    spark = "--master local[2] --driver-memory 4g --conf spark.sql.shuffle.partitions=2 --conf spark.driver.maxResultSize=0"
    environment = {**os.environ, "PYTHONPATH": str(distributed / "mondrian"), "PYSPARK_SUBMIT_ARGS": f"{spark} pyspark-shell",
                   "PYSPARK_PYTHON": str(python)}
    try:
        done = subprocess.run([str(python), "anonymize.py", str(folder / "job.json"), "2", "0", "0"], cwd=distributed,
                              env=environment, check=False, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return LONGEST, "not finished: it takes longer"
    told = _SECONDS.search(done.stdout)
    return (float(told[1]), "") if told else (None, f"it ended with {done.returncode}: {done.stderr[-200:]!r}")
