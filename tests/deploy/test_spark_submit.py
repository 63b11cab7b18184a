"""Each job by spark-submit with the packages zip, on a cluster whose executors are processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake

ROOT = Path(__file__).parents[2]
MASTER = "local-cluster[2,1,1024]"
pytestmark = [pytest.mark.spark, pytest.mark.slow]


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
        "guarantees": {"k": 10}, "release": {"path": str(folder / "releases" / "people")},
    }))
    return folder


@pytest.fixture(scope="module")
def submit(lake):
    """Runs one job by deploy/spark/submit.sh, away from the checkout, so that only the zip can provide the packages."""
    elsewhere = lake / "elsewhere"
    elsewhere.mkdir()
    key = os.urandom(32).hex()

    def run(job, *arguments):
        environment = {**os.environ, "PYTHON": sys.executable, "MASTER": MASTER, "SUBMIT_TEST_KEY": key}
        for name in ("PYTHONPATH", "PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "SPARK_HOME"):
            environment.pop(name, None)
        return subprocess.run([str(ROOT / "deploy" / "spark" / "submit.sh"), job, *map(str, arguments)], cwd=elsewhere,
                              env=environment, capture_output=True, text=True, check=False, timeout=500)

    return run


def document(done):
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout[done.stdout.index("{"):])


def test_road_by_spark_submit(submit, lake):
    policy = lake / "policy.yaml"
    found = document(submit("scan", policy, "--json"))
    assert {c["path"]: c["role"] for c in found["columns"]}["full_name"] == "direct"
    assert document(submit("plan", policy, "--json"))["rows"] == 400
    receipt = document(submit("anonymize", policy, "--json"))
    assert receipt["backend"] == "spark"
    assert all(verdict["holds"] for verdict in receipt["verdicts"])
    assert receipt["text_redaction"]["note"]["PHONE_NUMBER"] == 400
    assert all(verdict["holds"] for verdict in document(submit("verify", policy, "--json"))["verdicts"])
    assert Path(document(submit("report", policy, "--json"))["report"]).is_file()


def test_a_failed_guarantee_is_the_exit_code_of_spark_submit(submit, lake):
    policy = yaml.safe_load((lake / "policy.yaml").read_text())
    policy["guarantees"]["k"] = 401
    policy["release"]["path"] = str(lake / "releases" / "none")
    (lake / "strict.yaml").write_text(yaml.safe_dump(policy))
    done = submit("anonymize", lake / "strict.yaml")
    assert done.returncode != 0
    assert not (lake / "releases" / "none").exists()


@pytest.mark.parametrize("job", ["synthesize", "evaluate", "run", "demo", "doctor", "init"])
def test_the_other_jobs_start_by_spark_submit(job, submit):
    done = submit(job, "--help")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Usage" in done.stdout


def test_an_unknown_job_lists_the_known_ones(submit):
    done = submit("anonymise")
    assert done.returncode == 2
    assert "anonymize.py" in done.stderr


def test_zip_holds_the_packages_and_the_configuration(submit, tmp_path):
    done = subprocess.run([sys.executable, str(ROOT / "deploy" / "spark" / "package.py"), str(tmp_path)], capture_output=True,
                          text=True, check=True, timeout=120)
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(done.stdout.strip(), unpacked)
    for name in ("schemas", "udfs", "engine", "jobs"):
        assert (unpacked / name / "__init__.py").is_file()
    assert (unpacked / "engine" / "conf" / "policies" / "claims.yaml").is_file()
