"""What entries say beside their events: who ran it, and whom they protect."""

from __future__ import annotations

import os
import pwd

from engine.ledger import charged
from engine.privacy.ledger import Book
from tests.engine.ledger.policies import made, policy_of, times


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
