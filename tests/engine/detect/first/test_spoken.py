"""Phrases are found as an expression finds them, by literals and by the kernel."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect import kernels
from engine.detect.block import Block
from engine.detect.first.spoken import Spoken
from engine.detect.first.windows import Windows

PHRASES = [b"id", b"tax id", b"tax", b"s", b"date of birth", b"of birth", "né le".encode(), "電話".encode(), b"a1", b"reg  id",
           b"reg id"]
TEXTS = st.lists(st.sampled_from(["tax", "Tax", "ID", "id", "ids", " ", " ", "  ", "\n", ".", "-", "date", "of", "birth", "né",
                                  "le", "電話", "a1", "reg", "x", "_", "\0", "é"]), max_size=16).map("".join)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [False, pytest.param(True, marks=pytest.mark.skipif(
    not kernels.available(), reason="numba is not installed"))])
@settings(max_examples=200)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), edges=st.lists(st.integers(0, 80), max_size=6))
def test_whole_words_in_windows(kernel, texts, edges):
    block = Block.of_bytes(*(text.encode() for text in texts))
    size = len(block.data)
    cuts = sorted(min(one, size) for one in edges)[:len(edges) // 2 * 2]
    windows = Windows.around(block, np.array(cuts[::2], np.int64), np.array(cuts[1::2], np.int64))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "worth", lambda _: kernel)
        found = Spoken(PHRASES).find(windows)
    assert list(zip(*(one.tolist() for one in found), strict=True)) == expected(block.data, windows)


def expected(data: bytes, windows: Windows) -> list[tuple[int, int, int]]:
    seen = set()
    for number, phrase in enumerate(PHRASES):
        written = rb"[\x00-/:-@\[-`{-\x7f]".join(map(re.escape, phrase.split(b" ")))
        for match in re.finditer(rb"(?i)(?<![0-9A-Za-z\x80-\xff])(?=(%b)(?![0-9A-Za-z\x80-\xff]))" % written, data):
            start, end = match.span(1)
            if any(first <= start and end <= last for first, last in zip(windows.start, windows.end, strict=True)):
                seen.add((end, number, start))
    return [(number, start, end) for end, number, start in sorted(seen)]
