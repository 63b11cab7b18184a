"""``lakeveil risk`` on tables and policies, before and after their release, beside a population in raw values and in labels."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake

from engine import road
from engine.anonymity.risk.assess import Wanted
from engine.artifacts import Artifacts, read
from engine.backends.local import LocalBackend
from engine.errors import InputError, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Recode
from engine.risk.road import Asked, risk
from schemas.risk import RiskReport

NAMES = ["Ada Byron", "Mary Shelley", "John Keats"]


def quietly(*_: object) -> None:
    """Hears nothing."""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """Two thousand people, of whom three hundred are in a table."""
    folder = tmp_path_factory.mktemp("town")
    rng = np.random.default_rng(7)
    everybody = pa.table({
        "name": [f"{NAMES[n % 3]} {n}" for n in range(2000)], "age": pa.array(rng.integers(18, 90, 2000), pa.int32()),
        "sex": rng.choice(["f", "m"], 2000), "zip": [f"101{n:02d}" for n in rng.integers(0, 20, 2000)],
        "illness": rng.choice(["flu", "gout"], 2000), "land": ["DE"] * 2000})
    write_deltalake(str(folder / "people"), everybody.take(rng.choice(2000, 300, replace=False)))
    write_deltalake(str(folder / "everybody"), everybody.drop_columns(["illness"]))
    return folder


def written(town: Path, folder: Path, **changes) -> Path:
    policy = {
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": str(town / "people")},
        "columns": {
            "name": {"role": "direct"}, "age": {"role": "quasi", "why": "w"},
            "sex": {"role": "quasi", "why": "w", "rename": "gender"},
            "zip": {"role": "quasi", "why": "w", "hierarchy": {"mask": "right"}}, "illness": {"role": "sensitive", "why": "w"},
            "land": {"role": "insensitive", "why": "w"}},
        "guarantees": {"k": 10, "l": {"column": "illness", "distinct": 2}, "suppression": 0.05},
        "release": {"path": str(folder / "release")}, **changes}
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy))
    return folder / "policy.yaml"


def asked(columns: str | None = None, population: object = None, out: Path | None = None, **wanted) -> Asked:
    return Asked(columns, None if population is None else str(population), None, out, Wanted(**wanted))


def measured(target: object, question: Asked) -> RiskReport:
    return risk(str(target), LocalBackend(), question, quietly)


def test_a_table_by_named_columns(town, tmp_path):
    found = measured(town / "people", asked("age, sex ,zip", out=tmp_path / "risk.json", fraction=0.15))
    assert (found.backend, found.policy, found.release_id, found.after) == ("local", None, None, None)
    assert found.before.columns == ("age", "sex", "zip")
    assert (found.before.table.rows, found.before.table.version) == (300, 0)
    assert found.before.uniqueness.population == 2000
    assert read(str(tmp_path / "risk.json"), RiskReport) == found
    assert all(name not in (tmp_path / "risk.json").read_text() for name in NAMES)
    assert not list(town.glob("*.risk.json"))


def test_all_columns_of_a_file(town, tmp_path):
    pq.write_table(DeltaTable(str(town / "people")).to_pyarrow_table(), tmp_path / "people.parquet")
    found = measured(tmp_path / "people.parquet", asked("*", suda=1))
    assert found.before.columns == ("name", "age", "sex", "zip", "illness", "land")
    roles = {one.column: one.role for one in found.before.roles}
    assert (roles["name"], roles["land"], roles["age"]) == ("direct", "insensitive", "quasi")
    assert found.before.special_uniques.by_size[0] >= 300


def test_a_policy_before_its_release(town, tmp_path):
    policy = written(town, tmp_path)
    found = measured(policy, asked(population=town / "everybody"))
    assert (found.policy, found.after, found.release_id) == ("people", None, None)
    assert found.before.columns == ("age", "sex", "zip")
    assert {one.column: one.in_policy for one in found.before.roles} == dict.fromkeys(("age", "sex", "zip"), "quasi")
    assert read(Artifacts.of(Policy.load(policy)).risk, RiskReport) == found


def test_other_columns_than_a_policys_quasi_identifiers(town, tmp_path):
    policy = written(town, tmp_path)
    found = measured(policy, asked("illness,land,age", out=tmp_path / "own.json"))
    assert not Path(Artifacts.of(Policy.load(policy)).risk).exists(), "beside a release lies what is about its quasi-identifiers"
    assert read(str(tmp_path / "own.json"), RiskReport) == found
    assert {one.column: one.in_policy for one in found.before.roles} == {
        "illness": "sensitive", "land": "insensitive", "age": "quasi"}


@pytest.fixture
def released(town, tmp_path) -> Path:
    policy = written(town, tmp_path)
    road.anonymize(Policy.load(policy), LocalBackend())
    return policy


@pytest.mark.slow
def test_before_and_after_and_the_population_in_labels(released, town):
    found = measured(released, asked(population=town / "everybody", fraction=0.15))
    before, after = found.before, found.after
    assert found.release_id == read(Artifacts.of(Policy.load(released)).receipt, road.Receipt).release_id
    assert after.columns == ("age", "gender", "zip")
    assert before.sample.alone > 200
    assert after.sample.alone == 0
    assert after.sample.class_sizes.smallest >= 10
    assert (before.uniqueness.population, after.uniqueness.population) == (2000, 2000)
    assert before.uniqueness.share > 0.1
    assert after.uniqueness.share == 0
    assert before.population.population.rows == after.population.population.rows == 2000
    assert after.left_out == ()
    classes = labelled(released, town)
    assert after.population.smallest == min(there for _, there in classes)
    matched = sum(here / there for here, there in classes)
    assert after.population.marketer == pytest.approx(matched / after.sample.rows)
    assert after.population.short == 0
    assert after.population.journalist_max < before.population.journalist_max


def labelled(released: Path, town: Path) -> list[tuple[int, int]]:
    """Returns rows of each class of the release, and of the population: every row is labelled on its own."""
    policy = Policy.load(released)
    tree = compile_plan(policy, LocalBackend().measure(policy)).stage(Recode).tree
    everybody = DeltaTable(str(town / "everybody")).to_pyarrow_table().select(list(tree.names))
    leaves = tree.route([everybody[name].combine_chunks() for name in tree.names])
    labels = [tree.labels(place) for place in range(len(tree.names))]
    there = Counter(tuple(label[leaf] for label in labels) for leaf in leaves.tolist() if leaf != tree.suppressed)
    table = DeltaTable(str(policy.release.path)).to_pyarrow_table()
    here = Counter(zip(*(table[name].to_pylist() for name in ("age", "gender", "zip")), strict=True))
    return [(rows, there[key]) for key, rows in here.items()]


@pytest.mark.slow
def test_the_report_shows_it_for_its_own_release_alone(released, town):
    policy = Policy.load(released)
    measured(released, asked(population=town / "everybody", fraction=0.15))
    page = Path(road.report(policy)).read_text()
    for said in ("What others could do with it, before and after", "Rows that are alone", "Smallest group of everybody",
                 "Unique among everybody", "Marketer"):
        assert said in page
    places = Artifacts.of(policy)
    record = json.loads(Path(places.risk).read_text())
    Path(places.risk).write_text(json.dumps(record | {"release_id": "another"}))
    assert "before and after" not in Path(road.report(policy)).read_text()
    assert all(name not in page for name in NAMES)


@pytest.mark.slow
def test_a_source_that_went_on_is_compared_as_it_was_released(released, town, tmp_path):
    more = tmp_path / "people"
    write_deltalake(str(more), DeltaTable(str(town / "people")).to_pyarrow_table())
    policy = written(town, tmp_path, source={"table": str(more)}, release={"path": str(tmp_path / "again")})
    road.anonymize(Policy.load(policy), LocalBackend())
    write_deltalake(str(more), DeltaTable(str(town / "people")).to_pyarrow_table().slice(0, 50), mode="append")
    found = measured(policy, asked(population=town / "everybody"))
    assert (found.before.table.rows, found.before.table.version) == (300, 0)
    assert found.after.population is not None


def test_another_policy_release_or_source_than_the_receipts(released, tmp_path):
    policy = Policy.load(released)
    (tmp_path / "other.yaml").write_text(released.read_text().replace("k: 10", "k: 20"))
    with pytest.raises(InputError, match="not made by this policy"):
        measured(tmp_path / "other.yaml", asked())
    places = Artifacts.of(policy)
    receipt = json.loads(Path(places.receipt).read_text())
    for change, what in (({"source": receipt["source"] | {"rows": 299}}, "the source has 300 rows, and 299 were released"),
                         ({"commit_sha256": "0" * 64}, "not the one that was verified: another first commit")):
        Path(places.receipt).write_text(json.dumps(receipt | change))
        with pytest.raises(InputError, match=what):
            measured(released, asked())
    Path(places.receipt).write_text(json.dumps(receipt))
    write_deltalake(places.release, DeltaTable(places.release).to_pyarrow_table().slice(0, 1), mode="append")
    with pytest.raises(InputError, match="version 1 where the receipt says 0; other data files"):
        measured(released, asked())
    assert not Path(places.risk).exists()


@pytest.mark.slow
def test_a_population_in_labels_takes_the_policys_columns(released, town):
    by_name = measured(released, asked("age,zip", population=town / "everybody"))
    assert by_name.after.columns == ("age", "zip")
    assert "leave --columns out" in by_name.after.left_out[0]


@pytest.mark.slow
def test_a_release_that_was_moved_is_measured_where_it_lies(released, town, tmp_path):
    Path(tmp_path / "release").rename(tmp_path / "moved")
    Path(tmp_path / "release.receipt.json").rename(tmp_path / "moved.receipt.json")
    released.write_text(released.read_text().replace(str(tmp_path / "release"), str(tmp_path / "moved")))
    found = measured(released, asked(population=town / "everybody"))
    assert found.after.population is not None
    assert found.after.table.table == str(tmp_path / "moved")


@pytest.mark.slow
def test_columns_that_were_dropped_are_not_compared(released):
    assert measured(released, asked("name,age")).after.columns == ("age",)
    found = measured(released, asked("name"))
    assert (found.after, found.release_id) == (None, None)


@pytest.mark.slow
def test_a_quasi_identifier_that_reads_another_column(town, tmp_path, key):
    columns = yaml.safe_load(written(town, tmp_path).read_text())["columns"]
    columns["age"]["operator"] = {"noise": {"scale": 1.0, "key": key, "per": ["name"]}}
    policy = written(town, tmp_path, columns=columns)
    road.anonymize(Policy.load(policy), LocalBackend())
    found = measured(policy, asked(population=town / "everybody"))
    assert found.after.population is None
    assert "reads another column" in found.after.left_out[0]


def test_what_is_refused(town, tmp_path):
    with pytest.raises(PolicyError, match="no columns are named"):
        measured(town / "people", asked())
    with pytest.raises(InputError, match="no column 'agee'") as refused:
        measured(town / "people", asked("agee"))
    assert refused.value.next == "did you mean 'age'?"
    with pytest.raises(InputError, match="0 columns to count"):
        measured(town / "people", asked(" , "))
    with pytest.raises(InputError, match="there is no table here"):
        measured(town / "people", asked("age", population=town / "nobody"))
    with pytest.raises(InputError, match="no column 'illness'"):
        measured(town / "people", asked("illness", population=town / "everybody"))
    with pytest.raises(PolicyError, match="a population of 2 cannot hold"):
        measured(town / "people", asked("age", population_size=2))
    with pytest.raises(PolicyError, match="no such policy file"):
        measured(tmp_path / "none.yaml", asked())
    columns = {name: {"role": "direct"} for name in ("name", "age", "sex", "zip", "land")}
    bare = written(town, tmp_path, guarantees={}, columns=columns | {"illness": {"role": "sensitive", "why": "w"}})
    with pytest.raises(PolicyError, match="the policy has no quasi-identifier"):
        measured(bare, asked())
    assert measured(bare, asked("age,sex")).before.columns == ("age", "sex")


def test_odd_names_and_empty_columns(tmp_path):
    table = pa.table({"with, comma": [1, 1, 2, None], "a`b.c": ["x", "y", "x", None], "nothing": pa.nulls(4, pa.string())})
    pq.write_table(table, tmp_path / "odd.parquet")
    found = measured(tmp_path / "odd.parquet", asked('"with, comma",a`b.c,nothing', population_size=40))
    assert found.before.columns == ("with, comma", "a`b.c", "nothing")
    assert found.before.sample.classes == 4
    assert {one.column: one.role for one in found.before.roles}["nothing"] == "insensitive"


@pytest.mark.parametrize(("content", "what"), [
    ("a,b\n", "the table is empty"), ("", "CSV"), ("a,a\n1,2\n", "have the same name")])
def test_files_without_rows_or_with_names_twice(content, what, tmp_path):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=what):
        measured(tmp_path / "t.csv", asked("a"))


def test_one_row_is_alone(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    found = measured(tmp_path / "t.csv", asked("a,b", fraction=0.001)).before
    assert (found.sample.prosecutor_max, found.sample.alone, found.uniqueness.population) == (1, 1, 1000)
    assert found.uniqueness.share == 1
    assert all(one.separation == 1 for one in found.combinations)


def test_a_record_that_was_altered_is_told(released):
    measured(released, asked())
    Path(Artifacts.of(Policy.load(released)).risk).write_text("{}")
    with pytest.raises(InputError, match="this is not a riskreport, or it was altered"):
        road.report(Policy.load(released))


@pytest.mark.slow
def test_progress_is_told_for_each_table(released, town):
    said = []
    risk(str(released), LocalBackend(), asked(population=town / "everybody"), lambda what, share: said.append((what, share)))
    assert [what for what, _ in said if what.startswith("count /")] == [
        f"count {town / 'people'}", f"count {Policy.load(released).release.path}"]
    assert all(0 <= share <= 1 for _, share in said)
