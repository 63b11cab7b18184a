"""Prosecutor, journalist and marketer against rows, one by one; and the record that sums a table up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity import risk as room
from engine.anonymity.cube import Cube
from engine.anonymity.risk import assess as assessing
from engine.anonymity.risk.assess import Wanted, assess
from engine.anonymity.risk.attackers import population_risk, sample_risk
from engine.anonymity.risk.frequencies import Matched
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.written import histogram, measure_classes
from engine.backends.frequencies import LocalFrequencies
from engine.errors import InputError, PolicyError
from schemas.receipt import TableVersion
from schemas.reserved import COUNT
from schemas.risk import TableRisk
from tests.engine.anonymity.risk.tables import rows_of, tables

EVERYBODY = TableVersion(table="everybody", rows=0)
HERE = TableVersion(table="here", rows=0)


def quietly(*_: object) -> None:
    """Hears nothing."""


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.sampled_from([0.05, 0.1, 0.2, 0.5, 1.0]))
def test_prosecutor(sizes, threshold):
    rows = [1 / size for size in sizes for _ in range(size)]
    found = sample_risk(Sizes.of(sizes), threshold)
    assert (found.rows, found.classes, found.alone) == (len(rows), len(sizes), sizes.count(1))
    assert found.prosecutor_max == max(rows)
    assert found.prosecutor_mean == pytest.approx(sum(rows) / len(rows))
    assert found.at_risk == pytest.approx(sum(risk > threshold * (1 + 1e-12) for risk in rows) / len(rows))
    assert found.class_sizes.smallest == min(sizes)
    assert sum(found.class_sizes.rows) == len(rows)


def test_a_row_exactly_at_the_threshold_is_not_at_risk():
    """A threshold of 0.2 asks for five rows, of 0.09 for twelve."""
    for threshold, least in ((0.2, 5), (0.1, 10), (0.05, 20), (0.09, 12), *((1 / size, size) for size in range(2, 200))):
        assert sample_risk(Sizes.of([least]), threshold).at_risk == 0
        assert sample_risk(Sizes.of([least - 1]), threshold).at_risk == 1


def test_the_worked_example_of_the_receipt():
    found = sample_risk(Sizes.of([2, 3, 5]), 0.2)
    assert (found.prosecutor_max, found.prosecutor_mean, found.at_risk) == (0.5, 0.3, 0.5)


def matched_by_hand(table: list, population: list) -> list[tuple[int, int, int]]:
    """Returns for each class of the table its rows there and in the population, and whether the population is short of it."""
    here, there = Counter(table), Counter(population)
    return [(rows, max(rows, there[key]), rows if there[key] < rows else 0) for key, rows in here.items()]


@given(tables(least=1, most=12), st.data())
def test_beside_a_population(table, data):
    """The population holds the rows, or most of them, and others."""
    others = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=30))
    gone = data.draw(st.sampled_from([0, 0, 1]))
    population = pa.concat_tables([table.slice(gone), table.take(pa.array(others, pa.int64()))])
    names = table.column_names
    found = LocalFrequencies(table, names).matched(LocalFrequencies(population, names))
    classes = matched_by_hand(rows_of(table), rows_of(population))
    assert found.population == population.num_rows
    assert found.short == sum(short for *_, short in classes)
    by_size = Counter(size for _, size, _ in classes)
    rows = Counter()
    for here, size, _ in classes:
        rows[size] += here
    assert found.sizes.tolist() == sorted(by_size)
    assert found.classes.tolist() == [by_size[size] for size in sorted(by_size)]
    assert found.rows.tolist() == [rows[size] for size in sorted(by_size)]
    risk = population_risk(found, EVERYBODY, 0.3)
    each = [1 / size for here, size, _ in classes for _ in range(here)]
    assert risk.journalist_max == max(each)
    assert risk.marketer == pytest.approx(sum(each) / len(each))
    assert risk.journalist_mean == pytest.approx(max(risk.marketer, len(classes) / sum(size for _, size, _ in classes)))
    assert risk.at_risk == pytest.approx(sum(one > 0.3 for one in each) / len(each))
    assert risk.alone == sum(one == 1 for one in each)
    assert risk.smallest == min(size for _, size, _ in classes)
    assert risk.population.rows == population.num_rows


def test_a_worked_example_of_a_journalist():
    """A sample's classes of 2 and 1 rows that are 8 and 4 people: 1/4 at most, (2/8 + 1/4) / 3 of the rows by matching."""
    found = population_risk(Matched.of(np.array([2, 1, 0]), np.array([8, 4, 100])), EVERYBODY, 0.2)
    assert (found.journalist_max, found.smallest, found.short, found.population.rows) == (0.25, 4, 0, 112)
    assert found.marketer == pytest.approx((2 / 8 + 1 / 4) / 3)
    assert found.journalist_mean == pytest.approx(2 / 12)
    assert found.at_risk == pytest.approx(1 / 3)


