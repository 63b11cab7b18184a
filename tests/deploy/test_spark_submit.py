"""``deploy/spark``: our jobs run by spark-submit on executors that are other processes, with nothing but the packages zip."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from deltalake import DeltaTable, write_deltalake

from engine.backends.jars import delta_jars
from engine.errors import SetupError
from schemas.receipt import Receipt
from tests.parity.cases import generalized, visits

ROOT = Path(__file__).parents[2]
SETTINGS = {"spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "1", "spark.ui.enabled": "false"}


def submit(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "deploy" / "spark" / "submit.sh"), *words]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env={**clean, "PYTHON": sys.executable, **environment}, capture_output=True,
                          text=True, check=False, timeout=900)


@pytest.fixture
def spark_home(tmp_path):
    """A Spark whose work folder is not the installed one's."""
    import pyspark  # noqa: PLC0415 - where it is installed

    home = tmp_path / "spark"
    home.mkdir()
    for entry in Path(pyspark.__file__).parent.iterdir():
        if entry.name != "work":
            (home / entry.name).symlink_to(entry)
    return home


@pytest.mark.slow
def test_zip_holds_packages_and_conf(tmp_path):
    command = [sys.executable, str(ROOT / "deploy" / "spark" / "package.py"), str(tmp_path)]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert made == str(tmp_path / "lakeveil.zip")
    names = zipfile.ZipFile(made).namelist()
    for wanted in ("schemas/receipt.py", "udfs/token.py", "engine/backends/spark/worker.py", "jobs/anonymize.py",
                   "engine/conf/spark/delta-jars.sha256", "engine/conf/recognizers/default.yaml"):
        assert wanted in names
    assert not any(name.startswith(("tests/", "build/")) for name in names)


def test_unknown_job_lists_the_jobs(tmp_path):
    done = submit("anonymise", folder=tmp_path)
    assert done.returncode == 2
    assert "anonymize.py" in done.stderr


def test_without_a_job_the_usage_is_shown(tmp_path):
    done = submit(folder=tmp_path)
    assert done.returncode == 2
    assert "submit.sh JOB ARGS" in done.stderr


@pytest.mark.spark
@pytest.mark.slow
def test_anonymize_on_a_local_cluster(tmp_path, key, spark_home):
    try:
        delta_jars()
    except SetupError:
        pytest.skip("Delta's jars were not fetched yet: python -m engine.backends.jars")
    write_deltalake(str(tmp_path / "lake"), visits(200))
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "lakeveil/v1", "name": "submitted", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": {"table": "lake", "subject": "patient"}, "columns": generalized(key),
        "guarantees": {"k": 4, "suppression": 0.2}, "release": {"path": "out/claims"},
    }, sort_keys=False))

    done = submit("anonymize", "policy.yaml", folder=tmp_path, MASTER="local-cluster[1,1,1024]", SPARK_HOME=str(spark_home),
                  SUBMIT_ARGS=" ".join(f"--conf {name}={value}" for name, value in SETTINGS.items()))

    assert done.returncode == 0, done.stderr[-2000:]
    receipt = Receipt.model_validate_json((tmp_path / "out" / "claims.receipt.json").read_text())
    assert receipt.verified
    assert receipt.backend == "spark"
    assert DeltaTable(str(tmp_path / "out" / "claims")).to_pyarrow_dataset().count_rows() == receipt.output.rows
    assert list((spark_home / "work").glob("app-*/*")), "executors were other processes"
