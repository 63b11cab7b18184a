"""A release against its source on the local backend: what is measured, what is not and why, and what is refused."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from engine import road
from engine.anonymity import cube
from engine.artifacts import Artifacts, read
from engine.backends.local import LocalBackend
from engine.errors import InputError
from engine.plan import Policy
from engine.usefulness import utility
from schemas.utility import Utility
from tests.engine.anonymity.far.held import HeldCube

LOCAL = road.open_backend("local")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    rng = np.random.default_rng(3)
    age, sex = rng.integers(20, 80, 600), rng.choice(["F", "M"], 600, p=[0.7, 0.3])
    ill = np.where((age > 50) ^ (rng.random(600) < 0.1), "gout", "flu")
    path = tmp_path_factory.mktemp("lake") / "people"
    write_deltalake(str(path), pa.table({
        "id": [f"P{n:04d}" for n in range(600)], "age": pa.array(age, pa.int32()), "sex": sex, "ill": ill,
        "cost": age * 10.0 + rng.normal(0, 5, 600), "origin": ["here"] * 590 + [f"rare{n}" for n in range(10)],
        "note": [f"seen {n}" for n in range(600)]}))
    return path


@pytest.fixture
def written(source, tmp_path, monkeypatch):
    monkeypatch.setenv("USEFULNESS_KEY", os.urandom(32).hex())
    token = {"token": {"domain": "p", "key": "env:USEFULNESS_KEY"}}
    return {
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": str(source)},
        "columns": {
            "id": {"role": "direct", "operator": token, "why": "joins"},
            "age": {"role": "quasi", "why": "needed", "rename": "years"},
            "sex": {"role": "quasi", "why": "needed", "protected": True},
            "ill": {"role": "sensitive", "why": "needed", "rename": "illness"},
            "cost": {"role": "insensitive", "why": "needed"},
            "origin": {"role": "insensitive", "why": "needed"},
            "note": {"role": "text", "operator": "drop"},
        },
        "guarantees": {"k": 10, "suppression": 0.05}, "release": {"path": str(tmp_path / "releases" / "people")},
    }


def released(written) -> Policy:
    policy = Policy.parse(written)
    road.anonymize(policy, LOCAL)
    return policy


def rows_of(table: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(file) for file in sorted(table.glob("*.parquet")))


@pytest.mark.slow
def test_what_is_measured_lies_beside_the_release(written) -> None:
    policy = released(written)
    found = utility(policy, LOCAL)
    assert read(Artifacts.of(policy).utility, Utility) == found
    receipt = road.verify_target(policy.release.path, LOCAL)
    assert (found.release_id, found.plan_fingerprint) == (receipt.release_id, receipt.plan_fingerprint)
    assert found.rows == 600
    assert found.queries.queries == 1000
    assert found.learning.target == "illness"
    assert found.learning.train_released > found.learning.majority
    assert [(group.column, group.group) for group in found.groups] == [("sex", "F"), ("sex", "M")]
    assert sum(group.rows for group in found.groups) == 600
    assert found.not_measured == ()
    again = utility(policy, LOCAL)
    assert again.model_copy(update={"created": found.created, "seconds": found.seconds}) == found


@pytest.mark.slow
def test_columns_that_no_guarantee_names_are_counted_beside(written) -> None:
    written["evaluation"] = {"target": "cost"}
    written["columns"]["origin"]["protected"] = True
    found = utility(released(written), LOCAL)
    assert found.learning.target == "cost"
    assert found.learning.metric == "accuracy (above the median)"
    assert found.learning.train_released > 0.8
    origins = [group for group in found.groups if group.column == "origin"]
    assert (origins[0].group, origins[0].rows) == ("here", 590)
    assert "rare" not in found.model_dump_json()
    assert sum(group.rows for group in origins) == 600


@pytest.mark.slow
@pytest.mark.parametrize(("changes", "said"), [
    ({"evaluation": {"target": "age"}}, "accuracy: years is a quasi-identifier"),
    ({"evaluation": {"target": "id"}}, "accuracy: id cannot be counted"),
    ({"columns": {"ill": {"role": "sensitive", "operator": "drop"}}}, "accuracy: the policy names no evaluation.target"),
    ({"columns": {"ill": {"role": "insensitive", "why": "x"}}}, "accuracy: the policy names no evaluation.target"),
], ids=["generalized", "token", "dropped", "no sensitive column"])
def test_what_cannot_be_measured_is_said(written, changes, said) -> None:
    written["columns"].update(changes.pop("columns", {}))
    found = utility(released({**written, **changes}), LOCAL)
    assert found.learning is None
    assert [line for line in found.not_measured if line.startswith(said)] == list(found.not_measured)
    assert found.queries is not None
    assert all(group.accuracy_raw is None for group in found.groups)


@pytest.mark.slow
def test_groups_behind_a_key_are_not_told(written) -> None:
    written["columns"]["origin"] |= {"protected": True, "operator": {"token": {"domain": "o", "key": "env:USEFULNESS_KEY"}}}
    found = utility(released(written), LOCAL)
    assert {group.column for group in found.groups} == {"sex"}
    assert found.not_measured == ("groups of origin: it cannot be counted beside the quasi-identifiers",)


@pytest.mark.slow
def test_more_tuples_than_can_be_held_leave_the_counts(written, monkeypatch) -> None:
    written["evaluation"] = {"target": "cost"}
    policy = released(written)
    monkeypatch.setattr(cube, "D_MAX", 200)
    found = utility(policy, LOCAL)
    assert found.queries is not None
    assert found.not_measured == ("accuracy: cost cannot be counted beside the quasi-identifiers",)
    monkeypatch.setattr(cube, "D_MAX", 20)
    with pytest.raises(InputError, match="distinct combinations"):
        utility(policy, LOCAL)


class Far(LocalBackend):
    """A backend whose cubes with more than some tuples stay where they are."""

    def __init__(self, most: int) -> None:
        self.most, self.cubes = most, []

    def measure(self, *args, **kwargs):
        found = super().measure(*args, **kwargs)
        if found.cube.table.num_rows <= self.most:
            return found
        self.cubes.append(HeldCube(found.cube))
        return replace(found, cube=self.cubes[-1])


@pytest.mark.slow
def test_cubes_that_are_not_held_are_not_measured_and_let_go(written) -> None:
    written["evaluation"] = {"target": "cost"}
    policy, some, none = released(written), Far(200), Far(20)
    assert utility(policy, some).not_measured == ("accuracy: cost cannot be counted beside the quasi-identifiers",)
    (said,) = utility(policy, none).not_measured
    assert said == f"all: {none.cubes[-1].tuples} combinations of quasi-identifiers are more than 2,000,000"
    assert [one.closed for one in (*some.cubes, *none.cubes)] == [1, 1, 1]


@pytest.mark.slow
def test_without_quasi_identifiers_there_is_nothing_to_measure(written, monkeypatch) -> None:
    for name in ("age", "sex"):
        written["columns"][name] = {"role": "insensitive", "why": "x"}
    found = utility(released({**written, "guarantees": {}}), LOCAL)
    assert found.queries is found.learning is None
    assert found.not_measured == ("all: the policy has no quasi-identifier, so that nothing was generalized",)
    monkeypatch.setattr(road, "scan", lambda *_: None)
    assert "utility" not in road.walk(Policy.parse({
        **written, "guarantees": {}, "release": {"path": f"{written['release']['path']}-again"}}), LOCAL).seconds


def test_before_a_release_there_is_nothing_to_measure(written) -> None:
    with pytest.raises(InputError, match="there is no receipt here"):
        utility(Policy.parse(written), LOCAL)


@pytest.mark.slow
def test_another_policy_is_refused_but_for_whom_it_protects(written) -> None:
    released(written)
    del written["columns"]["sex"]["protected"]
    assert utility(Policy.parse(written), LOCAL).groups == ()
    with pytest.raises(InputError, match="do not give the plan") as refused:
        utility(Policy.parse({**written, "guarantees": {"k": 11, "suppression": 0.05}}), LOCAL)
    assert "release anew" in refused.value.next


@pytest.mark.slow
def test_a_source_that_went_on_is_read_as_it_was(written, tmp_path) -> None:
    grown = tmp_path / "people"
    shutil.copytree(written["source"]["table"], grown)
    policy = released({**written, "source": {"table": str(grown)}})
    write_deltalake(str(grown), rows_of(grown).slice(0, 50), mode="append")
    assert utility(policy, LOCAL).rows == 600


@pytest.mark.slow
def test_a_release_that_was_moved_is_measured_where_it_lies(written, tmp_path) -> None:
    policy = released(written)
    path, moved = policy.release.path, str(tmp_path / "moved")
    Path(path).rename(moved)
    Path(f"{path}.receipt.json").rename(f"{moved}.receipt.json")
    assert utility(policy.released_to(moved), LOCAL).queries is not None
    assert Path(f"{moved}.utility.json").is_file()


@pytest.mark.slow
def test_another_table_in_its_place_is_refused(written) -> None:
    policy = released(written)
    table = rows_of(Path(policy.release.path))
    shutil.rmtree(policy.release.path)
    write_deltalake(policy.release.path, table.slice(1))
    with pytest.raises(InputError, match="does not hold the classes"):
        utility(policy, LOCAL)
    assert not Path(f"{policy.release.path}.utility.json").exists()


@pytest.mark.slow
def test_the_report_shows_it(written) -> None:
    policy = released(written)
    utility(policy, LOCAL)
    page = Path(road.report(policy)).read_text(encoding="utf-8")
    for heading in ("What it is still good for", "Can one count with it?", "Can one learn from it?", "Who pays for it?"):
        assert heading in page
