"""The road on the local backend: each step leaves its artifact, and refuses what it must."""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake
from rich.console import Console

from engine import road, synthetic
from engine.artifacts import Artifacts, read, refuse_other_policy
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError
from engine.plan import Policy
from jobs import _views
from schemas.findings import ScanReport
from schemas.receipt import Receipt
from schemas.utility import Utility

NAMES = ["Ada Byron", "Mary Shelley", "John Keats", "Percy Hunt"]
ILLNESSES = ["flu", "asthma", "gout", "none"]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("ROAD_TEST_KEY", os.urandom(32).hex())


@pytest.fixture
def policy(tmp_path, key):
    """A policy file over 240 people in 24 (age, sex) cells of ten."""
    rows = range(240)
    write_deltalake(str(tmp_path / "lake" / "people"), pa.table({
        "id": [f"P{n:04d}" for n in rows],
        "name": [f"{NAMES[n % 4]} {n}" for n in rows],
        "age": pa.array([20 + 5 * (n % 12) for n in rows], pa.int32()),
        "sex": ["FM"[n // 12 % 2] for n in rows],
        "born": [dt.date(1950, 1, 1) + dt.timedelta(days=91 * n) for n in rows],
        "illness": [ILLNESSES[n // 24 % 4] for n in rows],
    }))
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": str(tmp_path / "lake" / "people"), "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "p", "key": "env:ROAD_TEST_KEY"}}, "why": "joins"},
            "name": {"role": "direct", "operator": "drop"},
            "age": {"role": "quasi", "why": "needed"}, "sex": {"role": "quasi", "why": "needed"},
            "born": {"role": "quasi", "operator": "drop"},
            "illness": {"role": "sensitive", "why": "needed"},
        },
        "guarantees": {"k": 10, "l": {"column": "illness", "distinct": 2}},
        "release": {"path": str(tmp_path / "releases" / "people")},
    }))
    return path


def changed(path: Path, **changes) -> Policy:
    written = yaml.safe_load(path.read_text())
    for place, value in changes.items():
        node = written
        *above, last = place.split("__")
        for part in above:
            node = node[part]
        node[last] = value
    path.write_text(yaml.safe_dump(written))
    return Policy.load(path)


@pytest.mark.slow
def test_whole_road(policy, tmp_path):
    said = []
    walked = road.walk(Policy.load(policy), road.open_backend("local"), lambda what, share: said.append((what, share)))
    assert list(walked.seconds) == ["scan", "anonymize", "utility", "report"]
    assert walked.receipt.verified
    assert walked.receipt.standing == "pseudonymized"
    beside = sorted(p.name for p in (tmp_path / "releases").iterdir())
    assert beside == ["people", "people.receipt.json", "people.report.html", "people.scan.json", "people.utility.json"]
    assert read(walked.artifacts.receipt, Receipt) == walked.receipt
    assert read(walked.artifacts.scan, ScanReport) == walked.findings
    assert all(0 <= share <= 1 for _, share in said)
    assert read(walked.artifacts.utility, Utility) == walked.utility
    assert {what.split(":")[0] for what, _ in said} == {"scan", "anonymize", "utility", "report"}


@pytest.mark.slow
def test_nothing_of_the_names_is_left_beside_the_release(policy, tmp_path):
    road.walk(Policy.load(policy), road.open_backend("local"))
    for path in (tmp_path / "releases").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"Ada Byron" not in data, path
            assert b"P0007" not in data, path
            assert os.environ["ROAD_TEST_KEY"].encode() not in data, path


def test_verify_by_path_and_by_policy(policy, tmp_path):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    release = str(tmp_path / "releases" / "people")
    for target in (release, release + "/", release + ".receipt.json", str(policy)):
        receipt = road.verify_target(target, local)
        assert {verdict.guarantee: verdict.holds for verdict in receipt.verdicts}["k"] is True


def test_verify_where_one_stands_and_where_no_release_is(policy, tmp_path, monkeypatch):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    for folder, target in (("releases/people", "."), ("releases/people/_delta_log", "..")):
        monkeypatch.chdir(tmp_path / folder)
        assert road.verify_target(target, local).output.table == str(tmp_path / "releases" / "people")
    monkeypatch.chdir(tmp_path / "releases")
    for target, told in ((".", "name one of those in this folder: people"), ("nobody", "correct the path"),
                         ("nobody.receipt.json", "correct the path"), ("..", "correct the path")):
        with pytest.raises(InputError, match="no receipt beside this") as refusal:
            road.verify_target(target, local)
        assert refusal.value.next == told
        assert "receipt.json" not in refusal.value.where


def test_verify_says_what_rows_were_compared_with_where_files_were_written_anew(policy, tmp_path):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    told = "files were written anew since; the rows are those of version 0"
    for expected in (False, True):
        screen = Console(file=io.StringIO(), width=160)
        screen.print(_views.receipt(road.verify_target(str(policy), local)))
        assert (told in screen.file.getvalue()) is expected
        DeltaTable(str(tmp_path / "releases" / "people")).optimize.z_order(["age"])


def test_a_release_that_was_moved_is_named_as_it_lies_now(policy, tmp_path):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    there, moved = tmp_path / "releases" / "people", str(tmp_path / "releases" / "moved")
    there.rename(moved)
    Path(f"{there}.receipt.json").rename(f"{moved}.receipt.json")
    assert road.verify_target(moved, local).output.table == moved
    assert road.policy_of(policy, Path(f"{moved}.receipt.json")).release.path == moved
    next(Path(moved).glob("*.parquet")).write_bytes(b"")
    with pytest.raises(InputError) as refusal:
        road.verify_target(moved, local)
    assert refusal.value.where == moved


def test_what_is_not_called_a_receipt_is_none(policy):
    with pytest.raises(InputError, match="not called"):
        road.policy_of(policy, policy)


