"""What kernels walk is what expressions match, in whatever stands around it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect import kernels
from engine.detect.block import Block
from engine.detect.checks.domains import top_level_domains
from engine.detect.first.multi import Expression, compiled
from engine.detect.first.signs import Rows
from engine.detect.first.walks import DAYS, HOSTS, WALKS
from engine.detect.first.windows import Windows
from engine.detect.registry import Registry

pytestmark = pytest.mark.skipif(not kernels.available(), reason="numba is not installed")

_PARTS = {
    HOSTS: [".", "..", "-", "_", "/", "a", "Bc", "co", "com", "org", "x1", "7", "é", " ", "\n", "(", "'", "q" * 25, "www.", "@",
            ",", ";/,", "example.org/a?b", "\\", ":"],
    DAYS: ["-", "/", ".", ":", "T", " ", "Z", "+", "_", "0", "1", "9", "12", "31", "32", "00", "2024", "1999", "2200", "24", "x",
           "2024-02-29", "29.02.24", "1/2/99", "05:30", "13:45", "23:59:59", ".123456789", "+01:00", "-0530", "é", "\n"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("written", "ignore_case"), WALKS, ids=["hosts", "days"])
@settings(max_examples=150)
@given(data=st.data())
def test_as_the_expression(written, ignore_case, data):
    texts = data.draw(st.lists(st.lists(st.sampled_from(_PARTS[written]), max_size=14).map("".join), max_size=4))
    block = Block.of_bytes(*(text.encode() for text in texts))
    start, end = WALKS[written, ignore_case](block)
    matches = compiled([Expression(written, ignore_case)], "re2").find(block.data)
    expected = zip(matches.start.tolist(), matches.end.tolist(), strict=True)
    if written == HOSTS:
        expected = ((first, last) for first, last in expected if known_top(block.data[first:last]))
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == list(expected)


def known_top(match: bytes) -> bool:
    label = match.partition(b"/")[0].rpartition(b".")[2].decode().lower()
    return len(label) >= 8 or label in top_level_domains().to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a.", "a.com_", "_a.", "a.b_", "1.", "1-", "2024-01-", "-.", "a.com."])
def test_long_cells_take_linear_time(unit):
    block = Block.of_bytes(unit.encode() * (1_000_000 // len(unit)))
    for walk in WALKS.values():
        walk(block)  # compiled
        started = time.process_time()
        walk(block)
        assert time.process_time() - started < 5, "hundredths of a second where nothing else runs; minutes if quadratic"


def test_both_are_of_the_registry():
    types = {one.pattern: one for one in Registry.default().types}
    assert [types[written].ignore_case for written, _ in WALKS] == [ignore_case for _, ignore_case in WALKS]


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.text("a1:-/.X @", max_size=30), max_size=4), st.lists(st.integers(0, 20), min_size=6, max_size=6))
def test_rows_and_windows_as_by_arrays(texts, reaches):
    block = Block.of_bytes(*(text.encode() for text in texts))
    rows = Rows(["X:X", "9-9", "::", ":XX:", "@", "a/9."])
    by_arrays = rows.find_by_arrays(block)
    sides = np.array(reaches)[by_arrays.row]
    stretches = by_arrays.place - sides, by_arrays.place + sides
    expected = Windows.around(block, *stretches)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "worth", lambda _: True)
        found, windows = rows.find(block), Windows.around(block, *stretches)
        assert sorted(zip(*found, strict=True)) == sorted(zip(*by_arrays, strict=True))
        assert found.place.tolist() == sorted(found.place.tolist())
        assert (windows.start.tolist(), windows.end.tolist()) == (expected.start.tolist(), expected.end.tolist())
        data = windows.data
    assert data == expected.data
