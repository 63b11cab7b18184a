"""Sets of columns that single out, against a search through all of them; and how little is counted for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.risk import combinations as room
from engine.anonymity.risk.combinations import Measured, measure_combinations, single_out
from engine.anonymity.risk.roles import suggest_roles
from engine.backends.frequencies import LocalFrequencies
from tests.engine.anonymity.risk.tables import classes, rows_of, subsets, tables


class Counted(LocalFrequencies):
    """Remembers what it was asked."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__(table, table.column_names)
        self.asked: list[tuple[str, ...]] = []
        self.jobs = 0

    def sizes(self, combinations: Sequence[tuple[str, ...]]):
        self.asked += combinations
        self.jobs += 1
        return super().sizes(combinations)


def alone(table: pa.Table, at: Sequence[int]) -> float:
    """Returns the share of rows that are alone by the columns at these places."""
    sizes = classes(rows_of(table), at).values()
    return sum(size == 1 for size in sizes) / table.num_rows


def minimal(table: pa.Table, share: float, most: int | None = None) -> set[frozenset[str]]:
    """Returns all minimal sets that single out, by the definition."""
    over = [frozenset(at) for at in subsets(len(table.column_names), most) if alone(table, at) > share]
    return {frozenset(table.column_names[place] for place in at) for at in over if not any(other < at for other in over)}


def measured(table: pa.Table, max_size: int, share: float):
    counted = Counted(table)
    found = measure_combinations(Measured(counted), max_size, lambda *_: None)
    return found, single_out(Measured(counted), found, share), counted


@given(tables(least=1, most=16))
def test_every_combination(table):
    found, _, _ = measured(table, 4, 0.5)
    rows, names = rows_of(table), table.column_names
    assert [one.columns for one in found] == [tuple(names[place] for place in at) for at in subsets(len(names))]
    for one, at in zip(found, subsets(len(names)), strict=True):
        sizes = classes(rows, at).values()
        assert one.classes == len(sizes)
        assert one.distinctness == len(sizes) / len(rows)
        assert one.alone == pytest.approx(alone(table, at))
        pairs = len(rows) * (len(rows) - 1)
        assert one.separation == pytest.approx(1 - sum(size * (size - 1) for size in sizes) / pairs if pairs else 1)


@pytest.mark.slow
@settings(max_examples=40)
@given(tables(least=1, most=16, columns=5), st.sampled_from([0.0, 0.05, 0.2, 0.5, 0.9]))
def test_minimal_sets_are_all_found_where_all_are_looked_at(table, share):
    _, sets, _ = measured(table, 5, share)
    assert {frozenset(one.columns) for one in sets} == minimal(table, share)
    assert {one.search for one in sets} <= {"all"}
    assert [len(one.columns) for one in sets] == sorted(len(one.columns) for one in sets)


@pytest.mark.slow
@settings(max_examples=40)
@given(tables(least=1, most=16, columns=6), st.sampled_from([0.0, 0.05, 0.2, 0.5]), st.integers(1, 3))
def test_what_is_found_beyond_is_minimal(table, share, max_size):
    _, sets, _ = measured(table, max_size, share)
    every = minimal(table, share)
    assert {frozenset(one.columns) for one in sets} <= every
    assert {frozenset(one.columns) for one in sets if one.search == "all"} == {one for one in every if len(one) <= max_size}
    assert bool(sets) == bool(every), "the whole set singles out: some minimal set is found"
    for one in sets:
        assert one.alone == pytest.approx(alone(table, [table.column_names.index(name) for name in one.columns]))


@pytest.mark.slow
def test_a_set_of_many_columns_is_met_by_its_nearest_parts():
    """Six bits name sixty-four rows; five leave everybody in company."""
    table = pa.table({f"bit{n}": [row >> n & 1 for row in range(64)] for n in range(6)})
    _, sets, counted = measured(table, 2, 0.3)
    assert [(one.columns, one.search, one.alone) for one in sets] == [(counted.columns, "greedy", 1.0)]
    table = table.append_column("noise", pa.array([row % 3 for row in range(64)]))
    _, sets, _ = measured(table, 2, 0.3)
    assert sets
    assert all(frozenset(one.columns) in minimal(table, 0.3) for one in sets)


def test_constants_and_keys_are_not_counted_again():
    rng = np.random.default_rng(1)
    table = pa.table({"id": list(range(50)), "one": ["x"] * 50, "a": rng.integers(0, 4, 50), "b": rng.integers(0, 4, 50)})
    found, _, counted = measured(table, 3, 0.05)
    assert len(found) == 14
    assert sorted(map(set, counted.asked), key=sorted) == sorted([{"id"}, {"one"}, {"a"}, {"b"}, {"a", "b"}], key=sorted)
    whole = {one.columns: one.classes for one in found}
    assert whole["id", "one", "a"] == 50
    assert whole["one", "a", "b"] == whole["a", "b"]
    assert whole["one",] == 1


