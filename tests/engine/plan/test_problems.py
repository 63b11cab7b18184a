"""What is wrong with a policy is told by the policy's own keys, whatever pydantic calls its unions and validators."""

from __future__ import annotations

import copy
import datetime as dt
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PolicyError
from engine.plan import Policy
from schemas.policy.numbers import UNITS
from tests.engine.plan.test_policy import with_column, written

QUASI, PLAIN = {"role": "quasi", "why": "x"}, {"role": "insensitive", "why": "x"}
T = {"column": "diagnosis", "max": 2}
BROKEN = {
    "a claim": (written(guarantees={"k": 5, "t": T}), ["guarantees.t.max: Input should be less than or equal to 1"]),
    "one claim of a list": (written(guarantees={"k": 5, "t": [T | {"max": 0.5}, T]}),
                            ["guarantees.t.1.max: Input should be less than or equal to 1"]),
    "a typo in a claim": (written(guarantees={"k": 5, "l": {"column": "diagnosis", "distict": 2}}),
                          ["guarantees.l.distict: unknown key; did you mean 'distinct'?"]),
    "a rule of the wrong kind": (with_column("zip", QUASI | {"hierarchy": {"postal": {"contry": "us"}}}), [
        "columns.zip.hierarchy.postal.country: missing",
        "columns.zip.hierarchy.postal.contry: unknown key; did you mean 'country'?"]),
    "a country of none": (with_column("zip", QUASI | {"hierarchy": {"postal": "xx"}}), [
        "columns.zip.hierarchy.postal: Input should be 'us', 'gb' or 'ca'; or a mapping of country, populations, more_than"]),
    "a goal of no name": (written(recoding={"optimize": "speed"}), [
        "recoding.optimize: Input should be 'loss', 'discernibility', 'class-size' or 'precision'; or a mapping of accuracy"]),
    "a goal of no key": (written(recoding={"optimize": {"acuracy": "age"}}), [
        "recoding.optimize.accuracy: missing", "recoding.optimize.acuracy: unknown key; did you mean 'accuracy'?"]),
    "noise of no size": (written(recoding={"cuts": {"epsilon": 0}}), ["recoding.cuts.epsilon: Input should be greater than 0"]),
    "a multiple of nothing": (with_column("n", PLAIN | {"operator": {"round": {"to": 0}}}), [
        f"columns.n.operator.round.to: Input should be greater than 0; or {', '.join(map(repr, UNITS[:-1]))} or {UNITS[-1]!r}"]),
    "an edge that is no number": (with_column("age", QUASI | {"hierarchy": {"edges": [[0, float("inf")]]}}), [
        "columns.age.hierarchy.edges.0.1: Input should be a finite number"]),
    "a bare word that needs more": (with_column("patient_id", {"role": "direct", "why": "x", "operator": "token"}), [
        "columns.patient_id.operator.token.domain: missing", "columns.patient_id.operator.token.key: missing"]),
    "a reserved name": (with_column("__lakeveil_x", PLAIN), [
        "columns.__lakeveil_x: names that start with '__lakeveil_' are Lakeveil's own"]),
    "a word for a mapping": (written(source="lake/claims"), [
        "source: Input should be a mapping of table, format, version, subject, lookups; did you mean {table: …}?"]),
    "a list for a mapping": (with_column("age", PLAIN | {"domain": [0, 120]}), [
        "columns.age.domain: Input should be a mapping of min, max, values, missing; did you mean {min: 0, max: 120}?"]),
    "a list that no mapping is meant by": (with_column("age", PLAIN | {"domain": [120, 0]}), [
        "columns.age.domain: Input should be a mapping of min, max, values, missing"]),
    "a list whose parts are not shown": (with_column("age", PLAIN | {"domain": ["Bern", "Ulm"]}), [
        "columns.age.domain: Input should be a mapping of min, max, values, missing; did you mean {values: …}?"]),
    "a number for a mapping": (with_column("age", PLAIN | {"operator": {"bucket": 10}}), [
        "columns.age.operator.bucket: Input should be a mapping of width, origin; did you mean {width: 10}?"]),
    "a number that may stand for several keys": (with_column("age", PLAIN | {"operator": {"round": 5}}), [
        "columns.age.operator.round: Input should be a mapping of to, digits, significant, half"]),
    "a number for claims": (written(guarantees={"k": 5, "delta": 1}), [
        "guarantees.delta: Input should be a mapping of column, below; or a list of such"]),
    "a number for a list": (with_column("age", QUASI | {"hierarchy": {"widths": 10}}), [
        "columns.age.hierarchy.widths: Input should be a list"]),
    "a list for columns": (written(columns=["age"]), ["columns: Input should be a mapping"]),
    "a break in a name": (with_column("line\nbreak\x1b[2J", PLAIN | {"why": ""}), [
        "columns.line\\nbreak\\x1b[2J.why: String should have at least 1 character"]),
    "parts that disagree": (written(evaluation={"target": "nobody"}), [
        "evaluation.target names 'nobody', which is not released"]),
}


@pytest.mark.parametrize(("policy", "told"), BROKEN.values(), ids=BROKEN)
def test_problems_are_told_by_the_keys_of_the_policy(policy, told) -> None:
    before = copy.deepcopy(policy)
    with pytest.raises(PolicyError) as caught:
        Policy.parse(policy, where="p.yaml")
    assert policy == before
    where, *problems = caught.value.where.split("\n    - ")
    assert where == "p.yaml"
    assert sorted(problems) == sorted(told)
    assert not re.search(r"function-|literal\[|constrained|instance of|tuple|dictionary", str(caught.value))


EVERYTHING = written(
    columns=written()["columns"] | {
        "zip": QUASI | {"hierarchy": {"postal": {"country": "us"}}, "weight": 2, "coarsest": 1},
        "code": QUASI | {"hierarchy": {"groups": {"a": ["x", "y"], "b": {"c": ["z"]}}}},
        "n": PLAIN | {"operator": {"round": {"to": 5}}}, "m": PLAIN | {"operator": {"top_bottom_code": {"top": 90}}},
    },
    guarantees={"k": 5, "l": {"column": "diagnosis", "recursive": {"c": 2, "l": 2}}, "suppression": "2%",
                "t": [{"column": "diagnosis", "max": 0.2, "distance": "ordered", "order": ["a", "b"]}]},
    recoding={"optimize": {"accuracy": "diagnosis"}}, synthesis={"epsilon": 1, "delta": 1e-6})
ODD = [None, 0, -1, math.inf, math.nan, 10**400, True, "", "x", "drop", [], [0], [[]], {}, {"x": 1}, {5: {}}, {False: 1},
       {None: "a"}, dt.date(2020, 1, 1), b"x"]


def places(node, path=()):
    """Yields the path to each part of a policy."""
    yield path
    for key, part in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(part, (*path, key))


@pytest.mark.slow
@given(place=st.sampled_from(list(places(EVERYTHING))[1:]), odd=st.sampled_from(ODD), beside=st.booleans())
def test_whatever_is_written_is_accepted_or_refused_in_words(place, odd, beside) -> None:
    assert Policy.parse(EVERYTHING).fingerprint
    policy = copy.deepcopy(EVERYTHING)
    *path, last = place
    node = policy
    for key in path:
        node = node[key]
    node["other" if beside and isinstance(node, dict) else last] = odd
    try:
        assert Policy.parse(policy).fingerprint
    except PolicyError as error:
        assert not re.search(r"function-|literal\[|constrained|instance of|tuple|dictionary", str(error))  # noqa: PT017 - it need not be raised
