"""A ledger is made once, in one commit, and beside nothing."""

from __future__ import annotations

import contextlib
import threading

import pytest

from engine.backends.ledger import LocalLedger
from engine.errors import InputError
from engine.ledger.caps import as_property
from schemas.ledger import OwnersCap
from tests.engine.backends.test_ledger import filled
from tests.engine.ledger.policies import made


def test_a_ledger_is_made_once_and_beside_nothing(tmp_path):
    store = filled(tmp_path / "ledger", 1)
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").touch()
    for name in ("ledger", "file", "folder"):
        with pytest.raises(InputError, match="something here already"):
            LocalLedger(str(tmp_path / name)).create("")
    assert len(store.read().rows) == 1


def test_a_ledger_and_its_first_caps_are_one_commit(tmp_path):
    """A kill between two would leave a ledger without caps, which --new does not make again."""
    caps = as_property([OwnersCap(population="people", epsilon=0.1, delta=0)])
    store = made(tmp_path / "ledger", caps)
    found = store.read()
    assert (found.version, found.caps, found.caps_set, found.entries) == (0, caps, 1, None)


def test_of_those_that_make_one_ledger_one_does(tmp_path):
    for number in range(10):
        store, done = LocalLedger(str(tmp_path / f"ledger{number}")), []
        barrier = threading.Barrier(4)

        def one(caps, store=store, done=done, barrier=barrier):
            barrier.wait()
            with contextlib.suppress(InputError):
                store.create(caps)
                done.append(caps)

        threads = [threading.Thread(target=one, args=(f"caps {of}",)) for of in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [store.read().caps, store.read().version] == [*done, 0]
