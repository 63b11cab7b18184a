"""Minimal sample uniques against a search through everything, and the scores of published examples."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.risk.suda import minimal_uniques, special_uniques
from engine.anonymity.risk.tuples import Tuples
from tests.engine.anonymity.risk.tables import classes, rows_of, subsets, tables

GUIDELINE = pa.table({
    "residence": ["urban"] * 4 + ["rural"] + ["urban"] * 5,
    "gender": ["f", "f", "f", "m", "f", "m", "f", "m", "f", "f"],
    "education": ["secondary, incomplete", "secondary, incomplete", "primary, incomplete", "secondary", "secondary", "secondary",
                  "primary", "beyond", "secondary, incomplete", "secondary, incomplete"],
    "labor": ["employed", "employed", "none", "employed", "unemployed", "employed", "none", "unemployed", "none", "none"]})
"""Table 4.5 of the World Bank's Statistical Disclosure Control practice guide; sdcMicro's tests have it, too."""

BOOK = pa.table({
    "age": ["20s"] * 7 + ["60s"], "gender": ["m"] * 4 + ["f"] * 3 + ["m"], "income": ["50k+"] * 2 + ["50k-"] * 6,
    "education": ["high"] * 4 + ["university", "high", "middle", "university"]})
"""From sdcMicro's tests, after Templ, Statistical Disclosure Control for Microdata (2017)."""


def brute(table: pa.Table, order: int) -> set[tuple[tuple[int, ...], int]]:
    """Returns (columns, row) of every minimal sample unique, by the definition."""
    rows, width = rows_of(table), len(table.column_names)
    unique = {at: {row for row, values in enumerate(rows) if classes(rows, at)[tuple(values[place] for place in at)] == 1}
              for at in subsets(width)}
    return {(at, row) for at, alone in unique.items() if len(at) <= order for row in alone
            if not any(row in unique[part] for size in range(1, len(at)) for part in combinations(at, size))}


def found_in(table: pa.Table, order: int) -> set[tuple[tuple[int, ...], int]]:
    """Returns the same, as the search tells it; a tuple that is unique is found again by its codes."""
    coded = Tuples.of(table, table.column_names)
    each = Tuples.row_by_row(table, table.column_names)
    place = {codes: row for row, codes in enumerate(zip(*(code.tolist() for code in each.codes), strict=True))}
    return {(at, place[tuple(int(code[one]) for code in coded.codes)])
            for at, ones in minimal_uniques(coded, order) for one in ones}


def scores_of(table: pa.Table, order: int) -> list[float]:
    """Returns each row's score by the formula of Elliot et al."""
    width = len(table.column_names)
    scores = [0.0] * table.num_rows
    for at, row in brute(table, order):
        scores[row] += math.prod(width - i for i in range(len(at), min(order, width - 1) + 1))
    return scores


@settings(max_examples=40)
@given(tables(most=14, columns=5), st.integers(1, 5))
def test_against_the_definition(table, order):
    assert found_in(table, order) == brute(table, order)


@given(tables(least=1, most=14), st.integers(1, 4))
def test_what_adds_up_of_them(table, order):
    width = len(table.column_names)
    found = special_uniques(Tuples.of(table, table.column_names), order)
    every, scores = brute(table, order), scores_of(table, order)
    assert found.rows == len({row for _, row in every})
    assert list(found.by_size) == [sum(len(at) == size for at, _ in every) for size in range(1, min(order, width) + 1)]
    assert found.highest == max(scores)
    assert sum(found.scores) == found.rows
    for one in found.contributions:
        place = table.column_names.index(one.column)
        part = sum(math.prod(width - i for i in range(len(at), min(order, width - 1) + 1)) for at, _ in every if place in at)
        assert one.share == pytest.approx(part / sum(scores) if sum(scores) else 0)
    assert [one.share for one in found.contributions] == sorted((one.share for one in found.contributions), reverse=True)


@given(tables(least=1, most=20), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, random):
    order = list(range(table.num_rows))
    random.shuffle(order)
    names = table.column_names
    assert special_uniques(Tuples.of(table.take(order), names), 3) == special_uniques(Tuples.of(table, names), 3)


