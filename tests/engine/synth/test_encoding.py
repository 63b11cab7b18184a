from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.synth.columns import choose_columns
from engine.synth.encoding import BINS, Bins, Categories, Encoding, bins_for, row_names
from engine.synth.shards import open_release
from tests.engine.synth.people import people, policy, write_release


def _cells(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.floats(width=64), st.integers(-10**6, 10**6).map(float)), min_size=1))
def test_every_number_gets_a_code_in_range_and_comes_back_in_its_bin(values):
    column = Bins("x", -50.0, 200.0, 25, whole=False)
    codes = column.encode(_cells(values, pa.float64()))
    for value, code in zip(values, codes, strict=True):
        if value is None or np.isnan(value):
            assert code == 0
        else:
            exact = (Fraction(min(max(value, -50), 200)) + 50) / 10
            assert any(code == min(24, int(exact + near)) + 1 for near in (0, Fraction(1, 10**12), -Fraction(1, 10**12)))
    back = column.decode(codes, pa.float64())
    assert [v is None for v in back.to_pylist()] == (codes == 0).tolist()
    assert (column.encode(pa.chunked_array([back])) == codes).all()


@pytest.mark.parametrize(("kind", "low", "high", "values"), [
    (pa.int32(), 0, 9, [0, 3, 9]), (pa.int64(), 0, 10_000, [0, 777, 10_000]), (pa.float32(), -1, 1, [-1, 0.25, 1]),
    (pa.decimal128(9, 2), 0, 500, [Decimal("0.00"), Decimal("12.34"), Decimal("499.99")]),
    (pa.date32(), 1990, 2030, [dt.date(1990, 1, 1), dt.date(2024, 2, 29), dt.date(2029, 12, 31)]),
    (pa.timestamp("us"), 1990, 2030, [dt.datetime.fromisoformat("1990-01-01"), dt.datetime.fromisoformat("2024-02-29T23:59")]),
    (pa.timestamp("ns", "UTC"), 1990, 2030, [dt.datetime(2001, 1, 1, tzinfo=dt.UTC)]),
])
def test_types_survive_the_round_trip(kind, low, high, values):
    column = bins_for("x", kind, low, high)
    cells = _cells([*values, None], kind)
    codes = column.encode(cells)
    assert codes.min() == 0
    assert codes.max() < column.size
    back = column.decode(np.repeat(codes, 200), kind)
    assert back.type == kind
    assert (column.encode(pa.chunked_array([back])) == np.repeat(codes, 200)).all()


def test_small_whole_domains_are_exact():
    column = bins_for("x", pa.int64(), 0, 20)
    codes = column.encode(_cells(list(range(21))))
    assert column.decode(codes, pa.int64()).to_pylist() == list(range(21))
    assert bins_for("x", pa.int64(), 0, 10_000).size == BINS + 1


def test_values_outside_of_a_vocabulary_count_as_missing():
    column = Categories("c", ("a", "b"), public=True)
    assert column.encode(_cells(["b", None, "outlier", "a"])).tolist() == [2, 0, 0, 1]
    assert column.decode(np.array([2, 0, 1], dtype=np.int32), pa.string()).to_pylist() == ["b", None, "a"]
    assert column.decode(np.array([2, 1], dtype=np.int32), pa.dictionary(pa.int32(), pa.string())).to_pylist() == ["b", "a"]


def test_an_outlier_changes_no_shape_no_bin_and_no_vocabulary(tmp_path):
    table = people(200)
    outlier = pa.table({"token": ["tffffff"], "age": pa.array([10**9], pa.int64()), "color": ["ultraviolet"],
                        "weight": [float("inf")], "ill": [True]}).cast(table.schema)
    (tmp_path / "with").mkdir()
    paths = write_release(tmp_path, table), write_release(tmp_path / "with", pa.concat_tables([table, outlier]))
    one, other = (choose_columns(policy(), open_release(path)).learned({}) for path in paths)
    assert one.encoding == other.encoding
    codes = one.encoding.encode(outlier)[0]
    assert (codes < np.array(one.encoding.sizes)).all()


def test_a_column_that_the_release_lacks_is_an_error(tmp_path):
    path = write_release(tmp_path, people(20))
    with pytest.raises(InputError, match="lacks a column"):
        choose_columns(policy({"height": {"role": "insensitive", "why": "w"}}), open_release(path))


def test_encodings_survive_json():
    encoding = Encoding((Categories("a", ("x", "y"), public=False), bins_for("b", pa.int64(), 0, 9)))
    assert Encoding.from_dict(encoding.as_dict()) == encoding
    assert encoding.sizes == (3, 11)


def test_decoded_columns_stand_in_the_schema_s_order():
    encoding = Encoding((Categories("b", ("x",), public=True), bins_for("a", pa.int8(), 0, 3)))
    schema = pa.schema([("a", pa.int8()), ("z", pa.string()), ("b", pa.string())])
    table = encoding.decode(np.array([[1, 4], [0, 0]], dtype=np.int32), schema)
    assert table.to_pydict() == {"a": [3, None], "b": ["x", None]}


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=3)), st.one_of(st.none(), st.text(max_size=3))), min_size=2))
def test_rows_have_equal_names_exactly_when_they_are_equal(rows):
    table = pa.table({"a": pa.array([r[0] for r in rows], pa.string()), "b": pa.array([r[1] for r in rows], pa.string())})
    names = row_names(table, ["a", "b"])
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            assert (names[i] == names[j]) == (one == other)
