"""Cells and patterns meant to harm: each costs itself alone, on its own time."""

from __future__ import annotations

import re
import time

import pyarrow as pa
import pytest
import regex

from engine.detect.plugins import UNSCANNABLE, Budget, CodePlugin, Plugins, RulePlugin
from engine.detect.plugins.rules import Rule

BUDGET, QUICK = Budget(0.2), Budget(0.1)
BOMBS = [
    r"(?:(?:a|a)+)+[bd]", r"(a|a|aa)+$[bd]", r"(?:.*a){14}[bd]", r"((a+)+)+[bd]|x\2", r"(?:a|a?)+[bd](?=c)",
    r"(?<=[bd](?:a|aa)+)[bd]", r"(?i:(?:(?:A|a)+)+[bd])", r"(?:a{1,30}){1,30}[bd]", r"(?:(a+)\1+)+[bd]",
]
NEIGHBOURS = ["sign 77 here", "77", "é 77", "x"]
FOUND = {(0, 5, 7), (1, 0, 2), (2, 2, 4)}


def plugin(written: str) -> RulePlugin:
    return RulePlugin("poison", (Rule("CODE", f"77|{written}", 0, lambda match: (*match.span(), 0.9)),), budget=QUICK)


def scanned(plugins, texts) -> tuple[set[tuple], set[int], float]:
    began = time.monotonic()
    rows = Plugins(plugins).find(pa.array(texts, pa.string())).to_pylist()
    took = time.monotonic() - began
    given_up = {row["value"] for row in rows if row["entity_type"] == UNSCANNABLE}
    return {(row["value"], row["start"], row["end"]) for row in rows if row["value"] not in given_up}, given_up, took


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_its_own_cells(bomb):
    poison = ["b" + "a" * 4000 + " 77", "b" + "a" * 61 + "c 77", "b" + "aA" * 40 + " 77"]  # what no filter and no engine skips
    found, given_up, took = scanned([plugin(bomb)], [*NEIGHBOURS, *poison])
    assert {row for row in found if row[0] < len(NEIGHBOURS)} == FOUND
    assert given_up <= {4, 5, 6}
    assert took < 2 * QUICK.seconds * len(poison) + 2


def test_several_bombs_leave_what_others_find():
    bombs = [plugin(bomb) for bomb in BOMBS[:3]]
    found, given_up, _ = scanned(bombs, [*NEIGHBOURS, "b" + "a" * 61 + "c 77"])
    assert given_up == {4}
    assert found == FOUND


POISON = ["\0" * 1000, "\u202e77\u202c", "(" * 5000 + ")" * 5000, "[" * 5000,
          "\u200b".join("7" * 50), "\ufffd" * 100, "7" * 200_000,
          "a\0" * 1000 + "77", "\ud7ff\ue000", "e" + "\u0301" * 5000,
          "\n" * 10_000, "&#" * 5000, "%" * 5000, "\x1b[31m77\x1b[0m",
          "{{}}" * 2000, "\\" * 5000, "'; DROP TABLE x; --", "\u2028\u2029" * 500, "𝟕𝟕" * 500, "0" * 1000 + "77"]


@pytest.mark.parametrize("text", POISON, ids=lambda text: repr(text[:6]))
def test_odd_cells_are_scanned_like_any_other(text):
    written = r"(?<![0-9])7{2}(?![0-9])|\(\(\)\)"
    ours = RulePlugin("rule", (Rule("CODE", written, 0, lambda match: (*match.span(), 0.9)),), budget=BUDGET)
    theirs = CodePlugin("code", ("CODE2",), lambda one: [(*match.span(), "CODE2", 0.9) for match in re.finditer(written, one)],
                        budget=BUDGET)
    found, given_up, took = scanned([ours, theirs], [*NEIGHBOURS, text, "77"])
    expected = {match.span() for match in regex.finditer(written, text)}
    assert not given_up
    assert {row[1:] for row in found if row[0] == 4} == expected
    assert {row for row in found if row[0] < 4} == FOUND
    assert (5, 0, 2) in found
    assert took < 2
