"""A ledger in an object store: one of those that append at a time, by the store's own put-if-absent."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time

import pytest

from engine.backends.ledger import LocalLedger
from engine.errors import BudgetExceeded, InputError, SetupError
from engine.ledger import charged
from engine.privacy.ledger import Book
from schemas.ledger import row_of
from tests.engine.backends.test_ledger import entry
from tests.engine.ledger.policies import policy_of, times

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on this machine, served by a process of its own: delta-rs holds the interpreter's lock while it reads."""
    from boto3 import client  # noqa: PLC0415 - takes a second to load

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    for name, value in {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
                        "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="ledgers")
        yield "s3://ledgers/clinic"
    finally:
        server.kill()
        server.wait()


def test_appends_to_a_store_are_the_next_version_or_nothing(bucket):
    store = LocalLedger(bucket)
    with pytest.raises(InputError, match="there is no ledger here"):
        store.read()
    store.create("")
    with pytest.raises(InputError, match="something here already"):
        store.create("")
    accepted, barrier = [], threading.Barrier(4)

    def one(number):
        barrier.wait()
        accepted.append(LocalLedger(bucket).append(row_of(entry(number)), 0))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [False, False, False, True]
    assert len(store.read().rows) == 1


def test_a_charge_in_a_store(bucket):
    LocalLedger(bucket).create("")
    with charged(policy_of(bucket), purpose="statistics", events=times(6)) as charge:
        charge.settle(times(5), receipt_id="r")
    with pytest.raises(BudgetExceeded), charged(policy_of(bucket), purpose="statistics", events=times(6)):
        pytest.fail("the work began")
    book = Book.of(bucket, LocalLedger(bucket).read())
    assert [one.kind for one in book.entries] == ["reserve", "settle"]


def test_a_missing_file_is_damage_and_a_store_out_of_reach_is_not(bucket, monkeypatch):
    from boto3 import client  # noqa: PLC0415 - takes a second to load

    store, there = LocalLedger(bucket), client("s3")
    store.create("")
    assert store.append(row_of(entry()), 0)
    (file,) = (one["Key"] for one in there.list_objects_v2(Bucket="ledgers")["Contents"] if one["Key"].endswith("parquet"))
    there.delete_object(Bucket="ledgers", Key=file)
    with pytest.raises(InputError, match="damaged"):
        store.read()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SetupError, match="cannot be read now"):
        store.read()
