"""What comes back from Spark, without a session: how rows of groups become dense arrays and names."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.backends.spark.statistics import _dense, _keys, _names
from engine.privacy.questions import Axis, Question, Steps

SEX, AGE = Axis("sex", ("F", "M")), Axis("age", ("[0, 50)", "[50, 100]"), 0.0, 100.0)
STEPS = Steps(0.0, 4.0, 0.0, 1.0)


def test_groups_are_called_by_their_labels_and_bins_by_theirs():
    question = Question("q", "rows", (SEX, AGE))
    found = pa.table({"k0": ["M", "F"], "k1": pa.array([1, 0], pa.int64())})
    assert _names(question) == ["k0", "k1"]
    assert _keys(question, found) == [("M", "[50, 100]"), ("F", "[0, 50)")]


def test_the_whole_table_is_one_group_without_a_name():
    question = Question("q", "rows")
    assert _names(question) == []
    assert _keys(question, pa.table({"n": [7]})) == [()]
    assert _keys(question, pa.table({"n": pa.array([], pa.int64())})) == []


def test_selected_names_may_be_null():
    question = Question("q", "rows", (Axis("job", None),), selected=True)
    assert _keys(question, pa.table({"k0": ["clerk", None]})) == [("clerk",), (None,)]


def test_what_did_not_come_back_is_zero():
    found = pa.table({"n": [3, 4], "s": [30, -4]})
    counted = _dense(Question("q", "sum", (SEX,), "pay", STEPS), found, pa.array([2, 0]).to_numpy(), 4)
    assert counted.counts.tolist() == [4, 0, 3, 0]
    assert counted.sums.tolist() == [-4, 0, 30, 0]
    assert counted.points is None


def test_points_are_counted_where_quantiles_are_asked_for():
    found = pa.table({"n": [3, 4, 1], "s": [0, 8, 4], "p": [0, 2, 4]})
    counted = _dense(Question("q", "values", (SEX,), "pay", STEPS), found, pa.array([1, 1, 0]).to_numpy(), 2)
    assert counted.points.tolist() == [[0, 0, 0, 0, 1], [3, 0, 4, 0, 0]]
    assert counted.counts.tolist() == [1, 7]


@pytest.mark.parametrize("measure", ["rows", "values"])
def test_an_empty_table_has_its_shape(measure):
    none = pa.array([], pa.int64())
    found = pa.table({"n": none, "s": none, "p": none})
    counted = _dense(Question("q", measure, (SEX,), "pay", STEPS), found, none.to_numpy(), 2)
    assert counted.counts.tolist() == [0, 0]
    assert counted.points is None if measure == "rows" else counted.points.shape == (2, 5)
