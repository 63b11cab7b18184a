"""A worker that dies takes the attempt with it: another goes on from the last checkpoint, or nothing is published."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from engine.synth.attempts import LostWorkersError
from engine.synth.synthesize import synthesize
from tests.engine.synth.people import people, policy, write_release


def _training_workers() -> list[int]:
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

    return [pid for pid, name in names.items() if name.startswith("ray::RayTrainWorker") and ours(pid)]


class Killer:
    """A callback of progress that kills a worker, once."""

    def __init__(self) -> None:
        self.killed: list[int] = []

    def __call__(self, what: str, share: float) -> None:
        if what == "training" and share > 0 and not self.killed:
            self.killed.extend(_training_workers()[-1:])
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)


def _nobody_trains() -> bool:
    limit = time.monotonic() + 60
    while _training_workers() and time.monotonic() < limit:
        time.sleep(0.5)
    return not _training_workers() and threading.active_count() < 50


@pytest.fixture
def release(ray_cluster, tmp_path):
    pytest.importorskip("opacus", reason="Opacus is not installed: pip install 'lakeveil[synth]'")
    return write_release(tmp_path, people(2000))


@pytest.mark.ray
def test_a_worker_killed_in_the_last_attempt_ends_the_training(release, tmp_path):
    kill = Killer()
    asked = policy(records=1000, batch=100, epochs=2000, attempts=1)
    with pytest.raises(LostWorkersError, match="nothing was published"):
        synthesize(asked, release, progress=kill)
    assert len(kill.killed) == 1
    assert not Path(release + ".synthetic").exists()
    assert not Path(release + ".synthetic.receipt.json").exists()
    assert not any("staging" in entry.name for entry in tmp_path.iterdir())
    assert Path(release + ".synthetic.training").is_dir(), "what ran stays written down"
    assert _nobody_trains(), "no rank goes on by itself"


@pytest.mark.ray
def test_a_worker_killed_before_costs_steps_and_no_epsilon(release):
    kill = Killer()
    receipt = synthesize(policy(records=1000, batch=100, epochs=60), release, progress=kill)
    assert len(kill.killed) == 1
    assert (receipt.attempts, receipt.steps) == (2, 480)
    assert 0 <= receipt.lost_steps < 480
    assert receipt.epsilon <= 6
    assert not Path(release + ".synthetic.training").exists()
    assert _nobody_trains()
