"""A release with sets of items: recoded, recounted on the written table, verified again when published."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Recode
from engine.release.report import words
from engine.release.verification import standing, treatments, verify_published
from schemas.receipt import Receipt

GROUPS = {"lung": ["asthma", "copd"], "other": {"infection": ["flu", "cold"], "rest": ["gout", "burn", "tic"]}}
OFTEN = {"flu": 0.3, "cold": 0.25, "gout": 0.2, "asthma": 0.1, "copd": 0.05, "burn": 0.03, "tic": 0.01}


def table(rows: int = 400) -> pa.Table:
    rng = random.Random(11)  # noqa: S311 - test data
    sets = [None if n % 90 == 0 else [item for item, share in OFTEN.items() if rng.random() < share] * rng.choice([1, 1, 2])
            for n in range(rows)]
    return pa.table({"who": [f"p{n}" for n in range(rows)], "age": [90 if n == 3 else rng.randrange(20, 70) for n in range(rows)],
                     "dx": pa.array(sets, pa.list_(pa.string()))})


def written(**changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "sets", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/sets"},
        "columns": {"who": {"role": "direct"}, "age": {"role": "quasi", "why": "w", "hierarchy": {"widths": [5, 10]}},
                    "dx": {"role": "quasi", "why": "w", "rename": "diagnoses", "hierarchy": {"groups": GROUPS}}},
        "guarantees": {"k": 5, "km": {"column": "dx", "k": 5, "m": 2, "items": "1%"}, "suppression": "2%"},
        "release": {"path": "releases/sets"},
    } | changes


@pytest.fixture(autouse=True)
def _lake(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/sets", table())


def published(policy: Policy) -> Receipt:
    backend = LocalBackend()
    return backend.execute(compile_plan(policy, backend.measure(policy))).publish()


def rows_of(path: str = "releases/sets") -> pa.Table:
    return pa.concat_tables([pq.read_table(file) for file in DeltaTable(path).file_uris()])


def supports(path: str = "releases/sets", most: int = 2) -> Counter:
    return Counter(combo for row in rows_of(path)["diagnoses"].to_pylist() for size in range(most + 1)
                   for combo in itertools.combinations(sorted(row or ()), size))


def test_the_written_table_keeps_what_the_receipt_says() -> None:
    receipt = published(Policy.parse(written()))
    verdict = {v.guarantee: v for v in receipt.verdicts}["k^m(diagnoses)"]
    assert verdict.promised == 5
    assert verdict.measured == min(supports().values()) >= 5
    assert verdict.holds
    rows = rows_of()
    assert rows.schema.field("diagnoses").type == pa.list_(pa.field("element", pa.string()))
    assert all(row is None or row == sorted(set(row)) for row in rows["diagnoses"].to_pylist())
    known = {*OFTEN, "lung", "infection", "rest", "other", "*"}
    assert {label for row in rows["diagnoses"].to_pylist() for label in row or ()} <= known


def test_the_receipt_tells_what_is_left() -> None:
    receipt = published(Policy.parse(written()))
    found = receipt.items[0]
    assert (found.column, found.items) == ("diagnoses", 7)
    assert found.labels == len({label for (label,) in [combo for combo in supports(most=1) if combo]})
    assert found.suppressed <= 0.01 * found.occurrences
    assert 0 <= found.loss < 1
    assert receipt.guarantees.km[0].column == "diagnoses"
    text = Path("releases/sets.receipt.json").read_text()
    assert Receipt.model_validate_json(text) == receipt
    assert "asthma" not in text
    older = json.loads(text)
    del older["items"], older["guarantees"]["km"]
    assert Receipt.model_validate(older).items == ()


def test_rows_that_the_tree_leaves_out_are_not_counted_on() -> None:
    """One person of 90 is left out, and what they had is rarer by one: the sets are fitted to the others."""
    receipt = published(Policy.parse(written()))
    assert receipt.anonymity is not None
    assert receipt.items[0].occurrences == sum(
        len(set(row or ())) for row, gone in zip(table()["dx"].to_pylist(), left_out(), strict=True) if not gone)
    assert receipt.anonymity.suppressed_rows == sum(left_out())


def left_out() -> list[bool]:
    policy = Policy.parse(written())
    plan = compile_plan(policy, LocalBackend().measure(policy))
    tree = plan.stage(Recode).tree
    return (tree.route([table()["age"]]) == tree.suppressed).tolist()


def test_a_published_release_is_recounted() -> None:
    receipt = published(Policy.parse(written()))
    again = verify_published(receipt, LocalBackend().open("releases/sets"))
    assert again[-1] == receipt.verdicts[-1]
    assert again[-1].guarantee == "k^m(diagnoses)"
    stricter = receipt.model_copy(update={"guarantees": receipt.guarantees.model_copy(update={
        "km": (receipt.guarantees.km[0].model_copy(update={"k": 399}),)})})
    assert not verify_published(stricter, LocalBackend().open("releases/sets"))[-1].holds


def test_a_table_that_does_not_keep_it_is_not_published() -> None:
    """Rows that came between plan and run are recoded, and counted like all others."""
    policy = Policy.parse(written(guarantees={"k": 5, "km": {"column": "dx", "k": 5, "m": 1}}))
    backend = LocalBackend()
    plan = compile_plan(policy, backend.measure(policy))
    release = backend.execute(plan)
    there = rows_of(release.store.path)
    late = there.slice(0, 5).set_column(1, "diagnoses", [[["alone"], [], [], [], []]])
    write_deltalake(release.store.path, pa.concat_tables([there, late.cast(there.schema)]), mode="overwrite")
    with pytest.raises(GuaranteeNotMet, match=r"k\^m\(diagnoses\): promised 5, measured 1"):
        release.verify()


def test_sets_alone() -> None:
    policy = Policy.parse(written(
        columns={"who": {"role": "direct"}, "age": {"role": "insensitive", "operator": "drop"},
                 "dx": {"role": "quasi", "why": "w", "rename": "diagnoses"}},
        guarantees={"km": {"column": "dx", "k": 3, "m": 3, "items": "30%"}}))
    receipt = published(policy)
    assert receipt.anonymity is None
    assert min(supports(most=3).values()) >= 3
    assert receipt.items[0].left_out > 0
    assert receipt.items[0].suppressed == sum(len(set(row or ())) for row in table()["dx"].to_pylist()) - sum(
        len(row or ()) for row in rows_of()["diagnoses"].to_pylist())
    assert [v.guarantee for v in verify_published(receipt, LocalBackend().open("releases/sets"))] == ["rows", "k^m(diagnoses)"]


def test_what_is_said_of_it() -> None:
    policy = Policy.parse(written())
    assert standing(policy) == "pseudonymized"  # nothing is promised of who knows age and items
    treated = {one.column: one for one in treatments(policy)}["dx"]
    assert (treated.released_as, treated.operator, treated.reversible) == ("diagnoses", "generalize (items)", False)
    verdict = published(policy).verdicts[-1]
    assert words.guarantee(verdict) == "k^m-anonymity of diagnoses"
    assert words.explain(verdict) == "Whoever knows as many items of a row as promised finds at least this many rows with them."
    assert words.promised(verdict) == "≥\u20095"


def test_whole_numbers() -> None:
    numbers = pa.array([None if n % 7 == 0 else [n % 5, 10 + n % 3] for n in range(60)], pa.list_(pa.int16()))
    write_deltalake("lake/numbers", pa.table({"dx": numbers}))
    published(Policy.parse(written(
        source={"table": "lake/numbers"}, columns={"dx": {"role": "quasi", "why": "w", "rename": "diagnoses",
                                                          "hierarchy": {"widths": [5, 10]}}},
        guarantees={"km": {"column": "dx", "k": 12, "m": 2}})))
    assert min(supports().values()) >= 12
    assert ("[0, 4]",) in supports()


def test_lists_among_the_other_quasi_identifiers_are_refused_before_anything_is_counted() -> None:
    with pytest.raises(PolicyError, match="has no place among the quasi-identifiers"):
        LocalBackend().measure(Policy.parse(written(guarantees={"k": 5})))
    write_deltalake("lake/plain", table().set_column(2, "dx", [["flu"] * 400]))
    with pytest.raises(PolicyError, match="holds no sets of items"):
        LocalBackend().measure(Policy.parse(written(source={"table": "lake/plain"})))


def test_odd_tables() -> None:
    for number, (sets, said) in enumerate([
        ([["flu"]], "there are 1 rows"), ([["flu"]] * 4, "there are 4 rows"), ([["flu"]] * 4 + [[]] * 9, "in too few rows"),
    ]):
        write_deltalake(f"lake/{number}", pa.table({"dx": pa.array(sets, pa.list_(pa.string()))}))
        policy = Policy.parse(written(source={"table": f"lake/{number}"}, columns={
            "dx": written()["columns"]["dx"]}, guarantees={"km": {"column": "dx", "k": 5, "m": 1}}))
        with pytest.raises(GuaranteeNotMet, match=said):
            compile_plan(policy, LocalBackend().measure(policy))
    write_deltalake("lake/nothing", pa.table({"dx": pa.array([None] * 6, pa.list_(pa.string()))}))
    policy = policy.model_copy(update={"source": policy.source.model_copy(update={"table": "lake/nothing"})})
    assert published(policy.released_to("releases/nothing")).verdicts[-1].measured == 6
    write_deltalake("lake/empty", pa.table({"dx": pa.array([[]] * 6, pa.list_(pa.string()))}))
    policy = policy.model_copy(update={"source": policy.source.model_copy(update={"table": "lake/empty"})})
    assert published(policy).verdicts[-1].measured == 6
