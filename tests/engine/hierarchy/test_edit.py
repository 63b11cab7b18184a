"""Editing: each edit by hand on a small taxonomy; whatever comes out is a tree, or nothing is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import paths
from engine.errors import InputError, PolicyError
from engine.hierarchy.edit import Edits, edited
from engine.hierarchy.request import Request, answer
from schemas.policy import Hierarchy

ROWS = [("r1", "red", "warm", "*"), ("r2", "red", "warm", "*"), ("y", "yellow", "warm", "*"), ("b", "blue", "cold", "*")]
EDITED = {
    "add under a label": (Edits(add=("g;blue",)), [*ROWS, ("g", "blue", "cold", "*")]),
    "add with a label": (Edits(add=("g;green;cold",)), [*ROWS, ("g", "green", "cold", "*")]),
    "add a whole path": (Edits(add=("g;green;fresh;*",)), [*ROWS, ("g", "green", "fresh", "*")]),
    "add what has separators": (Edits(add=('"g;1";blue',)), [*ROWS, ("g;1", "blue", "cold", "*")]),
    "add one upon another": (Edits(add=("g;green;cold", "h;green")), [
        *ROWS, ("g", "green", "cold", "*"), ("h", "green", "cold", "*")]),
    "move a value": (Edits(move=("0;r2;blue",)), [ROWS[0], ("r2", "blue", "cold", "*"), *ROWS[2:]]),
    "move a label": (Edits(move=("1;red;cold",)), [("r1", "red", "cold", "*"), ("r2", "red", "cold", "*"), *ROWS[2:]]),
    "merge labels": (Edits(merge=("1;red;yellow;glow",)), [
        ("r1", "glow", "warm", "*"), ("r2", "glow", "warm", "*"), ("y", "glow", "warm", "*"), ROWS[3]]),
    "merge into one of them": (Edits(merge=("1;red;yellow;red",)), [*ROWS[:2], ("y", "red", "warm", "*"), ROWS[3]]),
    "merge at the top": (Edits(merge=("2;warm;cold;any",)), [(*row[:2], "any", "*") for row in ROWS]),
    "rename a value": (Edits(rename=("0;y;Y",)), [*ROWS[:2], ("Y", "yellow", "warm", "*"), ROWS[3]]),
    "rename a label": (Edits(rename=("2;cold;cool",)), [*ROWS[:3], ("b", "blue", "cool", "*")]),
    "rename out of blanks": (Edits(rename=("1;blue; blue", "1; blue;blue")), ROWS), "a blank value": (
        Edits(rename=("0;b;",), add=("b ;blue",)), [*ROWS[:3], ("", "blue", "cold", "*"), ("b ", "blue", "cold", "*")]),
    "move, then merge": (Edits(move=("1;blue;warm",), merge=("1;yellow;blue;bright",)), [
        *ROWS[:2], ("y", "bright", "warm", "*"), ("b", "bright", "warm", "*")]),
}
REFUSED = {
    "add what is there": (Edits(add=("b;red",)), "in the hierarchy already"),
    "add under nothing": (Edits(add=("g;green",)), "no such label at level 1"),
    "add a value alone": (Edits(add=("g",)), "not of its form"), "add too much": (Edits(add=("g;1;2;3;4",)), "not of its form"),
    "add a label that has another parent": (Edits(add=("g;red;cold",)), "two parents"),
    "a quote left open": (Edits(add=('g;"blue',)), "quote is left open"), "nothing": (Edits(add=("",)), "not one line"),
    "move nothing": (Edits(move=("1;green;cold",)), "no such label at level 1"),
    "move to nothing": (Edits(move=("1;red;fresh",)), "no such label at level 2"),
    "move a top label": (Edits(move=("2;warm;*",)), "no level that it may change"),
    "move in words": (Edits(move=("one;red;cold",)), "no level"), "move too little": (Edits(move=("1;red",)), "not of its form"),
    "merge across parents": (Edits(merge=("1;red;blue;x",)), "two parents"),
    "merge values": (Edits(merge=("0;r1;r2;r",)), "no level"), "merge one": (Edits(merge=("1;red;x",)), "not of its form"),
    "merge into another": (Edits(merge=("2;warm;cold;blue", "1;red;yellow;blue")), "name is taken at level 1"),
    "rename to what is there": (Edits(rename=("1;red;blue",)), "name is taken"),
    "rename what is not there": (Edits(rename=("1;green;x",)), "no such label"),
    "rename to nothing": (Edits(rename=("1;red;",)), "empty or blank"),
    "rename to blanks": (Edits(rename=("1;red; ",)), "empty or blank"),
    "rename to '*'": (Edits(rename=("1;red;*",)), "stands at the top alone"),
    "rename to a sign nobody sees": (Edits(rename=("0;b;g\0",)), "NUL"),
    "rename to a twin": (Edits(rename=("1;red;blue ",)), "only in blanks"),
    "merge to a twin": (Edits(merge=("1;red;yellow; blue",)), "only in blanks"),
    "merge to '*'": (Edits(merge=("2;warm;cold;*",)), "stands at the top alone"),
    "add under a twin": (Edits(add=("g; blue;cold",)), "only in blanks"),
    "add under an empty label": (Edits(add=("g;;cold",)), "empty or blank"),
    "add under '*'": (Edits(add=("g;*;cold",)), "stands at the top alone"),
    "rename '*'": (Edits(rename=("3;*;all",)), "no level"),
}


@pytest.mark.parametrize(("edits", "expected"), EDITED.values(), ids=EDITED)
def test_edits(edits, expected) -> None:
    assert edited(ROWS, edits, "h.csv") == expected
    assert edited([row[:3] for row in ROWS], edits, "h.csv") == expected, "'*' need not be written"


@pytest.mark.parametrize(("edits", "what"), REFUSED.values(), ids=REFUSED)
def test_edits_that_are_refused(edits, what) -> None:
    with pytest.raises(PolicyError, match=what) as caught:
        edited(ROWS, edits, "h.csv")
    assert caught.value.where
    assert not any(word in str(caught.value) for word in ("green", "fresh", "yellow"))


LABELS = st.sampled_from(["r1", "r2", "b", "red", "blue", "warm", "cold", "*", "new"])
LINES = st.lists(st.tuples(st.sampled_from("0123"), LABELS, LABELS, LABELS).map(";".join)
                 | st.tuples(st.sampled_from("012"), LABELS, LABELS).map(";".join), max_size=2).map(tuple)


@given(LINES, LINES, LINES)
def test_whatever_is_edited_stays_a_tree(move, merge, rename) -> None:
    try:
        found = edited(ROWS, Edits(move=move, merge=merge, rename=rename), "h.csv")
    except PolicyError:
        return
    assert paths(Hierarchy(table=found)) == found


def test_how_a_value_is_added_under_a_new_label_is_said() -> None:
    with pytest.raises(PolicyError) as caught:
        edited(ROWS, Edits(add=("g;green",)), "h.csv")
    assert "…;label 1;label 2, up to '*'" in caught.value.next
    assert edited(ROWS, Edits(add=("g;green;fresh;*",)), "h.csv")[-1] == ("g", "green", "fresh", "*")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,x,*\nb,y,*\n")
    return path


def test_a_new_file_or_the_same_if_that_is_said(file, tmp_path) -> None:
    edits, before = Edits(add=("c;y",)), file.read_text()
    done = answer(Request("edit", str(file), edits=edits, out=tmp_path / "new.csv"))
    assert file.read_text() == before
    assert (tmp_path / "new.csv").read_text() == "a,x,*\nb,y,*\nc,y,*\n", "its separator stays"
    assert done.written == str(tmp_path / "new.csv")
    answer(Request("edit", str(file), edits=edits, in_place=True, separator=","))
    assert file.read_text() == (tmp_path / "new.csv").read_text()


@pytest.mark.parametrize(("asked", "error", "what"), [
    ({}, PolicyError, "not said where"), ({"in_place": True, "out": "x"}, PolicyError, "said twice where"),
    ({"in_place": True, "edits": Edits()}, PolicyError, "nothing is edited"),
    ({"in_place": True, "edits": Edits(add=("a;y",))}, PolicyError, "already"), ({"out": "h.csv"}, InputError, "a file already"),
    ({"in_place": True, "column": "c"}, PolicyError, "--column: not with 'edit'"),
    ({"in_place": True, "backend": "spark"}, PolicyError, "--backend: not with 'edit'")])
def test_what_cannot_be_edited(asked, error, what, file) -> None:
    before = file.read_text()
    asked = {"edits": Edits(add=("c;y",)), **asked}
    if "out" in asked:
        asked["out"] = file.parent / asked["out"]
    with pytest.raises(error, match=what):
        answer(Request("edit", str(file), **asked))
    assert file.read_text() == before


def test_edits_go_with_edit_alone(file) -> None:
    with pytest.raises(PolicyError, match="--add, --move, --merge, --rename: not with 'show'"):
        answer(Request("show", str(file), edits=Edits(add=("c;y",))))