def test_the_population_itself_is_the_prosecutors_risk():
    table = pa.table({"a": [1, 1, 2, 3, 3, 3]})
    here = LocalFrequencies(table, ["a"])
    beside, alone = population_risk(here.matched(here), EVERYBODY, 0.4), sample_risk(here.sizes([("a",)])[0], 0.4)
    assert (beside.journalist_max, beside.marketer, beside.at_risk) == (
        alone.prosecutor_max, pytest.approx(alone.prosecutor_mean), pytest.approx(alone.at_risk))


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20))
def test_histograms_of_sizes_and_of_a_written_table_are_the_same(sizes):
    cube = Cube(pa.table({"a": list(map(str, range(len(sizes)))), COUNT: sizes}), ("a",))
    whole = Sizes.of(sizes)
    assert histogram(whole.sizes, whole.classes) == measure_classes(cube)
    assert room.measure_classes(cube) == measure_classes(cube)


PEOPLE = pa.table({"age": [20, 20, 30, 40, 40, 50], "sex": list("ffmmfm"), "town": list("aabbcc"), "all": ["x"] * 6})


def assessed(table: pa.Table = PEOPLE, population: pa.Table | None = None, **wanted) -> TableRisk:
    beside = None if population is None else (LocalFrequencies(population, population.column_names), EVERYBODY)
    return assess(LocalFrequencies(table, table.column_names), HERE, Wanted(**wanted), quietly, population=beside)


def test_everything_of_one_table():
    found = assessed(fraction=0.1)
    assert (found.table.table, found.table.rows, found.columns) == ("here", 6, ("age", "sex", "town", "all"))
    assert (found.sample.rows, found.sample.classes, found.sample.alone) == (6, 5, 4)
    assert found.population is None
    assert found.uniqueness.population == 60
    assert found.special_uniques.order == 3
    assert found.left_out == ()
    assert len(found.combinations) == 4 + 6 + 4
    assert [(one.columns, one.alone) for one in found.singling_out] == [
        (("age",), pytest.approx(2 / 6)), (("sex", "town"), pytest.approx(2 / 6))]
    roles = {one.column: one.role for one in found.roles}
    assert roles == {"age": "quasi", "sex": "quasi", "town": "quasi", "all": "insensitive"}


def test_said_again_it_is_the_same_record():
    one = assessed(fraction=0.1, population=pa.concat_tables([PEOPLE, PEOPLE]))
    assert TableRisk.model_validate_json(one.model_dump_json()) == one
    assert assessed(PEOPLE.take([3, 1, 5, 0, 2, 4]), fraction=0.1, population=pa.concat_tables([PEOPLE, PEOPLE])) == one


def test_population_by_its_size_or_by_the_share_of_it():
    assert assessed(population_size=60).uniqueness == assessed(fraction=0.1).uniqueness
    assert assessed().uniqueness is None
    assert assessed(population=PEOPLE).uniqueness is None, "who is unique there is counted, not estimated"
    assert assessed(population=PEOPLE).population.alone == 4
    assert assessed(population_size=6).uniqueness.uniques == 4
    with pytest.raises(PolicyError, match=r"a population of 5 cannot hold the table's 6 rows"):
        assessed(population_size=5)


def test_without_special_uniques_and_above_what_fits(monkeypatch):
    assert assessed(suda=0).special_uniques is None
    assert assessed(suda=0).left_out == ()
    monkeypatch.setattr(assessing, "D_MAX", 4)
    found = assessed()
    assert found.special_uniques is None
    assert "at most 4, and there are more" in found.left_out[0]
    assert found.sample.classes == 5, "all else is measured"


def test_more_sets_than_are_looked_at():
    wide = pa.table({f"c{n}": [1, 2] for n in range(40)})
    found = assessed(wide, max_size=1, suda=3)
    assert found.special_uniques is None
    larger = assessed(wide, max_size=3, suda=0)
    assert len(larger.combinations) == 40 + 780
    (said,) = larger.left_out
    assert said.startswith("combinations of more than 2 columns: there are 10,700 of up to 3, and 5,000 are the most")
    assert found.left_out == ("special uniques: 10,700 sets of columns to look at, and 5,000 are the most; lower --suda",)
    assert assessed(wide, max_size=1, suda=2).special_uniques.by_size == (80, 0)


def test_a_cube_beyond_the_drivers_limit_is_no_error(monkeypatch):
    monkeypatch.setattr("engine.anonymity.cube.D_MAX", 2)
    assert assessed(suda=0).sample.classes == 5


def test_an_empty_table():
    with pytest.raises(InputError, match="the table is empty") as refused:
        assessed(PEOPLE.slice(0, 0))
    assert refused.value.where == "here"


def test_a_population_that_is_another_one():
    other = PEOPLE.set_column(2, "town", pa.array(["z"] * 6))
    with pytest.raises(InputError, match="holds none of the table's classes whole") as refused:
        assessed(population=other)
    assert refused.value.where == "everybody"
    with pytest.raises(InputError, match="the population has 5 rows, fewer than the table's 6") as refused:
        assessed(population=PEOPLE.slice(1))
    assert refused.value.where == "everybody"
    partly = pa.concat_tables([PEOPLE.slice(1), other])
    assert assessed(population=partly).population.short == 2


def test_a_population_of_other_types():
    other = PEOPLE.set_column(0, "age", PEOPLE["age"].cast(pa.string()))
    with pytest.raises(InputError, match="column 'age' has type string in the population and int64 in the table"):
        assessed(population=other)


@settings(max_examples=15)
@given(tables(least=1, most=15))
def test_progress_goes_forward(table):
    told = []
    assess(LocalFrequencies(table, table.column_names), HERE, Wanted(), lambda _, share: told.append(share))
    assert told == sorted(told)
    assert all(0 <= share <= 1 for share in told)
