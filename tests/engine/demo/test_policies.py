"""The policies that come with Lakeveil load, describe the demo lake, and read as they should."""

from pathlib import Path

import pytest

from engine.demo.lake import IDENTIFYING, tables_of
from engine.plan.policy import Policy

POLICIES = Path(__file__).parents[3] / "conf" / "policies"


@pytest.mark.parametrize("name", ["claims", "demo-patients", "demo-encounters", "demo-notes"])
def test_loads_and_points_editors_at_the_schema(name):
    path = POLICIES / f"{name}.yaml"
    assert Policy.load(path).name == name
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schema/policy.v1.json"
    assert (path.parent / "../schema/policy.v1.json").is_file()


@pytest.mark.parametrize("table", list(IDENTIFYING))
def test_describes_every_column_of_its_table(table):
    policy = Policy.load(POLICIES / f"demo-{table}.yaml")
    columns = tables_of(7, 40)[0][table].column_names
    assert set(policy.columns) == set(columns)
    assert policy.source.table == f"lake/{table}"


@pytest.mark.parametrize("table", list(IDENTIFYING))
def test_keeps_nothing_that_identifies_as_it_is(table):
    policy = Policy.load(POLICIES / f"demo-{table}.yaml")
    for path in IDENTIFYING[table]:
        column = policy.columns[path.partition(".")[0]]
        assert column.dropped or column.role == "quasi" or column.effective_operator.name in {"token", "date_shift"}


def test_notes_know_every_identifier_of_their_patient_that_is_text():
    known = set(Policy.load(POLICIES / "demo-notes.yaml").columns["text"].operator.spec.known)
    flat = {f"patients.{path}" for path in IDENTIFYING["patients"] if "." not in path and path != "patient_id"}
    assert flat <= known


@pytest.mark.slow
def test_the_patients_domains_cover_the_data():
    policy, people = Policy.load(POLICIES / "demo-patients.yaml"), tables_of(7, 1000)[0]["patients"]
    for name in ("diagnosis", "smoking"):
        assert set(people[name].drop_null().to_pylist()) <= set(policy.columns[name].domain.values)
    low, high = policy.columns["bmi"].domain.min, policy.columns["bmi"].domain.max
    assert all(low <= bmi <= high for bmi in people["bmi"].drop_null().to_pylist())
