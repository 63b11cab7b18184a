"""A source is the same table on every backend: columns, types and values, whatever its format."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.tables import open_table
from engine.errors import InputError
from engine.plan import Policy, compile_plan
from engine.plan.types import normalized
from schemas.policy.v1 import Source
from tests.parity.cases import visits

pytestmark = [pytest.mark.spark, pytest.mark.slow]

CSV = (
    'id,zip,amount,when,at,flag,text,"with, comma",none,mixed\n'
    '1,01234,1.5,2021-03-04,2021-03-04 05:06:07,true,"two\nlines and ""quotes""",x,,1\n'
    '-20,99999,2,1999-12-31,2021-03-04T05:06,false,"",,,a\n'
    '300,00000,-1e3,2020-02-29,2021-03-04 05:06:07.25,true, padded ,"y,z",,\n'
    '4,10115,,,,,,,,2021-13-45\n')
JSON = ('{"b": 1, "a": "x", "c": 1.5}\n{"b": null, "a": "ü", "c": 2.0, "d": true}\n{"a": "", "nested": {"z": 1}}\n')
VOID = pa.table({"a.b": [1, 2, 2], "none": pa.nulls(3), "empty": pa.nulls(3, pa.date32())})
"""A column without a type, and one without values."""
KEPT = {"role": "insensitive", "why": "x"}


def write(folder: Path, stored: str) -> Path:
    if stored == "csv":
        (folder / "t.csv").write_text(CSV)
    elif stored == "semicolons.csv":
        (folder / "t.csv").write_text("\ufeffa;b\n1,5;x\n2,5;y\n")
    elif stored == "jsonl":
        (folder / "t.jsonl").write_text(JSON)
    elif stored == "nulls.parquet":
        pq.write_table(VOID, folder / "t.parquet")
    elif stored == "nulls.delta":
        write_deltalake(str(folder / "t.delta"), VOID)
    else:
        pq.write_table(visits(50).append_column("nested", pa.array([{"a.b": [1, None], "c": "x"}] * 50)), folder / "t.parquet")
    return next(folder.glob("t.*"))


def as_text(table: pa.Table) -> list[str]:
    return sorted(json.dumps(row, default=str) for row in table.to_pylist())


@pytest.mark.parametrize("stored", ["csv", "semicolons.csv", "jsonl", "parquet", "nulls.parquet", "nulls.delta"])
@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_same_table(api, stored, tmp_path, request):
    from engine.backends.spark.reader import read_table  # noqa: PLC0415 - starts pyspark
    from engine.backends.spark.session import utc  # noqa: PLC0415

    session = request.getfixturevalue(api)
    path = write(tmp_path, stored)
    local = open_table(Source(table=str(path)))
    schema = normalized(local.schema)
    with utc(session):
        table = read_table(session, str(path), None)
        found = table.frame.toArrow()

    assert table.schema == schema
    assert table.format == local.format
    assert as_text(found.cast(schema)) == as_text(pa.Table.from_batches(local.batches(), local.schema).cast(schema))


@pytest.mark.parametrize("content", [b"a,A\n1,2\n", b"", b"a,b\n1,2,3\n", "a,b\n1,Müller\n".encode("latin-1")])
def test_what_local_refuses_spark_refuses(content, tmp_path, spark):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark
    from tests.plans import policy  # noqa: PLC0415

    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError):
        open_table(Source(table=str(tmp_path / "t.csv")))
    with pytest.raises(InputError):
        SparkBackend(spark).measure(policy(tmp_path / "t.csv", tmp_path / "out", ("a", "b")))


@pytest.mark.parametrize("stored", ["nulls.parquet", "nulls.delta"])
def test_columns_of_nulls_are_released_alike(stored, tmp_path, spark):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backend under test
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    source, seen = write(tmp_path, stored), []
    for backend, name in ((LocalBackend(), "local"), (SparkBackend(spark), "spark")):
        written = Policy.parse({
            "apiVersion": "lakeveil/v1", "name": "n", "purpose": "p", "legal_basis": "b", "retention": "r",
            "source": {"table": str(source)}, "release": {"path": str(tmp_path / name)}, "guarantees": {"k": 3},
            "columns": {"a.b": KEPT | {"role": "quasi"}, "none": KEPT | {"role": "quasi"}, "empty": KEPT}})
        measured = backend.measure(written)
        backend.execute(compile_plan(written, measured)).publish()
        files = [pq.read_table(file) for file in DeltaTable(str(tmp_path / name)).file_uris()]
        seen.append((measured.nulls, measured.schema, pa.concat_tables(files).to_pylist()))
    assert seen[0] == seen[1]
    assert seen[0][0] == {"a.b": 0, "none": 3, "empty": 3}
    assert seen[0][2] == [{"a.b": "*", "none": "null", "empty": None}] * 3
