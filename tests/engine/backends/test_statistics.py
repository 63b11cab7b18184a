"""Bounded counting: every neighbouring table within the sensitivity that is claimed, by trying them; the rest by hand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError
from hypothesis import given
from hypothesis import strategies as st

from engine.backends.local import LocalBackend
from engine.backends.statistics import LocalAnswers, groups_of, require_few
from engine.errors import InputError, SetupError
from engine.privacy.keys import KeySelection
from engine.privacy.noise import Changes
from engine.privacy.questions import Axis, Question, Steps
from schemas.policy.statistics import GRID, MOST_CELLS, MOST_POINTS
from schemas.policy.v1 import Domain, Source

KEY = "a" * 64
SEX, AGE = Axis("sex", ("F", "M")), Axis("age", ("[0, 50)", "[50, 100]"), 0.0, 100.0)
PAY = Domain(min=-30, max=100)
NUMBERS = st.one_of(st.none(), st.just(math.nan), st.just(math.inf), st.just(1e300), st.floats(-50, 150))
ROWS = st.lists(st.fixed_dictionaries({
    "id": st.sampled_from(["a", "b", "c", None]), "sex": st.sampled_from(["F", "M", "X", None]), "age": NUMBERS, "pay": NUMBERS,
    "job": st.sampled_from(["x", "y", "z", None])}), max_size=8)
TEXT, NUMBER = pa.string(), pa.float64()
SCHEMA = pa.schema([("id", TEXT), ("sex", TEXT), ("age", NUMBER), ("pay", NUMBER), ("job", TEXT)])


def table(rows) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def question(measure="rows", *, axes=(SEX, AGE), subject="id", rows=1, groups=1) -> Question:
    column = None if measure in {"rows", "subjects"} else "pay"
    return Question("q", measure, axes, column, Steps.of(PAY, measure) if column else None, subject, rows, groups)


def answer(rows, asked: Question):
    return LocalAnswers(table(rows), key=KEY).counted(asked, groups_of(asked))


def within(difference: np.ndarray, changes: Changes) -> bool:
    """Whether cells that differ can be told apart into the claimed changes: the largest differences to the largest sizes."""
    allowed = sorted((size for cells, size in changes for _ in range(cells)), reverse=True)
    seen = sorted((abs(int(value)) for value in difference if value), reverse=True)
    return len(seen) <= len(allowed) and all(a <= b for a, b in zip(seen, allowed, strict=False))


MEASURES = ("rows", "subjects", "sum", "mean")


@pytest.mark.slow
@pytest.mark.parametrize("axes", [(), (SEX,), (SEX, AGE)], ids=len)
@given(rows=ROWS, most=st.integers(1, 3), groups=st.integers(1, 3), measure=st.sampled_from(MEASURES))
def test_a_subject_less_changes_no_more_than_is_claimed(axes, rows, most, groups, measure):
    asked = question(measure, axes=axes, rows=most, groups=groups)
    whole = answer(rows, asked)
    for subject in ("a", "b", "c", None):
        fewer = answer([row for row in rows if row["id"] != subject], asked)
        assert within(whole.counts - fewer.counts, asked.changes("counts"))
        assert within(whole.sums - fewer.sums, asked.changes("sums"))


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["id", None], ids=["of a subject", "its own unit"])
@given(rows=ROWS, bounds=st.tuples(st.integers(1, 3), st.integers(1, 3)), measure=st.sampled_from(("rows", "sum", "mean")),
       axes=st.sampled_from([(), (SEX,), (SEX, AGE)]))
def test_a_row_less_changes_no_more_than_is_claimed(subject, rows, bounds, measure, axes):
    asked = question(measure, axes=axes, subject=subject, rows=bounds[0], groups=bounds[1])
    whole = answer(rows, asked)
    for place in range(len(rows)):
        fewer = answer(rows[:place] + rows[place + 1:], asked)
        assert within(whole.counts - fewer.counts, asked.record_changes("counts"))
        assert within(whole.sums - fewer.sums, asked.record_changes("sums"))


@given(rows=ROWS, groups=st.integers(1, 3))
def test_a_row_less_changes_so_many_counts_of_subjects(rows, groups):
    asked = question("subjects", groups=groups)
    whole = answer(rows, asked)
    for place in range(len(rows)):
        assert within(whole.counts - answer(rows[:place] + rows[place + 1:], asked).counts, asked.record_changes("counts"))


@given(rows=ROWS, most=st.integers(1, 3), groups=st.integers(1, 2))
def test_a_subject_is_in_so_many_cells_of_points(rows, most, groups):
    asked = question("values", axes=(SEX,), rows=most, groups=groups)
    whole = answer(rows, asked)
    for subject in ("a", "b"):
        fewer = answer([row for row in rows if row["id"] != subject], asked)
        apart = (whole.points - fewer.points).sum(1)
        assert (whole.points >= fewer.points).all()
        assert (apart > 0).sum() <= groups
        assert apart.max() <= most


@given(rows=ROWS)
def test_shapes_are_public(rows):
    """Outliers, nulls, unknown categories, nothing at all: the same cells and the same points."""
    for measure, axes in product((*MEASURES, "values"), ((), (SEX,), (AGE, SEX))):
        asked = question(measure, axes=axes)
        found = answer(rows, asked)
        assert len(found.counts) == len(groups_of(asked)) == asked.cells
        assert found.points is None or found.points.shape == (asked.cells, 521)


def test_an_outlier_counts_as_the_end_of_the_domain():
    near, far = ([{"id": "a", "sex": "F", "age": 99.0, "pay": pay, "job": "x"}] for pay in (100.0, 1e300))
    for measure in ("sum", "mean", "values"):
        one, other = (answer(rows, question(measure)) for rows in (near, far))
        assert (one.sums == other.sums).all()
        assert one.points is None or (one.points == other.points).all()
        assert one.counts.tolist() == [0, 1, 0, 0]


def test_what_has_no_subject_no_group_or_no_number_is_not_counted():
    rows = [{"id": who, "sex": sex, "age": age, "pay": pay, "job": None} for who, sex, age, pay in (
        ("a", "F", 20.0, 1.0), (None, "F", 20.0, 1.0), ("b", None, 20.0, 1.0), ("c", "X", 20.0, 1.0), ("d", "F", math.nan, 1.0),
        ("e", "F", None, 1.0), ("f", "M", 20.0, None), ("g", "M", 20.0, math.nan))]
    assert answer(rows, question("rows")).counts.tolist() == [1, 0, 2, 0]
    assert answer(rows, question("sum")).counts.tolist() == [1, 0, 0, 0]
    assert answer(rows, question("rows", subject=None)).counts.tolist() == [2, 0, 2, 0]
    assert answer(rows, question("rows", axes=())).counts.tolist() == [7]


def test_counts_are_those_of_plain_python():
    rows = [{"id": f"p{n % 40}", "sex": "FM"[n % 2], "age": float(n % 100), "pay": float(n % 90), "job": "x"} for n in range(400)]
    found = answer(rows, question("sum", rows=10, groups=9))
    expected = Counter((row["sex"], row["age"] >= 50) for row in rows)
    assert found.counts.tolist() == [expected[sex, old] for sex, old in product("FM", (False, True))]
    pay = Steps.of(PAY, "sum")
    assert found.sums.sum() == sum(round(row["pay"] / pay.step) for row in rows)
    assert answer(rows, question("subjects", groups=9)).counts.sum() == len({(r["id"], r["sex"], r["age"] >= 50) for r in rows})
    assert answer(rows, question("subjects", axes=())).counts.tolist() == [40]


def test_which_rows_stay_is_drawn_anew():
    """Of 64 subjects with two rows of different groups one row each: 2^64 outcomes, another one each time."""
    rows = [{"id": f"p{n}", "sex": sex, "age": 20.0, "pay": pay, "job": "x"} for n in range(64)
            for sex, pay in (("F", 10.0), ("M", 90.0))]
    seen = [list(LocalAnswers(table(rows)).bounded(question("sum", axes=(SEX,)))) for _ in range(3)]
    assert all(len(kept) == 64 for kept in seen)
    assert len({tuple(sorted(kept)) for kept in seen}) == 3
    women = sum(group == ("F",) for group, *_ in ((kept[1],) for kept in seen[0]))
    assert 12 <= women <= 52  # six standard deviations beside 32


def test_groups_are_named_by_their_units_and_null_is_one():
    rows = [{"id": f"p{n}", "sex": "F", "age": 1.0, "pay": 1.0, "job": job} for job, many in (("x", 60), (None, 50), ("z", 1))
            for n in range(many)]
    asked = Question("q", "rows", (Axis("job", None),), subject="id", groups=3, selected=True)
    answers = LocalAnswers(table(rows))
    keys = answers.keys(asked, KeySelection(1.0, 1e-9, 3).chances())
    assert keys == [(None,), ("x",)]
    assert answers.counted(asked, keys).counts.tolist() == [50, 60]
    assert LocalAnswers(table([])).keys(asked, KeySelection(1.0, 1e-9).chances()) == []
    by_row = Question("q", "rows", (Axis("job", None), SEX), selected=True)
    assert answers.keys(by_row, [0, 2**128]) == [(None, "F"), ("x", "F"), ("z", "F")]


def test_a_group_of_one_is_named_by_its_chance():
    """40 of 120 by a third: within six standard deviations."""
    rows = [{"id": f"p{n}", "sex": "F", "age": 1.0, "pay": 1.0, "job": f"j{n}"} for n in range(120)]
    asked = Question("q", "rows", (Axis("job", None),), subject="id", selected=True)
    assert 9 <= len(LocalAnswers(table(rows)).keys(asked, [0, 2**128 // 3, 2**128])) <= 71


def test_too_many_groups_are_refused():
    """Of quantiles fewer: each group has an array of all points."""
    for measure, most in (("rows", MOST_CELLS), ("values", MOST_POINTS // GRID)):
        require_few(most, question(measure))
        with pytest.raises(InputError, match="more groups") as caught:
            require_few(most + 1, question(measure))
        assert caught.value.allowed == f"{most:,}"


@pytest.fixture
def lake(tmp_path):
    write_deltalake(str(tmp_path / "t"), pa.table({
        "id": [1, 2, 2], "sex": ["F", "M", "M"], "age": [30, 60, 61], "pay": [1.5, 2.0, 3.0], "job": [1.5, 2.5, 3.5]}))
    return Source(table=str(tmp_path / "t"), subject="id")


def test_a_table_is_opened_for_its_questions(lake):
    with LocalBackend().statistics(lake, [question("sum", rows=2)]) as answers:
        assert (answers.format, answers.version) == ("delta", 0)
        assert answers.counted(question("sum", rows=2), groups_of(question())).counts.tolist() == [1, 0, 0, 2]
    with LocalBackend().statistics(lake, [Question("n", "rows")]) as answers:
        assert answers.counted(Question("n", "rows"), [()]).counts.tolist() == [3]


@pytest.mark.parametrize(("asked", "what"), [
    (Question("q", "rows", subject="who"), "no column 'who'"),
    (Question("q", "sum", column="sex", steps=Steps.of(PAY, "sum")), "column 'sex' holds string"),
    (Question("q", "rows", (Axis("sex", ("a", "b"), 0.0, 1.0),)), "column 'sex' holds string"),
    (Question("q", "rows", (Axis("job", None),), selected=True), "column 'job' holds double"),
])
def test_columns_of_another_kind_are_refused(lake, asked, what):
    with pytest.raises(InputError, match=what), LocalBackend().statistics(lake, [asked]):
        pass


@pytest.mark.parametrize(("kind", "values", "odd"), [
    (pa.int32(), ("1", "01"), "'01'"), (pa.int8(), ("3.0",), "'3.0'"), (pa.int8(), ("1000",), "'1000'"),
    (pa.bool_(), ("true", "F"), "'F'"), (pa.date32(), ("2020-12-31", "31.12.2020"), "'31.12.2020'")], ids=str)
def test_listed_values_that_no_cell_can_be_are_refused(tmp_path, kind, values, odd):
    """They would be told as groups of nobody, and paid for."""
    pq.write_table(pa.table({"c": pa.array([], kind)}), tmp_path / "t.parquet")
    source = Source(table=str(tmp_path / "t.parquet"))
    asked = [Question("q", "rows", (Axis("c", tuple(value for value in values if repr(value) != odd)),))]
    with LocalBackend().statistics(source, asked):
        pass
    with (pytest.raises(InputError, match=f"no cell of it is {odd}"),
          LocalBackend().statistics(source, [Question("q", "rows", (Axis("c", values),))])):
        pass


FINE = pa.array([1, 2, 1001], pa.timestamp("ns"))
"""Moments of which microseconds hold none."""


@pytest.mark.parametrize(
    "kind", [FINE.type, pa.timestamp("us", "UTC"), pa.duration("us"), pa.time64("us"), pa.binary(), pa.float32()], ids=str)
def test_subjects_whose_text_a_row_could_lack_are_refused_by_their_type(tmp_path, kind):
    pq.write_table(pa.table({"id": pa.array([], kind)}), tmp_path / "t.parquet")
    with (pytest.raises(InputError, match="column 'id' holds") as caught,
          LocalBackend().statistics(Source(table=str(tmp_path / "t.parquet")), [Question("n", "rows", subject="id")])):
        pass
    assert "whole numbers" in caught.value.allowed


@pytest.mark.parametrize("kind", [pa.string(), pa.uint64(), pa.date32(), pa.decimal128(20), pa.large_string()], ids=str)
def test_rows_are_counted_whatever_else_the_table_holds(tmp_path, kind):
    pq.write_table(pa.table({"seen": FINE, "id": pa.array([1, 1, 2], pa.int32()).cast(kind)}), tmp_path / "t.parquet")
    people, rows = Question("people", "subjects", subject="id"), Question("n", "rows")
    for asked, expected in (([people], 2), ([rows], 3)):
        with LocalBackend().statistics(Source(table=str(tmp_path / "t.parquet")), asked) as answers:
            assert answers.counted(asked[0], [()]).counts.tolist() == [expected]


def test_a_table_of_figures_is_never_overwritten(tmp_path):
    rows, place = pa.table({"a": [1]}), str(tmp_path / "out")
    LocalBackend().write_new(rows, place)
    with pytest.raises(InputError, match="path is taken"):
        LocalBackend().write_new(rows, place)


def test_a_table_that_cannot_be_written_is_told_without_a_defect(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise DeltaError("another writer was first")

    monkeypatch.setattr("engine.backends.statistics.write_deltalake", fails)
    with pytest.raises(SetupError, match="cannot be written here"):
        LocalBackend().write_new(pa.table({"a": [1]}), str(tmp_path / "out"))
