"""A source is the same table on every backend: columns, types and values, whatever its format."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.backends.tables import open_table
from engine.errors import InputError
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


def write(folder: Path, stored: str) -> Path:
    if stored == "csv":
        (folder / "t.csv").write_text(CSV)
    elif stored == "semicolons.csv":
        (folder / "t.csv").write_text("\ufeffa;b\n1,5;x\n2,5;y\n")
    elif stored == "jsonl":
        (folder / "t.jsonl").write_text(JSON)
    else:
        pq.write_table(visits(50).append_column("nested", pa.array([{"a.b": [1, None], "c": "x"}] * 50)), folder / "t.parquet")
    return next(folder.glob("t.*"))


def as_text(table: pa.Table) -> list[str]:
    return sorted(json.dumps(row, default=str) for row in table.to_pylist())


@pytest.mark.parametrize("stored", ["csv", "semicolons.csv", "jsonl", "parquet"])
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
