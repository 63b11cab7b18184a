"""What was encrypted comes back for whoever may ask, within limits, never without a line in the audit; and for nobody else."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from engine import road
from engine.errors import InputError, PolicyError, SetupError
from engine.plan import Policy
from engine.reversal import Asked, detokenize
from engine.reversal.audit import Audit
from jobs.cli import app
from schemas.audit import FIRST, Reversal

KEEP = {"why": "needed"}
MAILS = ["jane@example.org", None, "roe@example.org", "jane@example.org", "Zoë@example.org"]
CARDS = ["4111-1111-1111-1111", "5500 0000 0000 0004", None, "4111-1111-1111-1111", "340000000000009"]


def written(**changes: object) -> dict[str, object]:
    return {
        "apiVersion": "lakeveil/v1", "name": "clients", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "clients.parquet"},
        "columns": {
            "id": {"role": "insensitive", **KEEP},
            "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", "key": "env:CASE_KEY"}}, "rename": "email",
                     **KEEP},
            "card": {"role": "direct", "operator": {"encrypt_format": {"domain": "card", "key": "env:CASE_KEY"}}, **KEEP},
            "who": {"role": "direct", "operator": {"token": {"domain": "who", "key": "env:CASE_KEY"}}, **KEEP}},
        "detokenize": {"approvers": ["privacy office"], "rows": 5, "per_day": 12},
        "release": {"path": "release"}} | changes


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    monkeypatch.setenv("OTHER_KEY", "b2" * 32)
    pq.write_table(pa.table({"id": range(5), "mail": MAILS, "card": CARDS, "who": MAILS}), "clients.parquet")
    made = Policy.parse(written())
    road.anonymize(made, road.open_backend("local"))
    return made


def asked(**changes: object) -> Asked:
    return Asked(**({"table": "release", "columns": ("email", "card"), "key": "env:CASE_KEY", "purpose": "recall of a product",
                     "approver": "privacy office"} | changes))


def audit(tmp_path) -> list[dict[str, object]]:
    place = tmp_path / "release.audit.jsonl"
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []


def test_values_come_back_and_the_audit_tells(policy, tmp_path):
    stored = road.open_backend("local").open("release")
    assert "jane" not in str(stored.counts(["email"]).to_pylist())
    found = detokenize(policy, asked())
    rows = sorted(found.table.to_pylist(), key=lambda row: row["id"])
    assert [row["email"] for row in rows] == MAILS
    assert [row["card"] for row in rows] == CARDS
    assert (found.opened, found.refused) == (8, 0)
    first, second = audit(tmp_path)
    assert (first["step"], first["rows"], first["opened"], first["before"]) == ("asked", 5, 0, FIRST)
    assert (second["step"], second["opened"], second["call"]) == ("done", 8, first["call"])
    text = (tmp_path / "release.audit.jsonl").read_text()
    assert not any(secret in text for secret in ("a1a1", "jane", "4111"))
    assert stat.S_IMODE((tmp_path / "release.audit.jsonl").stat().st_mode) == 0o600


def test_tokens_that_were_changed_or_moved_do_not_open(policy):
    table = road.open_backend("local").open("release").counts(["email"])
    tokens = [row["email"] for row in table.to_pylist() if row["email"]]
    pq.write_table(pa.table({"email": [tokens[0], tokens[0][:-1], tokens[0] + "0", "x"]}), "some.parquet")
    found = detokenize(policy, asked(table="some.parquet", columns=("email",)))
    assert (found.opened, found.refused) == (1, 3)


@pytest.mark.parametrize(("changes", "said"), [
    ({"approver": "me"}, "--approver"), ({"purpose": " "}, "--purpose"), ({"columns": ()}, "--column"),
    ({"columns": ("who",)}, "cannot be brought back"), ({"columns": ("mail",)}, "did you mean 'email'")])
def test_who_may_not_ask_is_refused_before_anything_is_read(policy, tmp_path, changes, said):
    with pytest.raises(PolicyError, match=said) as refused:
        detokenize(policy, asked(**changes))
    assert "privacy office" not in str(refused.value)
    line, = audit(tmp_path)
    assert (line["step"], line["rows"], line["reason"]) == ("refused", 0, refused.value.what)


def test_a_policy_that_names_nobody_lets_nobody(policy, tmp_path):
    with pytest.raises(PolicyError, match="nobody"):
        detokenize(Policy.parse(written(detokenize=None)), asked())
    assert [line["step"] for line in audit(tmp_path)] == ["refused"]


def test_limits_of_a_call_and_of_a_day(policy, tmp_path):
    pq.write_table(pa.table({"email": ["x"] * 6}), "many.parquet")
    with pytest.raises(InputError, match="6 rows, and a call may bring back 5"):
        detokenize(policy, asked(table="many.parquet", columns=("email",)))
    for _ in range(2):
        detokenize(policy, asked())
    with pytest.raises(InputError, match="10 rows were asked for"):
        detokenize(policy, asked())
    steps = [(line["step"], line["rows"]) for line in audit(tmp_path)]
    assert steps == [("refused", 6), ("asked", 5), ("done", 5), ("asked", 5), ("done", 5), ("refused", 5)]


def test_a_missing_key_opens_nothing_and_uses_nothing_up(policy, tmp_path, monkeypatch):
    with monkeypatch.context() as without:
        without.delenv("CASE_KEY")
        for _ in range(3):
            with pytest.raises(SetupError, match="a key is missing"):
                detokenize(policy, asked())
    assert [line["step"] for line in audit(tmp_path)] == ["refused"] * 3
    assert detokenize(policy, asked()).opened


def test_a_call_that_fails_is_told_and_uses_nothing_up(policy, tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(import_module("engine.reversal.detokenize"), "opened", lambda *_: 1 // 0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                detokenize(policy, asked())
    assert [(line["step"], line["reason"]) for line in audit(tmp_path)][:2] == [("asked", ""), ("failed", "ZeroDivisionError")]
    assert detokenize(policy, asked()).opened


def test_a_key_that_is_pasted_for_its_handle_does_not_come_into_the_audit(policy, tmp_path):
    for secret in ("a1" * 32, f"env:{'a1' * 32}"):
        with pytest.raises(SetupError):
            detokenize(policy, asked(key=secret))
    assert "a1a1" not in (tmp_path / "release.audit.jsonl").read_text()
    assert [line["key"] for line in audit(tmp_path)] == ["(no handle)"] * 2


@pytest.mark.parametrize("harm", ["change", "take out", "cut"])
def test_an_audit_that_was_changed_stops_everything(policy, tmp_path, harm):
    detokenize(policy, asked())
    place = tmp_path / "release.audit.jsonl"
    lines = place.read_text().splitlines()
    place.write_text({"change": lines[0].replace("recall", "fun") + "\n" + lines[1] + "\n", "take out": lines[1] + "\n",
                      "cut": lines[0] + "\n" + lines[1][:40] + "\n"}[harm])
    with pytest.raises(InputError, match="the audit was changed"):
        detokenize(policy, asked())


def test_an_audit_that_cannot_be_written_opens_nothing(policy, tmp_path):
    (tmp_path / "release.audit.jsonl").mkdir()
    with pytest.raises(SetupError, match="without an audit nothing is opened"):
        detokenize(policy, asked())


def test_rows_are_counted_by_when_they_were_asked_for(tmp_path):
    with Audit.of(tmp_path / "a") as log:
        for hours, rows in ((30, 7), (2, 5), (1, 1)):
            log.add(Reversal(
                step="asked", call="c", at=datetime.now(UTC) - timedelta(hours=hours), user="u", approver="a", purpose="p",
                policy="n", policy_fingerprint="f", table="t", columns=("c",), key="env:K", rows=rows, before=log.last))
        assert log.rows_since(datetime.now(UTC) - timedelta(hours=24)) == 6


def test_on_the_command_line(policy, tmp_path):
    import yaml  # noqa: PLC0415 - one test's

    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(written()))
    call = ["detokenize", "policy.yaml", "release", "--column", "email", "--key", "env:CASE_KEY", "--purpose", "recall",
            "--approver", "privacy office", "--out"]
    done = CliRunner().invoke(app, [*call, "values.parquet", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["opened"] == 4
    assert sorted(filter(None, pq.read_table("values.parquet")["email"].to_pylist())) == sorted(filter(None, MAILS))
    assert stat.S_IMODE(Path("values.parquet").stat().st_mode) == 0o600
    again = CliRunner().invoke(app, [*call, "values.parquet"])
    assert again.exit_code == 3
    refused = CliRunner().invoke(app, [*call[:-3], "--approver", "me", "--out", "more.parquet"])
    assert refused.exit_code == 2
    assert not (tmp_path / "more.parquet").exists()


def test_a_purpose_in_many_lines_is_refused_and_locks_nothing(policy):
    for purpose in ("one\u2028two", "one\ntwo", "bad\udcff", " "):
        with pytest.raises(PolicyError, match="purpose"):
            detokenize(policy, asked(purpose=purpose))
    assert detokenize(policy, asked()).opened == 8


@pytest.mark.parametrize("change", [
    lambda lines: lines[:-2], lambda lines: lines[:0],
    lambda lines: [*lines[:-1], lines[-1].replace("privacy office", "somebody else")]])
def test_an_audit_whose_end_was_changed_opens_nothing(policy, tmp_path, change):
    detokenize(policy, asked())
    place = tmp_path / "release.audit.jsonl"
    lines = change(place.read_text().splitlines())
    place.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(InputError, match="the audit was changed"):
        detokenize(policy, asked())


def test_an_audit_without_its_last_line_end_opens_nothing(policy, tmp_path):
    detokenize(policy, asked())
    place = tmp_path / "release.audit.jsonl"
    place.write_text(place.read_text()[:-1])
    with pytest.raises(InputError, match="the audit was changed"):
        detokenize(policy, asked())


def test_the_audit_is_beside_the_release_of_this_policy_and_nowhere_else(policy, tmp_path, monkeypatch):
    with pytest.raises(PolicyError, match="not made by this policy"):
        detokenize(Policy.parse(written(purpose="another")), asked())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="there is no receipt"):
        detokenize(policy, asked(table=str(tmp_path / "release")))


def test_who_may_approve_can_change_after_the_release_and_leaves_a_trace(policy, tmp_path):
    rules = {"approvers": ["board"], "rows": 5, "per_day": 12}
    detokenize(policy, asked())
    assert detokenize(Policy.parse(written(detokenize=rules)), asked(approver="board")).opened == 8
    first, _, second, _ = (line["rules"] for line in audit(tmp_path))
    assert len(first) == 64
    assert first != second


def test_a_receipt_without_its_release_opens_nothing(policy, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy("release.receipt.json", elsewhere)
    monkeypatch.chdir(elsewhere)
    with pytest.raises(InputError, match="missing"):
        detokenize(policy, asked(table=str(tmp_path / "release")))
    other = Policy.parse(written(release={"path": "other"}, source={"table": str(tmp_path / "clients.parquet")}))
    road.anonymize(other, road.open_backend("local"))
    shutil.move("other", "release")
    with pytest.raises(InputError, match="of another release"):
        detokenize(policy, asked(table=str(tmp_path / "release")))
    assert audit(elsewhere) == []


def test_what_is_not_in_the_release_is_not_opened_by_its_approvers(policy):
    pq.write_table(pa.table({"id": range(2), "mail": ["x@example.org", MAILS[0]], "card": ["378282246310005", CARDS[0]],
                             "who": ["x", "y"]}), "others.parquet")
    other = Policy.parse(written(source={"table": "others.parquet"}, release={"path": "closed"}, detokenize=None))
    road.anonymize(other, road.open_backend("local"))
    found = detokenize(policy, asked(table="closed"))
    assert min(found.table.to_pylist(), key=lambda row: row["id"])["card"] is None
    assert (found.opened, found.refused) == (2, 2)  # what both releases hold is one token in both


@pytest.mark.parametrize("column", ["card", "email"])
def test_another_key_than_the_receipts_brings_no_invented_values(policy, column):
    with pytest.raises(SetupError, match="another key made these values"):
        detokenize(policy, asked(columns=(column,), key="env:OTHER_KEY"))


def test_a_column_of_no_tokens_is_refused(policy, tmp_path):
    pq.write_table(pa.table({"email": [["a"]]}), tmp_path / "lists.parquet")
    with pytest.raises(InputError, match="holds no tokens"):
        detokenize(policy, asked(table="lists.parquet", columns=("email",)))


def test_a_call_that_was_killed_before_the_head_was_written_locks_nothing(policy, tmp_path):
    detokenize(policy, asked())
    head = tmp_path / "release.audit.jsonl.head"
    lines = (tmp_path / "release.audit.jsonl").read_text().splitlines()
    head.write_text(f"1 {hashlib.sha256(lines[0].encode()).hexdigest()}\n")
    assert detokenize(policy, asked()).opened == 8
    assert head.read_text().startswith("4 ")
