"""Files of hierarchies: ARX's own, and everything that a spreadsheet may make of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import paths
from engine.anonymity.hierarchies.files import parsed_row, read_counts, read_rows, separator_of, written
from engine.errors import PolicyError
from schemas.policy import Hierarchy

ROWS = [("a", "x", "*"), ("b;c", 'y "z"', "*"), ("d\ne", "x", "*"), ("", " ", "*")]


@pytest.mark.parametrize(("before", "after"), [
    (b"", b""), (b"\xef\xbb\xbf", b""), (b"\n\n", b"\n\n\n")], ids=["plain", "mark", "empty lines"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_rows_come_back(before, after, line_end, tmp_path) -> None:
    path = tmp_path / "h.csv"
    rows = [row for row in ROWS if "\n" not in row[0]]
    path.write_bytes(before + line_end.join(written([row]) for row in rows).encode() + after)
    assert read_rows(path) == rows


SIGNS = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), min_size=1, max_size=5)


@pytest.mark.slow
@given(st.lists(st.tuples(SIGNS, SIGNS), min_size=1, max_size=5), st.sampled_from(";,\t|"))
def test_whatever_is_written_is_read(tmp_path_factory, rows, separator) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(written(rows, separator).encode())
    assert read_rows(path, separator) == rows


@pytest.mark.parametrize(("text", "separator"), [
    ("a;b,c;*", ";"), ("a,b", ","), ("a\tb", "\t"), ("a|b", "|"), ("a", ";"), ("", ";")])
def test_the_separator_is_found(text, separator, tmp_path) -> None:
    (tmp_path / "h.csv").write_text(text)
    assert separator_of(tmp_path / "h.csv") == separator


def test_a_named_separator_is_used(tmp_path) -> None:
    (tmp_path / "h.csv").write_text("a;b,x,*\n")
    assert read_rows(tmp_path / "h.csv", ",") == [("a;b", "x", "*")]


@pytest.mark.parametrize(("data", "what", "where"), [
    (b"", "is empty", ""), (b"\n \n"[:1], "is empty", ""), (b"Z\xfcrich;CH\n", "not UTF-8", ""),
    ("Zürich;CH".encode("utf-16"), "not UTF-8", ""), (b"a;x;*\n\nb;x\n", "differ in length", "line 3"),
    (b'a;"x;*\n', "quote is left open", "line 1"), (b'a;"x"y;*\n', "quote is left open", "line 1")])
def test_files_that_are_none(data, what, where, tmp_path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(data)
    with pytest.raises(PolicyError, match=what) as caught:
        read_rows(path)
    assert caught.value.where.startswith(str(path))
    assert where in caught.value.where
    assert "rich" not in str(caught.value).replace(str(path), "")


def test_files_that_are_not_there(tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(PolicyError, match="cannot be read"):
            read_rows(path)


def test_counts(tmp_path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("606; 2700000\n036;12\n")
    assert read_counts(path) == {"606": 2_700_000, "036": 12}
    for text, what in (("606;x\n", "not a prefix"), ("606;1;2\n", "not a prefix"), ("606;1\n606;1\n", "twice"),
                       ("606;-1\n", "not a prefix")):
        path.write_text(text)
        with pytest.raises(PolicyError, match=what):
            read_counts(path)


def test_one_line_of_fields() -> None:
    assert parsed_row('1;"a;b";c') == ("1", "a;b", "c")
    for text in ("", "a\nb", 'a;"b'):
        with pytest.raises(PolicyError):
            parsed_row(text)


def test_the_files_of_arx(shared_data) -> None:
    files = sorted((shared_data / "adult").glob("adult_hierarchy_*.csv"))
    assert len(files) == 9
    for path in files:
        plain = [tuple(line.split(";")) for line in path.read_text().splitlines()]
        rows = read_rows(path)
        assert rows == plain
        assert paths(Hierarchy(table=tuple(rows))) == plain
        assert written(rows) == path.read_text().removesuffix("\n")
