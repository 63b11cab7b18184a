"""A column's values are counted on Spark as locally."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.hierarchy.column import counted

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_values_are_counted_alike(tmp_path, spark) -> None:
    write_deltalake(str(tmp_path / "t"), pa.table({"code": ["J45.0", "é", None, "", "J45.0"]}))
    local, there = (counted(str(tmp_path / "t"), "code", backend=backend) for backend in ("local", "spark"))
    assert there.values.equals(local.values)
    assert there.rows.tolist() == local.rows.tolist() == [1, 2, 1]
