"""The same risks on every backend: local, classic counting on Spark alone, Connect counting a small cube on the driver."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.anonymity.risk.assess import Wanted, assess
from engine.backends.base import silent
from engine.errors import InputError
from schemas.policy.v1 import Source
from schemas.risk import TableRisk
from tests.parity.cases import visits
from tests.parity.test_same_release import backend_on

pytestmark = [pytest.mark.spark, pytest.mark.slow]
NAMES = ["zip", "weight", "a `b`.c", "born"]


@pytest.fixture
def lake(tmp_path):
    """A table of nulls, NaNs, zeros of both signs and a name that an expression would stumble over; and everybody."""
    rows = visits().append_column("a `b`.c", pa.array([n % 3 == 0 for n in range(400)]))
    zeros = pa.array([(-0.0, 0.0)[n % 2] if n < 60 else value for n, value in enumerate(rows["weight"].to_pylist())])
    rows = rows.set_column(rows.schema.get_field_index("weight"), "weight", zeros).select(NAMES)
    pq.write_table(rows, tmp_path / "people.parquet")
    pq.write_table(pa.concat_tables([rows.slice(200), rows, rows.slice(0, 100)]), tmp_path / "everybody.parquet")
    pq.write_table(pa.table({"zip": [1, 2]}), tmp_path / "other.parquet")
    return tmp_path


def assessed(backend, lake) -> TableRisk:
    people, everybody, other = (Source(table=str(lake / f"{name}.parquet")) for name in ("people", "everybody", "other"))
    with backend.frequencies(people, None) as (found, version), backend.frequencies(everybody, found.columns) as population:
        risk = assess(found, version, Wanted(max_size=2, fraction=0.2), silent, population=population)
        assert found.tuples(10) is None
    with pytest.raises(InputError, match="no column 'zipp'"), backend.frequencies(people, ["zipp"]):
        pass
    with (backend.frequencies(people, ["zip"]) as (mine, _), backend.frequencies(other, ["zip"]) as (theirs, _),
          pytest.raises(InputError, match="type int64 in the population and string in the table")):
        mine.matched(theirs)
    return risk


def test_the_same_risks(lake, request, monkeypatch):
    import engine.backends.spark.frequencies as spark_room  # noqa: PLC0415 - starts pyspark

    expected = assessed(backend_on("local", request), lake)
    assert expected.columns == tuple(NAMES)
    assert (expected.population.population.rows, expected.population.short) == (700, 0)
    with monkeypatch.context() as patch:
        patch.setattr(spark_room, "IN_HAND", 0)
        patch.setattr(spark_room, "IN_A_JOB", 6)
        assert assessed(backend_on("spark", request), lake) == expected
    assert assessed(backend_on("spark_connect", request), lake) == expected
