"""Frequencies of frequencies against plain counts, and the figures of worked examples."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples
from tests.engine.anonymity.risk.tables import classes, rows_of, subsets, tables

FIVE = pa.table({"age": [20, 30, 40, 20, 40], "sex": ["F", "F", "F", "M", "M"], "state": ["CA", "CA", "TX", "NY", "CA"]})


@given(st.lists(st.integers(1, 9), max_size=25))
def test_against_rows(sizes):
    rows = [number for number, size in enumerate(sizes) for _ in range(size)]
    found = Sizes.of(sizes)
    assert dict(zip(found.sizes.tolist(), found.classes.tolist(), strict=True)) == Counter(sizes)
    assert found.sizes.tolist() == sorted(set(sizes))
    assert (found.rows, found.count, found.of_size(1)) == (len(rows), len(sizes), sizes.count(1))
    assert found.distinctness == (len(set(rows)) / len(rows) if rows else 0)
    assert found.alone == (sizes.count(1) / len(rows) if rows else 0)
    pairs = list(combinations(rows, 2))
    apart = sum(a != b for a, b in pairs) / len(pairs) if pairs else 1
    assert found.separation == pytest.approx(apart, abs=1e-12)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=10))
def test_a_size_may_stand_several_times(pairs):
    found = Sizes.of([size for size, _ in pairs], [times for _, times in pairs])
    whole = Sizes.of([size for size, times in pairs for _ in range(times)])
    assert (found.sizes.tolist(), found.classes.tolist()) == (whole.sizes.tolist(), whole.classes.tolist())


def test_beyond_what_a_word_or_a_double_holds():
    found = Sizes.of([1, 2**62, 2**62 - 1], [3, 5, 7])
    assert found.rows == 3 + 5 * 2**62 + 7 * (2**62 - 1)
    assert 0 < found.separation < 1
    assert found.separation == pytest.approx(1 - 12 / 144, rel=1e-9)
    assert found.distinctness == pytest.approx(15 / found.rows)


@pytest.mark.parametrize(("columns", "distinctness", "separation"), [
    ("sex", 0.4, 0.6), ("state", 0.6, 0.7), ("age", 0.6, 0.8), ("sex state", 0.8, 0.9), ("age sex", 1, 1),
    ("age state", 1, 1), ("age sex state", 1, 1)])
def test_the_figures_that_arx_has_by_hand(columns, distinctness, separation):
    """Five people, as in ARX's TestRiskQuasiIdentifiers, 'calculated by hand'."""
    found = Tuples.of(FIVE, FIVE.column_names).by(columns.split())
    assert (found.distinctness, found.separation) == (pytest.approx(distinctness), pytest.approx(separation))


@given(tables())
def test_tuples_by_every_set_of_columns(table):
    rows, coded = rows_of(table), Tuples.of(table, table.column_names)
    assert sorted(coded.counts.tolist()) == sorted(classes(rows, range(len(table.column_names))).values())
    for at in subsets(len(table.column_names)):
        found = coded.by([table.column_names[place] for place in at])
        counted = dict(zip(found.sizes.tolist(), found.classes.tolist(), strict=True))
        assert counted == Counter(classes(rows, at).values())


@given(tables(least=1), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_a_count_table_does_as_well(table, random):
    names = table.column_names
    order = list(range(table.num_rows))
    random.shuffle(order)
    counted = table.group_by(names).aggregate([([], "count_all")]).rename_columns([*names, "__lakeveil_count"])
    whole = Tuples.of(table, names).by(names)
    for other in (table.take(order), counted):
        found = Tuples.of(other, names).by(names)
        assert found.rows == table.num_rows
        assert (found.sizes.tolist(), found.classes.tolist()) == (whole.sizes.tolist(), whole.classes.tolist())


def test_more_combinations_than_a_word_has_numbers_for():
    """Twelve columns of a thousand values: their product is 10^36, far beyond 2^63."""
    rng = np.random.default_rng(3)
    base = rng.integers(0, 1000, (400, 12))
    rows = np.concatenate([base, base[:150], base[:50]])
    table = pa.table({f"c{n}": rows[:, n] * (n + 1) for n in range(12)} | {"k": np.repeat([0, 1], 300)})
    found = Tuples.of(table, [f"c{n}" for n in range(12)]).by([f"c{n}" for n in range(12)])
    assert dict(zip(found.sizes.tolist(), found.classes.tolist(), strict=True)) == {1: 250, 2: 100, 3: 50}


def test_chunks_dictionaries_and_large_strings_are_the_same_values():
    plain = pa.array(["x", None, "y", "x"])
    for other in (plain.cast(pa.large_string()), plain.dictionary_encode()):
        table = pa.table({"c": pa.chunked_array([other[:1], other[1:]])})
        assert Tuples.of(table, ["c"]).by(["c"]).classes.tolist() == [2, 1]


def test_no_rows():
    found = Tuples.of(pa.table({"c": pa.array([], pa.string())}), ["c"]).by(["c"])
    assert (found.rows, found.count, found.distinctness, found.separation, found.alone) == (0, 0, 0, 1, 0)
