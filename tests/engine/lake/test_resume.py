"""A run that is killed goes on: what was committed is not scanned again, the rest is, and nothing stands twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local_inventory import LocalInventory
from engine.lake.rows import KEY
from tests.engine.lake.lakes import rows

ROOT = Path(__file__).parents[3]
TABLES = 40
"""A table takes a seventh of a second or more: seconds are left to kill a run in."""

SCAN = ("import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import engine.lake.scan as scan\nscan.COMMIT_SECONDS = {}\nfrom jobs.cli import main\nmain()")
"""The command line. What a shell starts in the background ignores interrupts, and so would all that it starts itself."""

pytestmark = pytest.mark.slow


def start(folder, *options, every):
    """Starts the command line, with a commit every so many seconds."""
    command = [sys.executable, "-c", SCAN.format(every), "scan", "lake", "--json", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True)


def members(pid: int) -> list[int]:
    return [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(what, seconds=120.0):
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture
def lake(tmp_path):
    for number in range(TABLES):
        write_deltalake(tmp_path / "lake" / f"t{number:02d}", rows(40, number))
    return tmp_path


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_goes_on(workers, lake):
    place = lake / "lake.inventory"
    first = start(lake, "--workers", workers, every=0)
    wait_for(lambda: (place / "_delta_log").is_dir() and DeltaTable(place).version() >= 5)
    crew = members(first.pid)
    first.send_signal(signal.SIGKILL)
    first.wait()
    committed = LocalInventory(str(place)).read([*KEY, "run_id"]).num_rows
    assert 5 <= committed < TABLES
    wait_for(lambda: not any(map(alive, crew)), 30)  # nobody goes on scanning for a caller that is gone

    second = start(lake, "--workers", workers, every=5)
    said, errors = second.communicate(timeout=180)
    assert second.returncode == 0, errors
    done = json.loads(said)
    assert (done["tables"], done["skipped"], done["scanned"]) == (TABLES, committed, TABLES - committed)
    keys = LocalInventory(str(place)).read(list(KEY)).to_pylist()
    assert len(keys) == len({tuple(key.values()) for key in keys}) == TABLES
    assert [key for key in keys if key["version"] != 0] == []


def test_an_interrupted_run_keeps_what_it_scanned(lake):
    place = lake / "lake.inventory"
    first = start(lake, "--workers", "1", every=0.5)
    wait_for(lambda: (place / "_delta_log").is_dir() and DeltaTable(place).version() >= 3)
    first.send_signal(signal.SIGINT)
    _, rest = first.communicate(timeout=180)
    assert first.returncode == 130
    assert "goes on from there" in rest
    assert 3 <= LocalInventory(str(place)).read(["table"]).num_rows < TABLES
