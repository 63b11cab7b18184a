"""Sixteen processes on one ledger, killed and started again; ten trainings; what an entry takes: ``make bench-ledger``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.ledger import charged
from engine.privacy.accounting import epsilon_of
from schemas.dp_events import SampledGaussian
from tests.benchmarks.figures import ended, line, shown, summed_up
from tests.engine.ledger.policies import made, policy_of, times

ROOT = Path(__file__).parents[2]
STORMS = ({"units": 60, "deaths": 0.02}, {"units": 100, "deaths": 0.05}, {"units": 150, "deaths": 0.1})
"""Caps in events, and the chance of a death around each commit and between two looks at the processes."""


def main() -> int:
    """Runs storms, each on a new ledger, and prints what must be true of all of them."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=60.0, help="of each storm, at most")
    asked.add_argument("--rounds", type=int, default=2, help="of all storms")
    asked.add_argument("--processes", type=int, default=16)
    given = asked.parse_args()
    found = [_storm({**one, "processes": given.processes, "seconds": given.seconds, "seed": seed})
             for seed in range(given.rounds) for one in STORMS]
    lines = [*_judged(found), *_composed(), *_speed()]
    summed_up([shown(one) for one in lines])
    return ended(lines, "ledger")


def _storm(asked: dict) -> dict:
    done = subprocess.run([sys.executable, "-m", "tests.engine.ledger.storm", json.dumps(asked)], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print({**asked, **found}, flush=True)  # noqa: T201 - a script that prints
    return found


def _judged(found: list[dict]) -> list[dict]:
    total = {name: sum(one.get(name, 0) for one in found) for name in ("processes", "killed", "failed", "entries", "ran", "open")}
    note = "{processes:,} processes, {killed:,} killed, {entries:,} entries, {ran:,} events ran, {open:,} charges left open"
    full = sum(one["charged"] == one["cap"] for one in found)
    return [
        line("highest charge, of the cap", max(one["most"] / one["cap"] for one in found), "", 1.0, note.format(**total)),
        line("charges below what ran", sum(len(one["below"]) for one in found), "", 0,
             f"{full} of {len(found)} storms used all up"),
        line("processes that failed otherwise", total["failed"], "", 0, ""),
    ]


def _composed() -> list[dict]:
    one = SampledGaussian(noise_multiplier=1.0, sample_rate=0.01, count=1000)
    alone, ten = epsilon_of([one], 1e-5), epsilon_of([one] * 10, 1e-5)
    return [line("ten trainings of epsilon 1.83, composed", ten, "epsilon", 6.2, f"{alone:.3f} alone; added up {10 * alone:.1f}")]


def _speed() -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder) / "ledger")
        policy, began, count = policy_of(Path(folder) / "ledger", epsilon=1e6), time.perf_counter(), 250
        for _ in range(count):
            with charged(policy, purpose="statistics", events=times(1)) as charge:
                charge.settle(charge.events)
        taken = (time.perf_counter() - began) / (2 * count)
    return [line("an entry, mean of the first 500", 1000 * taken, "ms", None, "delta-rs, a local disk, no contention")]


if __name__ == "__main__":
    sys.exit(main())
