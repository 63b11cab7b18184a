"""What a policy says that a column may hold, publicly, and what a generator makes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PolicyError
from engine.synth.columns import choose_columns
from engine.synth.encoding import Categories, Column, Encoding
from tests.engine.synth.people import policy

PLUS_2 = dt.timezone(dt.timedelta(hours=2))
MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001 - zones are what is tried
SPELLED = {
    pa.int16(): (st.integers(-999, 999), [str, lambda n: f"{n:05d}", lambda n: f"{n}.0"]),
    pa.decimal128(10, 2): (st.decimals(-999, 999, places=2), [str, lambda n: f"{n}000", lambda n: f"{n:E}"]),
    pa.decimal128(30, 9): (st.decimals(-1, 1, places=7), [str, lambda n: f"{n:.8f}"]),
    pa.float64(): (st.floats(allow_nan=False, allow_infinity=False), [repr, lambda n: f"{n:.17g}"]),
    pa.float32(): (st.floats(allow_nan=False, allow_infinity=False, width=32), [repr, lambda n: f"{n:.9g}"]),
    pa.date32(): (st.dates(dt.date(1, 1, 1)), [str]),
    pa.timestamp("us"): (MOMENTS, [str, dt.datetime.isoformat, lambda t: f"{t}Z"]),
    pa.timestamp("ns"): (MOMENTS, [str, dt.datetime.isoformat, lambda t: f"{t}Z"]),
    pa.timestamp("us", "UTC"): (MOMENTS.map(lambda t: t.replace(tzinfo=dt.UTC)), [
        str, lambda t: t.replace(tzinfo=None).isoformat(), lambda t: t.astimezone(PLUS_2).isoformat()]),
    pa.bool_(): (st.booleans(), [str, lambda b: str(b).lower()]),
    pa.string(): (st.text(), [str]),
    pa.large_string(): (st.text(), [str]),
    pa.dictionary(pa.int32(), pa.int64()): (st.integers(-999, 999), [str, lambda n: f"{n:04d}"]),
}


def column_of(kind: pa.DataType, domain: dict[str, object]) -> Column:
    """Returns how a column with this domain is encoded."""
    release = SimpleNamespace(schema=lambda: pa.schema([("x", kind)]), receipt=SimpleNamespace(anonymity=None), path="release")
    only = {"x": {"role": "insensitive", "why": "w", "domain": domain}}
    return choose_columns(policy(only, columns=["x"]), release).learned({}).encoding.columns[0]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_values_of_a_domain_are_those_of_the_column_however_they_are_written(data):
    kind = data.draw(st.sampled_from(list(SPELLED)))
    values, spellings = SPELLED[kind]
    known = [False, True] if kind == pa.bool_() else data.draw(st.lists(values, min_size=1, max_size=4, unique=True))
    cells = data.draw(st.lists(st.one_of(st.none(), st.sampled_from(known), values), min_size=1))
    column = column_of(kind, {"values": [data.draw(st.sampled_from(spellings))(value) for value in known]})
    codes = column.encode(pa.chunked_array([pa.array(cells, kind)]))
    assert [code > 0 for code in codes] == [cell in known for cell in cells]
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    back = column.decode(codes, kind)
    assert back.type == inner
    assert back.equals(pa.array([cell if cell in known else None for cell in cells], inner))


def test_a_timestamp_has_its_code_in_every_unit_and_zone():
    column = column_of(pa.timestamp("us", "UTC"), {"values": ["2020-01-01", "2020-06-01T12:00"]})
    moment = dt.datetime(2020, 6, 1, 12, tzinfo=dt.UTC)
    for kind in (pa.timestamp("ns"), pa.timestamp("ms"), pa.timestamp("us", "Europe/Berlin")):
        cells = pa.chunked_array([pa.array([moment, None, moment], pa.timestamp("us", "UTC")).cast(kind)])
        assert column.encode(cells).tolist() == [2, 0, 2]
    named = Categories("x", ("2020-06-01 12:00:00.000000000",), public=False)  # as a file in nanoseconds writes it
    assert named.decode(np.array([1]), pa.timestamp("us", "UTC")).to_pylist() == [moment]


def test_what_the_type_cannot_hold_has_no_code_and_one_value_has_one():
    column = column_of(pa.int8(), {"values": ["1", "one", "1000", "01", "2.5", "2"]})
    assert column.values == ("1", "2")
    assert column.decode(np.array([0, 1, 2]), pa.int8()).to_pylist() == [None, 1, 2]


def test_a_domain_without_a_value_of_the_type_is_refused():
    with pytest.raises(PolicyError, match="none of the values") as refusal:
        column_of(pa.decimal128(4, 1), {"values": ["one", "0.25"]})
    assert "one" not in refusal.value.render().split()
    assert "column x" in refusal.value.where


def test_negative_zero_is_zero():
    column = column_of(pa.float64(), {"values": ["0", "1"]})
    assert column.encode(pa.chunked_array([pa.array([-0.0, 0.0, 1.0])])).tolist() == [1, 1, 2]
    assert column_of(pa.decimal128(5, 2), {"values": ["-0"]}).encode(pa.chunked_array([pa.array([Decimal("0.00")])])) == [1]


@pytest.mark.parametrize(("kind", "domain"), [
    (pa.string(), {"values": ["F", "M"]}), (pa.int64(), {"min": 0, "max": 9}), (pa.float64(), {"min": 0, "max": 9}),
    (pa.date32(), {"min": 1990, "max": 2000}), (pa.bool_(), {"values": ["false", "true"]}),
])
def test_a_column_that_is_never_missing_says_so_in_its_encoding(kind, domain):
    said = [Encoding((column_of(kind, {**domain, **more}),)) for more in ({}, {"missing": True}, {"missing": False})]
    assert said[0] == said[1] != said[2]
    assert said[2].sizes == said[0].sizes
    assert [list(encoding.possible) for encoding in said] == [[], [], [0]]
    assert said[2].possible[0].tolist() == [False] + [True] * (said[2].sizes[0] - 1)
    assert [Encoding.from_dict(encoding.as_dict()) for encoding in said] == said
    assert said[2].encode(pa.table({"x": pa.array([None], kind)})).tolist() == [[0]], "what the data has is learned as it is"


def test_encodings_that_were_kept_before_may_miss_values():
    written = Encoding((column_of(pa.int64(), {"min": 0, "max": 9}), column_of(pa.string(), {"values": ["a"]}))).as_dict()
    for column in written["columns"]:
        del column["missing"]
    assert Encoding.from_dict(written).possible == {}


def test_a_domain_that_is_never_missing_names_values_all_the_same():
    with pytest.raises(PolicyError, match="a domain is either"):
        column_of(pa.int64(), {"missing": False})
