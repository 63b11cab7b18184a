"""Kernels get batches of more rows than Spark sends, or of more bytes; what comes out is the same."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backends.spark import worker
from engine.backends.spark.worker import Call, batches, larger


def sent(*lengths: int, text: str = "x") -> list[pa.RecordBatch]:
    ends = [sum(lengths[:i + 1]) for i in range(len(lengths))]
    return [pa.record_batch([pa.array([f"{text}{i}" for i in range(end - length, end)], pa.string())], names=["a"])
            for length, end in zip(lengths, ends, strict=True)]


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 20))
def test_rows_stay_as_they_are_and_in_order(lengths: list[int], rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "ROWS", rows)
        found = list(larger(iter(sent(*lengths))))
    assert [cell for batch in found for cell in batch["a"].to_pylist()] == [f"x{i}" for i in range(sum(lengths))]
    assert all(batch.num_rows >= rows for batch in found[:-1])
    assert bool(found) == bool(lengths)


def test_long_texts_come_in_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BYTES", 1_000)
    assert [batch.num_rows for batch in larger(iter(sent(3, 3, 3, 3, text="x" * 200)))] == [6, 6]
    assert [batch.num_rows for batch in larger(iter(sent(3, 3, 3, 3)))] == [12]


def test_kernels_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ROWS", 5)
    seen: list[int] = []
    monkeypatch.setattr(worker, "kernel", lambda _: lambda values: seen.append(len(values)) or values)
    call = Call("replace", ("a",), (pa.string(),), "b", pa.string(), {})
    found = list(batches([call], pa.schema([("b", pa.string())]))(iter(sent(2, 3, 4, 1, 1))))
    assert seen == [batch.num_rows for batch in found] == [5, 5, 1]
    assert pa.Table.from_batches(found)["b"].to_pylist() == [f"x{i}" for i in range(11)]
