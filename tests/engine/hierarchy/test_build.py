"""Building: what is written is what a plan would say of the column; quantiles against counting rows one by one."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import generalize_level, paths
from engine.anonymity.hierarchies.files import read_rows
from engine.errors import InputError, PolicyError
from engine.hierarchy.build import by_quantiles, by_rule
from engine.hierarchy.column import Counted, counted
from engine.hierarchy.request import Request, answer
from schemas.policy import Hierarchy


@pytest.fixture
def table(tmp_path):
    pq.write_table(pa.table({
        "age": pa.array([30, 30, 31, None, 95, 7], pa.int16()), "name": ["é", "b;c", "a", None, "a", "b;c"],
        "weight": [1.5, float("nan"), 2.0, None, 2.0, 70.25], "nothing": pa.nulls(6, pa.string())}), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def policy(folder, table, **columns):
    written = {"apiVersion": "lakeveil/v1", "name": "p", "purpose": "test", "legal_basis": "test", "retention": "1 day",
               "source": {"table": table}, "guarantees": {"k": 2}, "release": {"path": "out"},
               "columns": {name: {"why": "test", **column} for name, column in columns.items()}}
    (folder / "p.yaml").write_text(yaml.safe_dump(written))
    return str(folder / "p.yaml")


def test_a_rule_is_written_out(table, tmp_path) -> None:
    out = tmp_path / "h.csv"
    done = answer(Request("build", table, column="age", rule="{ages: {bands: [10]}}", out=out))
    assert out.read_text() == "7;[0, 9];*\n30;[30, 39];*\n31;[30, 39];*\n95;90+;*\n"
    assert (done.kind, done.values, done.written) == ("ages", 4, str(out))
    assert [level.labels for level in done.levels] == [4, 3, 1]
    assert "as confidential as its source" in done.remarks[0].what


@pytest.mark.parametrize("rule", ["mask: right", "prefix: [2]", "{order: {values: [é, a, b;c], groups: [2]}}"])
def test_the_file_says_of_each_value_what_the_rule_says(rule, table, tmp_path) -> None:
    answer(Request("build", table, column="name", rule=rule, out=tmp_path / "h.csv"))
    rows = read_rows(tmp_path / "h.csv")
    values, hierarchy = pa.array([row[0] for row in rows]), Hierarchy.model_validate(yaml.safe_load(rule))
    assert sorted(values.to_pylist()) == ["a", "b;c", "é"]
    for index in range(1, len(rows[0]) - 1):
        said = generalize_level(values, hierarchy, index)
        assert said.to_pylist() == [row[index] for row in rows]
        assert generalize_level(values, Hierarchy(table=rows), index).equals(said)


def test_numbers_without_nan_and_null(table) -> None:
    found = counted(table, "weight")
    assert found.values.to_pylist() == [1.5, 2.0, 70.25]
    assert found.rows.tolist() == [1, 2, 1]


def test_lists_of_values_have_the_types_of_their_notation(tmp_path) -> None:
    (tmp_path / "v.txt").write_bytes(b"\xef\xbb\xbf10\r\n3\n\n3\n")
    assert counted(str(tmp_path / "v.txt"), None).values.to_pylist() == [3, 10]
    (tmp_path / "v.txt").write_text("01\n10\n")
    assert counted(str(tmp_path / "v.txt"), None).values.to_pylist() == ["01", "10"]
    for data, what in ((b"\n", "no value"), (b"\xff", "not UTF-8")):
        (tmp_path / "v.txt").write_bytes(data)
        with pytest.raises(InputError, match=what):
            counted(str(tmp_path / "v.txt"), None)
    with pytest.raises(InputError, match="cannot be read"):
        counted(str(tmp_path / "none.txt"), None)


def test_a_policy_names_table_rule_and_what_comes_before(table, tmp_path) -> None:
    coded = {"top_bottom_code": {"top": 90}}
    path = policy(tmp_path, table, age={"role": "quasi", "operator": coded, "hierarchy": {"widths": [50]}},
                  name={"role": "insensitive", "operator": {"generalize": {"hierarchy": {"mask": "right"}, "level": 1}}})
    answer(Request("build", path, column="age", out=tmp_path / "a.csv"))
    assert [row[0] for row in read_rows(tmp_path / "a.csv")] == ["7", "30", "31", "90"]
    answer(Request("build", path, column="name", out=tmp_path / "n.csv"))
    assert read_rows(tmp_path / "n.csv")[0] == ("a", "*", "*", "*", "*")


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9)), min_size=1, max_size=12, unique_by=lambda pair: pair[0]),
       st.sampled_from([(2,), (4, 2), (8, 4, 2), (9, 3)]))
def test_quantiles_hold_about_equally_many_rows(pairs, groups) -> None:
    pairs.sort()
    found = Counted(pa.array([value for value, _ in pairs]), np.array([rows for _, rows in pairs]))
    rows = by_quantiles(found, groups, "x")
    assert paths(Hierarchy(table=rows)) == list(dict.fromkeys(rows))
    column = [value for value, times in pairs for _ in range(times)]
    for index, number in enumerate(groups, start=1):
        labels = {int(row[0]): row[index] for row in rows}
        middles = {value: column.index(value) + column.count(value) / 2 for value in labels}
        share = {value: int(middle * number // len(column)) for value, middle in middles.items()}
        members = {group: sorted(value for value in share if share[value] == group) for group in share.values()}
        for value, label in labels.items():
            inside = members[share[value]]
            assert label == (str(inside[0]) if len(inside) == 1 else f"[{inside[0]}, {inside[-1]}]")


def test_quantiles_of_many_different_values_are_even() -> None:
    rows = by_quantiles(Counted(pa.array(range(800)), np.ones(800, np.int64)), (8, 2), "x")
    assert sorted(Counter(row[1] for row in rows).values()) == [100] * 8
    assert Counter(row[2] for row in rows) == {"[0, 399]": 400, "[400, 799]": 400}


@pytest.mark.parametrize(("groups", "what"), [
    ((4, 3), "divides the one before"), ((2, 4), "divides the one before"), ((1,), "divides"), ((), "divides")])
def test_quantiles_that_do_not_nest(groups, what) -> None:
    with pytest.raises(PolicyError, match=what):
        by_quantiles(Counted(pa.array([1]), np.array([1])), groups, "x")
    with pytest.raises(PolicyError, match="no quantiles"):
        by_quantiles(Counted(pa.array(["a"]), np.array([1])), (2,), "x")


def test_data_decide_only_if_that_is_said(table, tmp_path) -> None:
    out = tmp_path / "h.csv"
    with pytest.raises(PolicyError, match="depend on the data"):
        answer(Request("build", table, column="age", quantiles="2", out=out))
    assert not out.exists()
    done = answer(Request("build", table, column="age", quantiles="2", from_data=True, out=out, separator=","))
    assert out.read_text() == '7,"[7, 30]",*\n30,"[7, 30]",*\n31,"[31, 95]",*\n95,"[31, 95]",*\n'
    assert any("depend on the data" in remark.what for remark in done.remarks)


@pytest.mark.parametrize("stored", ["t.parquet", "t"])
def test_moments_of_any_zone_are_told_in_utc(stored, tmp_path) -> None:
    """A Delta table knows instants, not zones, and Spark no zone of a column: UTC is what all of them can say."""
    new_york = pa.array([dt.datetime(2021, 1, 1, 2, tzinfo=dt.UTC)], pa.timestamp("us", "America/New_York"))
    naive = pa.array([dt.datetime(2020, 12, 31, 21)], pa.timestamp("us"))  # noqa: DTZ001 - without a zone
    table = pa.table({"zoned": new_york, "naive": naive})
    pq.write_table(table, tmp_path / "t.parquet")
    write_deltalake(str(tmp_path / "t"), table)
    levels = {}
    for column in table.column_names:
        answer(Request("build", str(tmp_path / stored), column=column, rule="dates: [hour, day, year]", out=tmp_path / column))
        levels[column] = read_rows(tmp_path / column)[0][1:]
    assert levels["zoned"] == ("2021-01-01T02", "2021-01-01", "2021", "*")
    assert levels["naive"] == ("2020-12-31T21", "2020-12-31", "2020", "*")


def test_editors_are_told_that_moments_are_in_utc() -> None:
    assert "told in UTC" in Hierarchy.model_fields["dates"].description


def test_files_that_a_rule_names_are_read(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("606;2700000\n036;10\n")
    (tmp_path / "zips.txt").write_text("60601\n03601\n")
    rule = "postal: {country: us, populations: people.csv}"
    answer(Request("build", "zips.txt", rule=rule, out=tmp_path / "h.csv"))
    assert (tmp_path / "h.csv").read_text() == "03601;000**;000**;*\n60601;606**;6****;*\n"
    answer(Request("build", "zips.txt", rule="file: h.csv", out=tmp_path / "same.csv"))
    assert (tmp_path / "same.csv").read_text() == (tmp_path / "h.csv").read_text()
    for absent in ("postal: {country: us, populations: none.csv}", "file: none.csv"):
        with pytest.raises(PolicyError, match="is missing"):
            answer(Request("build", "zips.txt", rule=absent, out=tmp_path / "x.csv"))


@pytest.mark.parametrize(("changes", "error", "what"), [
    ({"column": "aeg"}, InputError, "no column"), ({"column": None}, PolicyError, "no column is named"),
    ({"column": "nothing"}, InputError, "no value"), ({"rule": "widths: [1"}, PolicyError, "not valid YAML"),
    ({"rule": "widths: [2, 5]"}, PolicyError, "multiple"), ({"rule": "agess"}, PolicyError, "Extra inputs"),
    ({"rule": "postal: us", "column": "name"}, PolicyError, "does not know 3 of"),
    ({"rule": "[1]"}, PolicyError, "the rule is none"),
    ({"rule": None}, PolicyError, "not said how"), ({"rule": "ip"}, PolicyError, "does not fit"),
    ({"out": None}, PolicyError, "no file to write"),
    ({"quantiles": "2", "from_data": True}, PolicyError, "do not go together"),
    ({"quantiles": "2;x", "rule": None, "from_data": True}, PolicyError, "no numbers"),
    ({"separator": "x"}, PolicyError, "not separated"), ({"level": 1}, PolicyError, "--level: not with 'build'"),
    ({"table": "t"}, PolicyError, "--table: not with"), ({"in_place": True}, PolicyError, "--in-place: not with"),
])
def test_what_cannot_be_built(changes, error, what, table, tmp_path) -> None:
    asked = {"column": "age", "rule": "ages", "out": tmp_path / "h.csv", **changes}
    with pytest.raises(error, match=what) as caught:
        answer(Request("build", table, **asked))
    assert not (tmp_path / "h.csv").exists()
    assert "b;c" not in str(caught.value)


def test_nothing_is_overwritten(table, tmp_path) -> None:
    (tmp_path / "h.csv").write_text("mine")
    with pytest.raises(InputError, match="a file already"):
        answer(Request("build", table, column="age", rule="ages", out=tmp_path / "h.csv"))
    assert (tmp_path / "h.csv").read_text() == "mine"


def test_by_rule_keeps_the_text_of_values() -> None:
    found = Counted(pa.array([1.0, 2.5]), np.array([1, 1]))
    assert by_rule(found, Hierarchy(widths=[2]), "x", "t") == [("1", "[0, 2)", "*"), ("2.5", "[2, 4)", "*")]


@pytest.mark.parametrize(("text", "rule", "where"), [
    ("J45.0\n\nsecret\nJ44\n", "icd10", "line 3"), ("J45.0\r\nsecret\r\nJ44\r\n", "icd10", "line 2"),
    ("2\n\n7\n999\n999\n-1\n", "ages", "lines 4, 6"),
    ("\n".join(f"secret{n}" for n in range(9)), "icd10", "lines 1, 2, 3, 4, 5"),
    ("no\nyes\nsecret", "groups: {agreed: [true], refused: [false]}", "lines 1, 2, 3")])
def test_lines_of_a_list_that_a_rule_does_not_know_are_named(text, rule, where, tmp_path) -> None:
    (tmp_path / "codes.txt").write_bytes(text.encode())
    with pytest.raises(PolicyError, match="does not know") as caught:
        answer(Request("build", str(tmp_path / "codes.txt"), rule=rule, out=tmp_path / "h.csv"))
    assert caught.value.where == f"--rule; {tmp_path / 'codes.txt'}, {where}"
    assert ("quotes" in caught.value.next) == rule.startswith("groups")
    assert "secret" not in str(caught.value)


def test_a_rule_that_does_not_fit_a_list_is_refused_as_for_a_table(tmp_path) -> None:
    (tmp_path / "codes.txt").write_text("a\n")
    with pytest.raises(PolicyError, match="does not fit a column of type string"):
        answer(Request("build", str(tmp_path / "codes.txt"), rule="ages", out=tmp_path / "h.csv"))


def test_folders_are_not_made_for_a_file(table, tmp_path) -> None:
    with pytest.raises(InputError, match="no folder") as caught:
        answer(Request("build", table, column="age", rule="ages", out=tmp_path / "none" / "h.csv"))
    assert caught.value.where == str(tmp_path / "none")
    assert not (tmp_path / "none").exists()
