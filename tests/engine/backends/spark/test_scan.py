"""A scan on Spark says what the local backend says, classic and on Connect: rows, documents, variants, and what stands beside."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.backends.local import LocalBackend
from schemas.policy.v1 import Source

pytestmark = [pytest.mark.spark, pytest.mark.slow]

COMMENT, TAGS = "where to write; ask jane@example.com", {"classification": "phi", "comment": "@pii the ward"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory, _jvm):
    """A Delta table with a comment, tags, a partition column, documents and variants, written by Spark."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - starts pyspark
    from pyspark.sql import types as T  # noqa: N812, PLC0415

    spark, _ = _jvm
    names = ["Maria Garcia", "James Miller", "Zofia Nowak"]
    rows = [(f"user{number}@example.com", names[number % 3], f"W{number % 4}",
             json.dumps({"user": {"mail": f"u{number}@example.com"}, "n": number}), bytes([0, number])) for number in range(60)]
    schema = T.StructType([
        T.StructField("mail", T.StringType(), metadata={"comment": COMMENT}), T.StructField("surname", T.StringType()),
        T.StructField("ward", T.StringType(), metadata=TAGS), T.StructField("payload", T.StringType()),
        T.StructField("photo", T.BinaryType())])
    frame = spark.createDataFrame(rows, schema).withColumn("v", F.parse_json("payload"))
    path = str(tmp_path_factory.mktemp("lake") / "people")
    frame.coalesce(1).write.format("delta").partitionBy("surname").option("delta.feature.variantType", "supported").save(path)
    return path


def told(report):
    """What must be equal: all but the time, and what differs because Spark hands variants over as texts."""
    texts = {"type": "", "distinct": 0, "mean_length": 0.0}
    columns = sorted(report.columns, key=lambda column: column.path)
    return report.model_copy(update={"seconds": 0.0, "bytes_scanned": 0, "columns": tuple(
        column.model_copy(update=texts if column.path == "v" else {}) for column in columns)})


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_as_the_local_backend_says(api, lake, request):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    report = SparkBackend(request.getfixturevalue(api)).scan(Source(table=lake))
    columns = {column.path: column for column in report.columns}
    assert (columns["mail"].role, columns["mail"].category) == ("direct", "contact")
    assert (columns["ward"].role, columns["ward"].category) == ("sensitive", "health")  # by its tag
    assert columns["photo"].unread == 60
    assert columns["payload$.user.mail"].entities[0].cells == columns["v$.user.mail"].entities[0].cells == 60
    assert columns["v"].role == columns["payload"].role == "direct"
    beside = {(one.place, one.entity_type): one.count for one in report.metadata}
    assert beside["comment of column 'mail'", "EMAIL_ADDRESS"] == 1
    assert any("partition values of column 'surname'" in place for place, _ in beside)
    assert any("the table is partitioned by it" in says for says in columns["surname"].evidence)
    local = LocalBackend().scan(Source(table=lake))
    assert told(report) == told(local)


def test_a_sample_on_spark_is_repeatable(spark, lake):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415

    first, second = (SparkBackend(spark).scan(Source(table=lake), sample=20) for _ in range(2))
    assert first.sampling.mode == "sample"
    assert first.columns[0].scanned == second.columns[0].scanned < 60
    assert told(first) == told(second)


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_tags_that_a_catalog_keeps(api, tmp_path, request):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415

    session = request.getfixturevalue(api)
    schema = f"tagged_{api}"
    try:
        for name in (schema, "information_schema"):
            session.sql(f"CREATE SCHEMA {name} LOCATION '{tmp_path / name}'")
        session.createDataFrame([("a", "x@example.com")] * 40, "code string, mail string").write.saveAsTable(f"{schema}.people",
            format="delta")
        tags = [(schema, "people", "code", "pii", "true"), (schema, "people", "mail", "classification", "public"),
                (schema, "others", "code", "pii", "false")]
        columns = "schema_name string, table_name string, column_name string, tag_name string, tag_value string"
        session.createDataFrame(tags, columns).write.saveAsTable("information_schema.column_tags", format="parquet")
        report = SparkBackend(session).scan(Source(table=f"{schema}.people"))
    finally:
        session.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        session.sql("DROP SCHEMA IF EXISTS information_schema CASCADE")
    code, mail = report.columns
    assert code.role == "direct"
    assert any("'pii'" in says for says in code.evidence)
    assert (mail.role, mail.category) == ("direct", "contact")
    assert any(says.startswith("conflict") for says in mail.evidence)


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_names_that_spark_would_read_as_paths(api, tmp_path, request):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    path = str(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a.b": ["jane@example.com"] * 9, "it`s": ["x"] * 9}), path)
    source = Source(table=path)
    assert told(SparkBackend(request.getfixturevalue(api)).scan(source)) == told(LocalBackend().scan(source))
