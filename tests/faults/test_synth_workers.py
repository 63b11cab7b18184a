"""Workers that die: what ran counts, what is lost again and again is told, and the same call goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.privacy.ledger import Book
from jobs.cli import app
from tests.engine.ledger.policies import made
from tests.engine.synth.people import people, write_policy, write_release


def _training_workers() -> set[int]:
    """Processes of Ray's training workers that descend from this one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    parents, names = {}, {}
    for line in listed.splitlines():
        pid, parent, name = line.split(maxsplit=2)
        parents[int(pid)], names[int(pid)] = int(parent), name

    def ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return {pid for pid, name in names.items() if name.startswith("ray::RayTrainWorker") and ours(pid)}


@pytest.fixture
def training(ray_cluster, tmp_path):
    """A policy of a release that is charged to a ledger, its journal, and the witness."""
    pytest.importorskip("opacus", reason="Opacus is not installed: pip install 'lakeveil[synth]'")
    ledger = made(tmp_path / "ledger")
    release = write_release(tmp_path, people(1000))
    policy = write_policy(tmp_path / "policy.yaml", release, ledger.path, records=500, batch=50, epochs=150, attempts=2)
    return policy, release, ledger, ray_cluster


def _killing(witness, journal: str, killed: list[int], ended: threading.Event) -> None:
    """Kills rank 0 of the first attempt and the other rank of the second, each after some steps."""
    while len(killed) < 2 and not ended.is_set():
        for seen in witness.look():
            if (seen.journal, seen.attempt) == (journal, len(killed) + 1) and len(seen.noise) > 40 * len(killed):
                for pid in {seen.pid} if not killed else _training_workers() - {seen.pid}:
                    os.kill(pid, signal.SIGKILL)
                killed.append(len(seen.noise))
        time.sleep(0.02)


@pytest.mark.ray
def test_workers_killed_again_and_again_and_then_the_same_call(training):
    policy, release, ledger, witness = training
    journal, killed, over = str(Path(f"{release}.synthetic.training")), [], threading.Event()
    killing = threading.Thread(target=_killing, args=(witness, journal, killed, over))
    killing.start()
    ended = CliRunner().invoke(app, ["synthesize", str(policy), "--json"])
    over.set()
    killing.join()
    assert len(killed) == 2
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["error"], told["exit_code"]) == (4, "environment", 4)
    assert told["what"].startswith("workers were lost in 2 attempts, and nothing was published")
    assert "goes on from the last checkpoint; what was spent counts" in told["next"]
    assert {entry.name for entry in Path(release).parent.iterdir()} == {
        "ledger", "policy.yaml", "release", "release.receipt.json", "release.synthetic.training"}
    kept = [entry.kind for entry in Book.of(ledger.path, ledger.read()).entries]
    assert kept == ["reserve"], "the charge is open, and counts whole"
    until = time.monotonic() + 60
    while _training_workers() and time.monotonic() < until:
        time.sleep(0.5)
    assert not _training_workers(), "no rank goes on by itself"
    ran = witness.steps(journal)
    assert ran >= sum(killed) > 0

    again = CliRunner().invoke(app, ["synthesize", str(policy), "--json"])
    assert again.exit_code == 0, again.stderr
    receipt = json.loads(again.stdout)
    assert receipt["attempts"] == 3
    assert ran < witness.steps(journal) <= receipt["steps"] == 1200, "what was lost is not taken again"
    assert receipt["lost_steps"] > 0
    assert receipt["epsilon"] <= 6
    assert witness.repeated() == (0, 0), "no noise and no key was drawn before"
    last = Book.of(ledger.path, ledger.read()).entries[-1]
    assert (last.kind, last.receipt) == ("settle", receipt["synthesis_id"])
    assert sum(event.count for event in last.events) == receipt["steps"]
    assert receipt["units_per_second"] > receipt["steps_per_second"] > 0
    assert not Path(journal).exists()
