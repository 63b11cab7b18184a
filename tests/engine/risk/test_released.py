"""k-map of a release: the population in its labels, whatever prepares quasi-identifiers; suppressed rows and nulls, too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import road
from engine.artifacts import Artifacts, read
from engine.backends.local import LocalBackend
from engine.errors import InputError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Recode
from engine.risk.released import released_beside
from schemas.policy.v1 import Source
from schemas.receipt import Receipt
from schemas.risk import PopulationRisk
from udfs import kernel

pytestmark = pytest.mark.slow
WHY = {"why": "test"}
QUASI = {
    "as they are": {"age": {"role": "quasi", **WHY}, "town": {"role": "quasi", **WHY}},
    "rounded first": {"age": {"role": "quasi", "operator": {"round": {"to": 5}}, **WHY}, "town": {"role": "quasi", **WHY}},
    "with hierarchies": {"age": {"role": "quasi", **WHY}, "town": {"role": "quasi", "hierarchy": {"mask": "right"}, **WHY}},
    "renamed": {"age": {"role": "quasi", "rename": "years", **WHY}, "town": {"role": "quasi", "rename": "place.of", **WHY}},
}


def people(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    ages = [None if rng.random() < 0.05 else int(age) for age in rng.integers(18, 90, rows)]
    towns = [None if rng.random() < 0.05 else f"10{town:02d}" for town in rng.integers(0, 12, rows)]
    return pa.table({"age": pa.array(ages, pa.int16()), "town": towns, "ill": rng.choice(["flu", "gout"], rows)})


@pytest.fixture
def town(tmp_path) -> Path:
    """Fifteen hundred people, and a table of two hundred of them with an outlier whom no class has room for."""
    everybody = people(1500, 1)
    outlier = pa.table({"age": pa.array([140], pa.int16()), "town": ["99"], "ill": ["flu"]})
    few = pa.concat_tables([everybody.slice(0, 199), outlier])
    write_deltalake(str(tmp_path / "everybody"), pa.concat_tables([everybody, few.slice(199)]).drop_columns(["ill"]))
    write_deltalake(str(tmp_path / "people"), few)
    return tmp_path


def released(town: Path, columns: dict, **changes) -> Policy:
    policy = Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "p", "purpose": "t", "legal_basis": "t", "retention": "t",
        "source": {"table": str(town / "people")}, "columns": columns | {"ill": {"role": "sensitive", **WHY}},
        "guarantees": {"k": 8, "l": {"column": "ill", "distinct": 2}, "suppression": 0.05},
        "release": {"path": str(town / "release")}, **changes})
    road.anonymize(policy, LocalBackend())
    return policy


def receipt_of(policy: Policy) -> Receipt:
    return read(Artifacts.of(policy).receipt, Receipt)


def beside(policy: Policy, population: Path, threshold: float = 0.02) -> PopulationRisk:
    return released_beside(policy, receipt_of(policy), LocalBackend(), population=Source(table=str(population)),
                           threshold=threshold, progress=lambda *_: None)


def by_hand(policy: Policy, population: pa.Table) -> list[tuple[int, int]]:
    """Returns rows in release and population of each of the release's classes: row by row, by the kernels that a release runs."""
    tree = compile_plan(policy, LocalBackend().measure(policy)).stage(Recode).tree
    ages = population["age"].combine_chunks()
    if policy.columns["age"].operator:
        ages = pa.array([None if age is None else round(age / 5 + 1e-9) * 5 for age in ages.to_pylist()], pa.int16())
    labels = kernel("recode")(ages, population["town"].combine_chunks(), tree=tree.to_json())
    there = Counter((one["age"], one["town"]) for one in labels.to_pylist() if not one["suppressed"])
    table = DeltaTable(policy.release.path).to_pyarrow_table()
    here = Counter(zip(*(table[policy.released_name(name)].to_pylist() for name in ("age", "town")), strict=True))
    return [(rows, there[key]) for key, rows in here.items()]


