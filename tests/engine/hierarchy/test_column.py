"""The values of a column: as a plan counts them, of every type and format, and a policy's hierarchy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError, PolicyError
from engine.hierarchy.column import _distinct, counted, hierarchy_of
from schemas.policy import Hierarchy
from tests.engine.hierarchy.test_build import policy

COLUMNS = {
    "text": (pa.array(["b", "a", None, "b", ""]), ["", "a", "b"]),
    "whole": (pa.array([10, 9, None, 10, -1], pa.int8()), [-1, 9, 10]),
    "number": (pa.array([2.5, float("nan"), None, -0.0, 0.0]), [0.0, 2.5]),
    "exact": (pa.array([Decimal("2.50"), Decimal("-1.00"), None, Decimal("2.50"), Decimal("2.49")], pa.decimal128(5, 2)),
              [Decimal("-1.00"), Decimal("2.49"), Decimal("2.50")]),
    "yes": (pa.array([True, False, None, True, True]), [False, True]),
    "day": (pa.array([dt.date(2024, 1, 2), dt.date(1999, 1, 1), None, dt.date(2024, 1, 2), dt.date(2024, 1, 1)]),
            [dt.date(1999, 1, 1), dt.date(2024, 1, 1), dt.date(2024, 1, 2)]),
    "coded": (pa.array(["x", "y", None, "x", "x"]).dictionary_encode(), ["x", "y"]),
}


@pytest.fixture
def tables(tmp_path):
    table = pa.table({name: values for name, (values, _) in COLUMNS.items()})
    pq.write_table(table, tmp_path / "t.parquet")
    write_deltalake(str(tmp_path / "t"), table)
    return tmp_path


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("stored", ["t.parquet", "t"])
def test_values_of_every_type_in_their_order(name, stored, tables) -> None:
    found = counted(str(tables / stored), name)
    assert found.values.to_pylist() == COLUMNS[name][1]
    expected = [sum(cell == value for cell in COLUMNS[name][0].to_pylist() if cell is not None) for value in COLUMNS[name][1]]
    assert found.rows.tolist() == expected


@pytest.mark.slow
@given(st.lists(st.tuples(st.none() | st.integers(-5, 5), st.integers(1, 9)), min_size=1))
def test_rows_are_summed_over_the_tuples_of_a_cube(pairs) -> None:
    values = pa.chunked_array([pa.array([value for value, _ in pairs], pa.int64())])
    rows = pa.array([count for _, count in pairs], pa.int64()).to_numpy()
    sums = {}
    for value, count in pairs:
        sums[value] = sums.get(value, 0) + count
    sums.pop(None, None)
    if not sums:
        with pytest.raises(InputError, match="no value here"):
            _distinct(values, rows, "x")
        return
    found = _distinct(values, rows, "x")
    assert dict(zip(found.values.to_pylist(), found.rows.tolist(), strict=True)) == sums
    assert found.values.to_pylist() == sorted(sums)


def test_a_column_of_a_policy_is_as_its_operator_leaves_it(tables, monkeypatch) -> None:
    rounded = {"role": "quasi", "operator": {"round": {"to": 5}}, "hierarchy": {"widths": [10]}}
    claimed = policy(tables, str(tables / "t"), whole=rounded, text={"role": "sensitive"})
    assert counted(claimed, "whole").values.to_pylist() == [0, 10]
    assert counted(claimed, "text").values.to_pylist() == ["", "a", "b"], "whatever its role"
    token = {"role": "direct", "operator": {"token": {"domain": "d", "key": "env:NO_SUCH_KEY"}}}
    keyed = policy(tables, str(tables / "t"), whole=rounded, text=token)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert counted(keyed, "text").values.to_pylist() == ["", "a", "b"], "no operator runs, no key is asked for"


def test_the_hierarchy_of_a_column_or_of_its_operator(tables) -> None:
    path = policy(tables, str(tables / "t"), day={"role": "quasi", "hierarchy": {"dates": ["year"]}}, whole={"role": "quasi"},
                  number={"role": "insensitive", "operator": {"generalize": {"hierarchy": {"widths": [5]}, "level": 1}}})
    assert hierarchy_of(path, "day") == Hierarchy(dates=["year"])
    assert hierarchy_of(path, "number") == Hierarchy(widths=[5])
    assert counted(path, "number").values.to_pylist() == [0.0, 2.5], "values before the operator, which takes the hierarchy"
    with pytest.raises(PolicyError, match="gives column 'whole' no hierarchy"):
        hierarchy_of(path, "whole")
    with pytest.raises(PolicyError, match="no column 'dya'") as caught:
        hierarchy_of(path, "dya")
    assert "did you mean 'day'" in str(caught.value)


@pytest.mark.parametrize(("target", "column", "error", "what"), [
    ("none.parquet", "text", InputError, "no table"), ("t", "txet", InputError, "no column 'txet'"),
    ("t", None, PolicyError, "no column is named"), ("none.yaml", "text", PolicyError, "no such policy"),
    ("empty.parquet", "text", InputError, "has no row"), ("s3a://bucket/t", "text", InputError, "mounted paths only")])
def test_what_is_not_there(target, column, error, what, tables) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tables / "empty.parquet")
    with pytest.raises(error, match=what):
        counted(target if ":" in target else str(tables / target), column)


def test_nested_columns_and_unknown_backends_are_refused(tables) -> None:
    pq.write_table(pa.table({"n": [{"a": 1}], "l": [[1]]}), tables / "n.parquet")
    for name in ("n", "l"):
        with pytest.raises(PolicyError, match="has no place among"):
            counted(str(tables / "n.parquet"), name)
    with pytest.raises(PolicyError, match="no backend 'sparc'"):
        counted(str(tables / "t"), "text", backend="sparc")