def test_an_altered_release_does_not_verify(policy, tmp_path):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    data = next((tmp_path / "releases" / "people").glob("*.parquet"))
    data.write_bytes(data.read_bytes() + b" ")
    with pytest.raises(InputError, match="not the one that was verified"):
        road.verify_target(str(policy), local)


def test_an_altered_receipt_does_not_verify(policy, tmp_path):
    local = road.open_backend("local")
    road.anonymize(Policy.load(policy), local)
    receipt = tmp_path / "releases" / "people.receipt.json"
    receipt.write_text(receipt.read_text().replace('"release_id"', '"released_id"'))
    with pytest.raises(InputError, match="not a receipt"):
        road.verify_target(str(policy), local)


def test_another_policy_than_the_one_that_released_is_told_nothing(policy, tmp_path):
    local = road.open_backend("local")
    receipt = road.anonymize(Policy.load(policy), local)
    assert road.verify_target(str(policy), local).verified
    changed(policy, columns__age__protected=True)  # whose groups are compared is no part of what was released
    assert road.verify_target(str(policy), local).verified
    stricter = changed(policy, guarantees__k=12)
    for asked in (lambda: road.verify_target(str(policy), local), lambda: road.report(stricter)):
        with pytest.raises(InputError, match="not made by this policy") as refusal:
            asked()
        assert receipt.policy_fingerprint[:12] in refusal.value.allowed
        assert "with the table's path" in refusal.value.next
    assert not Path(Artifacts.of(stricter).report).exists()
    assert road.verify_target(str(tmp_path / "releases" / "people"), local).verified


def test_a_policy_is_the_one_that_released_wherever_the_release_was_moved(policy, tmp_path):
    receipt = road.anonymize(Policy.load(policy), road.open_backend("local"))
    moved = tmp_path / "moved.receipt.json"
    refuse_other_policy(road.policy_of(policy, moved), receipt)
    changed(policy, purpose="another")
    with pytest.raises(InputError, match="not made by this policy") as refusal:
        refuse_other_policy(road.policy_of(policy, moved), receipt)
    assert refusal.value.where == str(tmp_path / "moved")


def test_a_receipt_that_promises_more_than_holds_is_caught(policy, tmp_path):
    local = road.open_backend("local")
    receipt = road.anonymize(Policy.load(policy), local)
    more = receipt.model_copy(update={"guarantees": receipt.guarantees.model_copy(update={"k": 200})})
    (tmp_path / "releases" / "people.receipt.json").write_text(more.model_dump_json())
    with pytest.raises(GuaranteeNotMet, match="does not keep"):
        road.verify_target(str(policy), local)


def test_a_taken_path_is_refused_before_anything_is_read(policy, tmp_path):
    (tmp_path / "releases" / "people").mkdir(parents=True)
    with pytest.raises(InputError, match="taken"):
        road.walk(Policy.load(policy), road.open_backend("local"))
    assert [p.name for p in (tmp_path / "releases").iterdir()] == ["people"]


def test_unsatisfiable_guarantees_publish_nothing(policy, tmp_path):
    with pytest.raises(GuaranteeNotMet):
        road.walk(changed(policy, guarantees={"k": 241}), road.open_backend("local"))
    assert not (tmp_path / "releases" / "people").exists()
    assert not list((tmp_path / "releases").glob("*.receipt.json"))


def test_a_missing_key_is_named(policy, monkeypatch):
    monkeypatch.delenv("ROAD_TEST_KEY")
    with pytest.raises(SetupError, match="key") as refusal:
        road.anonymize(Policy.load(policy), road.open_backend("local"))
    assert "ROAD_TEST_KEY" in str(refusal.value)


def test_steps_say_which_one_comes_first(policy):
    with pytest.raises(InputError, match="no receipt"):
        road.report(Policy.load(policy))


@pytest.mark.parametrize("module", ["engine.synth.synthesize", "engine.synth.evaluate"])
def test_synthesis_without_its_packages_names_them(module, policy, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    step = synthetic.synthesize if module.endswith("synthesize") else synthetic.evaluate
    with pytest.raises(SetupError, match="not installed") as refusal:
        step(Policy.load(policy))
    assert "lakeveil[synth]" in refusal.value.next


def test_spark_without_its_package_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "engine.backends.spark.backend", None)
    with pytest.raises(SetupError, match="Spark is not installed"):
        road.open_backend("spark")


def test_unknown_backend_suggests_one():
    with pytest.raises(PolicyError) as refusal:
        road.open_backend("sparks")
    assert "'spark'" in refusal.value.next


@pytest.mark.parametrize("variable", road.SPARK_AROUND)
def test_a_session_that_is_around_is_used(variable, monkeypatch):
    for name in road.SPARK_AROUND:
        monkeypatch.delenv(name, raising=False)
    assert road.backend_around("local") == "local"
    monkeypatch.setenv(variable, "x")
    assert road.backend_around("local") == "spark"


def test_scan_of_a_table_leaves_findings_where_told(policy, tmp_path):
    found = road.scan_target(str(tmp_path / "lake" / "people"), road.open_backend("local"), out=tmp_path / "out" / "scan.json")
    assert read(str(tmp_path / "out" / "scan.json"), ScanReport) == found
    assert found.rows == 240
    assert {c.path: c.role for c in found.columns}["name"] == "direct"
    few = road.scan_target(str(tmp_path / "lake" / "people"), road.open_backend("local"), sample=20)
    assert (few.sampling.mode, few.columns[0].scanned) == ("sample", 20)


def test_unknown_format_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="format 'parket'") as refusal:
        road.scan_target(str(tmp_path), road.open_backend("local"), format="parket")
    assert "'parquet'" in refusal.value.next
