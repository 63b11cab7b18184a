"""The JSON Schema says of a policy what the loader says of it, as far as a schema can."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.errors import PolicyError
from engine.plan.policy import Policy
from schemas.policy.json_schema import policy_schema

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "conf" / "schema" / "policy.v1.json"
POLICIES = sorted((ROOT / "conf" / "policies").glob("*.yaml"))
SCHEMA = policy_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BASE = {
    "apiVersion": "lakeveil/v1", "name": "t", "source": {"table": "lake/t", "subject": "id"},
    "purpose": "p", "legal_basis": "b", "retention": "r",
    "columns": {
        "id": {"role": "direct", "operator": {"token": {"domain": "d", "key": "env:K"}}, "why": "joins"},
        "age": {"role": "quasi", "why": "needed"},
        "illness": {"role": "sensitive", "why": "needed"},
    },
    "guarantees": {"k": 5}, "release": {"path": "out/t"},
}


class Yaml12(yaml.SafeLoader):
    """Reads 1e-6 as editors do (YAML 1.2); YAML 1.1 wants a dot in it."""


FLOAT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$")
Yaml12.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+0123456789"))


def written(**changes):
    policy = copy.deepcopy(BASE)
    for place, value in changes.items():
        *path, last = place.split("__")
        node = policy
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return policy


def schema_accepts(policy) -> bool:
    return VALIDATOR.is_valid(policy)


def loader_accepts(policy) -> bool:
    try:
        Policy.parse(policy)
    except PolicyError:
        return False
    return True


def test_committed_schema_is_current():
    assert json.loads(COMMITTED.read_text()) == SCHEMA, "make schema"


def test_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.name)
def test_shipped_policies_validate_and_load(path):
    policy = yaml.load(path.read_text(), Loader=Yaml12)  # noqa: S506 - a SafeLoader
    VALIDATOR.validate(policy)
    assert Policy.load(path).name == path.stem


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.name)
def test_shipped_policies_point_editors_at_the_schema(path):
    first = path.read_text().splitlines()[0]
    reference = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert reference, first
    assert (path.parent / reference[1]).resolve() == COMMITTED.resolve()


def text(**redact):
    return {"role": "text", "why": "needed", "operator": {"redact": redact}}


def number(**operator):
    return {"role": "insensitive", "why": "needed", "operator": operator}


BOUNDED = {"lower": 0, "upper": 200, "epsilon": 1, "key": "env:K"}
ACCEPTED = {
    "round to a multiple": {"columns__extra": number(round={"to": 0.25, "half": "away"})},
    "round to a unit": {"columns__extra": number(round={"to": "month"})},
    "round to digits": {"columns__extra": number(round={"digits": -2})},
    "round to significant digits": {"columns__extra": number(round={"significant": 2})},
    "top coding": {"columns__extra": number(top_bottom_code={"top": 90, "top_label": "90+"})},
    "bottom coding of dates": {"columns__extra": number(top_bottom_code={"bottom": "1930-01-01"})},
    "noise of a scale": {"columns__extra": number(noise={"scale": 2, "key": "env:K", "per": ["illness"]})},
    "calibrated noise": {"columns__extra": number(noise={"distribution": "laplace", **BOUNDED})},
    "calibrated gaussian noise": {"columns__extra": number(noise={"delta": 1e-6, **BOUNDED})},
    "base": {},
    "bare word": {"columns__age__operator": "mask"},
    "bare drop without a reason": {"columns__extra": {"role": "insensitive", "operator": "drop"}},
    "drop as a mapping": {"columns__extra": {"role": "insensitive", "operator": {"drop": {}}}},
    "direct is dropped by default": {"columns__extra": {"role": "direct"}},
    "suppression in percent": {"guarantees__suppression": "2%"},
    "suppression in percent with decimals": {"guarantees__suppression": "2.5%"},
    "suppression as a share": {"guarantees__suppression": 0.02},
    "one l": {"guarantees__l": {"column": "illness", "distinct": 3}},
    "a list of l": {"guarantees__l": [{"column": "illness", "distinct": 3}]},
    "one t": {"guarantees__t": {"column": "illness", "max": 0.2}},
    "a population": {"guarantees": {"population": {"table": "lake/all", "columns": {"age": "AGE"}}, "k_map": 10,
                                    "presence": {"min": 0.1, "max": "50%"}}},
    "sets of items": {"columns__bought": {"role": "quasi", "why": "needed"},
                      "guarantees__km": {"column": "bought", "k": 5, "m": 2, "items": "5%"}},
    "a list of claims on sets": {"columns__bought": {"role": "quasi", "why": "needed"},
                                 "guarantees__km": [{"column": "bought", "k": 5, "m": 2}]},
    "replace with": {"columns__illness__operator": {"replace": {"with": "x"}}},
    "hierarchy": {"columns__age__hierarchy": {"widths": [5, 10]}},
    "a rule by its bare word": {"columns__age__hierarchy": "ages"},
    "ages": {"columns__age__hierarchy": {"ages": {"top": 65, "bands": [5, 20]}}},
    "edges": {"columns__age__hierarchy": {"edges": [[0, 18, 65.5], [18]]}},
    "postal codes of a country": {"columns__age__hierarchy": {"postal": "gb"}},
    "postal codes with people": {"columns__age__hierarchy": {"postal": {"country": "us", "populations": {"606": 2700000}}}},
    "a mask by chunks": {"columns__age__hierarchy": {"mask": {"chunk": 2}}},
    "networks": {"columns__age__hierarchy": {"ip": {"v4": [24, 8], "v6": [64, 32]}}},
    "codes of diseases": {"columns__age__hierarchy": {"icd10": {"edition": "cm", "levels": ["block", "chapter"]}}},
    "an order": {"columns__age__hierarchy": {"order": {"values": [1, "two", 3.5], "groups": [2]}}},
    "weeks": {"columns__age__hierarchy": {"dates": ["day", "week"]}},
    "labels that say what is held": {"recoding": {"cells": "tight", "optimize": "class-size"}},
    "one level per column": {"recoding": {"model": "full-domain", "optimize": "precision"}},
    "statistics": {"columns__sex": {"role": "quasi", "why": "needed", "domain": {"values": ["F", "M"]}},
                   "statistics": {"epsilon": 1, "queries": {
                       "n": {"count": "rows"}, "by": {"count": "rows", "by": ["sex"]}}}},
    "a column to be told": {"recoding": {"optimize": {"accuracy": "illness"}}},
    "values kept": {"columns__age__coarsest": 0},
    "a level at most": {"columns__age__hierarchy": "ages", "columns__age__coarsest": 2},
    "the smallest weight": {"columns__age__weight": 1e-6}, "the largest weight": {"columns__age__weight": 1e6},
    "domain": {"columns__age__domain": {"min": 0, "max": 120}},
    "protected": {"columns__age__protected": True},
    "protected, said of nobody": {"columns__extra": {"role": "direct", "protected": False}},
    "a style for all": {"columns__note": text(style="drop")},
    "a style that needs a key": {"columns__note": text(style="surrogate", key="env:K", locale="de_DE", scope="subject")},
    "styles by type": {"columns__note": text(style={"PERSON": "hash", "default": "drop"}, key="file:/k")},
    "styles by type, none keyed": {"columns__note": text(style={"PERSON": "placeholder"})},
    "an order with a value of nobody's": {
        "guarantees__t": {"column": "illness", "max": 0.1, "distance": "ordered", "order": ["a", "nobody's", "b"]}},
    "holdout in percent": {"synthesis": {"epsilon": 1, "delta": 1e-6, "holdout": "20%"}},
}
REFUSED = {
    "a query without a measure": {"statistics": {"epsilon": 1, "queries": {"n": {"weight": 2}}}},
    "a query of two measures": {"statistics": {"epsilon": 1, "queries": {"n": {"count": "rows", "mean": "age"}}}},
    "quantiles of a count": {"statistics": {"epsilon": 1, "queries": {"n": {"count": "rows", "at": [0.5]}}}},
    "no query": {"statistics": {"epsilon": 1, "queries": {}}},
    "round without a way": {"columns__extra": number(round={})},
    "bare round": {"columns__extra": {"role": "insensitive", "why": "needed", "operator": "round"}},
    "round in two ways": {"columns__extra": number(round={"to": 5, "digits": 1})},
    "round to an unknown unit": {"columns__extra": number(round={"to": "fortnight"})},
    "round to a number in quotes": {"columns__extra": number(round={"to": "5"})},
    "code without a bound": {"columns__extra": number(top_bottom_code={"top_label": "90+"})},
    "code with a label of no bound": {"columns__extra": number(top_bottom_code={"top": 90, "bottom_label": "child"})},
    "noise without a scale": {"columns__extra": number(noise={"key": "env:K"})},
    "noise with both": {"columns__extra": number(noise={"scale": 1, "distribution": "laplace", **BOUNDED})},
    "gaussian noise without delta": {"columns__extra": number(noise=BOUNDED)},
    "laplace noise with delta": {"columns__extra": number(noise={"distribution": "laplace", "delta": 1e-6, **BOUNDED})},
    "uniform noise with epsilon": {"columns__extra": number(noise={"distribution": "uniform", **BOUNDED})},
    "unknown key": {"gaurantees": {}},
    "unknown key in a column": {"columns__age__rol": "quasi"},
    "unknown role": {"columns__age__role": "quasy"},
    "kept without a reason": {"columns__extra": {"role": "insensitive"}},
    "reason left open": {"columns__age__why": None},
    "empty reason": {"columns__age__why": ""},
    "unknown operator": {"columns__age__operator": "scramble"},
    "bare word that needs parameters": {"columns__age__operator": "token"},
    "two operators": {"columns__age__operator": {"mask": {}, "redact": {}}},
    "operator that is null": {"columns__age__operator": {"mask": None}},
    "no operator": {"columns__age__operator": {}},
    "a level of no hierarchy": {"columns__age__coarsest": 2},
    "a level of what is no quasi-identifier": {"columns__illness__coarsest": 0},
    "cells without a tree": {"recoding": {"model": "full-domain", "cells": "tight"}},
    "precision of a tree": {"recoding": {"optimize": "precision"}},
    "accuracy of levels": {"recoding": {"model": "full-domain", "optimize": {"accuracy": "illness"}}},
    "a goal of no name": {"recoding": {"optimize": "speed"}},
    "no weight": {"columns__age__weight": 0}, "a weight that no sum holds": {"columns__age__weight": 1e300},
    "a weight beside which others are all": {"columns__age__weight": 1e-300},
    "two hierarchies": {"columns__age__hierarchy": {"widths": [5], "mask": "left"}},
    "a word of no rule": {"columns__age__hierarchy": "agess"},
    "a bare word that needs parameters": {"columns__age__hierarchy": "widths"},
    "a rule that is null": {"columns__age__hierarchy": {"ages": None}},
    "unknown key of a rule": {"columns__age__hierarchy": {"ages": {"tops": 90}}},
    "country of no form": {"columns__age__hierarchy": {"postal": "xx"}},
    "chunks of nothing": {"columns__age__hierarchy": {"mask": {"chunk": 0}}},
    "an order of booleans": {"columns__age__hierarchy": {"order": {"values": [1, "two", True], "groups": [2]}}},
    "an order of one": {"columns__age__hierarchy": {"order": {"values": [1], "groups": [2]}}},
    "protected and dropped": {"columns__extra": {"role": "sensitive", "operator": "drop", "protected": True}},
    "protected direct identifier": {"columns__extra": {"role": "direct", "operator": "mask", "why": "x", "protected": True}},
    "protected text": {"columns__note": {**text(), "protected": True}},
    "hierarchy on another role": {"columns__illness__hierarchy": {"mask": "left"}},
    "k of one": {"guarantees__k": 1},
    "k-map of one": {"guarantees": {"population": {"table": "lake/all"}, "k_map": 1}},
    "a population without a table": {"guarantees": {"population": {"format": "csv"}, "k_map": 10}},
    "a presence of nobody": {"guarantees": {"population": {"table": "lake/all"}, "presence": {}}},
    "k of one on sets": {"guarantees__km": {"column": "age", "k": 1, "m": 2}},
    "sets without m": {"guarantees__km": {"column": "age", "k": 5}},
    "sets with an m that nobody counts": {"guarantees__km": {"column": "age", "k": 5, "m": 20}},
    "items in words": {"guarantees__km": {"column": "age", "k": 5, "m": 2, "items": "few"}},
    "an order with a value twice": {
        "guarantees__t": {"column": "illness", "max": 0.1, "distance": "ordered", "order": ["a", "b", "c", "a", "b"]}},
    "suppression above all": {"guarantees__suppression": "200%"},
    "suppression in words": {"guarantees__suppression": "few"},
    "another version": {"apiVersion": "lakeveil/v2"},
    "no columns": {"columns": {}},
    "reserved name": {"columns____lakeveil_x": {"role": "direct"}},
    "a domain with a value twice": {"columns__age__domain": {"values": ["F", "M", "F"]}},
    "a domain that doubles hardly hold": {"columns__age__domain": {"min": 0, "max": 1e101}},
    "epsilon of zero": {"synthesis": {"epsilon": 0, "delta": 1e-6}},
    "epsilon that promises nothing": {"synthesis": {"epsilon": 101, "delta": 1e-6}},
    "delta that promises nothing": {"synthesis": {"epsilon": 1, "delta": 0.002}},
    "delta of a cap that promises nothing": {"budget": {"ledger": "l", "population": "p", "cap": {"epsilon": 1, "delta": 0.002}}},
    "delta of cuts that promises nothing": {"recoding": {"cuts": {"epsilon": 1, "delta": 0.002}}},
    "missing purpose": {"purpose": None},
    "blank purpose": {"purpose": "  "},
    "blank reason": {"columns__age__why": " "},
    "a secret where its handle belongs": {"columns__extra": {
        "role": "direct", "why": "joins", "operator": {"token": {"domain": "d", "key": "5a" * 32}}}},
    "a secret behind a handle's word": {"columns__note": text(style="hash", key=f"env:{'5a' * 32}")},
    "misspelt style": {"columns__note": text(style="surogate", key="env:K")},
    "misspelt style of a type": {"columns__note": text(style={"PERSON": "hsh"}, key="env:K")},
    "style of no type": {"columns__note": text(style={"person": "drop"})},
    "style without its key": {"columns__note": text(style="hash")},
    "style of a type without its key": {"columns__note": text(style={"PERSON": "keep_format"})},
    "key without a style": {"columns__note": text(key="env:K")},
    "key that no style needs": {"columns__note": text(style={"PERSON": "drop"}, key="env:K")},
    "locale of no form": {"columns__note": text(style="surrogate", key="env:K", locale="german")},
    "scope of no kind": {"columns__note": text(style="hash", key="env:K", scope="row")},
    "key of an unknown kind": {"columns__extra": {
        "role": "direct", "why": "joins", "operator": {"token": {"domain": "d", "key": "ftp:key"}}}},
    **{f"suppression {text!r}": {"guarantees__suppression": text} for text in ("2 %", ".5%", "+5%", "1e1%", "002%", "0.02")},
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_both_accept(changes):
    policy = written(**changes)
    VALIDATOR.validate(policy)
    assert loader_accepts(policy)


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_both_refuse(changes):
    policy = written(**changes)
    if "columns____lakeveil_x" in changes:
        policy = written()
        policy["columns"]["__lakeveil_x"] = {"role": "direct"}
    assert not schema_accepts(policy)
    assert not loader_accepts(policy)


def test_every_key_is_described_or_plain():
    """An editor shows a description, or the key's own type says it all; no titles that repeat the key."""
    for name, part in SCHEMA["$defs"].items():
        for key, field in part.get("properties", {}).items():
            assert "title" not in field, (name, key)
