"""Showing and checking: figures by counting, every fault a plan would refuse, and no value that the hierarchy does not hold."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import paths
from engine.errors import InputError, PolicyError
from engine.hierarchy.look import broken, figures, levels_of_rows
from engine.hierarchy.request import Request, answer, exit_code
from schemas.hierarchy import HierarchyReport
from schemas.policy import Hierarchy
from tests.engine.hierarchy.test_build import policy


@pytest.fixture
def looked(tmp_path):
    """Returns a function from the text of a file, and values of a column, to what is said of them."""
    def look(text: str, values: list | None = None, action: str = "check", **asked) -> HierarchyReport:
        (tmp_path / "h.csv").write_text(text)
        if values is not None:
            pq.write_table(pa.table({"c": values}), tmp_path / "t.parquet")
            asked |= {"table": str(tmp_path / "t.parquet"), "column": "c"}
        request = Request(action, str(tmp_path / "h.csv"), **asked)
        found = answer(request)
        assert exit_code(request, found) == (2 if action == "check" and found.refused else 0)
        return found

    return look


def said(found: HierarchyReport) -> list[tuple[bool, int | None, str, int]]:
    return [(remark.refused, remark.level, remark.what, remark.count) for remark in found.remarks]


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=8))
def test_what_is_refused_is_what_a_plan_refuses(rows) -> None:
    levels = levels_of_rows(rows)
    refused = any(remark.refused for remark in broken(levels))
    try:
        listed = paths(Hierarchy(table=rows))
    except PolicyError:
        assert refused
        return
    assert not refused
    assert list(zip(*(level.to_pylist() for level in levels), strict=True)) == listed
    for level in figures(levels):
        below = Counter(row[level.level] for row in listed)
        assert (level.labels, level.fewest, level.most) == (len(below), min(below.values()), max(below.values()))
        assert level.single == sum(number == 1 for number in below.values())


def test_a_sound_hierarchy(looked) -> None:
    found = looked("a;x;*\nb;x;*\nc;y;*\nd;y;*\n", ["a", "b", None, "c", "d"])
    assert [(level.labels, level.fewest, level.most, level.single) for level in found.levels] == [
        (4, 1, 1, 4), (2, 2, 2, 0), (1, 4, 4, 0)]
    assert found.remarks == ()


def test_every_fault_is_said(looked) -> None:
    assert said(looked("a;x\nb;*\n")) == [(True, None, "rows do not end in '*' while others do", 1)]
    assert said(looked("a;x;*\na;y;*\n")) == [(True, 0, "values stand in two places", 1)]
    assert said(looked("a;x;p\nb;x;q\n")) == [(True, 1, "labels have two parents: this is no tree", 1)]
    assert said(looked("a;x\na;x\nb;x\n"))[0] == (False, None, "rows stand twice", 1)
    assert looked("a;x;p\nb;x;q\n").levels == ()
    with pytest.raises(PolicyError, match="differ in length"):
        looked("a;x\nb\n")


def test_what_is_odd_is_said_but_not_refused(looked) -> None:
    assert said(looked("a;x;x;*\nb;x;x;*\nc;y;y;*\n")) == [
        (False, 1, "labels stand for one value only", 1),
        (False, 2, "as many labels as at the level below: it changes nothing", 2)]
    assert said(looked("a;x;*\nb;x;*\n")) == [(False, 2, "the level below '*' has one label", 1)]


def test_a_column_may_have_values_that_are_not_listed(looked) -> None:
    found = looked("1;x\n2;x\n4;y\n5;y\n", [1, 2, 3, None, 77])
    assert said(found) == [(True, None, "values of the column are not in the hierarchy", 2),
                           (False, None, "values of the hierarchy do not stand in the column", 2)]
    assert "77" not in found.model_dump_json()
    assert not looked("1;x\n2;x\n3;x\n", [1, 2, 3]).refused


def test_labels_are_named_where_that_is_asked(looked) -> None:
    found = looked("a;x;*\nb;x;*\nc;y;*\n", action="show", level=1)
    assert [(one.label, one.values) for one in found.levels[1].named] == [("x", 2), ("y", 1)]
    assert found.levels[0].named is None
    for level in (-1, 3):
        with pytest.raises(PolicyError, match="not listed"):
            looked("a;x;*\n", action="show", level=level)
    with pytest.raises(PolicyError, match="not listed"):
        looked("a;x;p\nb;x;q\n", action="show", level=1)


@pytest.fixture
def ward(tmp_path):
    pq.write_table(pa.table({"zip": ["60601", "60602", "10001", "secret"], "age": [1, 95, 30, 31], "sex": list("fmfm")}),
                   tmp_path / "t.parquet")
    return policy(tmp_path, str(tmp_path / "t.parquet"), zip={"role": "quasi", "hierarchy": {"postal": "us"}},
                  age={"role": "quasi", "hierarchy": "ages"}, sex={"role": "quasi", "hierarchy": {"groups": {"any": ["f", "m"]}}})


def test_the_rule_of_a_policy(ward) -> None:
    found = answer(Request("check", ward, column="zip"))
    assert said(found)[0] == (True, None, "values of the column are unknown to the rule", 1)
    assert [level.labels for level in found.levels] == [3, 2, 2, 1]
    assert "secret" not in found.model_dump_json()
    assert "606" not in found.model_dump_json(), "labels of a rule are made of the data"
    assert not answer(Request("check", ward, column="age")).refused
    listed = answer(Request("show", ward, column="sex", level=1))
    assert [one.label for one in listed.levels[1].named] == ["any"]


@pytest.mark.parametrize(("asked", "what"), [
    ({}, "no column is named"), ({"column": "zap"}, "no column"), ({"column": "zip", "table": "t"}, "names its table itself"),
    ({"column": "zip", "level": 1}, "a rule does not"), ({"column": "zip", "rule": "ages"}, "not with 'show'")])
def test_what_cannot_be_shown_of_a_policy(asked, what, ward) -> None:
    with pytest.raises(PolicyError, match=what):
        answer(Request("show", ward, **asked))


def test_columns_without_a_hierarchy_and_tables_that_are_absent(ward, looked, tmp_path) -> None:
    bare = policy(tmp_path, str(tmp_path / "t.parquet"), zip={"role": "quasi"})
    with pytest.raises(PolicyError, match="no hierarchy"):
        answer(Request("check", bare, column="zip"))
    with pytest.raises(InputError, match="no table"):
        looked("a;x\n", table=str(tmp_path / "none.parquet"), column="c")
    with pytest.raises(PolicyError, match="no column is named"):
        looked("a;x\n", table=str(tmp_path / "t.parquet"))
