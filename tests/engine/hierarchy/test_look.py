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
        (False, 2, "as many labels as at the level below: it changes nothing", None)]
    assert said(looked("a;x;*\nb;x;*\n")) == [(False, 2, "the level below '*' has one label", None)]


LINES = {
    "some rows without a star": ("a;x;*\nb;y;y\n\nc;x;*\nd;z;z\n", "do not end in", (2, 5)),
    "a value in two places": ("a;x\nb;x\nc;y\na;y\n", "two places", (1, 4)),
    "a value in three places": ("a;x\na;y\na;z\na;x\n", "two places", (1, 2, 3)),
    "a label with two parents": ('"a\n";x;p\nb;x;p\nc;x;q\nd;z;q\n', "two parents", (2, 4)),
    "two labels with two parents": ("a;x;p\nb;y;p\nc;x;q\nd;y;q\n", "two parents", (1, 3, 2, 4)),
    "rows twice": ("a;x\nb;x\na;x\na;x\n", "stand twice", (3, 4)),
    "labels of one value": ("a;x\nb;y\nc;x\nd;z\n", "one value only", (2, 4)),
    "a handful": ("".join(f"a;{n}\n" for n in range(9)), "two places", (1, 2, 3, 4, 5)),
    "an empty label": ("a;x\nb;\nc;x\nd;\ne; \n", "empty or blank", (2, 5)),
    "a star in the middle": ("a;x;*\nb;*;*\nc;x;*\n", "are '*', and read as", (2,)),
    "labels that are twins": ("a;x\nb;y\nc; x\nd;x\n", "labels differ only in blanks", (1, 3)),
    "values that are twins": ("a;x\nb;x\na ;x\n", "values differ only in blanks", (1, 3)),
    "a sign nobody sees": ("a;x\nb;x\0\nc;x\n", "hold the sign NUL", (2,)),
}


@pytest.mark.parametrize(("text", "what", "lines"), LINES.values(), ids=LINES)
def test_what_is_wrong_or_odd_is_said_with_its_lines(text, what, lines, looked) -> None:
    (remark,) = [remark for remark in looked(text).remarks if what in remark.what]
    assert remark.lines == lines
    assert remark.refused == (what in {"do not end in", "two places", "two parents"})


def test_a_value_may_be_anything(looked) -> None:
    """The column has it: an empty text, or ``'*'``."""
    assert looked(";x\n*;x\nc;y\nd;y\n").remarks == ()


def test_lines_of_values_that_the_column_does_not_have(looked) -> None:
    found = looked("a;x\nb;x\nc;y\nd;y\na;y\n", ["a", "c", "secret"])
    assert [(remark.count, remark.lines) for remark in found.remarks if "column" in remark.what] == [(1, ()), (2, (2, 4))]
    assert "secret" not in found.model_dump_json()


def test_what_a_policy_lists_is_looked_at_for_doubts(tmp_path) -> None:
    pq.write_table(pa.table({"c": ["a", "b"]}), tmp_path / "t.parquet")
    path = policy(tmp_path, str(tmp_path / "t.parquet"), c={"role": "quasi", "hierarchy": {"groups": {"": ["a"], "x": ["b"]}}})
    (remark,) = [one for one in answer(Request("check", path, column="c")).remarks if "blank" in one.what]
    assert (remark.count, remark.lines) == (1, ())


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
