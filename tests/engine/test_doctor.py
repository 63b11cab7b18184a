"""Diagnosis: each thing that can be off is seen, and says how to mend it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.backends.jars import DELTA_VERSION, artifacts
from engine.doctor import Check, diagnose, exit_code

ROOT = Path(__file__).parents[2]


def check(name, **options) -> Check:
    return next(c for c in diagnose(**options) if c.name == name)


def java(folder, version):
    """A java that says which version it is."""
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.parametrize(("version", "ok"), [("17.0.15", True), ("21.0.2", True), ("11.0.20", False), ("1.8.0_392", False)])
def test_java_of_each_version(version, ok, tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, version)))
    found = check("java")
    assert found.ok is ok
    assert ok or "Java 17 or 21" in found.fix


def test_java_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = check("java")
    assert not found.ok
    assert "install Java" in found.fix


def test_jars_missing_or_altered(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEVEIL_JARS", str(tmp_path))
    assert not check("delta jars").ok
    for artifact in artifacts():
        (tmp_path / f"{artifact}-{DELTA_VERSION}.jar").write_bytes(b"not a jar")
    found = check("delta jars")
    assert not found.ok
    assert "pinned" in found.found


def test_another_interpreter_for_workers(monkeypatch):
    monkeypatch.setenv("PYSPARK_PYTHON", "/usr/bin/true")
    found = check("PYSPARK_PYTHON")
    assert not found.ok
    assert sys.executable in found.fix
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    assert check("PYSPARK_PYTHON").ok


@pytest.mark.slow
@pytest.mark.parametrize(("distribution", "version", "name"), [
    ("delta-spark", "4.4.1", "spark and delta"), ("pyspark", "3.5.6", "spark and delta"), ("pyspark", "4.3.0", "spark and delta"),
    ("pandas", "3.0.0", "pandas"),
])
def test_versions_that_do_not_fit(distribution, version, name, monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda d: version if d == distribution else real(d))
    found = check(name)
    assert not found.ok
    assert version in found.found
    assert "pip install" in found.fix


def test_what_synthesis_needs_is_optional(monkeypatch):
    real = importlib.metadata.version

    def version(distribution):
        if distribution == "ray":
            raise importlib.metadata.PackageNotFoundError
        return real(distribution)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = check("ray")
    assert (found.ok, found.required) == (False, False)
    assert "lakeveil[synth]" in found.fix
    assert exit_code([found]) == 0


def test_exit_code_is_4_when_something_required_is_off():
    assert exit_code([Check("x", ok=True, found="")]) == 0
    assert exit_code([Check("x", ok=True, found=""), Check("y", ok=False, found="")]) == 4


POLICY = """
apiVersion: lakeveil/v1
name: t
source: {table: t}
purpose: p
legal_basis: b
retention: r
columns:
  id: {role: direct, operator: {token: {domain: d, key: "env:DOCTOR_TEST_KEY"}}, why: joins}
release: {path: out}
"""


@pytest.mark.slow
def test_keys_of_a_policy(tmp_path, monkeypatch):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    monkeypatch.delenv("DOCTOR_TEST_KEY", raising=False)
    found = check("key env:DOCTOR_TEST_KEY", policy=policy)
    assert not found.ok
    assert "DOCTOR_TEST_KEY" in found.fix
    monkeypatch.setenv("DOCTOR_TEST_KEY", "0123")
    short = check("key env:DOCTOR_TEST_KEY", policy=policy)
    assert not short.ok
    assert "0123" not in short.found + short.fix
    monkeypatch.setenv("DOCTOR_TEST_KEY", os.urandom(32).hex())
    assert check("key env:DOCTOR_TEST_KEY", policy=policy).ok


def test_an_operator_that_may_have_a_key_has_none(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY.replace('{token: {domain: d, key: "env:DOCTOR_TEST_KEY"}}', "redact"))
    assert not [c.name for c in diagnose(policy=policy) if c.name.startswith("key ")]


def test_recognizers_load():
    found = check("recognizers")
    assert found.ok
    assert int(found.found.split()[0]) > 20


@pytest.mark.slow
def test_a_foreign_package_of_the_same_name_is_seen(tmp_path):
    foreign = tmp_path / "udfs"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['doctor']; from jobs.doctor import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4
    assert "do not come from one place" in done.stderr
    assert "environment of its own" in done.stderr


@pytest.mark.slow
def test_command_prints_the_fix_and_exits_4(tmp_path):
    environment = {**os.environ, "LAKEVEIL_JARS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "jobs.doctor", "--json"], cwd=ROOT, env=environment, capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 4
    off = [c for c in json.loads(done.stdout) if not c["ok"] and c["required"]]
    assert [c["name"] for c in off] == ["delta jars"]
    assert off[0]["fix"]


@pytest.mark.spark
def test_spark_session_is_tried_when_asked(request):
    request.getfixturevalue("spark")
    found = {check.name: check for check in diagnose(spark=True)}
    session, disks = found["spark session"], found["spark's local disks"]
    assert session.ok, session
    assert "wrote and read 3 rows of Delta" in session.found
    assert disks.ok, disks


def test_no_jvm_unless_asked():
    assert "spark session" not in {c.name for c in diagnose()}


@pytest.mark.parametrize(("module", "name"), [("stdnum", "python-stdnum"), ("phonenumbers", "phonenumbers"), ("faker", "faker")])
def test_a_library_that_checks_numbers_is_missing(module, name, monkeypatch):
    assert check(name).ok
    monkeypatch.setitem(sys.modules, module, None)
    found = check(name)
    assert (found.ok, found.required, found.fix) == (False, True, f"pip install {name}")
    assert exit_code([found]) == 4
