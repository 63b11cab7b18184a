"""A worker that dies takes the attempt with it: nothing is resumed, and nothing is published."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from engine.errors import SetupError
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


@pytest.mark.ray
def test_a_worker_killed_in_training_fails_the_attempt(ray_cluster, tmp_path):
    pytest.importorskip("opacus", reason="Opacus is not installed: pip install 'lakeveil[synth]'")
    release = write_release(tmp_path, people(2000))
    killed: list[int] = []

    def kill(what: str, share: float) -> None:
        if what == "training" and share > 0 and not killed:
            killed.extend(_training_workers()[-1:])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(SetupError, match="training failed, and nothing was published"):
        synthesize(policy(records=1000, batch=100, epochs=2000), release, progress=kill)
    assert len(killed) == 1
    assert not Path(release + ".synthetic").exists()
    assert not Path(release + ".synthetic.receipt.json").exists()
    assert not any("staging" in entry.name for entry in tmp_path.iterdir())
    limit = time.monotonic() + 60
    while _training_workers() and time.monotonic() < limit:
        time.sleep(0.5)
    assert not _training_workers(), "no rank goes on by itself"
    assert threading.active_count() < 50
