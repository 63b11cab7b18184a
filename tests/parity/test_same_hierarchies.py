"""A column's values are counted on Spark as locally."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from engine.hierarchy.column import counted

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_values_are_counted_alike(tmp_path, spark) -> None:
    write_deltalake(str(tmp_path / "t"), pa.table({"code": ["J45.0", "é", None, "", "J45.0"]}))
    local, there = (counted(str(tmp_path / "t"), "code", backend=backend) for backend in ("local", "spark"))
    assert there.values.equals(local.values)
    assert there.rows.tolist() == local.rows.tolist() == [1, 2, 1]


def test_moments_reach_hierarchies_in_utc(tmp_path, spark) -> None:
    seen = pa.array([dt.datetime(2021, 1, 1, 2, tzinfo=dt.UTC)], pa.timestamp("us", "America/New_York"))
    pq.write_table(pa.table({"seen": seen}), tmp_path / "t.parquet")
    local, there = (counted(str(tmp_path / "t.parquet"), "seen", backend=backend).values for backend in ("local", "spark"))
    assert there.equals(local)
    assert there.type == pa.timestamp("us", "UTC")
