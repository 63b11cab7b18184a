"""Hierarchies that a policy may not write: each is refused in words, whatever else is right."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from schemas.policy import Hierarchy

REFUSED = {
    "nothing": ({}, "exactly one kind"), "two rules": ({"ages": {}, "mask": "left"}, "exactly one kind"),
    "an empty list": ({"prefix": []}, "exactly one kind"), "no groups": ({"groups": {}}, "exactly one kind"),
    "widths that do not nest": ({"widths": [2, 5]}, "multiple"), "a width of nothing": ({"widths": [0]}, "multiple"),
    "a width without end": ({"widths": [float("inf")]}, "finite"),
    "edges that fall": ({"edges": [[3, 1]]}, "rise"), "no edges": ({"edges": [[]]}, "rise"),
    "an edge that is no number": ({"edges": [[float("nan")]]}, "finite"),
    "edges that do not nest": ({"edges": [[1, 3], [2]]}, "some, not all"),
    "edges that change nothing": ({"edges": [[1, 3], [1, 3]]}, "some, not all"),
    "bands that do not nest": ({"ages": {"bands": [2, 5]}}, "multiple"), "no bands": ({"ages": {"bands": []}}, "at least 1"),
    "a top beyond all ages": ({"ages": {"top": 131}}, "less than or equal to 130"),
    "cells that do not close at the pole": ({"latitude": [7]}, "divide 90"),
    "cells that do not close at the date line": ({"longitude": [1, 70]}, "multiple|divide 180"),
    "prefixes that grow": ({"prefix": [1, 3]}, "fewer and fewer"),
    "a prefix of nothing": ({"geohash": [2, 0]}, "fewer and fewer"),
    "people of another country": ({"postal": {"country": "gb", "populations": {"606": 1}}}, "go with country: us"),
    "people behind two digits": ({"postal": {"country": "us", "populations": {"60": 1}}}, "three digits"),
    "fewer than no people": ({"postal": {"country": "us", "populations": {"606": -1}}}, "three digits"),
    "nobody counted": ({"postal": {"country": "us", "populations": {}}}, "three digits"),
    "networks that grow finer": ({"ip": {"v4": [8, 16, 24]}}, "fall"),
    "networks of too many bits": ({"ip": {"v6": [129, 3, 2]}}, "fall"),
    "networks of nothing": ({"ip": {"v4": [8, 4, 0]}}, "fall"), "levels of one version": ({"ip": {"v4": [24]}}, "as many levels"),
    "levels out of order": ({"icd10": {"levels": ["chapter", "block"]}}, "fine to coarse"),
    "another edition": ({"icd10": {"edition": "gm"}}, "who"),
    "a value twice": ({"order": {"values": [1, "1", 2], "groups": [2]}}, "once"),
    "groups of one": ({"order": {"values": [1, 2, 3], "groups": [1]}}, "at least two"),
    "one group of all": ({"order": {"values": [1, 2, 3], "groups": [2, 2]}}, "more than one group"),
    "booleans of YAML, in order": (yaml.safe_load("order: {values: [no, yes, maybe], groups: [2]}"), "in quotes"),
    "a country that YAML reads as a boolean": (yaml.safe_load("groups: {north: {far: [NO, SE]}}"), "in quotes"),
    "a group that YAML reads as a boolean": (yaml.safe_load("groups: {on: [a], idle: [b]}"), "in quotes"),
    "a subgroup that YAML reads as a boolean": (yaml.safe_load("groups: {any: {yes: [a]}}"), "in quotes"),
    "a word of no rule": ("decades", "Extra inputs"),
}


@pytest.mark.parametrize(("written", "word"), REFUSED.values(), ids=REFUSED)
def test_refused(written, word) -> None:
    with pytest.raises(ValidationError, match=word):
        Hierarchy.model_validate(written)


@pytest.mark.parametrize("written", [
    "groups: {either: [true, false]}", 'groups: {"on": ["yes", "no"], off2: [maybe]}', "groups: {low: [1, 2], other: [many]}",
    'order: {values: ["no", "yes", "maybe"], groups: [2]}'])
def test_booleans_alone_and_quoted_words_are_taken(written) -> None:
    Hierarchy.model_validate(yaml.safe_load(written))


def test_values_are_not_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Hierarchy.model_validate({"order": {"values": ["Eve", "Eve"], "groups": [2]}})
    assert "Eve" not in str(caught.value)


def test_rules_as_they_were_written_before_stay_as_they_are() -> None:
    """A policy's fingerprint is made of this."""
    for written in ({"mask": "right"}, {"dates": ["month", "year"]}, {"widths": [5.0, 20.0]}, {"groups": {"g": ["a"]}},
                    {"table": [["a", "x"]]}):
        assert Hierarchy.model_validate(written).model_dump(mode="json") == written
