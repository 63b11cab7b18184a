"""Kernels give what numpy gives, of any bytes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import compiled
from engine.detect import kernels
from engine.detect.first.tokens import LONG, Marks, marks_by_arrays, marks_of, tokens_by_arrays, tokens_of

BYTES = st.lists(st.one_of(st.binary(max_size=3), st.text("aZ09 .-_é", max_size=60).map(str.encode)), max_size=12).map(b"".join)


def test_marks_are_what_expressions_find():
    data = b"call 555-0199 or " + b"k" * (2 * LONG + 3) + b" + 7\x00@x" + b"9" * LONG
    marks = marks_by_arrays(np.frombuffer(data, np.uint8))
    assert marks.numbers.tolist() == [match.start() for match in re.finditer(rb"[0-9]+", data)]
    assert marks.signs.tolist() == [match.start() for match in re.finditer(rb"[!-/:-@\[-`{-~]", data)]
    assert marks.runs.tolist() == [match.end() - 1 for match in re.finditer(rb"[0-9A-Za-z]{%d}" % LONG, data)]


@pytest.mark.slow
@pytest.mark.skipif(not kernels.available(), reason="numba is not installed")
@settings(max_examples=120)
@given(BYTES)
def test_kernels(data):
    buffer = np.frombuffer(data, np.uint8)
    marks = marks_by_arrays(buffer)
    tokens = tokens_by_arrays(buffer, marks.numbers)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "worth", lambda _: True)
        assert _lists(marks_of(buffer)) == _lists(marks)
        assert _lists(tokens_of(buffer, marks.numbers)) == _lists(tokens)


def test_little_text_never_loads_the_compiler(monkeypatch):
    monkeypatch.setattr(compiled._Loaded, "ever", False)
    assert not kernels.worth(kernels.WORTH - 1)
    assert kernels.worth(kernels.WORTH) == kernels.available() == kernels.worth(1)


def _lists(columns: Marks | tuple[np.ndarray, ...]) -> list[list[int]]:
    return [column.tolist() for column in columns]
