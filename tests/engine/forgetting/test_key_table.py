"""The table of subjects' keys: one key a subject whoever comes first, in a folder of its own."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError

from engine import road
from engine.backends.subject_keys import APP
from engine.errors import InputError, PolicyError
from tests.engine.forgetting.clients import PEOPLE, key_table, policy_of


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


def test_keys_have_a_folder_of_their_own(lake):
    for table in ("first", "first/keys", "clients.parquet"):
        with pytest.raises(PolicyError, match="name a folder of its own"):
            policy_of(subject_keys={"table": table, "key": "env:CASE_KEY"})
    write_deltalake("other", pa.table({"id": PEOPLE}))
    with pytest.raises(InputError, match="no table of subjects' keys"):
        road.anonymize(policy_of(subject_keys={"table": "other", "key": "env:CASE_KEY"}), road.open_backend("local"))
