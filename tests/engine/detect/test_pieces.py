"""Values of any length: nothing is lost between pieces, and what cannot be read is told."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect import pieces
from engine.detect.pieces import Pieces


@pytest.fixture(autouse=True, scope="module")
def small():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pieces, "PIECE", 32)
        patched.setattr(pieces, "OVERLAP", 8)
        yield


@given(st.lists(st.one_of(st.none(), st.text(st.sampled_from("aé漢🙂"), max_size=90)), max_size=5))
def test_every_stretch_as_long_as_the_overlap_is_in_a_piece(values):
    cut = Pieces.of(pa.array(values, pa.string()), 1 << 20)
    held = list(zip(cut.value.tolist(), cut.before.tolist(), cut.array.to_pylist(), strict=True))
    for index, value in enumerate(values):
        text = value or ""
        parts = [(before, part) for at, before, part in held if at == index]
        assert all(text[before:before + len(part)] == part for before, part in parts)
        for place in range(max(0, len(text) - 1)):
            pair = text[place:place + 2]
            assert any(part[place - before:place - before + 2] == pair for before, part in parts if before <= place)
        assert all(len(part.encode()) <= 32 + 3 for _, part in parts)
        assert cut.lengths[index] == len(text)


def test_what_is_too_long_or_not_utf8_is_told():
    data = b"ok" + b"x" * 9 + b"\xff\xfe" + b"fine"
    offsets = pa.py_buffer(bytes(pa.array([0, 2, 11, 13, 17], pa.int32()).buffers()[1]))
    values = pa.StringArray.from_buffers(4, offsets, pa.py_buffer(data))
    cut = Pieces.of(values, 8)
    assert cut.unscannable.tolist() == [1, 2]
    assert cut.array.to_pylist() == ["ok", "", "", "fine"]
    assert cut.lengths.tolist() == [2, 9, 2, 4]


@given(st.lists(st.text("ab", max_size=20), max_size=20), st.integers(1, 60))
def test_blocks_are_all_pieces_in_order(values, size):
    cut = Pieces.of(pa.array(values, pa.string()), 1 << 20)
    stretches = list(cut.blocks(size))
    assert [place for begin, end in stretches for place in range(begin, end)] == list(range(len(values)))
