"""A certificate claims what is so and nothing else, and a call that was killed is certified by the same call."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import road
from engine.backends.keys import resolve
from engine.backends.subject_keys import KeyTable
from engine.errors import InputError
from engine.forgetting import forget
from engine.reversal import Asked, detokenize
from schemas.certificate import Certificate
from tests.engine.forgetting.clients import MAILS, key_table, policy_of, release


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_who_has_no_key_is_not_called_forgotten(lake):
    release("first")
    pq.write_table(pa.table({"id": ["typo"]}), "typo.parquet")
    done = forget([policy_of()], "typo.parquet", Path("certificate.json"))
    assert done.keys[0].destroyed == 0
    assert {one.state for one in done.columns} == {"no key", "remains"}


def test_a_source_that_is_gone_does_not_keep_anybody(lake):
    release("first")
    Path("clients.parquet").unlink()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    assert done.still_in_source == {"clients.parquet": None}
    assert done.keys[0].destroyed == 2
