"""What compiling takes is known, and no cell pays for it."""

from __future__ import annotations

import sys
import time

import numpy as np
import pyarrow as pa
import pytest

from engine import compiled
from engine.detect.scanner import Scanner


def doubled(numbers):
    return numbers * 2


@pytest.mark.slow
def test_the_first_call_with_a_type_compiles() -> None:
    pytest.importorskip("numba")
    function, before = compiled.kernel(doubled), compiled.seconds()
    assert function(np.arange(3)).tolist() == [0, 2, 4]
    after = compiled.seconds()
    assert after > before
    function(np.arange(4))
    assert compiled.seconds() == after
    assert function(np.array([0.5])).tolist() == [1.0]
    assert compiled.seconds() > after


@pytest.mark.parametrize(("spent", "found"), [(30.0, "EMAIL_ADDRESS"), (0.0, "UNSCANNABLE")])
def test_a_cell_does_not_pay_for_the_compiler(monkeypatch, spent, found) -> None:
    scanner = Scanner.default()
    texts = pa.array(["write to jo@example.org"])
    scanner.find(texts)  # so that it is not cold
    look, clock = scanner._as_written_and_read, iter([0.0, 31.0])

    def slowly(*arguments):
        monkeypatch.setattr(compiled._Loaded, "seconds", compiled._Loaded.seconds + spent)
        return look(*arguments)

    monkeypatch.setattr(scanner, "_as_written_and_read", slowly)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock, 31.0))
    assert found in scanner.find(texts)["entity_type"].to_pylist()


@pytest.mark.slow
def test_what_is_lent_is_the_array_itself_and_uncounted() -> None:
    numba = pytest.importorskip("numba")
    lent = compiled.lender()

    @numba.njit
    def doubled_in_place(numbers):
        for _ in range(2):
            lent(numbers)[:] *= 2
        return len(lent(numbers))

    doubled_in_place(np.zeros((1, 1), np.int64))  # compiles
    numbers = np.arange(6).reshape(2, 3)
    users = sys.getrefcount(numbers)
    assert doubled_in_place(numbers) == 2
    assert numbers.tolist() == [[0, 4, 8], [12, 16, 20]]
    assert sys.getrefcount(numbers) == users


def test_without_a_compiler_nothing_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEVEIL_KERNELS", "off")
    compiled.available.cache_clear()
    numbers = np.arange(3)
    assert compiled.lender()(numbers) is numbers
    compiled.available.cache_clear()