@pytest.mark.parametrize(("case", "cells"), [*((case, "tight") for case in QUASI), ("rounded first", "bounds")])
def test_against_every_row_labelled_by_itself(case, cells, town):
    policy = released(town, QUASI[case], recoding={"cells": cells})
    found, classes = beside(policy, town / "everybody"), by_hand(policy, DeltaTable(str(town / "everybody")).to_pyarrow_table())
    rows = sum(here for here, _ in classes)
    assert rows in (range(190, 200) if cells == "tight" else {200}), "the outlier is left out, unless there is room above a cut"
    assert found.smallest == min(there for _, there in classes) >= 8
    assert found.marketer == pytest.approx(sum(here / there for here, there in classes) / rows)
    assert found.at_risk == pytest.approx(sum(here for here, there in classes if there < 50) / rows)
    assert found.journalist_mean == pytest.approx(max(found.marketer, len(classes) / sum(there for _, there in classes)))
    assert (found.short, found.alone) == (0, 0)
    assert (found.population.rows, found.population.table) == (1501, str(town / "everybody"))


def test_the_table_itself_as_population_is_the_release(town):
    policy = released(town, QUASI["as they are"])
    found = beside(policy, town / "people")
    assert found.smallest == receipt_of(policy).anonymity.class_sizes.smallest
    assert found.journalist_max == receipt_of(policy).anonymity.risk.prosecutor_max
    assert found.marketer == pytest.approx(receipt_of(policy).anonymity.risk.marketer)


def test_more_people_make_nobody_easier_to_find(town):
    policy = released(town, QUASI["as they are"])
    everybody = DeltaTable(str(town / "everybody")).to_pyarrow_table()
    risks = []
    for times in (1, 2, 4):
        write_deltalake(str(town / f"times{times}"), pa.concat_tables([everybody] * times))
        risks.append(beside(policy, town / f"times{times}"))
    assert [one.smallest for one in risks] == [risks[0].smallest * times for times in (1, 2, 4)]
    assert [one.marketer for one in risks] == [pytest.approx(risks[0].marketer / times) for times in (1, 2, 4)]


def test_a_population_that_lacks_people_of_the_table(town):
    policy = released(town, QUASI["as they are"])
    write_deltalake(str(town / "others"), people(60, 9).drop_columns(["ill"]))
    found = beside(policy, town / "others")
    assert found.short > 100
    assert found.smallest >= 8, "never fewer than the table itself shows"


@pytest.mark.parametrize(("change", "what"), [
    (lambda table: table.drop_columns(["town"]), r"the population lacks 1 column\(s\): 'town'"),
    (lambda table: table.slice(0, 0), "the population has no rows"),
    (lambda table: table.set_column(0, "age", table["age"].cast(pa.string())), "column 'age' has type string")])
def test_a_population_that_does_not_fit(change, what, town):
    policy = released(town, QUASI["as they are"])
    write_deltalake(str(town / "odd"), change(people(50, 3)))
    with pytest.raises(InputError, match=what):
        beside(policy, town / "odd")


def test_a_release_of_another_policy(town):
    policy = released(town, QUASI["as they are"])
    other = policy.model_copy(update={"purpose": "another"})
    with pytest.raises(InputError, match="no more those of the release") as refused:
        released_beside(other, receipt_of(policy), LocalBackend(), population=Source(table=str(town / "everybody")),
                        threshold=0.2, progress=lambda *_: None)
    assert refused.value.where == str(town / "people")


def test_the_source_in_the_version_that_was_released(town):
    policy = released(town, QUASI["as they are"])
    before = beside(policy, town / "everybody")
    write_deltalake(str(town / "people"), people(30, 5), mode="append")
    assert policy.of_versions(receipt_of(policy)).source.version == 0
    assert beside(policy, town / "everybody") == before
    pinned = policy.model_copy(update={"source": policy.source.model_copy(update={"version": 0})})
    assert pinned.of_versions(receipt_of(policy)).source.version == 0


def test_a_source_without_versions_is_as_it_is(town, tmp_path):
    pa.parquet.write_table(people(100, 2), tmp_path / "people.parquet")
    policy = released(town, QUASI["as they are"], source={"table": str(tmp_path / "people.parquet")})
    assert policy.of_versions(receipt_of(policy)).source == policy.source
    assert beside(policy, tmp_path / "people.parquet").short == 0
    pa.parquet.write_table(people(120, 2), tmp_path / "people.parquet")
    with pytest.raises(InputError, match="no more those of the release"):
        beside(policy, tmp_path / "people.parquet")
