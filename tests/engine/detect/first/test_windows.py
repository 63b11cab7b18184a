"""Windows: what is looked at in them is what is looked at in the whole."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.first.windows import Windows


@given(st.lists(st.text(st.sampled_from("ab 1"), max_size=60), min_size=1, max_size=8), st.data())
def test_every_byte_of_a_window_knows_its_place(values, data):
    block = Block(pa.array(values))
    size = len(block.buffer)
    begin = sorted(data.draw(st.lists(st.integers(-5, size), max_size=5)))
    end = [max(0, one + data.draw(st.integers(0, 9))) for one in begin]
    windows = Windows.around(block, np.array(begin, np.int64), np.array(end, np.int64))
    covered = {place for first, last in zip(begin, end, strict=True) for place in range(max(first, 0), min(last, size))}
    inside = np.array([place for first, last in zip(windows.offset, windows.offset + windows.end - windows.start, strict=True)
                       for place in range(first, last)], np.int64)
    start, after = windows.originals(inside, inside + 1)
    assert set(start.tolist()) >= covered
    assert (after == start + 1).all()
    assert all(windows.data[one] == block.data[place] for one, place in zip(inside.tolist(), start.tolist(), strict=True))


@given(st.lists(st.text(st.sampled_from("ab 1"), max_size=40), min_size=1, max_size=8), st.integers(0, 6))
def test_what_is_not_cut_off_stands_in_the_whole(values, reach):
    block = Block(pa.array(values))
    windows = Windows.around(block, block.numbers - reach, block.numbers + reach)
    found = [match.span() for match in re.finditer(rb"\b[ab1]+\b", windows.data)]
    start, end = (np.array([span[side] for span in found], np.int64) for side in (0, 1))
    whole = ~windows.cut_off(start, end)
    start, end = windows.originals(start[whole], end[whole])
    words = {match.span() for match in re.finditer(rb"\b[ab1]+\b", block.data)}
    assert set(zip(start.tolist(), end.tolist(), strict=True)) <= words
