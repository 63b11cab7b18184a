"""Commands as people type them, on files, on the local backend: each kind in a process of its own once."""

from __future__ import annotations

import json
import os
import resource

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import write_deltalake

from tests.jobs.command import here, lakeveil

pytestmark = pytest.mark.slow


@pytest.fixture
def people():
    rows = range(300)
    return pa.table({
        "id": [f"P{n:04d}" for n in rows],
        "full_name": [f"{('Ada', 'Mary', 'John')[n % 3]} {('Byron', 'Keats')[n % 2]}" for n in rows],
        "email": [f"person{n}@example.org" for n in rows],
        "age": pa.array([20 + 7 * (n % 10) for n in rows], pa.int32()),
        "sex": ["FM"[n % 2] for n in rows],
        "diagnosis": [("flu", "asthma", "gout")[n // 100] for n in rows],
    })


@pytest.fixture
def lake(tmp_path, people):
    write_deltalake(str(tmp_path / "lake" / "people"), people)
    policy = {
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": "lake/people", "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "p", "key": "env:COMMANDS_TEST_KEY"}}, "why": "joins"},
            "full_name": {"role": "direct"}, "email": {"role": "direct"},
            "age": {"role": "quasi", "why": "needed"}, "sex": {"role": "quasi", "why": "needed"},
            "diagnosis": {"role": "sensitive", "why": "needed"},
        },
        "guarantees": {"k": 10}, "release": {"path": "releases/people"},
    }
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy))
    return tmp_path


def cpu():
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


@pytest.mark.parametrize(("format_", "run"), [("csv", lakeveil), ("parquet", here), ("jsonl", here)])
def test_first_scan_of_a_small_file_needs_no_java_and_no_patience(format_, run, tmp_path, people):
    path = tmp_path / f"people.{format_}"
    if format_ == "parquet":
        pq.write_table(people, path)
    elif format_ == "csv":
        path.write_text(people.to_pandas().to_csv(index=False))
    else:
        path.write_text(people.to_pandas().to_json(orient="records", lines=True))
    before = cpu()
    done = run("scan", path.name, "--json", cwd=tmp_path, PATH="/nonexistent", JAVA_HOME="")
    took = cpu() - before
    assert done.returncode == 0, done.stderr
    found = {column["path"]: column for column in json.loads(done.stdout)["columns"]}
    assert found["email"]["role"] == "direct"
    assert found["email"]["entities"][0]["entity_type"] == "EMAIL_ADDRESS"
    assert "person7@" not in done.stdout + done.stderr
    assert took < 20  # seconds of CPU: three times what an idle machine needs; a busy one counts more for the same work


def test_scan_shows_a_table_of_findings(lake):
    done = here("scan", "lake/people", cwd=lake)
    assert done.returncode == 0, done.stderr
    assert "EMAIL_ADDRESS" in done.stdout
    assert "direct" in done.stdout


def test_road_step_by_step(lake):
    key = os.urandom(32).hex()
    steps = [*((step, "--backend", "local") for step in ("plan", "anonymize", "verify", "utility")), ("report",)]
    for step, *options in steps:
        done = here(step, "policy.yaml", *options, "--json", cwd=lake, COMMANDS_TEST_KEY=key)
        assert done.returncode == 0, (step, done.stderr)
        document = json.loads(done.stdout)
    assert (lake / document["report"]).read_text().lower().startswith("<!doctype html>")
    receipt = json.loads((lake / "releases" / "people.receipt.json").read_text())
    assert receipt["output"]["table"] == "releases/people"
    for text in ("Ada Byron", "person7@example.org", key):
        assert text not in json.dumps(receipt)
    again = here("anonymize", "policy.yaml", "--backend", "local", cwd=lake, COMMANDS_TEST_KEY=key)
    assert again.returncode == 3
    assert "taken" in again.stderr


def test_run_walks_the_road(lake):
    done = lakeveil("run", "policy.yaml", "--backend", "local", "--json", cwd=lake, COMMANDS_TEST_KEY=os.urandom(32).hex())
    assert done.returncode == 0, done.stderr
    walked = json.loads(done.stdout)
    assert list(walked["seconds"]) == ["scan", "anonymize", "utility", "report"]
    assert walked["utility"]["queries"]["queries"] == 1000
    assert (lake / walked["report"]).is_file()
    assert "anonymize: " in done.stderr


def test_run_in_words_says_where_time_went_and_where_the_report_lies(lake):
    done = here("run", "policy.yaml", "--backend", "local", cwd=lake, COMMANDS_TEST_KEY=os.urandom(32).hex())
    assert done.returncode == 0, done.stderr
    assert "report: releases/people.report.html" in done.stdout
    assert "seconds" in done.stdout
    assert "pseudonymized" in done.stdout
    assert "1,000 random counts" in done.stdout


FAULTS = {
    "unknown key": ({"gaurantees": {"k": 5}}, 2, "guarantees"),
    "missing reason": ({"columns": {"id": {"role": "insensitive"}}}, 2, "kept without a reason"),
    "new column": ({"columns": {"id": {"role": "direct"}, "age": {"role": "quasi", "why": "x"}}}, 3, "does not describe"),
    "no such table": ({"source": {"table": "lake/nobody"}}, 3, "lake/nobody"),
    "k above the table": ({"guarantees": {"k": 301}}, 5, "k"),
    "missing key": ({}, 4, "COMMANDS_TEST_KEY"),
}


@pytest.mark.parametrize(("change", "code", "word"), FAULTS.values(), ids=FAULTS)
def test_faults_end_with_their_code_and_publish_nothing(change, code, word, lake):
    policy = yaml.safe_load((lake / "policy.yaml").read_text())
    (lake / "policy.yaml").write_text(yaml.safe_dump({**policy, **change}))
    done = here("anonymize", "policy.yaml", "--backend", "local", "--json", cwd=lake)
    assert done.returncode == code, done.stderr
    error = json.loads(done.stdout)
    assert error["exit_code"] == code
    assert word in done.stderr
    assert "person7@" not in done.stdout + done.stderr
    assert not (lake / "releases" / "people").exists()


def test_init_then_plan(lake):
    assert here("scan", "lake/people", "-o", "scan.json", cwd=lake).returncode == 0
    options = ("--from-scan", "scan.json", "-o", "first.yaml", "--purpose", "a test", "--json")
    done = here("init", "lake/people", *options, cwd=lake)
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert "email" in written["dropped"]
    refused = here("plan", "first.yaml", "--backend", "local", cwd=lake)
    assert refused.returncode == 2
    for place in written["fill_in"]:
        assert place.removesuffix(".why") in refused.stderr
    text = (lake / "first.yaml").read_text()
    for word in ("why", "legal_basis", "retention"):
        text = text.replace(f"{word}:  # fill in", f"{word}: because  #")
    (lake / "first.yaml").write_text(text)
    planned = here("plan", "first.yaml", "--backend", "local", cwd=lake)
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.strip()
