"""Sums of parts of a cube are those of the whole, counted one by one."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.axes import axis
from engine.anonymity.far import tally
from engine.anonymity.far.places import NAN, Between, Hashed, Leveled, Listed
from engine.anonymity.far.tally import Fork, Spread, read, tallied
from engine.compiled import available
from engine.errors import InputError
from schemas.policy import Column, Hierarchy
from tests.engine.anonymity.far.held import added

PLAIN = Column(role="quasi", why="t")
NUMBA = pytest.mark.skipif(not available(), reason="numba is not installed")
MONTHS = Column(role="quasi", why="t", hierarchy=Hierarchy(widths=(2, 8)))


def fork(*cuts: tuple[int, int, int, int], nodes: int, axes: int = 2) -> Fork:
    zeros = np.zeros((nodes, axes), np.int64)
    return Fork(np.array(cuts, np.int32).reshape(-1, 4), zeros, zeros, np.arange(nodes))


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 15), st.integers(0, 2), st.integers(1, 9)), min_size=1,
                max_size=80), st.integers(1, 6))
@pytest.mark.parametrize("way", [pytest.param("compiled", marks=NUMBA), "plain", "by block"])
def test_counts_are_those_of_the_tuples(way: str, tuples: list[tuple[int, int, int, int]], parts: int) -> None:
    every = pa.chunked_array([np.arange(3001)]), pa.chunked_array([np.arange(16)])
    axes = [axis("a", every[0], np.ones(3001, np.int64), PLAIN), axis("b", every[1], np.ones(16, np.int64), MONTHS)]
    spread = Spread.along(axes, (3,), claims=1)
    open_ = fork((0, 1500, 1, ~2), (1, 7, ~0, ~1), nodes=2)
    batches = [pa.record_batch(list(map(pa.array, zip(*tuples[i::parts], strict=True))), names=list("abcn"))
               for i in range(parts) if tuples[i::parts]]
    with (patch.object(tally, "worth", lambda _: way == "compiled"),
          patch.object(tally, "DENSE", 0 if way == "by block" else tally.DENSE)):
        found = read(added(one for batch in batches for one in tallied([batch], open_, spread)), spread)
    low = [one for one in tuples if one[0] <= 1500]
    for node, kept in enumerate(([one for one in low if one[1] <= 7], [one for one in low if one[1] > 7])):
        assert (node in found) == bool(kept)
        if not kept:
            continue
        number, (along, beside) = found[node]
        assert number == len(kept)
        rows = Counter()
        for _, b, code, n in kept:
            rows[b, code] += n
        assert {(b, code): n for b, counts in zip(beside.position.tolist(), beside.values[0].tolist(), strict=True)
                for code, n in enumerate(counts) if n} == rows
        for mark in axes[0].marks.tolist():
            up_to = along.position <= mark
            assert along.rows[up_to].sum() == sum(n for a, _, _, n in kept if a <= mark)
            assert along.values[0][up_to].sum(axis=0).tolist() == [
                sum(n for a, _, code, n in kept if a <= mark and code == value) for value in range(3)]
            assert (mark in along.position) == any(a == mark for a, *_ in kept)


def test_a_fork_is_read_from_its_root() -> None:
    whole = fork((0, 4, 1, 2), (1, 2, ~0, ~1), (1, 7, ~2, ~3), nodes=3)
    positions = np.array([[0, 0], [0, 5], [9, 3], [9, 9]])
    assert whole.of(positions).tolist() == [0, 1, 2, 3]
    assert whole.part(1, 3).of(positions).tolist() == [2, 0, 1, 2]
    assert fork(nodes=1).of(positions).tolist() == [0, 0, 0, 0]


def test_places_of_values() -> None:
    listed = Listed(pa.array(["b", None, "a"]), np.array([2, 0, 1]))
    assert listed.of(pa.array([None, "a", "b", "b"], pa.large_string())).tolist() == [0, 1, 2, 2]
    with pytest.raises(InputError, match="values that were not counted"):
        listed.of(pa.array(["c"]))
    assert Listed(listed.values, listed.places, other=7).of(pa.array(["c", "a"])).tolist() == [7, 1]
    nan = Listed(pa.array([1.0, float("nan")]), np.array([5, 6]))
    assert nan.of(pa.array([float("nan"), 1.0])).tolist() == [6, 5]
    between = Between(np.array([1.0, 3.0]), pa.float64(), null=True, nan=True)
    assert between.of(pa.array([None, float("nan"), -5.0, 1.0, 1.5, 3.0])).tolist() == [0, 1, 2, 2, 3, 3]
    assert Between(np.array([1, 3]), pa.int64(), null=False, nan=False).of(pa.array([1, 2, 3])).tolist() == [0, 1, 1]


def test_places_of_labels() -> None:
    rule = Hierarchy(widths=(10, 100))
    values = pa.array([3.0, 15.0, None, float("nan")])
    assert Leveled(rule, 1).keys(values).to_pylist()[2:] == [None, NAN]
    keys = Leveled(rule, 1).keys(values)
    assert Leveled(rule, 1, Listed(keys, np.arange(4))).of(values).tolist() == [0, 1, 2, 3]
    with pytest.raises(TypeError, match="no places yet"):
        Leveled(rule, 1).of(values)


@given(st.lists(st.integers() .filter(lambda one: abs(one) < 2**62) | st.none()))
def test_hashes_tell_values_apart(values: list[int | None]) -> None:
    codes = Hashed().of(pa.array(values, pa.int64())).tolist()
    assert len(set(codes)) == len(set(values))
    assert all(0 <= code < 2**62 for code in codes)
    assert Hashed().of(pa.array(values[::-1], pa.int64())).tolist() == codes[::-1]
