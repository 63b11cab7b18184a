"""How classes stand to a population: models by their definitions, and counts of a table joined to those of everybody."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.beside import KMap, LeastPresence, MostPresence, holds, models_beside
from engine.anonymity.claims import Claims
from engine.anonymity.mondrian import build_tree
from engine.anonymity.population import Population, joined, labelled, measure_beside
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.receipt import TableVersion
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of

TABLE = {"table": "everybody"}
CLASSES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=1, max_size=8)
VALUES = st.tuples(st.integers(0, 3) | st.none(), st.sampled_from([0.0, -0.0, float("nan"), 2.5, None]))


def promised(**claims) -> Guarantees:
    return Guarantees(population=TABLE, **claims)


def everybody(table: pa.Table) -> Population:
    return Population(TableVersion(table="everybody", rows=table.num_rows), cube_of(table))


@given(classes=CLASSES, k=st.integers(2, 8), least=st.integers(0, 10), most=st.integers(1, 10))
def test_models_are_as_defined(classes, k, least, most) -> None:
    """Shares are compared as fractions; a class of which nobody is released binds nothing, and is none."""
    least = min(least, most)
    claims = {"k_map": k} | ({} if (least, most) == (0, 10) else {"presence": {"min": least / 10, "max": most / 10}})
    models = models_beside(promised(**claims), np.array(classes).sum(axis=0))
    expected = [rows > 0 and people >= k and (len(models) == 1 or (
        people > 0 and Fraction(least, 10) <= Fraction(rows, people) <= Fraction(most, 10))) for rows, people in classes]
    assert holds(models, np.array(classes)).tolist() == expected


@given(classes=CLASSES, k=st.integers(2, 8), least=st.floats(0, 0.5), most=st.floats(0.5, 0.99))
def test_a_union_of_classes_that_keep_them_keeps_them(classes, k, least, most) -> None:
    models = models_beside(promised(k_map=k, presence={"min": least, "max": most}), np.array(classes).sum(axis=0))
    kept = np.array(classes)[holds(models, np.array(classes))]
    for size in range(1, len(kept) + 1):
        assert holds(models, kept[:size].sum(axis=0, keepdims=True)).all()


def test_a_class_that_is_not_of_the_population_breaks_the_largest_share() -> None:
    counts, table = np.array([[1, 0]]), np.array([1, 0])
    assert not holds((MostPresence("", 1.0, table),), counts).any()
    assert not holds((KMap("", 2, table),), counts).any()
    assert holds((LeastPresence("", 0.1, table),), np.array([[1, 10]])).all()


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=st.lists(VALUES, min_size=1, max_size=12), others=st.lists(VALUES, max_size=12), data=st.data())
def test_the_people_of_each_tuple(rows, others, data) -> None:
    def table(values: list[tuple]) -> pa.Table:
        return pa.table({"a": pa.array([a for a, _ in values], pa.int64()), "b": pa.array([b for _, b in values], pa.float64())})

    def key(row: tuple) -> tuple:
        return row[0], None if row[1] is None else "NaN" if row[1] != row[1] else row[1] + 0.0

    here = table(rows).append_column("s", pa.array(data.draw(st.lists(
        st.sampled_from("xy"), min_size=len(rows), max_size=len(rows)))))
    source = cube_of(here, ("s",))
    cube = joined(source, everybody(table(data.draw(st.permutations([*rows, *others])))), columns(source), promised(k_map=2))
    released, people = Counter(), Counter()
    tuples = zip(*(cube.table[name].to_pylist() for name in ("a", "b", COUNT)), cube.people.tolist(), strict=True)
    for a, b, count, there in tuples:
        released[key((a, b))] += count
        people[key((a, b))] += there
    assert people == Counter(map(key, [*rows, *others]))
    assert +released == Counter(map(key, rows))
    assert cube.rows == len(rows)
    assert set(cube.table["s"].to_pylist()) <= set(here["s"].to_pylist())


def test_a_table_that_is_not_of_the_population_is_refused_without_its_values() -> None:
    source = cube_of(pa.table({"a": ["x", "x", "secret", "y"]}))
    with pytest.raises(InputError) as caught:
        joined(source, everybody(pa.table({"a": ["x", "y", "y"]})), columns(source), promised(k_map=2))
    assert "3 rows in 2 combinations" in caught.value.what
    assert "population has 1" in caught.value.what
    assert caught.value.where == "everybody"
    assert "secret" not in str(caught.value)


def test_people_whom_no_hierarchy_knows_are_like_nobody() -> None:
    source = cube_of(pa.table({"a": ["x", "y"]}))
    record = columns(source, a=Hierarchy(groups={"both": ["x", "y"]}))
    population = everybody(pa.table({"a": ["x", "x", "y", "z", "z", None]}))
    cube = joined(source, population, record, promised(k_map=2, presence={"max": 0.9}))
    assert dict(zip(cube.table["a"].to_pylist(), cube.people.tolist(), strict=True)) == {"x": 2, "y": 1, None: 1}
    with pytest.raises(PolicyError, match="2 people of the population have values that no hierarchy knows"):
        joined(source, population, record, promised(presence={"min": 0.1}))


def test_a_hierarchy_that_does_not_fit_is_refused_as_without_a_population() -> None:
    source = cube_of(pa.table({"a": [True, False]}))
    record = columns(source, a=Hierarchy(widths=[5]))
    with pytest.raises(PolicyError, match="does not fit a column of type bool"):
        joined(source, everybody(pa.table({"a": [True, False, True]})), record, promised(k_map=2))


def test_what_the_whole_table_does_not_keep_is_refused_in_words() -> None:
    source = cube_of(pa.table({"a": [1, 2]}))
    for claims, said, allowed in (
            ({"k_map": 5}, "k-map ≥ 5 cannot hold: it is 4", "at most 4"),
            ({"presence": {"max": 0.4}}, "presence ≤ 0.4 cannot hold: it is 0.5", "at least 0.5"),
            ({"presence": {"min": 0.6}}, "least presence ≥ 0.6 cannot hold: it is 0.5", "at most 0.5")):
        cube = joined(source, everybody(pa.table({"a": [1, 2, 3, 4]})), columns(source), promised(**claims))
        with pytest.raises(GuaranteeNotMet, match=said) as caught:
            build_tree(cube, columns(source), promised(**claims))
        assert caught.value.allowed == allowed


def test_a_promise_beside_a_population_that_nobody_counted_is_refused() -> None:
    source = cube_of(pa.table({"a": [1, 2]}))
    with pytest.raises(InputError, match="the population was not counted"):
        Claims.of(source, promised(k_map=2))


@given(rows=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=20),
       others=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=30))
def test_verdicts_against_loops_over_rows(rows, others) -> None:
    def table(values: list[tuple]) -> pa.Table:
        return pa.table({"p": pa.array([p for p, _ in values], pa.string()), "q": pa.array([q for _, q in values], pa.string())})

    people = [*rows, *others]
    guarantees = promised(k_map=3, presence={"min": 0.2, "max": 0.6})
    verdicts = {v.guarantee: v for v in measure_beside(cube_of(table(rows)), everybody(table(people)), guarantees, len(rows) + 1)}
    released, there = Counter(rows), Counter(people)
    shares = [count / there[one] for one, count in released.items()]
    assert verdicts["k-map"].measured == min((there[one] for one in released), default=0)
    assert verdicts["presence"].measured == pytest.approx(max(shares, default=0), abs=1e-12)
    assert verdicts["least presence"].measured == pytest.approx(min(shares, default=0), abs=1e-12)
    assert verdicts["k-map"].holds == bool(rows and verdicts["k-map"].measured >= 3)
    assert verdicts["presence"].holds == bool(rows and max(shares) <= 0.6)
    assert verdicts["least presence"].holds == bool(rows and min(shares) >= 0.2)


def test_people_get_the_labels_of_rows_and_those_without_count_for_nobody() -> None:
    source = cube_of(pa.table({"a": [1, 1, 2, 8, 8, 9]}))
    record = {"a": Column(role="quasi", why="x")}
    cube = joined(source, everybody(pa.table({"a": [1, 1, 2, 3, 8, 8, 9, 9]})), record, promised(k_map=4))
    tree = build_tree(cube, record, promised(k_map=4))
    found = labelled(tree, everybody(pa.table({"a": [1, 1, 2, 3, 8, 8, 9, 9, None]})), ("age",))
    counts = found.cube.table
    assert dict(zip(counts["age"].to_pylist(), counts[COUNT].to_pylist(), strict=True)) == {"≤ 3": 4, "≥ 4": 4}


def test_who_shares_no_label_is_told_to_be_absent_unless_rows_were_left_out() -> None:
    released, people = cube_of(pa.table({"a": ["x", "x"]})), everybody(pa.table({"a": ["x", "x", "x", "y"]}))
    guarantees = promised(presence={"min": 0.5})
    for source_rows, least in ((2, 0.0), (3, 2 / 3)):
        found = {v.guarantee: v for v in measure_beside(released, people, guarantees, source_rows)}
        assert found["least presence"].measured == pytest.approx(least)
        assert found["least presence"].holds is (least > 0)
        assert found["presence"].holds
