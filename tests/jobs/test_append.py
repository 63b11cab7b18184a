"""``lakeveil append`` as people type it: versions follow, the report tells how, and mistakes end with their code."""

from __future__ import annotations

import json

import pytest
import yaml
from deltalake import DeltaTable, write_deltalake

from tests.engine.growing.lives import people, source
from tests.jobs.command import here

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(tmp_path):
    source(tmp_path, range(200))
    keep = {"why": "needed"}
    policy = {
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": "source", "subject": "id"},
        "columns": {"id": {"role": "direct"}, "age": {"role": "quasi", **keep}, "town": {"role": "quasi", **keep},
                    "illness": {"role": "sensitive", **keep}},
        "guarantees": {"k": 4, "l": {"column": "illness", "distinct": 2}, "suppression": 0.2},
        "release": {"path": "releases/people", "versions": {"state": "owner/people", "key": "env:LAKEVEIL_KEY"}}}
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy))
    return tmp_path


def test_a_release_follows_its_source(lake):
    done = here("run", "policy.yaml", "--backend", "local", cwd=lake)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((lake / "releases/people.utility.json").read_text())["not_measured"] == []
    write_deltalake(str(lake / "source"), people(range(200, 500)), mode="append")
    DeltaTable(str(lake / "source")).delete("id = 17")
    told = here("append", "policy.yaml", "--refine", "--backend", "local", "--json", cwd=lake)
    assert told.returncode == 0, told.stderr
    second = json.loads(told.stdout)["versions"]
    first = json.loads((lake / "owner/people/receipts/000001.json").read_text())["versions"]
    assert (first["version"], first["left"], second["version"]) == (1, 1, 2)
    assert first["left"] + first["withdrawn"] >= 4
    assert second["refined"] > 0
    shown = here("append", "policy.yaml", "--backend", "local", cwd=lake)
    assert "version 2:" in shown.stdout
    assert "entered" in shown.stdout
    assert here("verify", "policy.yaml", "--backend", "local", cwd=lake).returncode == 0
    assert here("verify", "releases/people", "--backend", "local", cwd=lake).returncode == 0
    assert here("utility", "policy.yaml", "--backend", "local", cwd=lake).returncode == 0
    assert "has got versions" in json.loads((lake / "releases/people.utility.json").read_text())["not_measured"][0]
    assert here("report", "policy.yaml", cwd=lake).returncode == 0
    page = (lake / "releases/people.report.html").read_text()
    assert "of a release that follows its source" in page
    assert "k-anonymity, over all versions" in page
    assert sorted(path.stem for path in (lake / "owner/people/receipts").iterdir()) == ["000000", "000001", "000002"]


def test_mistakes_end_with_their_code(lake):
    def ends(code, says):
        done = here("append", "policy.yaml", "--backend", "local", cwd=lake)
        assert done.returncode == code
        assert says in done.stderr

    ends(3, "no release here")
    assert here("anonymize", "policy.yaml", "--backend", "local", cwd=lake).returncode == 0
    (lake / "owner/people/state.json").unlink()
    ends(3, "state of the release is missing")
    (lake / "policy.yaml").write_text("a: [")
    ends(2, "not valid YAML")
