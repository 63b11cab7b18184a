"""A ledger by delta-rs: an append is the next version or nothing, and what is damaged or altered is refused."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from engine.backends.ledger import APP, LocalLedger
from engine.errors import BudgetExceeded, InputError, SetupError
from engine.ledger import charged
from engine.ledger.caps import as_property, set_caps
from engine.privacy.ledger import Book
from schemas.ledger import FIRST, LEDGER, Entry, OwnersCap, digest, row_of
from tests.engine.ledger.policies import ONE, made, policy_of, times

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


def entry(number=0, previous=FIRST, **changes) -> Entry:
    id_ = f"{number:032x}"
    return Entry.model_validate({
        "number": number, "previous": previous, "id": id_, "kind": "reserve", "reservation": id_, "time": NOON, "job": "t",
        "purpose": "p", "lineage": "l", "population": "people", "unit": "subject", "source": "s", "events": (ONE,),
        "epsilon": 0.1, "delta": 0.0, "policy": "f", "principal": "me", "lakeveil": "0", **changes})


def filled(path, entries=3) -> LocalLedger:
    store, head = made(path), FIRST
    for number in range(entries):
        row = row_of(entry(number, head, time=NOON + timedelta(seconds=number)))
        assert store.append(row, number)
        head = digest(row)
    return store


def test_what_is_written_is_read(tmp_path):
    store = filled(tmp_path / "ledger")
    book = Book.of(store.path, LocalLedger(store.path).read())
    assert [one.number for one in book.entries] == [0, 1, 2]
    assert book.entries[0] == entry()
    assert (store.read().version, store.read().caps) == (3, "")
    store.set_caps('{"number": 1}', 1)
    assert (store.read().caps, store.read().caps_set) == ('{"number": 1}', 1)


def test_a_stale_append_is_refused(tmp_path):
    """Of those that read one version, one is the next version. It says nothing of rows: twelve at once are one."""
    store, accepted = made(tmp_path / "ledger"), []
    barrier = threading.Barrier(12)

    def one(number):
        barrier.wait()
        accepted.append(LocalLedger(store.path).append(row_of(entry(number)), 0))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [False] * 11 + [True]
    assert len(store.read().rows) == 1


@pytest.mark.slow
def test_blind_appends_would_overspend(tmp_path):
    """The control: delta-rs tries an append again at the newest version unless it is told not to, or two name one application."""
    store = made(tmp_path / "ledger")
    row = pa.Table.from_pylist([row_of(entry())], LEDGER)
    stale = [DeltaTable(store.path) for _ in range(12)]
    for table in stale:
        write_deltalake(table, row, mode="append")
    assert len(store.read().rows) == 12
    other = CommitProperties(app_transactions=[Transaction("another", 1)])
    write_deltalake(DeltaTable(store.path, version=0), row, mode="append", commit_properties=other)
    with pytest.raises(InputError, match="altered or cut"):
        Book.of(store.path, store.read())


def test_a_transaction_of_the_same_application_is_refused_whatever_its_version(tmp_path):
    store = filled(tmp_path / "ledger", 1)
    row = pa.Table.from_pylist([row_of(entry(1))], LEDGER)
    for version in (1, 2, 9):
        with pytest.raises(DeltaError):
            write_deltalake(DeltaTable(store.path, version=0), row, mode="append",
                            commit_properties=CommitProperties(app_transactions=[Transaction(APP, version)]))
    assert not store.append(row_of(entry(1)), 0)
    assert len(store.read().rows) == 1


def test_commits_of_table_services_only_make_a_run_look_again(tmp_path):
    store = filled(tmp_path / "ledger", 2)
    DeltaTable(store.path).optimize.compact()
    assert not store.append(row_of(entry(2)), 2)
    with charged(policy_of(store.path), purpose="p", events=times(1)):
        pass
    assert len(Book.of(store.path, store.read()).entries) == 3


def test_a_ledger_that_is_restored_to_an_earlier_version_charges_nothing_until_it_is_whole(tmp_path):
    store = made(tmp_path / "ledger", as_property([OwnersCap(population="others", epsilon=1, delta=0)]))
    for _ in range(3):
        with charged(policy_of(store.path), purpose="p", events=times(1)) as charge:
            charge.settle(times(1))
    DeltaTable(store.path).optimize.compact()
    DeltaTable(store.path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    whole = DeltaTable(store.path).version()
    assert store.read().entries == len(store.read().rows) == 6
    DeltaTable(store.path).restore(0)
    assert "the log says that there were 6 entries" in refused(store), "none is left"
    DeltaTable(store.path).restore(whole)
    with charged(policy_of(store.path), purpose="p", events=times(1)):
        pass
    newest = DeltaTable(store.path).version()
    DeltaTable(store.path).restore(whole)
    DeltaTable(store.path).optimize.compact()
    assert "the log says that there were 7 entries" in refused(LocalLedger(store.path)), "the last one is not"
    DeltaTable(store.path).restore(newest)
    assert len(Book.of(store.path, store.read()).entries) == 7


def test_caps_that_a_restored_table_lost_charge_nothing_until_they_are_back(tmp_path):
    """RESTORE takes the right to modify alone, and takes properties back: none, or caps that were lowered since."""
    store = made(tmp_path / "ledger")
    with charged(policy_of(store.path), purpose="p", events=times(1)):
        pass
    for epsilon in (0.5, 0.2):
        set_caps(store, [OwnersCap(population="people", epsilon=epsilon, delta=0)])
    lowered = DeltaTable(store.path).version()
    for earlier in (lowered - 2, lowered - 1):
        DeltaTable(store.path).restore(earlier)
        assert "the log says that caps were set 2 times" in refused(LocalLedger(store.path))
        DeltaTable(store.path).restore(lowered)
        with pytest.raises(BudgetExceeded, match="the cap of the data owner"), \
                charged(policy_of(store.path), purpose="p", events=times(2)):
            pytest.fail("the work began")
    DeltaTable(store.path).restore(lowered - 2)
    set_caps(store, [])
    assert (json.loads(store.read().caps), store.read().caps_set) == ({"number": 3, "caps": []}, 3), "or they are set again"
    DeltaTable(store.path).restore(lowered)
    assert "caps were set 3 times" in refused(store), "caps that were taken away do not come back, either"


def test_a_ledger_whose_log_does_not_say_how_many_entries_it_has_is_read(tmp_path):
    """As releases before wrote it: the transaction was the table's version."""
    store, head = made(tmp_path / "ledger"), FIRST
    DeltaTable(store.path).alter.set_table_properties({"somebody's": "own"}, raise_if_not_exists=False)
    for number in range(2):
        row = row_of(entry(number, head))
        write_deltalake(store.path, pa.Table.from_pylist([row], LEDGER), mode="append",
                        commit_properties=CommitProperties(app_transactions=[Transaction("lakeveil.ledger", number + 2)]))
        head = digest(row)
    assert len(Book.of(store.path, store.read()).entries) == 2
    with charged(policy_of(store.path), purpose="p", events=times(1)):
        pass
    assert store.read().entries == 3


