"""A small lake of tables in every format, with invented people in it, and with faults."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from deltalake import write_deltalake

ROWS = 12
PLANTED = ("quentin.roe", "rosalind.doe", "478-13-2906", "Zanzibar Quixote", "fenella")
"""Values, and parts of values, that must not be in any file that a scan leaves."""

SOUND = 36
"""Tables that can be scanned."""

BROKEN = {"faults/broken": "Delta log", "faults/cut.parquet": "Parquet", "faults/zero.parquet": "Parquet",
          "faults/ragged.csv": "more or fewer fields", "faults/lost": "missing", "faults/part": "Parquet"}
"""Tables that cannot, with a word of the reason."""

COLUMNS = (("code", "amount"), ("email", "amount"), ("code", "ssn"), ("status", "amount"), ("code", "note"))


def rows(n: int = ROWS, first: int = 0) -> pa.Table:
    """Returns invented people."""
    numbers = range(first, first + n)
    return pa.table({
        "code": [f"C{i % 3}" for i in numbers],
        "email": [f"{('quentin.roe', 'rosalind.doe')[i % 2]}{i}@example.org" for i in numbers],
        "ssn": ["478-13-2906" for _ in numbers],
        "note": [f"Dr. Zanzibar Quixote called at {i % 12} and was told to call again" for i in numbers],
        "amount": [i / 7 for i in numbers],
        "status": [("open", "closed")[i % 2] for i in numbers],
    })


def build(root: Path) -> Path:
    """Writes the lake, and returns its folder."""
    table = rows()
    for i in range(10):
        write_deltalake(root / "delta" / f"d{'abcdefghij'[i]}", table.select(COLUMNS[i % 5]))
    write_deltalake(root / "deep" / "er" / "people", table, partition_by=["status"])
    for name in ("quentin.roe@example.org", "rosalind.doe@example.org"):
        write_deltalake(root / "owners" / f"owner={name}" / "orders", table.select(["code", "amount"]))
    for i in range(6):
        folder = root / "parquet" / f"set_{'abcdef'[i]}"
        folder.mkdir(parents=True)
        for part in range(2):
            pq.write_table(table.select(COLUMNS[i % 5]), folder / f"part-{part:05d}.snappy.parquet")
    pq.write_to_dataset(table, root / "hive" / "visits", partition_cols=["email"])
    (root / "exports").mkdir()
    for i, name in enumerate(("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")):
        pa_csv.write_csv(table.select(COLUMNS[i % 5]), root / "exports" / f"{name}.csv")
    (root / "logs").mkdir()
    for i, name in enumerate(("web", "app", "auth", "db", "cron", "mail", "push", "fenella@example.org 478-13-2906")):
        with gzip.open(root / "logs" / f"{name}.jsonl.gz", "wt") as out:
            out.writelines(json.dumps(row) + "\n" for row in table.select(COLUMNS[i % 5]).to_pylist())
    _noise(root)
    _faults(root, table)
    return root


def _noise(root: Path) -> None:
    """What is no table: hidden folders, documents, links in a circle, an empty folder."""
    (root / "_hidden").mkdir()
    (root / "_hidden" / "x.csv").write_text("a\n1\n")
    (root / ".git").mkdir()
    (root / ".git" / "y.parquet").write_bytes(b"")
    (root / "empty").mkdir()
    (root / "settings.json").write_text(json.dumps({"a": [1, 2]}, indent=2))
    (root / "README.txt").write_text("Zanzibar Quixote keeps this lake")
    (root / "circle").symlink_to(root)
    (root / "exports" / "again").symlink_to(root / "logs")


def _faults(root: Path, table: pa.Table) -> None:
    faults = root / "faults"
    write_deltalake(faults / "broken", table.select(["code"]))
    (faults / "broken" / "_delta_log" / "00000000000000000000.json").write_text('{"metaData": Zanzibar Quixote')
    write_deltalake(faults / "lost", table.select(["code"]))
    for file in (faults / "lost").glob("*.parquet"):
        file.unlink()
    (faults / "zero.parquet").write_bytes(b"")
    (faults / "cut.parquet").write_bytes(b"PAR1 Zanzibar Quixote")
    (faults / "ragged.csv").write_text("a,b\n1,2\nZanzibar Quixote,2,3\n")
    (faults / "part").mkdir()
    pq.write_table(table, faults / "part" / "part-0.parquet")
    (faults / "part" / "part-1.parquet").write_bytes(b"")


def leaks(folder: Path, planted: tuple[str, ...] = PLANTED) -> list[str]:
    """Returns the files below a folder that hold one of some values, as they are or compressed as Parquet holds them."""
    found = []
    for path in (Path(at) / name for at, _, names in os.walk(folder) for name in names):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode()
        found += [f"{path.name}: {value}" for value in planted if value.encode() in content]
    return found
