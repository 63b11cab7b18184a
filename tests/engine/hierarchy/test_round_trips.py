"""A file that is built, edited and read by a policy says the same all the way, whatever its values look like."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import ancestors, generalize_level
from engine.anonymity.hierarchies.files import read_rows
from engine.errors import PolicyError
from engine.hierarchy.edit import Edits
from engine.hierarchy.request import Request, answer
from engine.plan import Policy
from schemas.policy import Hierarchy
from tests.engine.hierarchy.test_build import policy

AWKWARD = ["a;b", 'say "no"', "two\nlines", "tab\there", " blank ", "ünï", "=1+1", "'", "*", "null", "", "0012", "c\rd"]


@pytest.fixture
def table(tmp_path):
    pq.write_table(pa.table({"c": AWKWARD}), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


@pytest.mark.parametrize("separator", [None, ";", ",", "\t", "|"])
def test_awkward_values_come_back(separator, table, tmp_path) -> None:
    answer(Request("build", table, column="c", rule="prefix: [2, 1]", out=tmp_path / "h.csv", separator=separator))
    rows = read_rows(tmp_path / "h.csv", separator or ";")
    assert sorted(row[0] for row in rows) == sorted(AWKWARD)
    values = pa.array(AWKWARD)
    by_file, by_rule = ancestors(values, Hierarchy(table=rows)), ancestors(values, Hierarchy(prefix=[2, 1]))
    assert all(one.equals(other) for one, other in zip(by_file, by_rule, strict=True))
    checked = answer(Request("check", str(tmp_path / "h.csv"), table=table, column="c", separator=separator or ";"))
    assert not checked.refused


def test_a_policy_reads_what_was_built_and_edited(table, tmp_path) -> None:
    answer(Request("build", table, column="c", rule="prefix: [1]", out=tmp_path / "h.csv"))
    answer(Request("edit", str(tmp_path / "h.csv"), edits=Edits(add=("zz;a*",), rename=("1;a*;A",)), out=tmp_path / "e.csv"))
    path = policy(tmp_path, table, c={"role": "quasi", "hierarchy": {"file": "e.csv"}})
    hierarchy = Policy.load(path).columns["c"].hierarchy
    assert list(hierarchy.table) == read_rows(tmp_path / "e.csv")
    assert generalize_level(pa.array(["zz", "a;b", " blank "]), hierarchy, 1).to_pylist() == ["A", "A", " *"]
    assert not answer(Request("check", path, column="c")).refused


def test_in_place_a_mark_and_ends_of_lines_are_evened(tmp_path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(b"\xef\xbb\xbfa|x\r\n\r\nb|x\r\nb|x\r\n")
    answer(Request("edit", str(path), edits=Edits(add=("c;x",)), in_place=True))
    assert path.read_bytes() == b"a|x|*\nb|x|*\nc|x|*\n"


def test_groups_of_a_policy_are_written_out(tmp_path) -> None:
    colours = tmp_path / "colours.parquet"
    pq.write_table(pa.table({"c": ["r1", "y", "r1"]}), colours)
    groups = {"warm": {"red": ["r1", "r2"], "yellow": ["y"]}, "cold": {"blue": ["b"]}}
    path = policy(tmp_path, str(colours), c={"role": "quasi", "hierarchy": {"groups": groups}})
    answer(Request("build", path, column="c", out=tmp_path / "h.csv"))
    assert (tmp_path / "h.csv").read_text() == "r1;red;warm;*\ny;yellow;warm;*\n", "of the column's values"
    shown = answer(Request("show", path, column="c"))
    assert [level.labels for level in shown.levels] == [4, 3, 2, 1]
    pq.write_table(pa.table({"c": ["r1", "violet"]}), colours)
    with pytest.raises(PolicyError, match="does not know 1 of") as caught:
        answer(Request("build", path, column="c", out=tmp_path / "other.csv"))
    assert "violet" not in str(caught.value)


ROWS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xy")), min_size=1, max_size=6, unique_by=lambda row: row[0])


@pytest.mark.slow
@given(ROWS, st.sampled_from("abcdef"))
def test_what_is_renamed_back_is_as_it_was(tmp_path_factory, rows, value) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("".join(f"{';'.join(row)};*\n" for row in rows))
    before = path.read_text()
    if value not in {row[0] for row in rows}:
        with pytest.raises(PolicyError, match="no such label"):
            answer(Request("edit", str(path), edits=Edits(rename=(f"0;{value};Z",)), in_place=True))
    else:
        for name, other in ((value, "Z"), ("Z", value)):
            answer(Request("edit", str(path), edits=Edits(rename=(f"0;{name};{other}",)), in_place=True))
    assert path.read_text() == before
