"""Random counts against loops over rows, with labels read as a person reads them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from engine.anonymity.cube import Cube
from engine.anonymity.utility import Recoded, query_errors
from engine.anonymity.utility.queries import BOUND, EDGES, random_queries
from schemas.reserved import COUNT
from tests.engine.anonymity.utility.rows import Case, case, cases, shuffled, told


def by_rows(found: Case, queries: int) -> list[tuple[float, float]]:
    """Returns (rows of the source, what the release says) of each query, one row at a time."""
    answers = []
    for query in random_queries(found.recoded, queries):
        wanted = {}
        for column, mask in query.wanted.items():
            values = found.recoded.columns[column].values.to_pylist()
            wanted[column] = {told(value) for value, asked in zip(values, mask, strict=True) if asked}
        actual = sum(all(row[column] in asked for column, asked in wanted.items()) for row in found.rows)
        told_of = 0.0
        for labels in found.labels:
            if labels is None:
                continue
            share = 1.0
            for column, asked in wanted.items():
                admitted = found.admits(column, labels[column])
                share *= sum(value in asked for value in admitted) / len(admitted)
            told_of += share
        answers.append((actual, told_of))
    return answers


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cases())
def test_rows_give_the_same_errors(found: Case) -> None:
    errors = query_errors(found.recoded, 25)
    n = len(found.rows)
    answers = by_rows(found, 25)
    error = [abs(said - actual) / max(actual, BOUND * n) for actual, said in answers]
    assert (errors.lower, errors.median, errors.upper) == pytest.approx(tuple(np.quantile(error, (0.25, 0.5, 0.75))), abs=1e-9)
    for bucket in errors.by_selectivity:
        here = [e for e, (actual, _) in zip(error, answers, strict=True)
                if actual / n >= bucket.least and (bucket.below is None or actual / n < bucket.below)]
        assert bucket.queries == len(here)
        if here:
            assert bucket.median == pytest.approx(np.median(here), abs=1e-9)
        else:
            assert bucket.lower is bucket.median is bucket.upper is None
    assert sum(bucket.queries for bucket in errors.by_selectivity) == errors.queries == 25


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(cases())
def test_the_order_of_the_cube_changes_nothing(found: Case) -> None:
    assert query_errors(found.recoded, 20) == query_errors(shuffled(found), 20)


@pytest.fixture(scope="module")
def people() -> Case:
    rng = np.random.default_rng(5)
    return case(pa.table({
        "n": rng.integers(0, 60, 400), "s": rng.choice(list("uvwxyz"), 400), "h": rng.choice(list("abcde"), 400),
        "f": rng.normal(size=400), "m": rng.integers(0, 2, 400), "out": rng.choice(["yes", "no"], 400)}), k=5)


@pytest.mark.slow
def test_queries_are_spread_over_columns_and_selectivities(people) -> None:
    queries = random_queries(people.recoded, 500)
    assert {len(query.wanted) for query in queries} == {1, 2, 3, 4}
    assert {column for query in queries for column in query.wanted} == {0, 1, 2, 3, 4}
    assert all(mask.any() for query in queries for mask in query.wanted.values())
    errors = query_errors(people.recoded, 500)
    assert all(bucket.queries for bucket in errors.by_selectivity)
    assert [bucket.least for bucket in errors.by_selectivity] == list(EDGES)


def test_ranges_are_of_values_side_by_side(people) -> None:
    for query in random_queries(people.recoded, 200):
        for column, mask in query.wanted.items():
            if people.names[column] in {"n", "f"}:
                places = np.flatnonzero(mask)
                assert (np.diff(places) == 1).all()


@pytest.mark.parametrize(("names", "cells"), [(["n", "s"], "tight"), (["n"], "bounds"), (["s"], "bounds")])
def test_a_release_that_is_the_source_is_never_off(names, cells) -> None:
    """Between cuts of one column there is room for all values of another."""
    table = pa.table({"n": [1, 1, 2, 2, 3, 3], "s": ["u", "u", "v", "v", "w", "w"], "out": ["x"] * 6})
    errors = query_errors(case(table.select([*names, "out"]), cells=cells).recoded, 100)
    assert (errors.lower, errors.median, errors.upper) == (0, 0, 0)


def test_a_finer_release_answers_better() -> None:
    rng = np.random.default_rng(9)
    table = pa.table({"n": rng.integers(0, 100, 600), "m": rng.integers(0, 100, 600), "out": ["x"] * 600})
    fine, coarse = (query_errors(case(table, k=k).recoded, 300).median for k in (3, 150))
    assert fine < coarse


def test_a_table_without_rows_or_columns_is_not_asked() -> None:
    found = case(pa.table({"n": [1, 1, 2, 5], "out": ["x"] * 4}))
    assert query_errors(Recoded(found.tree, Cube(found.cube.table.slice(0, 0), ("n",), ("out",))), 5) is None


def test_suppressed_rows_are_not_counted() -> None:
    found = case(pa.table({"n": [1] * 9 + [50], "out": ["x"] * 10}), k=3, suppression=0.1)
    assert found.labels[-1] is None
    answers = by_rows(found, 40)
    assert {actual - said for actual, said in answers} == {0, 1}
    assert query_errors(found.recoded, 40).upper > 0


@pytest.mark.slow
def test_many_tuples_take_seconds() -> None:
    """Neither time nor memory may grow with tuples × queries: a matrix of these would take 4 GB."""
    rng = np.random.default_rng(2)
    def table(rows: int) -> pa.Table:
        return pa.table({"n": rng.integers(0, 10**6, rows), "s": rng.choice(list("uvwxyz"), rows), "out": ["x"] * rows})

    small, many = case(table(5_000), k=20), table(300_000)
    many = many.append_column(COUNT, pa.array(np.ones(len(many), np.int64)))
    assert query_errors(Recoded(small.tree, Cube(many, ("n", "s"), ("out",))), 100).queries == 100
