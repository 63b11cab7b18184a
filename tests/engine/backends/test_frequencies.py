"""Counting a stored table's classes in memory; which columns are counted, and what is refused."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from engine.backends.frequencies import MOST_COLUMNS, LocalFrequencies, chosen
from engine.backends.local import LocalBackend
from engine.errors import InputError
from schemas.policy.v1 import Source
from schemas.reserved import COUNT

TABLE = pa.table({
    "age": pa.array([1, 1, None, 2], pa.uint8()), "a.b": ["x", "x", "y", None], "seen": pa.array([0, 0, 1, 2], pa.timestamp("s")),
    "tags": [["t"], [], None, ["u"]], "place": [{"zip": 1}] * 4, "score": [0.0, -0.0, float("nan"), float("nan")]})


@pytest.fixture(params=["parquet", "delta"])
def stored(request, tmp_path):
    if request.param == "parquet":
        pq.write_table(TABLE, tmp_path / "t.parquet")
        return Source(table=str(tmp_path / "t.parquet"))
    write_deltalake(str(tmp_path / "t"), TABLE.set_column(0, "age", TABLE["age"].cast(pa.int16())))
    return Source(table=str(tmp_path / "t"))


def test_named_columns(stored):
    with LocalBackend().frequencies(stored, ["score", "a.b", "age", "a.b"]) as (found, version):
        assert found.columns == ("score", "a.b", "age")
        assert found.kinds == ("double", "string", "int16")
        sizes = found.sizes([("score",), ("a.b", "age"), ("score", "a.b", "age")])
        assert [(one.sizes.tolist(), one.classes.tolist()) for one in sizes] == [([2], [2]), ([1, 2], [2, 1]), ([1, 2], [2, 1])]
        assert (version.table, version.rows) == (stored.table, 4)
        assert version.version == (0 if version.format == "delta" else None)
        assert len(found.tuples(3).counts) == 3
        assert found.tuples(2) is None


def test_all_columns_that_are_not_nested(stored):
    with LocalBackend().frequencies(stored, None) as (found, _):
        assert found.columns == ("age", "a.b", "seen", "score")


@pytest.mark.parametrize(("columns", "what", "then"), [
    (["ages"], "the table has no column 'ages'", "did you mean 'age'?"),
    (["qqq"], "the table has no column 'qqq'", ""),
    (["tags"], "column 'tags' is nested", "leave it out"), (["place"], "column 'place' is nested", "leave it out"),
    ([], "0 columns to count", "name those")])
def test_columns_that_are_refused(columns, what, then):
    with pytest.raises(InputError, match=what) as refused:
        chosen(TABLE.schema, columns, "t")
    assert refused.value.next.startswith(then)
    assert refused.value.where == "t"


def test_the_columns_there_are_are_named():
    with pytest.raises(InputError) as refused:
        chosen(TABLE.schema, ["ages"], "t")
    assert refused.value.allowed == "age, a.b, seen, score"
    wide = pa.schema([(f"c{n}", pa.int64()) for n in range(MOST_COLUMNS + 2)])
    with pytest.raises(InputError) as refused:
        chosen(wide, ["x"], "t")
    assert refused.value.allowed.endswith(f"c{MOST_COLUMNS - 1}, and 2 more")


def test_too_many_columns():
    schema = pa.schema([(f"c{n}", pa.int64()) for n in range(MOST_COLUMNS + 1)])
    with pytest.raises(InputError, match="61 columns to count"):
        chosen(schema, None, "t")
    assert len(chosen(schema, schema.names[1:], "t")) == MOST_COLUMNS


def test_a_table_of_nested_columns_alone():
    with pytest.raises(InputError, match="0 columns to count"):
        chosen(TABLE.select(["tags"]).schema, None, "t")


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no table here") as refused, LocalBackend().frequencies(
            Source(table=str(tmp_path / "none")), ["a"]):
        pass
    assert "source.table" not in refused.value.next, "there may be no policy"


def test_count_tables_are_counted_as_their_rows():
    rows = LocalFrequencies(TABLE.select(["age", "a.b"]), ["age", "a.b"])
    counts = LocalFrequencies(pa.table({
        "a.b": ["x", "y", None], COUNT: [2, 1, 1], "age": pa.array([1, None, 2], pa.uint8())}), ["age", "a.b"])
    for one, other in zip(rows.sizes([("age",), ("age", "a.b")]), counts.sizes([("age",), ("age", "a.b")]), strict=True):
        assert (one.sizes.tolist(), one.classes.tolist()) == (other.sizes.tolist(), other.classes.tolist())
    matched = counts.matched(counts)
    assert (matched.sizes.tolist(), matched.rows.tolist(), matched.population) == ([1, 2], [2, 2], 4)
