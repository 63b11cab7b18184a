"""Set-valued columns in a policy and in its plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from engine.anonymity.cube import Cube
from engine.anonymity.itemsets import ItemSets
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan import Measurement, Policy, compile_plan
from engine.plan.rules import beside_items
from engine.plan.stages import Check, Project, Read, Recode, RecodeItems, Write
from engine.synth.columns import choose_columns
from schemas.reserved import COUNT

LIST = pa.list_(pa.field("element", pa.string()))
SCHEMA = pa.schema([("age", pa.int64()), ("dx", LIST), ("city", pa.string())])
DX = [["flu"], ["flu", "cold"], ["cold"], ["gout"], [], None]
GROUPS = {"groups": {"infection": ["flu", "cold"], "other": ["gout"]}}


def policy(km=None, columns=None, **changes):
    guarantees = {"k": 2, "km": {"column": "dx", "k": 4, "m": 1, **(km or {})}} | changes.pop("guarantees", {})
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "sets", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/sets"},
        "columns": {
            "age": {"role": "quasi", "why": "w"},
            "dx": {"role": "quasi", "why": "w", "rename": "diagnoses", "hierarchy": GROUPS},
            "city": {"role": "insensitive", "operator": "drop"}, **(columns or {}),
        },
        "guarantees": guarantees, "release": {"path": "out/sets"}, **changes,
    })


def measured(**changes) -> Measurement:
    cube = Cube(pa.table({"age": [20, 30, 40], COUNT: [6, 5, 1]}), ("age",))
    sets = ItemSets("dx", pa.table({"dx": pa.array(DX, LIST), COUNT: [3, 1, 2, 4, 1, 1]}))
    return replace(Measurement(schema=SCHEMA, rows=12, format="delta", cube=cube, items=(sets,)), **changes)


def refused(**changes) -> str:
    with pytest.raises(PolicyError) as caught:
        policy(**changes)
    return str(caught.value)


def test_sets_are_not_among_the_columns_that_are_generalized_together() -> None:
    one = policy()
    assert one.of_role("quasi") == ("age", "dx")
    assert one.quasi_identifiers() == ("age",)
    assert one.item_columns() == ("dx",)
    assert policy(columns={"age": {"role": "insensitive", "why": "w"}}, guarantees={"k": None}).quasi_identifiers() == ()


def test_the_example_of_the_documentation_is_a_policy() -> None:
    page = (Path(__file__).parents[3] / "docs" / "itemsets.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.split("```yaml")[1].split("```")[0])
    one = policy(columns={"dx": {"role": "direct"}, "age": {"role": "direct"}, **shown["columns"]},
                 guarantees={"k": None, **shown["guarantees"]})
    assert one.item_columns() == ("diagnoses",)
    assert one.guarantees.km[0].items == 0.05


def test_stages() -> None:
    plan = compile_plan(policy(), measured())
    assert [type(stage) for stage in plan.stages] == [Read, RecodeItems, Recode, Project, Write, Check]
    found = plan.stage(RecodeItems).recoding
    assert dict(zip(found.items, found.labels, strict=True)) == {"flu": "infection", "cold": "infection", "gout": "gout"}
    assert plan.recoded_items() == (found,)
    assert plan.stage(Project).schema.field("diagnoses").type == LIST
    assert plan.stage(Check).quasi == ("age",)


def test_a_table_of_sets_alone_needs_no_k() -> None:
    alone = policy(columns={"age": {"role": "insensitive", "operator": "drop"}}, guarantees={"k": None})
    plan = compile_plan(alone, measured(cube=None))
    assert [type(stage) for stage in plan.stages] == [Read, RecodeItems, Project, Write, Check]
    assert "k^m(dx) ≥ 4 for m = 1" in plan.explain()


def test_explanation_says_what_is_and_what_is_not_promised() -> None:
    text = compile_plan(policy(), measured()).explain()
    assert "Generalize the items of dx: 3 items under 2 labels" in text
    assert "whoever knows at most m = 1 items of a row finds 4 rows or more that hold them all" in text
    assert "apart from other columns: who knows of these, too, may find fewer" in text
    assert "k^m(dx) ≥ 4 for m = 1, at most 0.0% of items left out" in text
    assert "Generalize age together" in text


def test_fingerprints() -> None:
    plan = compile_plan(policy(), measured())
    table = measured().items[0].table
    shuffled = ItemSets("dx", table.take([5, 3, 1, 0, 4, 2]))
    assert compile_plan(policy(), measured(items=(shuffled,))).fingerprint == plan.fingerprint
    assert compile_plan(policy(km={"k": 3}), measured()).fingerprint != plan.fingerprint


def test_rows_that_are_left_out_make_combinations_rarer() -> None:
    """Suppression takes rows: sets are fitted to those that stay, counted beside the quasi-identifiers."""
    with_budget = policy(km={"k": 4}, guarantees={"suppression": 0.2})
    assert beside_items(with_budget) == ("age",)
    assert beside_items(policy()) == ()
    cube = Cube(pa.table({"age": [20, 30, 90], COUNT: [4, 4, 1]}), ("age",))
    sets = pa.array([["flu"], ["gout"], ["gout"], ["flu"]], LIST)
    beside = pa.table({"age": [20, 20, 30, 90], "dx": sets, COUNT: [3, 1, 4, 1]})
    measurement = measured(rows=9, cube=cube, items=(ItemSets("dx", beside),))
    plan = compile_plan(with_budget, measurement)
    kept = plan.stage(Recode).tree
    assert (kept.route([cube.table["age"]]) == kept.suppressed).tolist() == [False, False, True]
    assert set(plan.recoded_items()[0].labels) == {"*"}  # four rows of flu were enough; three that stay are not
    assert plan.recoded_items()[0].occurrences == 8


def test_what_cannot_hold_is_told() -> None:
    with pytest.raises(GuaranteeNotMet, match=r"k\^m\(dx\) ≥ 99 cannot hold: there are 12 rows"):
        compile_plan(policy(km={"k": 99}), measured())


def test_lists_without_a_claim_are_refused_in_words() -> None:
    without = policy(guarantees={"km": ()})
    with pytest.raises(PolicyError) as caught:
        compile_plan(without, measured())
    assert "column 'dx' of type list<element: string> has no place among the quasi-identifiers" in str(caught.value)
    assert "guarantees: {km: {column: dx, k: 5, m: 2}}, or drop it" in str(caught.value)
    schema = pa.schema([*list(SCHEMA)[:1], ("dx", pa.struct([("a", pa.string())])), ("city", pa.string())])
    with pytest.raises(PolicyError, match="next: drop it"):
        compile_plan(without, measured(schema=schema))


@pytest.mark.parametrize("type_", [pa.string(), pa.list_(pa.float64()), pa.list_(LIST), pa.struct([("a", pa.string())])], ids=str)
def test_claims_on_columns_without_sets_are_refused_in_words(type_) -> None:
    schema = pa.schema([("age", pa.int64()), ("dx", type_), ("city", pa.string())])
    with pytest.raises(PolicyError, match="holds no sets of items"):
        compile_plan(policy(), measured(schema=schema))


@pytest.mark.parametrize(("changes", "said"), [
    ({"km": {"column": "nobody"}}, "names column 'nobody', which is not a released column of role quasi"),
    ({"km": {"column": "city"}}, "names column 'city', which is not a released column of role quasi"),
    ({"columns": {"dx": {"role": "quasi", "operator": "drop"}}}, "names column 'dx', which is not a released column of role"),
    ({"columns": {"dx": {"role": "quasi", "why": "w", "operator": {"mask": {}}}}}, "leave the operator out"),
    ({"columns": {"dx": {"role": "quasi", "why": "w", "weight": 2}}}, "leave weight out"),
    ({"guarantees": {"km": [{"column": "dx", "k": 2, "m": 1}, {"column": "dx", "k": 3, "m": 2}]}}, "names column 'dx' twice"),
    ({"guarantees": {"k": None}}, "need guarantees.k, or guarantees.km where they hold sets"),
    ({"columns": {"age": {"role": "insensitive", "why": "w"}}}, "needs at least one column of role quasi beside those"),
    ({"km": {"k": 1}}, "guarantees.km.k"), ({"km": {"m": 0}}, "guarantees.km.m"), ({"km": {"m": 9}}, "guarantees.km.m"),
    ({"km": {"items": "120%"}}, "guarantees.km.items"), ({"km": {"l": 3}}, "unknown key"),
    ({"evaluation": {"target": "dx"}}, "evaluation.target names 'dx', which holds sets"),
])
def test_policies_that_break_a_rule(changes, said) -> None:
    assert said in refused(**changes)


def test_sets_are_not_learned_by_the_synthesizer(tmp_path) -> None:
    named = policy(synthesis={"epsilon": 1, "delta": 1e-6, "unit": "record", "columns": ["dx"]})
    with pytest.raises(PolicyError, match="a set or free text cannot be learned"):
        choose_columns(named, FakeRelease())


class FakeRelease:
    path = "nowhere"

    def schema(self) -> pa.Schema:
        return pa.schema([("age", pa.string()), ("diagnoses", LIST)])
