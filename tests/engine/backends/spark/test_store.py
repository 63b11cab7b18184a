"""A written table, read back by Spark, is what the files say."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.errors import InputError

pytestmark = pytest.mark.spark
ROWS = pa.table({
    "a.b": ["x", "x", None, None, "y"],
    "n": pa.array([1.0, 1.0, None, float("nan"), float("nan")]),
    "text": ["[PERSON] met [PERSON] at [LOCATION]", None, "[person] [X_1] [1X] []", "US_SSN_k3j5k3j5k3j5k3j5, A_b", "[PERSON]"],
})


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "re lease"
    write_deltalake(str(path), ROWS)
    return path


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_everything_is_read_back(api, request, stored):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    store = SparkBackend(request.getfixturevalue(api)).open(str(stored))

    assert store.schema() == ROWS.schema
    assert store.version() == 0
    assert store.counts(()).to_pylist() == [{"__lakeveil_count": 5}]
    counted = {str((r["a.b"], r["n"])): r["__lakeveil_count"] for r in store.counts(("a.b", "n")).to_pylist()}
    assert counted == Counter(str((r["a.b"], r["n"])) for r in ROWS.to_pylist())
    expected = Counter(re.findall(r"\[([A-Z][A-Z0-9_]*)\]", " ".join(filter(None, ROWS["text"].to_pylist()))))
    assert expected == {"LOCATION": 1, "PERSON": 3, "X_1": 1}
    expected["US_SSN"] += 1  # a token
    assert store.placeholders(["text"]) == {"text": dict(sorted(expected.items()))}
    files = sorted(stored.glob("*.parquet"))
    assert [(f.path, f.bytes, f.sha256) for f in store.files()] == [
        (f.name, f.stat().st_size, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files]
    assert store.commit_sha256() == hashlib.sha256((stored / "_delta_log" / f"{0:020}.json").read_bytes()).hexdigest()


def test_later_changes_are_seen(spark, stored):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    store = SparkBackend(spark).open(str(stored))
    before = store.files()
    write_deltalake(str(stored), ROWS.slice(0, 1), mode="append")
    assert store.version() == DeltaTable(str(stored)).version() == 1
    assert len(store.files()) == len(before) + 1
    assert store.counts(()).to_pylist() == [{"__lakeveil_count": 6}]
    assert store.at(0).files() == before
    assert not store.same_rows(store.at(0))
    assert store.change_after(0) == "rows"
    store.discard()  # a published table stays
    assert stored.is_dir()


def test_no_table(spark, tmp_path):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    with pytest.raises(InputError):
        SparkBackend(spark).open(str(tmp_path / "nowhere")).version()


def test_what_services_commit_changes_no_row(spark, stored):
    """Spark's own OPTIMIZE, VACUUM and properties; rows with NaN, nulls and dots in names are compared, each as often."""
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    write_deltalake(str(stored), ROWS, mode="append")
    store = SparkBackend(spark).open(str(stored))
    for command in ("ALTER TABLE {} SET TBLPROPERTIES (delta.deletedFileRetentionDuration = '9 days')", "VACUUM {}"):
        spark.sql(command.format(f"delta.`{stored}`"))
    assert store.version() > 2
    assert store.change_after(1) == "none"
    spark.sql(f"OPTIMIZE delta.`{stored}`")
    assert store.change_after(1) == "files"
    assert store.files() != store.at(1).files()
    assert store.same_rows(store.at(1))
