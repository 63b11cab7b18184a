"""After a rotation joins give what they gave, and who has the old key or old tokens can tell nothing of the new ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from typer.testing import CliRunner

from engine import road
from engine.backends.keys import resolve
from engine.errors import GuaranteeNotMet, InputError
from engine.forgetting import forget
from engine.operators.base import KeyRef
from engine.rotation import finish, rotate
from jobs.cli import app
from schemas.rotation import Rotation
from tests.engine.rotation.releases import NEW, OLD, both, joined, patients, rows, told, visits
from udfs.token import token


@pytest.mark.slow
def test_is_what_a_run_of_the_new_policy_writes_and_joins_hold(lake):
    before = joined(rows("p1")["who"].to_pylist(), rows("v1")["patient"].to_pylist())
    done = rotate(both(), road.open_backend("local"))
    assert joined(rows("p2")["who"].to_pylist(), rows("v2")["patient"].to_pylist()) == before > 50
    for fresh, path in ((patients("p3", NEW), "p2"), (visits("v3", NEW), "v2")):
        road.anonymize(fresh, road.open_backend("local"))
        assert told(path) == told(fresh.release.path)
    assert all(proof.holds for proof in done.joins)
    of = {(proof.left, proof.right): proof for proof in done.joins}
    assert of["p2: who", "v2: patient"].rows_before == of["p2: who", "v2: patient"].rows_between == before
    assert len(of) == 3 * 4 // 2 + 2  # three columns of patients, with themselves and each other; mail; card
    assert Rotation.model_validate_json(Path("v2.rotation.json").read_text()) == done
    for path in ("p2", "v2"):
        road.verify(path, road.open_backend("local"))


@pytest.mark.slow
def test_who_has_the_old_key_cannot_compute_or_link_a_new_token(lake):
    rotate(both(), road.open_backend("local"), bridge=False)
    columns = ("p", "who"), ("v", "patient"), ("v", "referred")
    old, new = ({cell for path, name in columns for cell in rows(f"{path}{at}")[name].to_pylist()} for at in (1, 2))
    assert new & old == {None}
    root, everybody = resolve("env:OLD_KEY"), pa.array([str(number) for number in range(100)])
    for version in range(1, 16):
        info = KeyRef("", "lakeveil/v1/token/patient").of_version(version).info
        guessed = token(everybody, version=version, subkey=root.derive(info))
        assert not new & set(guessed.to_pylist())
    for name in ("mail", "card"):
        assert not {*rows("p1")[name].to_pylist()} & {*rows("p2")[name].to_pylist()} - {None}
    assert not Path("p2.bridge").exists()


@pytest.mark.slow
def test_old_tokens_are_read_through_the_bridge_until_it_is_removed(lake):
    rotate(both(), road.open_backend("local"))
    bridge = {(row["column"], row["old"]): row["new"] for row in rows("v2.bridge").to_pylist()}
    crossed = [bridge.get(("patient", cell), cell) for cell in rows("v1")["patient"].to_pylist()]
    assert sorted(map(str, crossed)) == sorted(map(str, rows("v2")["patient"].to_pylist()))
    assert finish([patients("p2", NEW), visits("v2", NEW)]) == ("p2.bridge", "v2.bridge")
    assert not Path("v2.bridge").exists()
    with pytest.raises(InputError, match="there is no bridge"):
        finish([visits("v2", NEW)])


@pytest.mark.slow
def test_forms_may_change(lake):
    new = visits("v2", {"key": "env:OLD_KEY", "version": 3, "form": "integer"})
    rotate([(visits("v1", OLD), new)], road.open_backend("local"))
    assert rows("v2")["patient"].type == pa.int64()
    assert {cell >> 59 for cell in rows("v2")["patient"].to_pylist() if cell is not None} == {3}


@pytest.mark.slow
def test_a_call_that_was_killed_before_the_last_release_is_finished_by_the_same_call(lake):
    rotate(both(), road.open_backend("local"))
    written, first = told("v2"), DeltaTable("p2").history()
    shutil.rmtree("v2")  # killed after its bridge, before its table
    done = rotate(both(), road.open_backend("local"))
    assert told("v2") == written
    assert DeltaTable("p2").history() == first
    assert done.bridges == ("p2.bridge", "v2.bridge")
    assert all(proof.rows_between == proof.rows_before for proof in done.joins)
    assert [one.name for one in Path().iterdir() if "staging" in one.name] == []
    assert rotate(both(), road.open_backend("local")).joins == done.joins
    without = rotate(both(), road.open_backend("local"), bridge=False)
    assert not without.bridges
    assert not Path("p2.bridge").exists()


def test_source_that_went_on_is_read_as_it_was_released(lake):
    write_deltalake("visits", pa.table({"patient": pa.array([7, 999], pa.int64()), "referred": pa.array([1, 2], pa.int64()),
                                        "cost": pa.array([1, 2], pa.int64())}), mode="append")
    rotate([(visits("v1", OLD), visits("v2", NEW))], road.open_backend("local"))
    assert len(rows("v2")) == 200


@pytest.mark.slow
def test_columns_under_subjects_own_keys_get_another_version(lake):
    own = {"subject_keys": {"table": "keys", "key": "env:OLD_KEY"}, "source": {"table": "visits", "subject": "patient"}}
    old, new, fresh = (visits(path, {"key": "subject", "version": version}, **own)
                       for path, version in (("o1", 1), ("o2", 2), ("o3", 2)))
    road.anonymize(old, road.open_backend("local"))
    assert rotate([(old, new)], road.open_backend("local")).joins[0].holds
    road.anonymize(fresh, road.open_backend("local"))
    assert told("o2") == told("o3") != told("o1")


@pytest.mark.slow
def test_who_was_forgotten_gets_no_key_by_a_rotation_and_stays_unread(lake):
    own = {"subject_keys": {"table": "keys", "key": "env:OLD_KEY"}, "source": {"table": "visits", "subject": "patient"}}
    old, new, other = (visits(path, {"key": "subject", "version": version, "form": form}, **own)
                       for path, version, form in (("o1", 1, "hex"), ("o2", 2, "hex"), ("o3", 2, "integer")))
    road.anonymize(old, road.open_backend("local"))
    write_deltalake("gone", pa.table({"patient": pa.array([7], pa.int64())}))
    forget([old], "gone", Path("certificate.json"))
    held = DeltaTable("keys").to_pyarrow_table().num_rows
    rotate([(old, new)], road.open_backend("local"))
    with pytest.raises(GuaranteeNotMet, match="would not join"):  # a dead token has no other form
        rotate([(old, other)], road.open_backend("local"))
    assert DeltaTable("keys").to_pyarrow_table().num_rows == held
    before, after = (rows(path).sort_by("cost")["patient"].to_pylist() for path in ("o1", "o2"))
    same = {cell for cell, now in zip(before, after, strict=True) if cell == now}
    assert len(same) == 2  # the one who was forgotten, and nobody


@pytest.mark.slow
def test_the_command_says_what_it_did(lake):
    for name, policy in (("old", visits("v1", OLD)), ("new", visits("v2", NEW))):
        Path(f"{name}.yaml").write_text(json.dumps(policy.model_dump(mode="json", exclude_none=True, by_alias=True)))
    done = CliRunner().invoke(app, ["rotate", "old.yaml", "new.yaml", "--backend", "local"])
    assert done.exit_code == 0, done.output
    for word in ("version 1 of env:OLD_KEY (", "version 2 of env:NEW_KEY (", "yes", "v1 stays; v2 is published"):
        assert word in done.output
    ended = CliRunner().invoke(app, ["rotate", "new.yaml", "--finish", "--json"])
    assert json.loads(ended.stdout) == {"removed": ["v2.bridge"]}
    left = CliRunner().invoke(app, ["rotate", "old.yaml", "new.yaml", "--backend", "local", "--beside", "old.yaml"])
    assert left.exit_code == 2
    assert "left behind" in left.output
    odd = CliRunner().invoke(app, ["rotate", "old.yaml", "--backend", "local"])
    assert odd.exit_code == 2
    assert "left over" in odd.output
