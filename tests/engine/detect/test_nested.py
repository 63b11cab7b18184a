"""Leaves of nested columns: all cells come out, and how many rows they stand in."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.nested import leaves

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
