"""Sixteen processes on one ledger, with kills and replays: never above the cap, never below what ran."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_processes_that_are_killed_never_pass_the_cap():
    """In a process of its own, which forks before it has threads. ``make bench-ledger`` does it for minutes."""
    asked = {"processes": 16, "units": 40, "seconds": 8, "deaths": 0.03, "seed": 7}
    done = subprocess.run([sys.executable, "-m", "tests.engine.ledger.storm", json.dumps(asked)], cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["most"] <= found["cap"] == 40
    assert found["charged"] == found["cap"], "the budget was used up"
    assert found["below"] == []
    assert found["killed"] >= 1
    assert found.get("failed", 0) == 0, done.stdout
    assert found["ran"] > 0
