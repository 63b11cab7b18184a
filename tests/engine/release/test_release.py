"""A release is invisible until every promise was measured on the written table, and never changes afterwards."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyarrow import csv

from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, InputError
from engine.plan import Policy, compile_plan
from engine.release.verification import standing, treatments, verify_published
from schemas.policy import Guarantees
from schemas.receipt import Receipt

K = Guarantees(k=5)
ROOT = Path(__file__).resolve().parents[3]


def table(n=60):
    return pa.table({
        "person": [f"p{i:03d}" for i in range(n)],
        "age": [20 + i % 12 for i in range(n)],
        "town": [("Ulm", "Bonn", "Trier")[i % 3] for i in range(n)],
        "illness": [("flu", "cold", "gout")[i % 5 % 3] for i in range(n)],
    })


def written(**changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "towns", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/towns", "subject": "person"},
        "columns": {
            "person": {"role": "direct", "why": "joins", "rename": "who",
                       "operator": {"token": {"domain": "x", "key": "env:TEST_KEY"}}},
            "age": {"role": "quasi", "why": "w", "rename": "age_group"}, "town": {"role": "quasi", "why": "w"},
            "illness": {"role": "sensitive", "why": "w", "rename": "problem"},
        },
        "guarantees": {"k": 5, "l": {"column": "illness", "distinct": 2}, "t": {"column": "illness", "max": 0.5},
                       "suppression": "5%"},
        "release": {"path": "releases/towns"},
    } | changes


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_KEY", "5a" * 32)
    write_deltalake("lake/towns", table())
    return Policy.parse(written())


def staged(policy):
    backend = LocalBackend()
    return backend.execute(compile_plan(policy, backend.measure(policy)))


def test_nothing_is_visible_before_publish_and_nothing_is_left_over_after(policy):
    release = staged(policy)
    assert not Path("releases/towns").exists()
    receipt = release.verify()
    assert not Path("releases/towns").exists()
    assert release.publish() == receipt
    assert sorted(p.name for p in Path("releases").iterdir()) == ["towns", "towns.receipt.json"]
    assert Receipt.model_validate_json(Path("releases/towns.receipt.json").read_text()) == receipt


@pytest.mark.parametrize(("name", "stored", "write"), [
    ("towns.parquet", "parquet", pq.write_table), ("towns.csv", "csv", csv.write_csv), ("towns", "delta", None)])
def test_the_receipt_says_how_the_source_is_stored_though_the_policy_does_not(name, stored, write, policy):
    if write is not None:
        write(table(), f"lake/{name}")
    found = policy.model_copy(update={"source": policy.source.model_copy(update={"table": f"lake/{name}"}), "guarantees": K})
    receipt = staged(found).verify()
    assert (receipt.source.format, receipt.source.version) == (stored, None if write else 0)


def test_receipt_says_what_is_on_the_disk(policy):
    receipt = staged(policy).publish()
    rows = DeltaTable("releases/towns").to_pyarrow_dataset().to_table()
    assert receipt.output.rows == rows.num_rows
    assert rows.column_names == ["who", "age_group", "town", "problem"]
    sizes = rows.group_by(["age_group", "town"]).aggregate([([], "count_all")])["count_all"]
    verdicts = {v.guarantee: v for v in receipt.verdicts}
    assert verdicts["k"].measured == pc.min(sizes).as_py() >= 5
    assert {"k", "l(problem)", "t(problem)", "suppression", "columns"} == set(verdicts)
    assert receipt.anonymity.class_sizes.smallest == verdicts["k"].measured
    assert receipt.anonymity.quasi_identifiers == ("age_group", "town")


def test_commit_carries_the_ids_and_no_statistics(policy):
    receipt = staged(policy).publish()
    commit = Path("releases/towns/_delta_log/00000000000000000000.json").read_text()
    actions = [json.loads(line) for line in commit.splitlines()]
    user = next(action["commitInfo"]["userMetadata"] for action in actions if "commitInfo" in action)
    assert json.loads(user)["release_id"] == receipt.release_id
    assert json.loads(user)["plan"] == receipt.plan_fingerprint
    statistics = [json.loads(action["add"]["stats"]) for action in actions if "add" in action]
    assert statistics
    assert not any(found.get("minValues") or found.get("maxValues") for found in statistics)


def _one_row_singled_out(counts):
    """Moves all rows but one of the first tuple into the second: what a wrong tree would have written."""
    first, second = counts["__lakeveil_count"].to_pylist()[:2]
    moved = [1, second + first - 1, *counts["__lakeveil_count"].to_pylist()[2:]]
    return counts.set_column(counts.schema.get_field_index("__lakeveil_count"), "__lakeveil_count", pa.array(moved))


def test_broken_promise_publishes_nothing(policy, monkeypatch):
    release = staged(policy)
    honest = release.store.counts
    singled_out = lambda columns: _one_row_singled_out(honest(columns)) if columns else honest(columns)
    monkeypatch.setattr(release.store, "counts", singled_out)
    with pytest.raises(GuaranteeNotMet, match="k: promised 5, measured"):
        release.publish()
    assert list(Path("releases").iterdir()) == []


def test_published_release_verifies_from_storage_alone(policy):
    receipt = staged(policy).publish()
    verdicts = verify_published(receipt, LocalBackend().open("releases/towns"))
    assert all(verdict.holds for verdict in verdicts)
    assert {v.guarantee for v in verdicts} >= {"rows", "k", "l(problem)", "t(problem)"}


def altered_append():
    write_deltalake("releases/towns", DeltaTable("releases/towns").to_pyarrow_dataset().to_table(), mode="append")


def altered_delete():
    DeltaTable("releases/towns").delete("town = 'Ulm'")


def altered_bytes():
    data = next(Path("releases/towns").glob("*.parquet"))
    raw = bytearray(data.read_bytes())
    raw[len(raw) // 2] ^= 1
    data.write_bytes(raw)


@pytest.mark.parametrize("alter", [altered_append, altered_delete, altered_bytes])
def test_altered_release_is_not_the_one_that_was_verified(policy, alter):
    receipt = staged(policy).publish()
    alter()
    with pytest.raises(InputError, match=r"not the one that was verified|missing"):
        verify_published(receipt, LocalBackend().open("releases/towns"))


def test_files_that_were_written_anew_are_held_to_those_that_were_verified_as_long_as_these_are_there(policy):
    receipt = staged(policy).publish()
    DeltaTable("releases/towns").optimize.z_order(["town"])
    rows, *others = verify_published(receipt, LocalBackend().open("releases/towns"))
    assert rows.detail == "files were written anew since; the rows are those of version 0"
    assert all(verdict.holds for verdict in (rows, *others))
    DeltaTable("releases/towns").vacuum(0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(InputError, match=r"nothing is left to compare with\n"):
        verify_published(receipt, LocalBackend().open("releases/towns"))


def test_failed_run_leaves_nothing(policy, monkeypatch):
    monkeypatch.setattr("engine.backends.local._write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        staged(policy)
    assert list(Path("releases").iterdir()) == []


@pytest.mark.slow
def test_killed_run_leaves_no_release_and_can_simply_be_run_again(policy):
    program = textwrap.dedent("""
        import os, signal, sys
        from engine.backends import local
        from engine.plan import compile_plan, Policy
        import json
        write = local._write
        def die(*arguments):
            write(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        local._write = die
        policy = Policy.parse(json.loads(sys.argv[1]))
        backend = local.LocalBackend()
        backend.execute(compile_plan(policy, backend.measure(policy)))
    """)
    killed = subprocess.run([sys.executable, "-c", program, json.dumps(written())], check=False, capture_output=True,
                            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert any(".towns.staging-" in p.name for p in Path("releases").iterdir())
    assert not Path("releases/towns").exists()
    staged(policy).publish()
    assert sorted(p.name for p in Path("releases").iterdir()) == ["towns", "towns.receipt.json"]


def test_path_that_is_taken_is_never_overwritten(policy):
    staged(policy).publish()
    before = Path("releases/towns.receipt.json").read_bytes()
    with pytest.raises(InputError, match="taken"):
        staged(policy)
    assert Path("releases/towns.receipt.json").read_bytes() == before


def test_path_that_is_taken_between_staging_and_publishing(policy):
    first, second = staged(policy), staged(policy)
    first.publish()
    with pytest.raises(InputError, match="taken"):
        second.publish()
    second.discard()
    assert sorted(p.name for p in Path("releases").iterdir()) == ["towns", "towns.receipt.json"]


def test_source_that_changed_since_the_plan(policy):
    backend = LocalBackend()
    plan = compile_plan(policy, backend.measure(policy))
    write_deltalake("lake/towns", table().slice(0, 7), mode="append")
    assert backend.execute(plan).verify().source.rows == 60
    write_deltalake("lake/towns", table().append_column("iban", [["x"] * 60]), mode="overwrite", schema_mode="overwrite")
    assert backend.execute(plan).verify().source.rows == 60


def test_a_receipt_says_what_noise_was_calibrated_to_and_that_it_promises_nothing():
    noise = {"distribution": "laplace", "lower": 0, "upper": 90, "epsilon": 0.5, "key": "env:K"}
    base = written(source={"table": "t", "subject": "person"})
    columns = base["columns"] | {"cost": {"role": "insensitive", "why": "w", "operator": {"noise": noise}}}
    said = treatments(Policy.parse(base | {"columns": columns}))[-1].effect
    assert "sensitivity 90 needs for epsilon 0.5 in one cell if its noise were fresh" in said
    assert "no differential privacy is claimed" in said


@pytest.mark.parametrize(("columns", "expected"), [
    ({}, "pseudonymized"),
    ({"person": {"role": "direct"}}, "anonymized"),
    ({"person": {"role": "direct"}, "note": {"role": "text", "why": "w"}}, "pseudonymized"),
    ({"person": {"role": "direct"},
      "cost": {"role": "insensitive", "why": "w", "operator": {"noise": {"scale": 1, "key": "env:K"}}}}, "pseudonymized"),
    ({"person": {"role": "direct"}, "employer": {"role": "insensitive", "why": "w", "operator": {
        "surrogate": {"type": "ORGANIZATION", "key": "env:K"}}}}, "pseudonymized"),
    ({"person": {"role": "direct"}, "cost": {"role": "insensitive", "why": "w", "operator": {"round": {"to": 5}}}}, "anonymized"),
])
def test_standing(columns, expected):
    base = written(source={"table": "t", "subject": "person"})
    assert standing(Policy.parse(base | {"columns": base["columns"] | columns})) == expected
