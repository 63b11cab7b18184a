"""digest: a row that holds something else has another digest, whatever its columns are."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs import kernel

KEY = b"k" * 32
digest = kernel("digest")


def slow(*cells: str | None) -> str:
    """What the kernel promises, cell by cell."""
    parts = ["-" if cell is None else f"{len(cell.encode())}:{cell}" for cell in cells]
    return "01" + hmac.new(KEY, "".join(parts).encode(), hashlib.sha256).hexdigest()


CELLS = st.none() | st.text(st.characters(codec="ascii"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_it_is_hmac_of_cells_with_their_lengths(rows) -> None:
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in (0, 1)]
    assert digest(*columns, subkey=KEY).to_pylist() == [slow(*row) for row in rows]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=2, unique=True))
def test_two_rows_that_differ_have_two_digests(rows) -> None:
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(3)]
    one, other = digest(*columns, subkey=KEY).to_pylist()
    assert one != other


@pytest.mark.parametrize(("one", "other"), [
    (pa.array([1, None]), pa.array([None, 1])),
    (pa.array([date(2020, 1, 1)]), pa.array([date(2020, 1, 2)])),
    (pa.array([0.5, float("nan")]), pa.array([0.25, None])),
    (pa.array([[1, 2], None]), pa.array([[1], []], pa.list_(pa.int64()))),
    (pa.array([{"a": date(2020, 1, 1)}]), pa.array([{"a": None}], pa.struct([("a", pa.date32())]))),
    (pa.array([b"a"]), pa.array([b"b"])),
])
def test_every_type_is_told_apart(one, other) -> None:
    first, second = (digest(column, subkey=KEY).to_pylist() for column in (one, other))
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert first == digest(one, subkey=KEY).to_pylist()


def test_another_key_gives_others() -> None:
    column = pa.array(["a"])
    assert digest(column, subkey=KEY) != digest(column, subkey=b"q" * 32)
    assert digest(pa.array([], pa.string()), subkey=KEY).to_pylist() == []
