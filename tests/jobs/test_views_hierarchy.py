"""A hierarchy on a screen: levels, labels that were asked for, what is refused, no signs that a terminal would obey."""

from __future__ import annotations

import io

from rich.console import Console

from jobs import _views_hierarchy
from schemas.hierarchy import HierarchyLevel, HierarchyRemark, HierarchyReport, NamedLabel

LEVELS = (
    HierarchyLevel(level=0, labels=1200, fewest=1, most=1, single=1200),
    HierarchyLevel(level=1, labels=2, fewest=1, most=1199, single=1, named=(
        NamedLabel(label="[30, 39]", values=1199), NamedLabel(label="a\x1b[31mb", values=1))),
    HierarchyLevel(level=2, labels=1, fewest=1200, most=1200, single=0))


def shown(**parts) -> str:
    screen = Console(file=io.StringIO(), width=120, highlight=False, markup=False, emoji=False)
    report = HierarchyReport(**{"hierarchy": "h.csv", "kind": "table", "values": 1200, "levels": LEVELS, **parts})
    for part in _views_hierarchy.report(report):
        screen.print(part)
    return screen.file.getvalue()


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_a_line_for_each_level_with_its_figures():
    text = shown()
    assert text.startswith("h.csv: 1,200 values, by table\n")
    assert ["1", "2", "1", "1,199", "1"] in lines(text)
    assert ["2", "1", "1,200", "1,200", "0"] in lines(text)
    assert "written" not in text


def test_labels_stand_as_they_are_and_a_terminal_obeys_none():
    text = shown()
    assert ["[30,", "39]", "1,199"] in lines(text)
    assert "\x1b" not in text
    assert "a?[31mb" in text


def test_labels_are_named_only_where_that_was_asked():
    silent = tuple(level.model_copy(update={"named": None}) for level in LEVELS)
    assert "labels of level" not in shown(levels=silent)


def test_remarks_say_what_is_refused_where_and_how_often():
    text = shown(levels=(), remarks=(
        HierarchyRemark(what="labels have two parents", count=3000, lines=(3, 17), level=1, refused=True),
        HierarchyRemark(what="rows stand twice", count=2, lines=(9,)), HierarchyRemark(what="it is confidential")))
    assert "refused at level 1: labels have two parents (3,000), as in lines 3, 17\n" in text
    assert "note: rows stand twice (2), as in line 9\n" in text
    assert "note: it is confidential\n" in text
    assert "values below each" not in text


def test_the_file_that_was_written_stands_last():
    assert shown(written="out.csv").endswith("written: out.csv\n")
