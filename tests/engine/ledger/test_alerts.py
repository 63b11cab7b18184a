"""Somebody is told when a threshold is passed, and once; a webhook that fails stops nothing."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from engine.errors import PolicyError
from engine.ledger import alerts, charged
from engine.ledger.alerts import reached, tenths
from engine.ledger.view import told
from jobs._views_budget import _standing
from schemas.policy.privacy_budget import Alerts
from tests.engine.ledger.policies import made, policy_of, times


@contextmanager
def listening(answer=204) -> Iterator[tuple[str, list]]:
    heard: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?token=secret", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spend(policy, *counts):
    for count in counts:
        with charged(policy, purpose="statistics", events=times(count)) as charge:
            charge.settle(times(count))


def test_each_threshold_is_told_once(tmp_path):
    made(tmp_path / "ledger")
    with listening() as (hook, heard):
        spend(policy_of(tmp_path / "ledger", alerts={"webhook": hook}), 4, 2, 1, 1, 1, 1)
    assert [(one["alert"], one["share"]) for _, one in heard] == [(50, 60.0), (80, 80.0), (100, 100.0)]
    kind, posted = heard[0]
    assert kind == "application/json"
    assert posted["cap"] == {"epsilon": 1.0, "delta": 0.0}
    expected = {"population": "people", "by": "policy", "job": "t", "purpose": "statistics", "entry": 2,
                "ledger": str(tmp_path / "ledger")}
    assert {name: posted[name] for name in expected} == expected


def test_the_highest_threshold_of_one_charge_is_told(tmp_path, monkeypatch):
    made(tmp_path / "ledger")
    with listening() as (hook, heard):
        monkeypatch.setenv("BUDGET_HOOK", hook)
        spend(policy_of(tmp_path / "ledger", alerts={"at": [10, 90], "webhook": "env:BUDGET_HOOK"}), 10)
    assert [one["alert"] for _, one in heard] == [90]


@pytest.mark.parametrize("hook", ["http://127.0.0.1:9/secret", "env:NO_SUCH_VARIABLE", "https://[broken"])
def test_a_webhook_that_fails_stops_nothing(tmp_path, caplog, hook):
    store = made(tmp_path / "ledger")
    with caplog.at_level(logging.WARNING, "lakeveil"):
        spend(policy_of(tmp_path / "ledger", alerts={"webhook": hook}), 6)
    assert len(store.read().rows) == 2
    assert "could not be posted" in caplog.text
    assert "secret" not in caplog.text


def test_an_answer_of_failure_is_a_warning(tmp_path, caplog):
    made(tmp_path / "ledger")
    with listening(500) as (hook, heard), caplog.at_level(logging.WARNING, "lakeveil"):
        spend(policy_of(tmp_path / "ledger", alerts={"webhook": hook}), 6)
    assert len(heard) == 1
    assert "could not be posted" in caplog.text


@pytest.mark.slow
def test_a_server_that_drips_its_answer_holds_nobody(tmp_path, caplog, monkeypatch):
    """Each line comes in time, and the answer never does."""
    monkeypatch.setattr(alerts, "_SECONDS", 0.5)
    store, enough = made(tmp_path / "ledger"), threading.Event()

    def drip():
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not enough.wait(0.1):
                connection.sendall(b"x: y\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server, caplog.at_level(logging.WARNING, "lakeveil"):
        dripping = threading.Thread(target=drip)
        dripping.start()
        begun = time.monotonic()
        spend(policy_of(store.path, alerts={"webhook": f"http://127.0.0.1:{server.getsockname()[1]}"}), 6)
        took = time.monotonic() - begun
        enough.set()
        dripping.join()
    assert took < 3
    assert "could not be posted" in caplog.text
    assert len(store.read().rows) == 2


def test_files_are_not_written_to(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("BUDGET_HOOK", f"file://{tmp_path}/out")
    made(tmp_path / "ledger")
    with caplog.at_level(logging.WARNING, "lakeveil"):
        spend(policy_of(tmp_path / "ledger", alerts={"webhook": "env:BUDGET_HOOK"}), 6)
    assert "could not be posted" in caplog.text


def test_thresholds_count():
    assert [reached(share, Alerts()) for share in (0, 49.9, 50, 79, 80, 99.9, 100, 130)] == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(("share", "shown"), [
    (79.999, 79.9), (79.95, 79.9), (80, 80.0), (80 - 1e-9, 80.0), (0.1 + 0.2, 0.3), (0, 0)])
def test_a_share_below_an_alert_does_not_look_like_it(share, shown):
    assert tenths(share) == shown
    assert reached(share, Alerts()) == reached(shown, Alerts())


def test_a_share_is_shown_rounded_down(tmp_path):
    store = made(tmp_path / "ledger")
    policy = policy_of(store.path, epsilon=0.50001)
    spend(policy, 4)
    (one,) = told(store, policy).standings
    assert (one.alert, "79.9%" in _standing(one)) == (50, True)


@pytest.mark.parametrize("said", [
    {"at": [80, 50]}, {"at": []}, {"at": [0]}, {"at": [101]}, {"at": [10, 20, 30, 40]}, {"webhook": "ftp://x"}, {"webhook": "file:///x"}])
def test_what_is_no_alert(said):
    with pytest.raises(PolicyError):
        policy_of("ledger", alerts=said)