def test_rows_are_not_taken_out(tmp_path):
    store = filled(tmp_path / "ledger")
    for change in (lambda: DeltaTable(store.path).delete(), lambda: DeltaTable(store.path).delete("number = 1"),
                   lambda: write_deltalake(store.path, pa.Table.from_pylist([], LEDGER), mode="overwrite")):
        with pytest.raises(DeltaError, match="append-only"):
            change()
    DeltaTable(store.path).alter.set_table_properties({"delta.appendOnly": "false"})
    with pytest.raises(InputError, match="not append-only any more"):
        store.read()


def logs(store) -> list[Path]:
    return sorted((Path(store.path) / "_delta_log").glob("*.json"))


def refused(store) -> str:
    """Returns what a run is told; nothing was appended."""
    before = sorted(Path(store.path).rglob("*"))
    with pytest.raises(InputError) as error, charged(policy_of(store.path), purpose="p", events=times(1)):
        pytest.fail("the work began")
    assert sorted(Path(store.path).rglob("*")) == before
    return str(error.value)


def test_missing_files_are_refused(tmp_path):
    store = filled(tmp_path / "whole")
    for name, gone in (("log", logs(store)[2]), ("first", logs(store)[0]), ("rows", next(Path(store.path).glob("*.parquet")))):
        copy = tmp_path / name
        shutil.copytree(store.path, copy)
        (copy / gone.relative_to(store.path)).unlink()
        told = refused(LocalLedger(str(copy)))
        assert "damaged" in told or "no ledger here" in told, name
    shutil.rmtree(Path(store.path) / "_delta_log")
    assert "no ledger here" in refused(store)


