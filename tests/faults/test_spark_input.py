"""What bad input gets on Spark: a typed error that names what to do, nothing written, no value in the message."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyarrow import csv as pa_csv
from pyarrow import parquet as pq

from engine.errors import InputError, LakeveilError, SetupError
from tests.plans import call, plan, policy

pytestmark = pytest.mark.spark
PLANTED = "Xaver-Geheimrat-4711"
TABLE = pa.table({"a": pa.array([1, 2, 3], pa.int32()), "b": [PLANTED, None, "x"]})


@pytest.fixture
def backend(spark):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    return SparkBackend(spark)


def refused(kind: type[LakeveilError], run, *, folder: Path) -> LakeveilError:
    """Runs, expects an error of ``kind``, and checks what every error owes: a next step, no value, nothing left."""
    with pytest.raises(kind) as raised:
        run()
    error = raised.value
    assert error.next
    assert error.where
    assert PLANTED not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not list(folder.glob(".*staging*"))
    assert not (folder / "out").exists()
    return error


def measured(backend, table, **source):
    return lambda: backend.measure(policy(table, Path(table).parent / "out", ("a", "b"), **source))


def test_absent_table(backend, tmp_path):
    error = refused(InputError, measured(backend, tmp_path / "nowhere"), folder=tmp_path)
    assert str(tmp_path / "nowhere") in error.where


@pytest.mark.parametrize("stored", ["parquet", "csv", "jsonl"])
def test_absent_file(backend, tmp_path, stored):
    refused(InputError, measured(backend, tmp_path / "nowhere", format=stored), folder=tmp_path)


def test_not_a_delta_table(backend, tmp_path):
    (tmp_path / "plain").mkdir()
    pq.write_table(TABLE, tmp_path / "plain" / "x.parquet")
    error = refused(InputError, measured(backend, tmp_path / "plain", format="delta"), folder=tmp_path)
    assert "Delta" in error.what


def test_corrupt_parquet(backend, tmp_path):
    pq.write_table(TABLE, tmp_path / "x.parquet")
    whole = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(whole[: len(whole) // 2])
    refused(InputError, measured(backend, tmp_path / "x.parquet", format="parquet"), folder=tmp_path)


def test_corrupt_data_file_of_a_delta_table(backend, tmp_path):
    write_deltalake(str(tmp_path / "lake"), TABLE)
    made = plan(tmp_path / "lake", tmp_path / "out", TABLE.schema, call("replace", "b", value="-"))
    (file,) = (tmp_path / "lake").glob("*.parquet")
    file.write_bytes(b"PAR1" + PLANTED.encode() * 10 + b"PAR1")
    refused(InputError, lambda: backend.execute(made), folder=tmp_path)


def test_missing_data_file_of_a_delta_table(backend, tmp_path):
    write_deltalake(str(tmp_path / "lake"), TABLE)
    made = plan(tmp_path / "lake", tmp_path / "out", TABLE.schema, call("replace", "b", value="-"))
    next((tmp_path / "lake").glob("*.parquet")).unlink()
    refused(InputError, lambda: backend.execute(made), folder=tmp_path)


def test_no_such_version(backend, tmp_path):
    write_deltalake(str(tmp_path / "lake"), TABLE)
    error = refused(InputError, measured(backend, tmp_path / "lake", version=9), folder=tmp_path)
    assert "version" in error.what


def test_columns_that_differ_only_in_case(backend, tmp_path):
    pq.write_table(pa.table({"Name": ["x"], "name": [PLANTED]}), tmp_path / "x.parquet")
    error = refused(InputError, measured(backend, tmp_path / "x.parquet", format="parquet"), folder=tmp_path)
    assert "case" in error.what


def test_malformed_csv_does_not_show_its_row(backend, tmp_path):
    (tmp_path / "x.csv").write_text(f'a,b\n1,x\n2,{PLANTED},{PLANTED},3\n4,"{PLANTED}\n')
    refused(InputError, lambda: backend.execute(plan(
        tmp_path / "x.csv", tmp_path / "out", backend.measure(policy(tmp_path / "x.csv", tmp_path / "out", ("a", "b"))).schema,
        version=None, stored="csv")), folder=tmp_path)


def test_table_that_changed_since_the_plan(backend, tmp_path):
    write_deltalake(str(tmp_path / "lake"), TABLE.rename_columns(["a", "c"]))
    made = plan(tmp_path / "lake", tmp_path / "out", TABLE.schema, call("replace", "b", value="-"))
    error = refused(InputError, lambda: backend.execute(made), folder=tmp_path)
    assert "changed" in error.what


def test_output_path_that_exists(backend, tmp_path):
    write_deltalake(str(tmp_path / "lake"), TABLE)
    (tmp_path / "taken").mkdir()
    made = plan(tmp_path / "lake", tmp_path / "taken", TABLE.schema, call("replace", "b", value="-"))
    refused(InputError, lambda: backend.execute(made), folder=tmp_path)
    assert not list((tmp_path / "taken").iterdir())


def test_missing_key(backend, tmp_path, monkeypatch):
    monkeypatch.delenv("LAKEVEIL_NO_SUCH_KEY", raising=False)
    write_deltalake(str(tmp_path / "lake"), TABLE)
    made = plan(tmp_path / "lake", tmp_path / "out", TABLE.schema, call("token", "b", key="env:LAKEVEIL_NO_SUCH_KEY"))
    error = refused(SetupError, lambda: backend.execute(made), folder=tmp_path)
    assert "LAKEVEIL_NO_SUCH_KEY" in error.where


@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_kernel_that_fails_on_a_value_does_not_show_it(api, tmp_path, request):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    write_deltalake(str(tmp_path / "lake"), TABLE)
    made = plan(tmp_path / "lake", tmp_path / "out", TABLE.schema, call("bucket", "b", width=10.0))  # a string is no number
    backend = SparkBackend(request.getfixturevalue(api))
    error = refused(LakeveilError, lambda: backend.execute(made), folder=tmp_path)
    assert "bucket" in error.what
    assert "ArrowInvalid" in error.what


def test_empty_table_and_column_of_nulls(backend, tmp_path):
    nulls = pa.table({"a": pa.array([None] * 3, pa.int32()), "b": pa.array([None] * 3, pa.string())})
    write_deltalake(str(tmp_path / "nulls"), nulls)
    write_deltalake(str(tmp_path / "empty"), nulls.slice(0, 0))
    assert backend.measure(policy(tmp_path / "empty", tmp_path / "out", ("a", "b"))).rows == 0
    made = plan(tmp_path / "nulls", tmp_path / "out", nulls.schema, call("replace", "b", value="-"),
                call("bucket", "a", width=10.0))
    store = backend.execute(made).store
    assert store.counts(("a", "b")).to_pylist() == [{"a": None, "b": None, "__lakeveil_count": 3}]
    store.discard()


def test_names_with_dots_spaces_and_quotes(backend, tmp_path):
    odd = {"a.b": "1", "c d": "2", "e`f": "3", 'g"h': "4", "i'j": "5", "ünï.¢ode": "6", "a": "7"}
    pq.write_table(pa.table({name: [value] for name, value in odd.items()}), tmp_path / "x.parquet")
    made_policy = policy(tmp_path / "x.parquet", tmp_path / "out", tuple(odd), format="parquet")
    measured = backend.measure(made_policy)
    assert measured.schema.names == list(odd)
    as_kernel = {"hierarchy": {"mask": "right"}, "level": 1}
    calls = [call("mask", name, keep_left=1) if n % 2 else call("generalize", name, **as_kernel) for n, name in enumerate(odd)]
    kept = ("a.b", "e`f", 'g"h', "i'j", "ünï.¢ode", "a")  # Delta itself takes no spaces
    made = plan(tmp_path / "x.parquet", tmp_path / "out", measured.schema, *calls, version=None, stored="parquet", kept=kept)
    store = backend.execute(made).store
    assert store.schema().names == list(kept)
    assert store.counts(kept).num_rows == 1
    store.discard()


def test_csv_reads_as_the_table_it_is(backend, tmp_path):
    pa_csv.write_csv(TABLE, tmp_path / "x.csv")
    measured = backend.measure(policy(tmp_path / "x.csv", tmp_path / "out", ("a", "b")))
    assert (measured.rows, measured.format, measured.version) == (3, "csv", None)