@pytest.mark.parametrize(("table", "scores"), [
    (GUIDELINE, [0, 0, 6, 0, 12, 0, 6, 10, 0, 0]), (BOOK, [0, 0, 0, 0, 4, 2, 6, 8])], ids=["practice guide", "book"])
def test_published_scores(table, scores):
    assert scores_of(table, 3) == scores
    found = special_uniques(Tuples.of(table, table.column_names), 3)
    assert found.highest == max(scores)
    assert found.rows == sum(score > 0 for score in scores)
    assert sum(found.by_size) == len(brute(table, 3))


def test_the_fifth_record_of_the_practice_guide():
    """{rural}; {female, secondary}, {female, unemployed}, {secondary, unemployed}."""
    of_fifth = {at for at, row in found_in(GUIDELINE, 3) if row == 4}
    assert of_fifth == {(0,), (1, 2), (1, 3), (2, 3)}


def test_published_contributions():
    """sdcMicro's 'simple example': 50%, 37.5%, 37.5%, in whatever order the columns stand."""
    columns = {"a": [2, 1, 1], "b": [0, 3, 0], "c": [0, 6, 0]}
    for order in ("abc", "acb", "cab", "cba"):
        found = special_uniques(Tuples.of(pa.table({name: columns[name] for name in order}), list(order)), 3)
        assert {one.column: one.share for one in found.contributions} == {"a": 0.5, "b": 0.375, "c": 0.375}
        assert found.contributions[0].column == "a"


def test_rows_that_are_twice_there_have_none():
    table = pa.table({"a": [1, 1, 2, 2], "b": ["x", "x", "y", "y"]})
    found = special_uniques(Tuples.of(table, ["a", "b"]), 2)
    assert (found.rows, found.by_size, found.highest) == (0, (0, 0), 0)
    assert {one.share for one in found.contributions} == {0}


def test_an_order_beyond_the_columns():
    table = pa.table({"a": [1, 2, 2], "b": [1, 1, 2]})
    assert special_uniques(Tuples.of(table, ["a", "b"]), 9).by_size == (2, 1)
    assert special_uniques(Tuples.of(table.select(["a"]), ["a"]), 3).by_size == (1,)


def test_scores_stay_within_their_bound():
    """The histogram's edges are shares of a bound that no row exceeds."""
    rng = np.random.default_rng(2)
    table = pa.table({f"c{n}": rng.integers(0, 12, 20) for n in range(6)})
    for order in (1, 3, 6):
        found = special_uniques(Tuples.of(table, table.column_names), order)
        assert sum(found.scores) == found.rows
        most = max(math.comb(6, size) * math.prod(6 - i for i in range(size, min(order, 5) + 1)) for size in range(1, order + 1))
        assert found.highest <= most
        low = [edge * most for edge in found.edges]
        by_hand = Counter(sum(score >= edge for edge in low) - 1 for score in scores_of(table, order) if score)
        assert list(found.scores) == [by_hand[place] for place in range(len(found.edges))]


@pytest.mark.slow
def test_a_larger_table_against_pandas():
    """Every set of up to three of eight columns, 3,000 rows, by another library's group-by."""
    rng = np.random.default_rng(8)
    table = pa.table({f"c{n}": rng.integers(0, 3 + 4 * n, 3000) for n in range(8)})
    frame = table.to_pandas()
    alone = {at: frame.groupby([f"c{n}" for n in at])["c0"].transform("size").to_numpy() == 1 for at in subsets(8, 3)}
    expected = Counter()
    for at, mask in alone.items():
        parts = [alone[part] for part in combinations(at, len(at) - 1) if part]
        expected[len(at)] += int((mask & ~np.any(parts, axis=0)).sum()) if parts else int(mask.sum())
    found = special_uniques(Tuples.of(table, table.column_names), 3)
    assert list(found.by_size) == [expected[size] for size in (1, 2, 3)]
    assert found.by_size[2] > 1000
