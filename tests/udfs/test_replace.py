"""replace: one constant for every cell, whatever its type."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.replace import replace


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.integers(-5, 5)), st.text())
def test_only_presence_is_left(cells: list[int | None], value: str) -> None:
    expected = [None if cell is None else value for cell in cells]
    whole = pa.array(cells, pa.int64())
    for values in (whole, whole.dictionary_encode(), pa.array([7, *cells], pa.int64()).slice(1)):
        found = replace(values, value=value)
        assert found.to_pylist() == expected
        assert found.type == pa.string()
