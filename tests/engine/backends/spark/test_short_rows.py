"""Batches for Python are cut by rows alone where rows are short, and as Spark cuts them everywhere else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.backends.spark.session import short_rows

pytestmark = [pytest.mark.spark, pytest.mark.slow]
ROWS, BYTES = "spark.sql.execution.arrow.maxRecordsPerBatch", "spark.sql.execution.arrow.maxBytesPerBatch"


def batches(frame) -> list[int]:
    def size(incoming):
        for batch in incoming:
            yield pa.record_batch([pa.array([batch.num_rows])], names=["rows"])

    return [row["rows"] for row in frame.mapInArrow(size, "rows bigint").collect()]


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_what_spark_limits_is_put_back(request, api):
    spark = request.getfixturevalue(api)
    frame, before = spark.range(0, 5000, 1, 1), (spark.conf.get(ROWS), spark.conf.get(BYTES))
    with short_rows(spark):
        assert batches(frame) == [2000, 2000, 1000]
        assert int(spark.conf.get(BYTES).rstrip("b")) == 2**31 - 1
    assert (spark.conf.get(ROWS), spark.conf.get(BYTES)) == before
    assert batches(frame) == [5000]
    with pytest.raises(ZeroDivisionError), short_rows(spark):
        raise ZeroDivisionError
    assert (spark.conf.get(ROWS), spark.conf.get(BYTES)) == before
