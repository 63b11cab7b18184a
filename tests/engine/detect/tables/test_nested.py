"""Leaves of nested columns: all cells come out, and how many rows they stand in."""

from __future__ import annotations

import datetime as dt
import decimal
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.columns.classify import classify
from engine.detect.tables.count import tally_batch
from engine.detect.tables.nested import leaves
from engine.detect.tables.tally import merged

KIND = pa.struct([("a", pa.list_(pa.struct([("b", pa.string())]))), ("m", pa.map_(pa.string(), pa.list_(pa.int64())))])
words = st.one_of(st.none(), st.text(max_size=3))
cells = st.one_of(st.none(), st.fixed_dictionaries({
    "a": st.one_of(st.none(), st.lists(st.one_of(st.none(), st.fixed_dictionaries({"b": words})), max_size=3)),
    "m": st.one_of(st.none(), st.lists(st.tuples(st.text(max_size=3),
        st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3))),
                                       max_size=3))}))  # fmt: skip


def slowly(row):
    """Yields path and value of what stands in a row, nulls left out."""
    for element in (row or {}).get("a") or []:
        if (element or {}).get("b") is not None:
            yield "c.a[].b", element["b"]
    for key, numbers in (row or {}).get("m") or []:
        yield "c.m.key", key
        for number in numbers or []:
            yield "c.m.value[]", number


@given(st.lists(cells, max_size=6), st.integers(0, 2))
def test_leaves_and_their_rows(rows, offset):
    array = pa.array([None] * offset + rows, KIND).slice(offset)
    found = {leaf.path: leaf for leaf in leaves("c", array) if not leaf.container}
    assert set(found) == {"c.a[].b", "c.m.key", "c.m.value[]"}
    for path, leaf in found.items():
        wanted = [[value for place, value in slowly(row) if place == path] for row in rows]
        assert leaf.array.drop_null().to_pylist() == [value for values in wanted for value in values]
        assert leaf.rows == sum(bool(values) for values in wanted)


def test_containers_come_first_and_dictionaries_stay():
    inner = pa.array(["x", "y", "x"]).dictionary_encode()
    found = list(leaves("c", pa.StructArray.from_arrays([inner], names=["d"])))
    assert [(leaf.path, leaf.type, leaf.container) for leaf in found] == [("c", "struct", True), ("c.d", "string", False)]
    assert pa.types.is_dictionary(found[1].array.type)
    assert found[1].scannable


EVERY_TYPE = {
    "null": pa.nulls(2), "bool": pa.array([True, None]), "half": pa.array([1.5, None], pa.float16()),
    "decimal": pa.array([decimal.Decimal(4111111111111111)], pa.decimal128(20, 0)),
    "wide decimal": pa.array([decimal.Decimal("1.5")], pa.decimal256(50, 2)), "time": pa.array([dt.time(1)], pa.time32("s")),
    "duration": pa.array([dt.timedelta(1)]), "interval": pa.array([pa.MonthDayNano([1, 2, 3])]),
    "fixed bytes": pa.array([b"abcd"], pa.binary(4)), "bytes": pa.array([b"a"], pa.large_binary()),
    "byte view": pa.array([b"a"], pa.binary_view()), "view": pa.array(["a"], pa.string_view()),
    "list view": pa.array([["a@b.com"]], pa.list_view(pa.string())),
        "fixed list": pa.array([["a", "b"]], pa.list_(pa.string(), 2)),
    "runs": pa.compute.run_end_encode(pa.array(["a", "a"])), "uuid": pa.array([bytes(16)], pa.uuid()),
    "json": pa.array(['{"a": 1}'], pa.json_(pa.string())), "moment": pa.array([1], pa.timestamp("ns", "UTC")),
    "early": pa.array([-(10**17)], pa.timestamp("us")), "unsigned": pa.array([2**64 - 1], pa.uint64()),
    "big": pa.array([2**63 - 1]), "odd": pa.array([math.inf, math.nan, 1e300]), "empty struct": pa.array([{}], pa.struct([])),
    "lists once": pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array([["a"]])),
    "days once": pa.array([dt.date(2020, 1, 1)]).dictionary_encode(), "bytes once": pa.array([b"a"]).dictionary_encode(),
    "union": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]),
}


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_every_type_is_counted_or_said_to_be_unread(name):
    array = EVERY_TYPE[name]
    first, *inner = merged([tally_batch(pa.record_batch({"x": array}))]).values()
    assert first.cells == len(array)
    assert inner or first.unread == first.filled or first.sketch or not first.filled or first.type == "struct"
    proposal = classify(first)
    assert proposal.role == "text" or not first.unread


def test_numbers_beyond_what_a_float_tells_apart_are_scanned():
    found = merged([tally_batch(pa.record_batch({"card number": [4111111111111111, 2**62]}))])
    assert "CREDIT_CARD" in found["card number", "card number"].entities
