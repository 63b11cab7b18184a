"""A worker or an executor that is killed in the middle of a task: Spark runs the task again, and the release is the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake

from tests.jobs.submission import Submissions

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
ROWS = 300_000
KEY = "env:SUBMIT_TEST_KEY"
WAIT = 300
"""Seconds until a task has to be seen at work."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    rows = range(ROWS)
    write_deltalake(str(folder / "visits"), pa.table({
        "id": [f"P{n % 50_000:06d}" for n in rows],
        "mail": [f"user{n}@example.org" for n in rows],
        "seen": pa.array([dt.date(2020, 1, 1) + dt.timedelta(n % 900) for n in rows]),
    }), target_file_size=1_000_000)
    return folder


@pytest.fixture(scope="module")
def submit(lake):
    return Submissions(lake)


@pytest.fixture(scope="module")
def undisturbed(submit, lake):
    """The digest of the release that nothing disturbed."""
    log, submitted = started(submit, lake, "undisturbed")
    ended(submitted)
    assert not failed_tasks(log)
    return digest(lake / "undisturbed")


@pytest.mark.parametrize("victim", ["worker", "executor"])
def test_a_killed_task_runs_again_and_the_release_is_the_same(victim, submit, lake, undisturbed):
    log, submitted = started(submit, lake, victim)
    try:
        kill_at_work(submitted, victim, lake)
        ended(submitted)
    finally:
        submitted.kill()
    assert failed_tasks(log), "the kill has hit no running task"
    assert digest(lake / victim) == undisturbed


def started(submit: Submissions, lake: Path, name: str) -> tuple[Path, subprocess.Popen[str]]:
    """Submits the policy with a release of its own; returns the folder of its event log, too."""
    (lake / f"{name}.yaml").write_text(yaml.safe_dump({
        "apiVersion": "lakeveil/v1", "name": name, "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": str(lake / "visits"), "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "p", "key": KEY}}, "why": "joins"},
            "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", "key": KEY}}, "why": "joins"},
            "seen": {"role": "insensitive", "operator": {"date_shift": {"key": KEY}}, "why": "needed"},
        },
        "release": {"path": str(lake / name)},
    }))
    log = lake / f"{name}-log"
    log.mkdir()
    return log, submit.start("anonymize", lake / f"{name}.yaml", "--json", settings=(
        "spark.eventLog.enabled=true", f"spark.eventLog.dir={log.as_uri()}", "spark.eventLog.compress=false",
        "spark.eventLog.rolling.enabled=false"))


def ended(submitted: subprocess.Popen[str]) -> None:
    out, error = submitted.communicate(timeout=900)
    assert submitted.returncode == 0, out[-3000:] + error[-1000:]


class Process(NamedTuple):
    """A line of ``ps``."""

    pid: int
    parent: int
    state: str
    command: str


def descendants(pid: int) -> dict[int, Process]:
    """Returns the processes that a process has started, and those that these have."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    every = {}
    for line in listed.splitlines():
        number, parent, state, command = line.split(maxsplit=3)
        every[int(number)] = Process(int(number), int(parent), state, command)

    def ours(number: int) -> bool:
        while number in every and number != pid:
            number = every[number].parent
        return number == pid
    return {number: one for number, one in every.items() if ours(number)}


def kill_at_work(submitted: subprocess.Popen[str], victim: str, lake: Path) -> None:
    """Waits until the release is being written and a Python worker computes; kills it, or the executor that waits for it."""
    limit = time.monotonic() + WAIT
    while time.monotonic() < limit and submitted.poll() is None:
        family = descendants(submitted.pid) if list(lake.glob(f".{victim}.staging-*")) else {}
        for one in family.values():
            daemon = family.get(one.parent)
            if one.state.startswith("R") and daemon and all("pyspark.daemon" in process.command for process in (one, daemon)):
                os.kill(one.pid if victim == "worker" else daemon.parent, signal.SIGKILL)
                return
        time.sleep(0.05)
    pytest.fail("no Python worker was seen at work")


def failed_tasks(log: Path) -> list[str]:
    """Returns the reasons of all attempts of tasks that failed, as Spark's event log has them."""
    (file,) = (entry for entry in log.iterdir() if not entry.name.startswith("."))
    events = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    reasons = [event["Task End Reason"]["Reason"] for event in events if event["Event"] == "SparkListenerTaskEnd"]
    return [reason for reason in reasons if reason != "Success"]


def digest(table: Path) -> str:
    """Returns a digest of a table's rows in whatever order, read without Spark."""
    read = DeltaTable(str(table)).to_pyarrow_table()
    assert read.num_rows == ROWS
    rows = zip(*(read[name].to_pylist() for name in sorted(read.column_names)), strict=True)
    total = sum(int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big") for row in rows)
    return f"{total:x}"
