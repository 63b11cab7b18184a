"""A ledger by Spark: of those that read one version one appends, and delta-rs and Spark keep each other's rules."""

from __future__ import annotations

import threading

import pytest
from deltalake import DeltaTable

from engine.backends.ledger import LocalLedger
from engine.backends.spark.backend import SparkBackend
from engine.backends.spark.ledger import SparkLedger
from engine.errors import BudgetExceeded, InputError, LakeveilError
from engine.ledger import charged
from engine.ledger.caps import as_property, owners, set_caps
from engine.privacy.ledger import Book
from schemas.ledger import OwnersCap, row_of
from tests.engine.backends.test_ledger import entry
from tests.engine.ledger.policies import made_before, policy_of, times

pytestmark = pytest.mark.spark


def test_a_charge_through_spark(spark_connect, tmp_path):
    session, path = spark_connect, str(tmp_path / "ledger")
    caps = as_property([OwnersCap(lineage="it's \\ a", epsilon=1, delta=0)])
    SparkLedger(session, path).create(caps)
    backend, policy = SparkBackend(session), policy_of(path, epsilon=0.5)
    with charged(policy, purpose="statistics", events=times(3), backend=backend) as charge:
        charge.settle(times(2), receipt_id="r")
    with pytest.raises(BudgetExceeded), charged(policy, purpose="statistics", events=times(4), backend=backend):
        pytest.fail("the work began")
    with charged(policy, purpose="statistics", events=times(3)):
        pass
    here, there = backend.ledger(path).read(), LocalLedger(path).read()
    assert Book.of(path, here).entries == Book.of(path, there).entries, "both read the same"
    assert (len(here.rows), here.caps, there.caps) == (3, caps, caps)
    with pytest.raises(InputError, match="something here already"):
        SparkLedger(session, path).create("")


def test_stale_transactions_are_refused_on_both_sides(spark, tmp_path):
    path = str(tmp_path / "ledger")
    store = SparkLedger(spark, path)
    with pytest.raises(InputError, match="there is no ledger here"):
        store.read()
    store.create("")
    at = store.read().version
    assert store.append(row_of(entry(0)), at)
    late = "f" * 32
    assert not store.append(row_of(entry(0, id=late)), at), "Spark passes over it in silence"
    assert not LocalLedger(path).append(row_of(entry(0, id=late)), at)
    assert LocalLedger(path).append(row_of(entry(1, "1" * 64)), at + 1)
    assert not store.append(row_of(entry(1, id=late)), at + 1)
    DeltaTable(path).optimize.compact()
    assert [row["number"] for row in sorted(store.read().rows, key=lambda row: row["number"])] == [0, 1]
    with pytest.raises(InputError, match="altered"):
        Book.of(path, store.read())
    before = store.read().version
    store.set_caps("", 1)
    assert not LocalLedger(path).append(row_of(entry(2)), before)
    assert store.append(row_of(entry(2)), before), "what is no entry came between"


def test_a_ledger_that_is_restored_charges_nothing_until_it_is_whole(spark_connect, tmp_path):
    session, path = spark_connect, str(tmp_path / "ledger")
    SparkLedger(session, path).create("")
    backend, policy = SparkBackend(session), policy_of(path)
    for opener in (backend, None, backend):
        with charged(policy, purpose="p", events=times(1), backend=opener):
            pass
    for service in ("OPTIMIZE", "VACUUM"):
        session.sql(f"{service} delta.`{path}`")
    whole = DeltaTable(path).version()
    for version in (0, 2):
        session.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF {version}")
        for opener in (backend, None):
            with pytest.raises(InputError, match="that there were 3 entries"), \
                    charged(policy, purpose="p", events=times(1), backend=opener):
                pytest.fail("the work began")
    session.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF {whole}")
    with charged(policy, purpose="p", events=times(1), backend=backend):
        pass
    assert [store.read().entries for store in (backend.ledger(path), LocalLedger(path))] == [4, 4]


def test_caps_that_a_restored_table_lost_charge_nothing_until_they_are_back(spark_connect, tmp_path):
    spark, path = spark_connect, str(tmp_path / "ledger")
    here, there = SparkLedger(spark, path), LocalLedger(path)
    here.create(as_property([OwnersCap(population="people", epsilon=0.9, delta=0)]))
    with charged(policy_of(path), purpose="p", events=times(1)):
        pass
    before = DeltaTable(path).version()
    set_caps(here, [OwnersCap(population="people", epsilon=0.2, delta=0)])
    set_caps(there, [OwnersCap(population="people", epsilon=0.1, delta=0)])
    newest = DeltaTable(path).version()
    assert [(store.read().caps_set, len(store.read().rows)) for store in (here, there)] == [(3, 1), (3, 1)]
    for version in (before, newest - 1):
        spark.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF {version}")
        for opener in (SparkBackend(spark), None):
            with pytest.raises(InputError, match="caps were set 3 times"), \
                    charged(policy_of(path), purpose="p", events=times(1), backend=opener):
                pytest.fail("the work began")
    spark.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF {newest}")
    for store in (here, there):
        (cap,) = owners(store.read(), path)
        assert cap.cap.epsilon == 0.1


def test_a_ledger_of_an_earlier_release_gets_its_column_with_the_next_entry(spark_connect, tmp_path):
    path = str(tmp_path / "ledger")
    made_before(path, [row_of(entry())])
    here, there = SparkLedger(spark_connect, path), LocalLedger(path)
    assert Book.of(path, here.read()).entries == Book.of(path, there.read()).entries == [entry()]
    with charged(policy_of(path, subject="patient_id"), purpose="p", events=times(1), backend=SparkBackend(spark_connect)):
        pass
    for store in (here, there):
        assert [one.subject for one in Book.of(path, store.read()).entries] == [None, "patient_id"]


@pytest.mark.parametrize("before", [False, True])
def test_threads_of_spark_and_delta_rs_meet_at_the_cap(spark, tmp_path, before):
    """In a ledger of an earlier release, too, where each wants to add the new column first."""
    path, done, failed = str(tmp_path / "ledger"), [], []
    made_before(path) if before else SparkLedger(spark, path).create("")
    backends = [SparkBackend(spark), None, SparkBackend(spark), None]
    barrier = threading.Barrier(len(backends))

    def spend(backend):
        barrier.wait()
        try:
            with charged(policy_of(path, epsilon=0.3), purpose="statistics", events=times(1), backend=backend):
                done.append(1)
        except BudgetExceeded:
            failed.append(1)
        except LakeveilError as error:
            failed.append(error)

    threads = [threading.Thread(target=spend, args=(backend,)) for backend in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book = Book.of(path, LocalLedger(path).read())
    assert (len(done), failed) == (3, [1]), "four wanted one of three"
    assert len(book.entries) == 3


def test_a_table_that_is_no_ledger_is_refused(spark, tmp_path):
    path = str(tmp_path / "other")
    spark.range(1).write.format("delta").save(path)
    with pytest.raises(InputError, match="not a ledger"):
        SparkLedger(spark, path).read()