def test_a_file_cut_short_is_refused(tmp_path):
    store = filled(tmp_path / "ledger")
    file = next(Path(store.path).glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:100])
    assert "damaged" in refused(store)


def test_a_file_that_makes_no_sense_is_damage(tmp_path):
    """Arrow says of it what it says where a disk fails."""
    store = filled(tmp_path / "ledger")
    file = next(Path(store.path).glob("*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + bytes([whole[4] ^ 0xFF]) + whole[5:])
    assert "damaged" in refused(store)


@pytest.mark.parametrize("what", ["*.parquet", "_delta_log/*1.json"])
def test_what_is_there_and_out_of_reach_is_no_damage(tmp_path, what):
    """A link that leads in circles stands for a disk or a network that fails: root may read everything else."""
    store = filled(tmp_path / "ledger")
    file = next(Path(store.path).glob(what))
    file.unlink()
    file.symlink_to(file.name)
    with pytest.raises(SetupError, match="cannot be read now") as told:
        store.read()
    assert "what was charged stays charged" in told.value.next


def rewrite(store, change) -> None:
    """Alters the entry of number 1 in place."""
    for file in Path(store.path).glob("*.parquet"):
        table = pq.read_table(file)
        rows = table.to_pylist()
        if rows and rows[0]["number"] == 1:
            pq.write_table(pa.Table.from_pylist([{**rows[0], **change}], table.schema), file)
            return
    pytest.fail("no such entry")


@pytest.mark.parametrize("change", [
    {"events": "[]"}, {"epsilon": 0.01}, {"lineage": "other"}, {"number": 7}, {"number": None}, {"previous": FIRST},
    {"time": NOON - timedelta(days=1)}, {"kind": "settle"}, {"events": "nonsense"}, {"events": None}, {"unit": "household"},
    {"epsilon": float("nan")},
], ids=str)
def test_an_altered_entry_is_refused(tmp_path, change):
    store = filled(tmp_path / "ledger")
    rewrite(store, change)
    assert "altered" in refused(store) or "damaged" in refused(store)


def test_the_last_entry_is_altered_unseen_but_for_the_receipt_that_names_it(tmp_path):
    """A chain guards what has a follower. A receipt guards the end: see test_anchors."""
    store = filled(tmp_path / "ledger", 2)
    rewrite(store, {"job": "other"})
    assert Book.of(store.path, store.read()).entries[1].job == "other"


def test_foreign_tables_are_refused(tmp_path):
    columns = [*LEDGER, pa.field("note", pa.string())]
    for number, schema in enumerate((
            pa.schema(columns), pa.schema(columns[:-3]), pa.schema([pa.field("id", pa.int64())]),
            pa.schema([pa.field(one.name, pa.timestamp("us") if one.name == "time" else one.type) for one in LEDGER]),
            pa.schema([pa.field(one.name, pa.float32() if one.name == "delta" else one.type) for one in LEDGER]))):
        path = tmp_path / f"other{number}"
        write_deltalake(str(path), schema.empty_table(), configuration={"delta.appendOnly": "true"})
        assert "not a ledger" in refused(LocalLedger(str(path)))


def test_an_unwritable_ledger_is_an_error(tmp_path):
    store = filled(tmp_path / "ledger", 1)
    log = Path(store.path) / "_delta_log"
    kept = log.rename(tmp_path / "kept")
    log.write_text("in the way")
    with pytest.raises(SetupError, match="cannot be written"):
        store.append(row_of(entry(1)), 1)
    assert kept.is_dir()


@pytest.mark.slow
def test_a_hundred_entries_and_a_checkpoint(tmp_path):
    """Logs are kept, so that the history of a ledger can be audited."""
    store = filled(tmp_path / "ledger", 110)
    assert len(Book.of(store.path, LocalLedger(store.path).read()).entries) == 110
    assert len(logs(store)) == 111
