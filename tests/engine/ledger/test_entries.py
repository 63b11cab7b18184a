"""What entries say beside their events: who ran it, and whom they protect."""

from __future__ import annotations

import os
import pwd

import pytest
from deltalake import DeltaTable

from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from engine.ledger import charged
from engine.ledger.caps import as_property
from engine.ledger.view import budget
from engine.privacy.ledger import Book
from schemas.ledger import LEDGER, OwnersCap, row_of
from tests.engine.backends.test_ledger import entry
from tests.engine.ledger.policies import made, made_before, policy_of, times


def test_who_ran_it_is_whom_the_system_knows_and_not_what_a_variable_says(tmp_path, monkeypatch):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    monkeypatch.setenv("LOGNAME", "somebody else")
    with charged(policy, purpose="statistics", events=times(1)):
        pass
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    with charged(policy, purpose="statistics", events=times(1)):
        pass
    monkeypatch.undo()
    known = pwd.getpwuid(os.getuid()).pw_name
    assert [entry.principal for entry in Book.of(store.path, store.read()).entries] == [known, "uid 3999999999"]


def charge(ledger, ran=1, unit="subject", **policy) -> None:
    with charged(policy_of(ledger, **policy), purpose="p", events=times(1), unit=unit) as one:
        one.settle(times(1)[:ran])


def test_a_source_is_charged_for_the_subjects_of_one_column(tmp_path):
    """A patient with fifty visits loses fifty times what is added up for visits."""
    caps = [OwnersCap(lineage=str(tmp_path / "lake"), population="doctors", epsilon=9, delta=0)]
    ledger = made(tmp_path / "ledger", as_property(caps)).path
    source = {"source": tmp_path / "lake", "lineage": f"{tmp_path}/lake"}
    charge(ledger, 0, subject="mistyped", **source)
    charge(ledger, subject="patient_id", **source)
    charge(ledger, subject="patient_id", **source)
    with pytest.raises(PolicyError, match="subjects that another column tells apart") as told:
        charge(ledger, subject="visit_id", **source)
    assert (told.value.where, told.value.allowed) == ("source.subject: visit_id", "patient_id")
    charge(ledger, subject="token", source=tmp_path / "release", lineage=f"{tmp_path}/lake")
    charge(ledger, subject="doctor_id", population="doctors", **source)
    assert [line.subject for line in budget(ledger, LocalBackend()).timeline if line.kind == "reserve"] == [
        "mistyped", "patient_id", "patient_id", "token", "doctor_id"]


def test_where_a_row_is_protected_no_column_tells_subjects_apart(tmp_path):
    store = made(tmp_path / "ledger")
    charge(store.path, subject="visit_id", unit="record")
    charge(store.path, subject="patient_id", unit="record")
    assert {one.subject for one in Book.of(store.path, store.read()).entries} == {None}


def test_a_ledger_of_an_earlier_release_gets_its_column_with_the_next_entry(tmp_path):
    old = row_of(entry())
    store = made_before(tmp_path / "ledger", [old])
    before = Book.of(store.path, store.read())
    assert (before.entries, before.version) == ([entry()], 1)
    charge(store.path, subject="patient_id", source="s", lineage="l")
    DeltaTable(store.path).optimize.compact()
    after = Book.of(store.path, type(store)(store.path).read())
    assert [one.subject for one in after.entries] == [None, "patient_id", "patient_id"]
    assert after.digests[:1] == before.digests
    assert [field.name for field in DeltaTable(store.path).schema().fields] == LEDGER.names