def test_nothing_is_counted_twice_and_each_size_is_one_question():
    rng = np.random.default_rng(4)
    table = pa.table({f"c{n}": rng.integers(0, 4, 300) for n in range(5)})
    counted = Counted(table)
    told = []
    one = Measured(counted)
    found = measure_combinations(one, 3, lambda done, of: told.append((done, of)))
    single_out(one, found, 0.9)
    assert len(counted.asked) == len({frozenset(names) for names in counted.asked})
    assert told == [(5, 25), (15, 25), (25, 25)]
    assert counted.jobs <= 4


@pytest.mark.parametrize(("columns", "asked", "size"), [
    (40, 3, 2), (40, 2, 2), (40, 1, 1), (31, 3, 3), (32, 3, 2), (3, 9, 3), (1, 3, 1), (60, 60, 2)])
def test_sizes_whose_combinations_can_be_measured(columns, asked, size):
    assert room.largest_size(columns, asked) == size
    assert room.number_of_sets(columns, size) <= room.MOST


def suggested(table: pa.Table, share: float = 0.05, **said):
    found, sets, _ = measured(table, 3, share)
    kinds = dict(zip(table.column_names, map(str, table.schema.types), strict=True))
    return {one.column: one for one in suggest_roles(found, sets, kinds, said)}


def test_roles_that_figures_speak_for():
    rng = np.random.default_rng(6)
    rows = 400
    table = pa.table({
        "number": [f"P{n:05d}" for n in range(rows)], "weight": rng.normal(70, 9, rows), "country": ["DE"] * rows,
        "flag": rng.integers(0, 2, rows).astype(bool), "age": rng.integers(18, 90, rows), "zip": rng.integers(0, 40, rows),
        "rare": [n if n < 40 else -1 for n in range(rows)]})
    found = suggested(table, number="direct", country="insensitive", zip="insensitive")
    assert {name: one.role for name, one in found.items()} == {
        "number": "direct", "weight": "quasi", "country": "insensitive", "flag": "quasi", "age": "quasi", "zip": "quasi",
        "rare": "quasi"}
    assert "100.0% of the rows" in found["number"].why
    assert "measured quantity" in found["weight"].why
    assert "age × zip" in found["zip"].why
    assert found["rare"].why == "10.0% of the rows have its value alone"
    assert (found["zip"].in_policy, found["age"].in_policy) == ("insensitive", None)
    assert (found["rare"].classes, found["rare"].alone) == (41, 0.1)


def test_a_column_that_figures_say_nothing_of():
    table = pa.table({"sex": ["f", "m"] * 100, "month": [n % 12 for n in range(200)]})
    found = suggested(table)
    assert {one.role for one in found.values()} == {None}
    assert {one.why for one in found.values()} == {"in no set of columns that singles out"}


def test_a_long_list_of_sets_is_cut():
    rng = np.random.default_rng(9)
    table = pa.table({f"c{n}": rng.integers(0, 30, 300) for n in range(6)})
    found = suggested(table)
    assert "more sets" in found["c0"].why
    assert found["c0"].why.count("×") == 3


@given(tables(least=1, most=12))
def test_no_value_of_the_table_is_told(table):
    marked = pa.table({name: ["Jane Q. Public" if value is None else f"Jane {value}" for value in table[name].to_pylist()]
                       for name in table.column_names})
    assert "Jane" not in str(suggested(marked))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_wide_tables_are_searched_with_few_questions(seed):
    """Nine columns: sets of four and five that single out are met, each is minimal, and a level is two questions at most."""
    rng = np.random.default_rng(seed)
    table = pa.table({f"c{n}": rng.integers(0, 2 + n % 3, 120) for n in range(9)})
    counted = Counted(table)
    one = Measured(counted)
    found = measure_combinations(one, 2, lambda *_: None)
    jobs = counted.jobs
    sets = single_out(one, found, 0.3)
    every = minimal(table, 0.3)
    assert sets
    assert {frozenset(each.columns) for each in sets} <= every
    assert min(map(len, every)) == len(sets[0].columns)
    levels = max(len(each.columns) for each in sets) - 2
    assert counted.jobs - jobs <= 2 * levels + 9
    assert len(counted.asked) < 2**9 - 1


def test_what_is_already_known_to_single_out_is_not_extended():
    """A column that singles out alone takes part in no larger set."""
    rng = np.random.default_rng(3)
    table = pa.table({"near": [n if n % 2 else -1 for n in range(80)]} | {f"c{n}": rng.integers(0, 3, 80) for n in range(5)})
    _, sets, counted = measured(table, 1, 0.3)
    assert sets[0].columns == ("near",)
    assert all("near" not in one.columns for one in sets[1:])
    assert not [names for names in counted.asked if "near" in names and 1 < len(names) < 6]
