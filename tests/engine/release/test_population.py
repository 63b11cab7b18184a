"""A release beside a population: planned, written, held against everybody row by row, verified again; and what is refused."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake

from engine import road
from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Compare
from engine.release.report import words
from engine.release.verification import standing
from engine.risk.released import released_beside
from engine.usefulness import utility
from schemas.policy.v1 import Source
from schemas.receipt import Receipt

GROUPS = {"groups": {"north": {"cold": ["a", "b", "c"], "mild": ["d"]}, "south": ["e", "f", "g"]}}
TABLE = {"table": "lake/everybody", "columns": {"age": "AGE"}}


def people(size: int = 600) -> list[tuple[int, str]]:
    draw = random.Random(7)  # noqa: S311 - test data
    return [(draw.randrange(20, 60), draw.choice("abcdef")) for _ in range(size)]


def everybody(rows: list[tuple[int, str]]) -> pa.Table:
    return pa.table({"AGE": pa.array([age for age, _ in rows], pa.int32()), "town": [town for _, town in rows],
                     "salary": [1.5] * len(rows)})


def written(guarantees=None, columns=None, **changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "sample", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/sample"},
        "columns": {"age": {"role": "quasi", "why": "w"},
                    "town": {"role": "quasi", "why": "w", "hierarchy": GROUPS, "rename": "place"},
                    "dx": {"role": "sensitive", "why": "w"}, **(columns or {})},
        "guarantees": {"population": TABLE, "k_map": 12, "presence": {"max": "45%"}} if guarantees is None else guarantees,
        "release": {"path": "releases/sample"},
    } | changes


@pytest.fixture(autouse=True)
def _lake(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = people()
    sample = rows[::4]
    write_deltalake("lake/everybody", everybody([*rows, (33, "nowhere")]))
    write_deltalake("lake/sample", pa.table({
        "age": [age for age, _ in sample], "town": [town for _, town in sample], "dx": ["flu", "cold", "well"] * 50}))


def measured(policy: Policy):
    return compile_plan(policy, LocalBackend().measure(policy))


def published(policy: Policy) -> Receipt:
    return LocalBackend().execute(measured(policy)).publish()


def refused(kind: type[Exception] = InputError, **changes) -> str:
    with pytest.raises(kind) as caught:
        measured(Policy.parse(written(**changes)))
    return str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("recoding", [{}, {"cells": "tight"}, {"model": "full-domain"}])
def test_the_written_table_is_to_everybody_as_the_receipt_says(recoding) -> None:
    policy = Policy.parse(written(recoding=recoding))
    plan = measured(policy)
    receipt = LocalBackend().execute(plan).publish()
    rows = pa.concat_tables([pq.read_table(file) for file in DeltaTable("releases/sample").file_uris()])
    classes = Counter(zip(rows["age"].to_pylist(), rows["place"].to_pylist(), strict=True))
    alike = Counter()
    for label in classes:
        alike[label] = sum(stands(label[0], age) and under(label[1], town) for age, town in people())
    verdicts = {one.guarantee: one for one in receipt.verdicts}
    assert verdicts["k-map"].measured == min(alike.values()) >= 12
    shares = [count / alike[label] for label, count in classes.items()]
    assert verdicts["presence"].measured == pytest.approx(max(shares), abs=1e-12)
    assert verdicts["presence"].measured <= 0.45
    assert "k" not in verdicts
    assert receipt.population is not None
    assert (receipt.population.table, receipt.population.version, receipt.population.rows) == ("lake/everybody", 0, 601)
    assert receipt.guarantees.population.columns == {"age": "AGE"}
    assert Receipt.model_validate_json(Path("releases/sample.receipt.json").read_text()) == receipt
    assert standing(policy) == "pseudonymized"  # k alone lets nobody be singled out in the release


def stands(label: str, age: int) -> bool:
    """Whether a label of ages is true of one."""
    if label.startswith("["):
        low, high = label[1:-1].split(",")
        return int(low) <= age <= int(high)
    tests = {"≤": age.__le__, "≥": age.__ge__, "*": lambda _: True}
    return tests[label[0]](int(label[2:] or 0)) if label[0] in tests else int(label) == age


def under(label: str, town: str) -> bool:
    """Whether a label of towns is true of one."""
    cold, north = town in "abc", town in "abcd"
    return label in {"*", town, "north" if north else "south", "cold" if cold else "mild" if north else town}


@pytest.mark.slow
def test_verified_again_from_the_policy_and_not_without_it() -> None:
    Path("policy.yaml").write_text(yaml.safe_dump(written(), sort_keys=False))
    receipt = published(Policy.load("policy.yaml"))
    again = road.verify_target("policy.yaml", LocalBackend())
    assert {(one.guarantee, one.measured) for one in again.verdicts} >= {
        (one.guarantee, one.measured) for one in receipt.verdicts if one.guarantee != "columns"}
    with pytest.raises(InputError, match="cannot be measured from the release alone") as caught:
        road.verify_target("releases/sample", LocalBackend())
    assert "lakeveil verify POLICY" in str(caught.value)
    write_deltalake("lake/everybody", everybody(people(50)), mode="append")  # the version that was released counts
    assert road.verify_target("policy.yaml", LocalBackend()).verified
    shutil.rmtree("lake/everybody")
    write_deltalake("lake/everybody", everybody([*people(), *people(50)]))
    with pytest.raises(InputError, match="do not give the plan"):
        road.verify_target("policy.yaml", LocalBackend())


@pytest.mark.slow
def test_what_comes_after_a_release_beside_a_population() -> None:
    """What makes the plan anew takes the versions of both tables that were released."""
    policy = Policy.parse(written(guarantees={"k": 3, "population": TABLE, "k_map": 12}))
    receipt = published(policy)
    write_deltalake("lake/renamed", everybody(people()).rename_columns(["age", "town", "salary"]))
    write_deltalake("lake/everybody", everybody(people(50)), mode="append")
    assert utility(policy, LocalBackend()).plan_fingerprint == receipt.plan_fingerprint
    road.report(policy)
    page = Path("releases/sample.report.html").read_text()
    assert "k-map" in page
    assert "601 people" in page
    beside = released_beside(policy, receipt, LocalBackend(), population=Source(table="lake/renamed"), threshold=0.2,
                             progress=lambda *_: None)
    assert beside.smallest == {one.guarantee: one for one in receipt.verdicts}["k-map"].measured


def test_the_plan_says_what_it_compares_with() -> None:
    plan = measured(Policy.parse(written()))
    assert plan.stages[-1] == plan.stage(Compare)
    assert plan.stage(Compare).columns == (("age", "AGE"), ("town", "town"))
    shown = plan.explain()
    assert "k-map ≥ 12; presence ≤ 0.45; at most 0.0% of rows suppressed" in shown
    assert "Hold its classes against lake/everybody, version 0: 601 people" in shown
    assert "age is AGE there" in shown
    before = plan.fingerprint
    write_deltalake("lake/everybody", everybody(people(1)), mode="append")
    assert measured(Policy.parse(written())).fingerprint != before


def test_a_population_that_does_not_fit_is_refused() -> None:
    guarantees = {"population": {"table": "lake/everybody"}, "k_map": 3}
    assert "the population lacks 1 column(s): 'age'" in refused(guarantees=guarantees)
    assert "guarantees.population.columns" in refused(guarantees=guarantees)
    assert "lake/nobody" in refused(guarantees={"population": {**TABLE, "table": "lake/nobody"}, "k_map": 3})
    write_deltalake("lake/empty", everybody([]))
    assert "the population has no rows" in refused(guarantees={"population": {**TABLE, "table": "lake/empty"}, "k_map": 3})
    write_deltalake("lake/words", pa.table({"AGE": ["33"], "town": ["a"]}))
    said = refused(guarantees={"population": {**TABLE, "table": "lake/words"}, "k_map": 3})
    assert "column 'AGE' is string in the population, and int64 in the source" in said
    write_deltalake("lake/few", everybody(people()[::8]))
    said = refused(guarantees={"population": {**TABLE, "table": "lake/few"}, "k_map": 3})
    assert "a population with each row of the table among its own" in said
    assert "nowhere" not in said


def test_an_operator_that_reads_what_a_population_does_not_have_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    noise = {"scale": 2, "key": "env:CASE_KEY", "per": ["dx"]}
    said = refused(columns={"age": {"role": "quasi", "why": "w", "operator": {"noise": noise}}})
    assert "an operator of a quasi-identifier reads another column" in said
    noise["per"] = ["age"]  # which has another name there
    beside = {"age": {"role": "quasi", "why": "w"}, "dose": {"role": "quasi", "why": "w", "operator": {"noise": noise}}}
    write_deltalake("lake/sample", DeltaTable("lake/sample").to_pyarrow_table().append_column("dose", pa.array([1.0] * 150)),
                    mode="overwrite", schema_mode="overwrite")
    assert "an operator of a quasi-identifier reads another column" in refused(columns=beside)


def test_an_operator_of_a_quasi_identifier_runs_on_both() -> None:
    ten = {"role": "quasi", "why": "w", "operator": {"round": {"to": 10}}}
    plan = measured(Policy.parse(written(columns={"age": ten})))
    assert set(plan.stage(Compare).population.cube.table["age"].to_pylist()) <= {20, 30, 40, 50, 60}


def test_what_nobody_can_keep_is_refused_with_what_can() -> None:
    assert "k-map ≥ 700 cannot hold: it is 600" in refused(GuaranteeNotMet, guarantees={"population": TABLE, "k_map": 700})
    assert "presence ≤ 0.2 cannot hold: it is 0.25" in refused(
        GuaranteeNotMet, guarantees={"population": TABLE, "presence": {"max": 0.2}})
    assert "1 people of the population have values that no hierarchy knows" in refused(
        PolicyError, guarantees={"population": TABLE, "presence": {"min": 0.1}})


def test_a_source_that_is_wrong_is_told_before_its_population() -> None:
    assert "which the table does not have" in refused(columns={"sex": {"role": "quasi", "why": "w"}})


@pytest.mark.parametrize(("guarantees", "said"), [
    ({"k_map": 5}, "name the table in guarantees.population"),
    ({"presence": {"max": 0.5}}, "name the table in guarantees.population"),
    ({"k": 5, "population": TABLE}, "compared with by nothing"),
    ({"k_map": 1, "population": TABLE}, "greater than or equal to 2"),
    ({"population": TABLE, "presence": {"min": 0.6, "max": 0.5}}, "min is at most max"),
    ({"population": TABLE, "presence": {}}, "one of them says something"),
    ({"population": TABLE, "presence": {"max": "0%"}}, "one of them says something"),
    ({"population": TABLE, "presence": {"max": 1.5}}, "less than or equal to 1"),
    ({"population": {"table": "t", "columns": {"dx": "DX"}}, "k_map": 5}, "names column 'dx', which is not a quasi-identifier"),
    ({"population": {"table": "t", "columns": {"age": "town"}}, "k_map": 5}, "names 'town' for 2 quasi-identifiers"),
    ({"population": {"table": "releases"}, "k_map": 5}, "lies in the release, or holds it"),
    ({"population": {"tabel": "t"}, "k_map": 5}, "did you mean 'table'?"),
    ({"suppression": "2%"}, "columns of role quasi need guarantees.k")])
def test_a_policy_that_says_it_wrong_is_refused_in_words(guarantees, said) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.parse(written(guarantees=guarantees))
    assert said in str(caught.value)


def test_the_smallest_share_takes_columns_that_may_be_generalized() -> None:
    with pytest.raises(PolicyError, match=r"guarantees.presence.min\s+forbids it"):
        Policy.parse(written(guarantees={"population": TABLE, "presence": {"min": 0.1}},
                             columns={"age": {"role": "quasi", "why": "w", "coarsest": 0}}))


def test_a_population_needs_a_quasi_identifier() -> None:
    alone = {"age": {"role": "insensitive", "why": "w"}, "town": {"role": "insensitive", "why": "w"}}
    with pytest.raises(PolicyError, match="need at least one column of role quasi"):
        Policy.parse(written(columns=alone, guarantees={"population": {"table": "t"}, "k_map": 5}))


def test_claims_on_columns_need_no_k_beside_a_population() -> None:
    plan = measured(Policy.parse(written(guarantees={"population": TABLE, "k_map": 5, "l": {"column": "dx", "distinct": 2}})))
    assert plan.stage(Compare) is not None


def test_words_of_the_report() -> None:
    found = {one.guarantee: one for one in published(Policy.parse(written())).verdicts}
    assert words.guarantee(found["presence"]) == "δ-presence"
    assert words.promised(found["presence"]) == "≤\u200945%"
    assert words.promised(found["k-map"]) == "≥\u200912"
    assert "population" in words.explain(found["k-map"])
