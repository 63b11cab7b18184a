"""Subjects' keys under another key: tokens stay, the old key opens nothing, and its wraps are in no file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner

from engine import road
from engine.backends.keys import resolve
from engine.backends.subject_keys import KeyTable
from engine.errors import InputError, PolicyError
from engine.plan import Policy
from engine.reversal import Asked, detokenize
from engine.rotation import rewrap
from jobs.cli import app

KEEP = {"why": "needed"}
MAILS = ["a@example.org", "b@example.org", "c@example.org"]


def policy_of(release: str = "release", key: str = "env:OLD_KEY", **changes: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": release, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "clients.parquet", "subject": "id"}, "subject_keys": {"table": "keys", "key": key},
        "columns": {"id": {"role": "direct", "operator": "drop"},
                    "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", "key": "subject"}}, **KEEP}},
        "detokenize": {"approvers": ["office"]}, "release": {"path": release}} | changes)


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OLD_KEY", "a1" * 32)
    monkeypatch.setenv("NEW_KEY", "b2" * 32)
    pq.write_table(pa.table({"id": ["1", "2", "3"], "mail": MAILS}), "clients.parquet")
    road.anonymize(policy_of(), road.open_backend("local"))
    return tmp_path


def opened(key: str) -> list[str | None]:
    return detokenize(policy_of(), Asked("release", ("mail",), key, "a test", "office")).table["mail"].to_pylist()


def test_tokens_stay_and_the_old_key_opens_nothing(lake):
    table = KeyTable("keys", "env:OLD_KEY", resolve("env:OLD_KEY"))
    wrapped = [cell for batch in table.batches() for cell in batch["wrapped"].to_pylist()]
    (done,) = rewrap([(policy_of(), policy_of(key="env:NEW_KEY"))])
    assert (done.keys, done.before.found, done.after.found) == (3, 4, 0)
    assert opened("env:NEW_KEY") == MAILS
    with pytest.raises(InputError, match="does not open"):
        opened("env:OLD_KEY")
    stored = b"".join(file.read_bytes() for file in Path("keys").rglob("*") if file.is_file())
    assert not any(one in stored for one in wrapped)
    again = policy_of("again", "env:NEW_KEY")
    road.anonymize(again, road.open_backend("local"))
    tokens = [DeltaTable(path).to_pyarrow_table()["mail"].to_pylist() for path in ("release", "again")]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize(("new", "says"), [
    (policy_of(), "or in nothing"), (policy_of(key="env:NEW_KEY", purpose="other"), "more than subject_keys.key"),
    (policy_of("release", subject_keys=None, columns={"id": {"role": "insensitive", **KEEP}}), "no subjects' keys")])
def test_other_differences_are_refused(lake, new, says):
    with pytest.raises(PolicyError, match=says):
        rewrap([(policy_of(), new)])
    assert opened("env:OLD_KEY") == MAILS


def test_another_handle_of_the_same_key_is_refused(lake, monkeypatch):
    monkeypatch.setenv("COPY", "a1" * 32)
    with pytest.raises(PolicyError, match="both handles hold one key"):
        rewrap([(policy_of(), policy_of(key="env:COPY"))])
    monkeypatch.setenv("THIRD", "c3" * 32)
    with pytest.raises(PolicyError, match="under two keys"):
        rewrap([(policy_of(), policy_of(key="env:NEW_KEY")), (policy_of(), policy_of(key="env:THIRD"))])
    assert opened("env:OLD_KEY") == MAILS


def test_the_command_says_what_it_did(lake):
    for name, policy in (("old", policy_of()), ("new", policy_of(key="env:NEW_KEY"))):
        Path(f"{name}.yaml").write_text(json.dumps(policy.model_dump(mode="json", exclude_none=True, by_alias=True)))
    done = CliRunner().invoke(app, ["rotate", "--subject-keys", "old.yaml", "new.yaml"])
    assert done.exit_code == 0, done.output
    assert "keys: 3 keys wrapped anew; of 4 that the old key opens 0 are still there" in done.output


def test_a_call_cut_short_is_finished_by_the_same_call(lake, monkeypatch):
    table = KeyTable("keys", "env:OLD_KEY", resolve("env:OLD_KEY"))
    wrapped = [cell for batch in table.batches() for cell in batch["wrapped"].to_pylist()]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["engine.rotation.rewrap"], "purge", killed)
        with pytest.raises(KeyboardInterrupt):
            rewrap([(policy_of(), policy_of(key="env:NEW_KEY"))])
    (done,) = rewrap([(policy_of(), policy_of(key="env:NEW_KEY"))])
    assert (done.before.found, done.after.found) == (4, 0)
    stored = b"".join(file.read_bytes() for file in Path("keys").rglob("*") if file.is_file())
    assert not any(one in stored for one in wrapped)
    assert opened("env:NEW_KEY") == MAILS


def test_policies_that_share_a_table_wrap_it_once(lake):
    pairs = [(policy_of(name), policy_of(name, "env:NEW_KEY")) for name in ("release", "another")]
    assert len(rewrap(pairs)) == 1
    assert opened("env:NEW_KEY") == MAILS
