"""Who was forgotten cannot be read or linked any more, whatever is tried; everybody else can."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import threading
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from typer.testing import CliRunner

from engine import road
from engine.backends.keys import resolve
from engine.backends.subject_keys import APP, SUBJECT_KEYS, KeyTable
from engine.ciphers.opening import opened_each
from engine.ciphers.sealed import Label
from engine.ciphers.wrapped import attached, unwrap
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError
from engine.forgetting import forget
from engine.plan import Policy
from engine.reversal import Asked, detokenize
from jobs.cli import app
from schemas.certificate import Certificate

KEEP = {"why": "needed"}
PEOPLE = [f"p{number}" for number in range(6)]
MAILS = [f"{name}@example.org" for name in PEOPLE]


def policy_of(release: str = "first", **changes: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": release, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "clients.parquet", "subject": "id"},
        "subject_keys": {"table": "clients.keys", "key": "env:CASE_KEY"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "client", "key": "subject"}}, **KEEP},
            "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", "key": "subject"}}, **KEEP},
            "phone": {"role": "direct", "operator": {"token": {"domain": "phone", "key": "env:CASE_KEY"}}, **KEEP},
            "visit": {"role": "insensitive", **KEEP}},
        "detokenize": {"approvers": ["office"]},
        "release": {"path": release}} | changes)


def release(name: str) -> pa.Table:
    """Releases the clients and returns the rows, in the order of their visits."""
    road.anonymize(policy_of(name), road.open_backend("local"))
    return DeltaTable(name).to_pyarrow_table().sort_by("visit")


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    monkeypatch.setenv("OTHER_KEY", "b2" * 32)
    pq.write_table(pa.table({"id": PEOPLE, "mail": MAILS, "phone": MAILS, "visit": range(6)}), "clients.parquet")
    pq.write_table(pa.table({"id": ["p1", "p4", "p1", None, "nobody"]}), "leave.parquet")
    return tmp_path


def opened(table: str = "first") -> list[str | None]:
    asked = Asked(table, ("mail",), "env:CASE_KEY", "a test", "office")
    return detokenize(policy_of("first"), asked).table.sort_by("visit")["mail"].to_pylist()


def key_table() -> KeyTable:
    return KeyTable("clients.keys", "env:CASE_KEY", resolve("env:CASE_KEY"))


def all_keys(table: KeyTable) -> np.ndarray:
    rows = pa.Table.from_batches(list(table.batches()), SUBJECT_KEYS).combine_chunks()
    return unwrap(attached(rows["subject"].combine_chunks(), rows["wrapped"].combine_chunks()), table.key)


@pytest.mark.slow
def test_who_was_forgotten_cannot_be_read_or_linked(lake):
    first = release("first")
    assert opened() == MAILS
    table = key_table()
    names, start = table.named(pa.array(PEOPLE)), table.table().version()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    gone, kept = [1, 4], [0, 2, 3, 5]

    assert done.proven
    assert (done.subjects, done.keys[0].destroyed, done.keys[0].without) == (3, 2, 1)
    assert (done.keys[0].before.found, done.keys[0].after.found) == (4, 0)
    assert opened() == [None if place in gone else mail for place, mail in enumerate(MAILS)]

    # With the key that wraps and everything that is still on disk.
    label = Label("mail", "mail", 1, b"")
    values, wrong = opened_each(first["mail"].combine_chunks(), all_keys(table), label)
    assert values.to_pylist() == [None if place in gone else mail.encode() for place, mail in enumerate(MAILS)]
    assert wrong.tolist() == [place in gone for place in range(6)]
    with pytest.raises(Exception, match=r"(?i)no such file|not found"):
        DeltaTable("clients.keys", version=start).to_pyarrow_table()
    stored = b"".join(file.read_bytes() for file in Path("clients.keys").rglob("*") if file.is_file())
    assert [names[place].as_py().encode() in stored for place in range(6)] == [place in kept for place in range(6)]

    # Linking: a later release gives those who come back other tokens, and everybody else the same.
    second = release("second")
    assert [first["id"][place] == second["id"][place] for place in range(6)] == [place in kept for place in range(6)]
    assert not {first["mail"][place].as_py() for place in gone} & set(second["mail"].to_pylist())
    assert first["phone"].equals(second["phone"])  # not under the subjects' own keys: the certificate says so


@pytest.mark.slow
def test_certificate_says_what_is_gone_and_what_remains(lake):
    pq.write_table(pa.table({"who": ["p1", "p2"]}), "register.parquet")
    looked_up = {"table": "clients.parquet", "subject": "id", "lookups": {"r": {"table": "register.parquet", "subject": "who"}}}
    road.anonymize(policy_of(source=looked_up), road.open_backend("local"))
    done = forget([policy_of(source=looked_up)], "leave.parquet", Path("certificate.json"))
    text = Path("certificate.json").read_text()
    assert Certificate.model_validate_json(text) == done
    assert {one.column: one.state for one in done.columns} == {
        "id": "unlinkable", "mail": "unreadable", "phone": "remains", "visit": "remains"}
    assert done.still_in_source == {"clients.parquet": 2, "register.parquet": 1}
    assert not any(secret in text for secret in ("p1", "a1a1", "example.org", *key_table().named(pa.array(["p1"])).to_pylist()))


@pytest.mark.slow
def test_forgetting_again_changes_nothing_and_goes_on(lake):
    release("first")
    forget([policy_of()], "leave.parquet", Path("one.json"))
    again = forget([policy_of()], "leave.parquet", Path("two.json"))
    assert again.proven
    assert (again.keys[0].destroyed, again.keys[0].without) == (0, 3)


@pytest.mark.slow
def test_a_run_cut_short_before_the_purge_is_made_good(lake):
    release("first")
    table = key_table()
    rows = table.wrapped(table.named(pa.array(["p1", "p4"])))
    table.table().merge(rows.select(["subject"]), "held.subject = gone.subject", source_alias="gone",
                        target_alias="held").when_matched_delete().execute()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    assert (done.keys[0].destroyed, done.keys[0].before.found) == (2, 4)  # in the version before
    assert done.proven


class Killed(BaseException):
    """Stands for a kill: nothing tidies up after it but what the kernel would."""


def killed(monkeypatch, name: str, calls: int = 1):
    """Lets the n-th call of a function of the command end the process, after it was done."""
    module, done = import_module("engine.forgetting.forget"), []
    true = getattr(module, name)

    def call(*args: object) -> object:
        found = true(*args)
        done.append(name)
        if len(done) == calls:
            raise Killed
        return found

    monkeypatch.setattr(module, name, call)


def test_a_call_that_was_killed_after_the_purge_is_finished_and_certified_by_the_same_call(lake, monkeypatch):
    release("first")
    killed(monkeypatch, "_destroyed")
    with pytest.raises(Killed):
        forget([policy_of()], "leave.parquet", Path("c.json"))
    cut = Certificate.model_validate_json(Path("c.json").read_text())
    assert not cut.finished
    assert {one.state for one in cut.columns} == {"remains"}
    done = forget([policy_of()], "leave.parquet", Path("c.json"))
    assert done.finished
    assert done.proven
    assert (done.keys[0].destroyed, done.keys[0].without, done.keys[0].cut_short) == (2, 1, True)
    assert done.keys[0].before == cut.keys[0].before
    assert {one.state for one in done.columns} == {"unlinkable", "unreadable", "remains"}
    assert "names_sha256" not in {name for name, said in json.loads(Path("c.json").read_text())["keys"][0].items() if said}
    with pytest.raises(InputError, match="something is there"):
        forget([policy_of()], "leave.parquet", Path("c.json"))


def test_what_a_killed_call_planned_for_others_is_not_taken_over(lake, monkeypatch):
    release("first")
    killed(monkeypatch, "_destroyed")
    with pytest.raises(Killed):
        forget([policy_of()], "leave.parquet", Path("c.json"))
    pq.write_table(pa.table({"id": ["p0"]}), "another.parquet")
    done = forget([policy_of()], "another.parquet", Path("c.json"))
    assert (done.keys[0].destroyed, done.keys[0].cut_short) == (1, False)


def test_a_certificate_claims_nothing_of_a_table_of_keys_that_is_still_to_come(lake, monkeypatch):
    other = policy_of("second", subject_keys={"table": "other.keys", "key": "env:CASE_KEY"})
    for one in (policy_of(), other):
        road.anonymize(one, road.open_backend("local"))
    killed(monkeypatch, "_planned", 2)
    with pytest.raises(Killed):
        forget([policy_of(), other], "leave.parquet", Path("c.json"))
    cut = Certificate.model_validate_json(Path("c.json").read_text())
    assert {one.state for one in cut.columns if one.policy == "second"} == {"remains"}
    done = forget([policy_of(), other], "leave.parquet", Path("c.json"))
    assert [one.destroyed for one in done.keys] == [2, 2]
    assert {one.column: one.state for one in done.columns if one.policy == "second"}["mail"] == "unreadable"


def test_a_certificate_claims_for_each_policy_what_its_own_keys_and_subjects_say(lake):
    by_mail = policy_of("by-mail", source={"table": "clients.parquet", "subject": "mail"})
    empty = policy_of("empty", subject_keys={"table": "empty.keys", "key": "env:CASE_KEY"})
    for one in (policy_of(), by_mail):
        road.anonymize(one, road.open_backend("local"))
    KeyTable("empty.keys", "env:CASE_KEY", resolve("env:CASE_KEY")).prepare()
    done = forget([policy_of(), by_mail, empty], "leave.parquet", Path("c.json"))
    assert {one.policy: one.state for one in done.columns if one.column == "mail"} == {
        "first": "unreadable", "by-mail": "not known", "empty": "no key"}
    asked = Asked("by-mail", ("mail",), "env:CASE_KEY", "a test", "office")
    assert sorted(detokenize(by_mail, asked).table["mail"].to_pylist()) == sorted(MAILS)


def test_a_certificate_claims_nothing_of_what_the_policy_did_not_release(lake):
    release("first")
    columns = policy_of().model_dump(mode="json", by_alias=True, exclude_unset=True)["columns"]
    columns["phone"]["operator"] = {"encrypt": {"domain": "phone", "key": "subject"}}
    edited, never = policy_of("first", columns=columns), policy_of("never")
    done = forget([edited, never], "leave.parquet", Path("c.json"))
    assert {(one.policy, one.state) for one in done.columns if one.column in ("mail", "phone")} == {
        ("first", "not known"), ("never", "not known"), ("never", "remains")}


def test_who_left_the_source_before_is_looked_for_in_the_version_that_was_released(lake):
    write_deltalake("clients", pq.read_table("clients.parquet"))
    policy = policy_of(source={"table": "clients", "subject": "id"})
    road.anonymize(policy, road.open_backend("local"))
    DeltaTable("clients").delete("id in ('p1', 'p4')")
    done = forget([policy], "leave.parquet", Path("c.json"))
    assert done.still_in_source == {"clients": 0}
    assert {one.column: one.state for one in done.columns}["mail"] == "unreadable"


@pytest.mark.slow
def test_old_files_of_nobody_are_removed_and_young_ones_are_told(lake):
    release("first")
    part = next(Path("clients.keys").glob("*.parquet"))
    copies = [Path("clients.keys") / name for name in ("part-old.parquet", "part-young.parquet")]
    for file in Path("clients.keys").glob("*.parquet"):
        if b"p1" and key_table().named(pa.array(["p1"]))[0].as_py().encode() in file.read_bytes():
            part = file
    for copy in copies:
        shutil.copy(part, copy)
    os.utime(copies[0], (0, 0))
    with pytest.raises(GuaranteeNotMet, match="the same call again after"):
        forget([policy_of()], "leave.parquet", Path("certificate.json"))
    found = Certificate.model_validate_json(Path("certificate.json").read_text())
    assert not found.proven
    assert found.keys[0].left_over == 1
    assert {one.state for one in found.columns} == {"remains"}
    assert found.keys[0].until is not None
    assert found.keys[0].until > dt.datetime.now(dt.UTC)
    assert [copy.exists() for copy in copies] == [False, True]
    os.utime(copies[1], (0, 0))
    assert forget([policy_of()], "leave.parquet", Path("certificate.json")).finished


def test_keys_of_concurrent_runs_are_one_a_subject(lake):
    table = key_table()
    table.prepare()
    names = table.named(pa.array(PEOPLE))
    at = table.table()
    first = table.equip(names.slice(0, 3))
    stale = CommitProperties(app_transactions=[Transaction(APP, at.version() + 1)])
    with pytest.raises(CommitFailedError):
        write_deltalake(at, first, mode="append", commit_properties=stale)
    every = table.equip(names)
    assert len(every) == len(set(every["subject"].to_pylist())) == 6
    assert set(first["wrapped"].to_pylist()) < set(every["wrapped"].to_pylist())


def made(barrier: threading.Barrier, results: list[object]) -> None:
    barrier.wait()
    table = key_table()
    try:
        table.prepare()
        results.append(table.equip(table.named(pa.array(PEOPLE)))["wrapped"].to_pylist())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
        results.append(error)


@pytest.mark.slow
def test_first_runs_at_once_make_one_table(lake):
    for _ in range(5):
        shutil.rmtree("clients.keys", ignore_errors=True)
        barrier, results = threading.Barrier(4), []
        runs = [threading.Thread(target=made, args=(barrier, results)) for _ in range(4)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert all(sorted(one) == sorted(results[0]) for one in results), results
        assert not list(Path().glob(".clients.keys*"))


def test_a_source_that_is_gone_does_not_keep_anybody(lake):
    release("first")
    Path("clients.parquet").unlink()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    assert done.still_in_source == {"clients.parquet": None}
    assert done.keys[0].destroyed == 2


def test_nothing_is_destroyed_before_all_is_known_to_work(lake):
    release("first")
    absent = policy_of("other", subject_keys={"table": "absent.keys", "key": "env:CASE_KEY"})
    wrong = ([policy_of(), absent], "c.json", InputError), ([policy_of()], "leave.parquet/c.json", SetupError)
    for policies, out, error in wrong:
        with pytest.raises(error):
            forget(policies, "leave.parquet", Path(out))
        assert not Path("c.json").exists()
    pq.write_table(pa.table({"id": [dt.date(2020, 1, 1)]}), "days.parquet")
    with pytest.raises(InputError, match="subjects are listed as"):
        forget([policy_of()], "days.parquet", Path("c.json"))
    assert opened() == MAILS


def test_who_has_no_key_is_not_called_forgotten(lake):
    release("first")
    pq.write_table(pa.table({"id": ["typo"]}), "typo.parquet")
    done = forget([policy_of()], "typo.parquet", Path("certificate.json"))
    assert done.keys[0].destroyed == 0
    assert {one.state for one in done.columns} == {"no key", "remains"}


@pytest.mark.parametrize(("change", "error", "says"), [
    ({"key": "env:OTHER_KEY"}, InputError, "wrapped under another key"),
    ({"key": "env:ABSENT_KEY"}, SetupError, "a key is missing"),
])
def test_another_key_is_refused(lake, change, error, says):
    release("first")
    other = policy_of(subject_keys={"table": "clients.keys", **change})
    with pytest.raises(error, match=says):
        forget([other], "leave.parquet", Path("c.json"))
    assert not Path("c.json").exists()
    assert opened() == MAILS


@pytest.mark.slow
def test_what_is_asked_wrongly_is_refused(lake):
    release("first")
    plain = policy_of("x", subject_keys=None, columns={
        "id": {"role": "direct", "operator": "drop"}, "visit": {"role": "insensitive", **KEEP}})
    with pytest.raises(PolicyError, match="no subjects' keys"):
        forget([plain], "leave.parquet", Path("c.json"))
    with pytest.raises(InputError, match="has no column 'idd'"):
        forget([policy_of()], "leave.parquet", Path("c.json"), "idd")
    with pytest.raises(InputError, match="there is no table here"):
        forget([policy_of()], "absent.parquet", Path("c.json"))
    Path("c.json").write_text("a certificate")
    with pytest.raises(InputError, match="something is there"):
        forget([policy_of()], "leave.parquet", Path("c.json"))
    assert Path("c.json").read_text() == "a certificate"
    Path("killed.json").touch()
    assert forget([policy_of()], "leave.parquet", Path("killed.json")).proven
    with pytest.raises(InputError, match="something is there"):
        forget([policy_of()], "leave.parquet", Path(os.devnull))
    assert not Path(os.devnull).is_file()
    (lake / "else").mkdir()
    (lake / "else" / "file").touch()
    with pytest.raises(InputError, match="something else"):
        road.anonymize(policy_of("y", subject_keys={"table": "else", "key": "env:CASE_KEY"}), road.open_backend("local"))


@pytest.mark.slow
def test_the_command_says_what_it_did(lake):
    release("first")
    Path("policy.yaml").write_text(json.dumps(policy_of().model_dump(mode="json", exclude_none=True, by_alias=True)))
    done = CliRunner().invoke(app, ["forget", "leave.parquet", "--policy", "policy.yaml", "--out", "c.json"])
    assert done.exit_code == 0, done.output
    for word in ("unlinkable", "unreadable", "still holds 2", "backups"):
        assert word in done.output
    plain = CliRunner().invoke(app, ["forget", "leave.parquet", "--policy", "policy.yaml", "--out", "d.json", "--json"])
    assert json.loads(plain.stdout)["subjects"] == 3


def test_keys_have_a_folder_of_their_own(lake):
    for table in ("first", "first/keys", "clients.parquet"):
        with pytest.raises(PolicyError, match="name a folder of its own"):
            policy_of(subject_keys={"table": table, "key": "env:CASE_KEY"})
    write_deltalake("other", pa.table({"id": PEOPLE}))
    with pytest.raises(InputError, match="no table of subjects' keys"):
        road.anonymize(policy_of(subject_keys={"table": "other", "key": "env:CASE_KEY"}), road.open_backend("local"))
