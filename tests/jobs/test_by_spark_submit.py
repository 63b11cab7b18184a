"""Each job by spark-submit with the packages zip, on a cluster whose executors are processes of their own.

``make test-cluster`` runs these; ``tests/deploy`` has one submission that ``make test`` runs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake

from tests.jobs.submission import Submissions

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submit")
    rows = range(400)
    write_deltalake(str(folder / "lake" / "people"), pa.table({
        "id": [f"P{n:04d}" for n in rows],
        "full_name": [f"{('Ada', 'Mary', 'John')[n % 3]} {('Byron', 'Keats')[n % 2]}" for n in rows],
        "age": pa.array([20 + 7 * (n % 10) for n in rows], pa.int32()),
        "note": [f"Seen by Dr. Keats, call 415-555-01{n % 100:02d}." for n in rows],
        "illness": [("flu", "asthma", "gout")[n // 150] for n in rows],
    }))
    (folder / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": str(folder / "lake" / "people"), "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "p", "key": "env:SUBMIT_TEST_KEY"}}, "why": "joins"},
            "full_name": {"role": "direct"},
            "age": {"role": "quasi", "why": "needed"},
            "note": {"role": "text", "operator": {"redact": {"known": ["full_name"]}}, "why": "needed"},
            "illness": {"role": "sensitive", "why": "needed"},
        },
        "guarantees": {"k": 10}, "synthesis": {"epsilon": 3.0, "delta": 1e-3, "records": 400, "batch": 64, "epochs": 2},
        "release": {"path": str(folder / "releases" / "people")},
    }))
    return folder


@pytest.fixture(scope="module")
def submit(lake):
    """Runs one job by deploy/spark/submit.sh."""
    return Submissions(lake)


def document(done):
    """spark-submit merges a job's streams: the document is the last thing, after the lines of progress."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return json.loads(done.stdout[done.stdout.index("\n{\n") if not done.stdout.startswith("{") else 0:])


def test_road_on_a_cluster(submit, lake):
    policy = lake / "policy.yaml"
    found = document(submit("scan", policy, "--json"))
    assert {column["path"]: column["role"] for column in found["columns"]}["full_name"] == "direct"
    assert document(submit("plan", policy, "--json"))["rows"] == 400
    receipt = document(submit("anonymize", policy, "--json"))
    assert receipt["backend"] == "spark"
    assert receipt["text_redaction"]["note"]["PHONE_NUMBER"] == 400
    assert all(verdict["holds"] for verdict in receipt["verdicts"])
    assert all(verdict["holds"] for verdict in document(submit("verify", policy, "--json"))["verdicts"])
    assert document(submit("utility", policy, "--json"))["queries"]["queries"] == 1000
    assert 0 < document(submit("synthesize", policy, "--json"))["epsilon"] <= 3
    assert document(submit("evaluate", policy, "--json"))["rows_synthetic"] == 400
    assert Path(document(submit("report", policy, "--json"))["report"]).is_file()


def test_whole_road_as_one_job(submit, lake):
    policy = yaml.safe_load((lake / "policy.yaml").read_text())
    del policy["synthesis"]
    policy["release"]["path"] = str(lake / "releases" / "again")
    (lake / "again.yaml").write_text(yaml.safe_dump(policy))
    assert document(submit("run", lake / "again.yaml", "--json"))["receipt"]["verdicts"]


def test_a_guarantee_that_cannot_be_met_fails_the_submission(submit, lake):
    policy = yaml.safe_load((lake / "policy.yaml").read_text())
    policy["guarantees"]["k"] = 401
    policy["release"]["path"] = str(lake / "releases" / "none")
    (lake / "strict.yaml").write_text(yaml.safe_dump(policy))
    done = submit("anonymize", lake / "strict.yaml")
    assert done.returncode == 5, done.stdout[-2000:]
    assert not (lake / "releases" / "none").exists()


@pytest.mark.parametrize("job", ["demo", "doctor", "init", "risk", "stats"])
def test_the_jobs_around_the_road_start(job, submit):
    done = submit(job, "--help")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Usage" in done.stdout
