"""A release with microaggregated columns: what a reader gets, and what plan, receipt and utility say of it."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from engine.plan import Policy, compile_plan
from engine.release.report.words import full_domain
from engine.usefulness import utility
from schemas.receipt import Receipt


def written(**changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "ages", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/ages"},
        "columns": {"age": {"role": "quasi", "why": "w", "aggregate": "mean"},
                    "pay": {"role": "quasi", "why": "w", "aggregate": "median"},
                    "sex": {"role": "quasi", "why": "w"}, "ill": {"role": "sensitive", "why": "w"}},
        "guarantees": {"k": 5, "l": {"column": "ill", "distinct": 2}, "suppression": "2%"}, "release": {"path": "releases/ages"},
    } | changes


@pytest.fixture
def _lake(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = random.Random(5)  # noqa: S311 - test data
    ages = [None if n % 50 == 0 else rng.randrange(18, 90) for n in range(400)]
    write_deltalake("lake/ages", pa.table({
        "age": ages, "pay": [100.0 * (age or 40) + rng.randrange(500) for age in ages], "sex": [rng.choice("fm") for _ in ages],
        "ill": [rng.choice(["flu", "cold", "gout"]) for _ in ages]}))


@pytest.mark.slow
@pytest.mark.usefixtures("_lake")
def test_classes_of_numbers_are_counted_on_the_written_table() -> None:
    backend, policy = LocalBackend(), Policy.parse(written())
    plan = compile_plan(policy, backend.measure(policy))
    assert "age: the mean of each class, not counting null and NaN" in plan.explain()
    receipt = backend.execute(plan).publish()
    rows = pa.concat_tables([pq.read_table(file) for file in DeltaTable("releases/ages").file_uris()])
    assert rows.group_by(["age", "pay", "sex"]).aggregate([([], "count_all")])["count_all"].to_numpy().min() >= 5
    assert {18 <= int(age) <= 90 for age in rows["age"].to_pylist() if age != "null"} == {True}
    assert all(float(pay) > 1_000 for pay in rows["pay"].to_pylist())
    age, pay, sex = receipt.anonymity.utility
    assert 0 < age.squared_error < 0.3
    assert 0 < pay.squared_error < 0.3
    assert sex.squared_error is None
    assert "published is the mean of each class" in {column.column: column.effect for column in receipt.columns}["age"]
    assert Receipt.model_validate_json(receipt.model_dump_json()) == receipt
    again = compile_plan(policy, backend.measure(policy))
    assert again.fingerprint == plan.fingerprint
    assert utility(policy, backend).queries.median < 1


@pytest.mark.usefixtures("_lake")
def test_with_levels_too_each_class_has_its_numbers() -> None:
    backend, policy = LocalBackend(), Policy.parse(written(recoding={"model": "full-domain"}))
    plan = compile_plan(policy, backend.measure(policy))
    assert "age  what each class has of it" in plan.explain()
    assert "age: the mean of each class, not counting null and NaN" in plan.explain()
    receipt = backend.execute(plan).publish()
    assert all(verdict.holds for verdict in receipt.verdicts)
    rows = pa.concat_tables([pq.read_table(file) for file in DeltaTable("releases/ages").file_uris()])
    assert "age (a number of each class), pay (a number of each class), sex 0." in full_domain(receipt.anonymity)
    source = pa.concat_tables([pq.read_table(file) for file in DeltaTable("lake/ages").file_uris()]).to_pylist()
    for sex in "fm":
        ages = [row["age"] for row in source if row["sex"] == sex and row["age"] is not None]
        pays = sorted(row["pay"] for row in source if row["sex"] == sex)
        assert {(row["age"], float(row["pay"])) for row in rows.to_pylist() if row["sex"] == sex} == {
            (str(round(sum(ages) / len(ages))), pays[(len(pays) + 1) // 2 - 1])}


@pytest.mark.parametrize(("changes", "said"), [
    ({"recoding": {"model": "full-domain"},
      "columns": {"age": {"role": "quasi", "why": "w", "aggregate": "mean", "coarsest": 0}}},
     "columns.age: coarsest keeps its values, and aggregate puts a number in their place"),
    ({"guarantees": {"k": 5, "km": {"column": "age", "k": 5, "m": 2}}}, "columns.age: a set of items has no mean"),
])
def test_policies_that_disagree_with_an_aggregate_are_refused(changes, said) -> None:
    with pytest.raises(PolicyError, match=said):
        Policy.parse(written(**changes))
