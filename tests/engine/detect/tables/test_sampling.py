"""The bound on what a sample misses holds, and a sample is random, repeatable and the same in any cut."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.tables.sampling import CONFIDENCE, ROUTE_ABOVE, ROUTE_ROWS, Rows, choose, clears, drawn, missed_at_most


def slowly(cells: int) -> float:
    """Clopper and Pearson: the largest share with which so many cells are all clean in one of twenty samples. By bisection."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 - middle) ** cells > 1 - CONFIDENCE else (low, middle)
    return high


@pytest.mark.parametrize("cells", [1, 2, 10, 59, 299, 2994, 2995, 20_000])
def test_bound(cells):
    assert missed_at_most(cells) == pytest.approx(slowly(cells), rel=1e-9)


def test_how_many_cells_clear_a_column():
    assert not clears(2994, 0)
    assert clears(2995, 0)
    assert not clears(10**6, 1)
    assert missed_at_most(0) == 1
    assert clears(math.ceil(ROUTE_ROWS / 6.5), 0)  # what is null in six rows of seven can still be cleared


@pytest.mark.slow
def test_a_planted_rate_above_the_bound_is_missed_in_one_of_twenty_scans_at_most():
    """Rows drawn from a table in which 0.11% of the cells hold something; the sample is as small as it may be."""
    rows, sample, planted = 50_000, 2995, 55
    batch = pa.record_batch({"dirty": np.arange(rows) < planted})
    missed = 0
    for seed in range(2000):
        (found,) = drawn([batch], rows, sample, seed)
        missed += clears(found.num_rows, found["dirty"].true_count)
    chance = math.comb(rows - planted, sample) / math.comb(rows, sample)  # none of the planted ones drawn
    assert chance < 1 - CONFIDENCE
    assert abs(missed / 2000 - chance) < 4 * math.sqrt(chance * (1 - chance) / 2000)
    assert missed / 2000 <= 1 - CONFIDENCE


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**31 - 1), st.integers(1, 60))
def test_drawn_alike_in_any_cut(rows, sample, seed, size):
    table = pa.table({"row": np.arange(rows)})

    def numbers(batches):
        return [number for batch in drawn(batches, rows, sample, seed) for number in batch["row"].to_pylist()]

    found = numbers(table.to_batches())
    assert found == sorted(set(found))
    assert len(found) == min(sample, rows)
    assert numbers(table.to_batches(max_chunksize=size)) == found


def test_every_row_is_as_likely():
    times = np.zeros(50)
    batch = pa.record_batch({"row": np.arange(50)})
    for seed in range(2000):
        for found in drawn([batch], 50, 10, seed):
            times[found["row"].to_numpy()] += 1
    assert np.all(np.abs(times / 2000 - 0.2) < 0.04)  # over four standard errors


def test_which_rows():
    assert choose("t", 3, ROUTE_ABOVE).mode == "all"
    assert choose("t", 3, ROUTE_ABOVE + 1) == Rows("route", ROUTE_ROWS, choose("t", 3, ROUTE_ABOVE + 1).seed)
    assert choose("t", 3, 10**9, whole=True).mode == "all"
    assert (choose("t", 3, 10**9, sample=50).mode, choose("t", 3, 10**9, sample=50).sample) == ("sample", 50)
    assert choose("t", 3, 40, sample=50).mode == "all"
    seeds = {choose(name, version, 9).seed for name in ("t", "u") for version in (None, 1, 2)}
    assert len(seeds) == 6
    assert all(0 <= seed < 2**31 for seed in seeds)
