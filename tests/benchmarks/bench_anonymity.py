"""Adult, nine quasi-identifiers, from a Delta table to a published release: classes, information loss, time.

Everything that is reported about classes is recomputed from the re-read table with plain pandas and with
pycanon; the loss along hierarchies is recomputed from ARX's files, that of intervals and sets from the labels.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from deltalake import QueryBuilder, write_deltalake
from deltalake.table import DeltaTable

from engine.backends.local import LocalBackend
from engine.plan import Policy, compile_plan
from engine.plan.stages import Recode

ROOT = Path(__file__).parents[2]
ADULT = ROOT / ".." / "shared" / "data" / "adult"
RESULT = ROOT / "build" / "bench" / "anonymity.json"
BARS = {("interval", 5): 0.034, ("interval", 10): 0.060, ("taxonomy", 5): 0.0715, ("taxonomy", 10): 0.115}


def main() -> int:
    """Runs the four settings, prints a table, writes the figures; 0 if every bar holds."""
    if not ADULT.is_dir():
        print("skipped: the Adult table is not here (../shared/data/adult)")  # noqa: T201 - a script that prints
        return 0
    source = pyarrow.csv.read_csv(ADULT / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        write_deltalake(f"{folder}/adult", source)
        for (mode, k), bar in BARS.items():
            lines += measured(Path(folder), source.to_pandas(), mode, k, bar)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    for found in lines:
        bar = "" if found["bar"] is None else f"<= {found['bar']:g}"
        mark = {True: "ok", False: "MISSED", None: ""}[found["holds"]]
        text = f"{found['measure']:<44} {found['value']:>9.5g} {found['unit']:<8} {bar:<10} {mark:<7} {found['note']}"
        print(text)  # noqa: T201 - a script that prints
    return 0 if all(found["holds"] is not False for found in lines) else 1


def measured(folder: Path, source: pd.DataFrame, mode: str, k: int, bar: float) -> list[dict[str, Any]]:
    """Runs one setting and returns its lines."""
    from pycanon.anonymity import k_anonymity  # noqa: PLC0415 - slow to import

    backend, target = LocalBackend(), folder / f"{mode}-{k}"
    clock, cpu = time.perf_counter(), time.process_time()
    policy = Policy.parse(document(folder / "adult", target, list(source), mode, k))
    measurement = backend.measure(policy)
    plan = compile_plan(policy, measurement)
    fit = time.process_time() - cpu
    receipt = backend.execute(plan).publish()
    seconds = time.perf_counter() - clock

    written = reread(target)
    sizes = written.groupby(list(written), dropna=False).size()
    loss = loss_of_labels(source, written, mode)
    span = receipt.anonymity.loss
    name = f"{mode}, k={k}"
    checks = (f"pycanon k={k_anonymity(written, list(written))}, {len(sizes):,} classes, {len(written):,} rows, "
              f"receipt's k holds: {all(verdict.holds for verdict in receipt.verdicts)}")
    judged = max(span, loss) if mode == "interval" else loss
    note = (f"s spans the stored order; {loss:.4f} with s = values in the label" if mode == "interval"
            else f"from ARX's hierarchy files; receipt says {span:.4f}")
    return [
        line(f"{name}: classes below k", int((sizes < k).sum()), "classes", 0, checks),
        line(f"{name}: rows left out", len(source) - len(written), "rows", 0, ""),
        line(f"{name}: mean loss (s-1)/(D-1)", judged, "", bar, note),
        line(f"{name}: whole run", seconds, "s", None, f"measure and fit {fit:.1f} s of CPU; {os.cpu_count()} cores; "
             f"{len(plan.stage(Recode).tree.leaves):,} leaves"),
    ]


def document(table: Path, target: Path, names: list[str], mode: str, k: int) -> dict[str, Any]:
    """Returns the policy as a person would write it."""
    columns: dict[str, Any] = {name: {"role": "quasi", "why": "benchmark"} for name in names}
    for name in names if mode == "taxonomy" else ():
        columns[name]["hierarchy"] = {"file": str((ADULT / f"adult_hierarchy_{name}.csv").resolve())}
    return {"apiVersion": "lakeveil/v1", "name": "adult", "source": {"table": str(table)}, "purpose": "benchmark",
            "legal_basis": "public data", "retention": "none", "columns": columns, "guarantees": {"k": k},
            "release": {"path": str(target)}}


def reread(path: Path) -> pd.DataFrame:
    """Reads a published table with delta-rs alone."""
    rows = QueryBuilder().register("t", DeltaTable(path)).execute("select * from t").read_all()
    return pa.table(rows).to_pandas()


def loss_of_labels(source: pd.DataFrame, written: pd.DataFrame, mode: str) -> float:
    """Returns the mean loss, from labels alone; a row that is missing counts as 1 in every column."""
    total = 0.0
    for name in written:
        labels = written[name].value_counts()
        if mode == "taxonomy":
            with (ADULT / f"adult_hierarchy_{name}.csv").open(newline="") as lines:
                listed = [row for row in csv.reader(lines, delimiter=";") if row]
            size = {label: max(sum(row[i] == label for row in listed) for i in range(len(listed[0]))) for label in labels.index}
            size["*"], domain = len(listed), len(listed)
        else:
            values, domain = source[name].unique(), source[name].nunique()
            size = {label: values_in(label, values) for label in labels.index}
        total += sum(rows * (size[label] - 1) / (domain - 1) for label, rows in labels.items()) + len(source) - len(written)
    return total / len(source) / written.shape[1]


def values_in(label: str, values: Any) -> int:
    """Returns how many of a column's values an interval, a set, '*' or a single value stands for."""
    if label == "*":
        return len(values)
    if interval := re.fullmatch(r"\[(-?\d+), (-?\d+)\]", label):
        low, high = map(int, interval.groups())
        return sum(low <= value <= high for value in values)
    named = label[1:-1].split(", ") if label.startswith("{") else [label]
    known = set(map(str, values))
    if not known.issuperset(named):
        raise AssertionError("a label names something that is not a value")
    return len(named)


def line(measure: str, value: float, unit: str, bar: float | None, note: str) -> dict[str, Any]:
    """Returns one entry of the result file."""
    return {"measure": measure, "value": value, "unit": unit, "bar": bar, "better": "lower",
            "holds": None if bar is None else bool(value <= bar), "peer": None, "note": note}


if __name__ == "__main__":
    sys.exit(main())
