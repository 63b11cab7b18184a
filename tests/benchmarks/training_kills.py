"""Trainings on real Ray that are killed at random steps: ``python -m tests.benchmarks.training_kills [--kills 100]``.

A cluster of two nodes; ``lakeveil synthesize`` in a process of its own; whoever is killed gets SIGKILL. After a killed driver, or
a call that gave up, the same call is made again. What ranks did in fact is told by a witness (``training_witness``), and held
against journals, receipts and the ledger.
"""
# ruff: noqa: PLC0415 - Ray takes seconds to load: not while tests are collected

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import ended, line, shown, summed_up
from tests.benchmarks.training_witness import Witness, environment

ROOT = Path(__file__).parents[2]
KINDS = ("rank 0", "other rank", "node", "driver")
_STORE = 80 * 1024 * 1024
_WAIT = 300.0
"""Seconds until something has to have happened."""


def measured(*, kills: int = 100, kinds: tuple[str, ...] = KINDS, epochs: int = 200, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yields what holds after so many kills.

    Args:
        kills: How many.
        kinds: Who is killed, in turn.
        epochs: Of a training of 1,000 units in batches of 50; one that ends is followed by another.
        seed: Of the steps at which somebody is killed.
    """
    with tempfile.TemporaryDirectory(prefix="lv-", ignore_cleanup_errors=True) as folder, _cluster(Path(folder)) as nodes:
        storm = Storm(Path(folder), nodes, epochs)
        dice = random.Random(seed)  # noqa: S311 - where a test kills
        try:
            for place in range(kills):
                storm.kill(kinds[place % len(kinds)], dice)
            storm.end()
        finally:
            storm.stop()
        yield from storm.judged()


@dataclass
class Done:
    """A training that ended well: its receipt, and the journal's folder that it had."""

    journal: str
    receipt: dict[str, Any]


@dataclass
class Storm:
    """Trainings, one after the other, of which somebody is killed again and again."""

    folder: Path
    nodes: Any
    epochs: int
    done: list[Done] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    records: dict[tuple[str, int], Any] = field(default_factory=dict)
    noticed: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    orphans: list[tuple[float, int]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    calls: int = 0
    driver: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        from tests.engine.ledger.policies import made
        from tests.engine.synth.people import people, write_release

        self.witness = Witness(self.folder / "witness")
        self.release = write_release(self.folder, people(2000))
        self.ledger = made(self.folder / "ledger")

    @property
    def journal(self) -> Path:
        """Of the training that runs."""
        return self.folder / f"synthetic-{len(self.done)}.training"

    def kill(self, kind: str, dice: random.Random) -> None:
        """Waits until an attempt has taken steps, at random, and kills somebody; then until another begins."""
        number = self._until_step(dice.choice((0, dice.randrange(1, 300))))
        if kind == "other rank" and self.records[str(self.journal), number].workers == 1:
            kind = "rank 0"
        rank = max((one for one in self.witness.look() if one.journal == str(self.journal)), key=lambda one: one.attempt)
        journal, at = self.journal, time.time()
        if kind == "node":
            self.nodes.remove_node(next(iter(self.nodes.worker_nodes)), allow_graceful=False)
        elif kind == "driver":
            self.driver.kill()
            self.driver.wait()
        else:
            for pid in {rank.pid} if kind == "rank 0" else _ranks(self.nodes) - {rank.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
        self.killed[kind] += 1
        self._until_next(number)
        self.noticed[kind].append(time.time() - at)
        rank = next(one for one in self.witness.look() if (one.journal, one.attempt) == (str(journal), number))
        late = [when for when in rank.times if when > at]
        self.orphans.append((max(late, default=at) - at, len(late)))
        if kind == "node":
            after = self.records.get((str(journal), number + 1))  # none if the training had just ended
            self.asked += [after.workers] if after else []
            self._add_node()
        told = f"{kind}, attempt {number}, {len(rank.noise)} steps, {len(late)} of them late, next {self.noticed[kind][-1]:.1f} s"
        print(f"{sum(self.killed.values())}: {told}", flush=True)  # noqa: T201 - told at once

    def _until_step(self, more: int) -> int:
        """Returns the attempt that has taken so many steps; one that has ended by then is followed by the next one."""
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            self._look()
            mine = [one for one in self.witness.look() if one.journal == str(self.journal)]
            last = max((number for folder, number in self.records if folder == str(self.journal)), default=0)
            for one in mine:
                if one.attempt == last and len(one.noise) >= more:
                    return last
            time.sleep(0.05)
        raise RuntimeError("no step was taken")

    def _until_next(self, number: int) -> None:
        """Waits until an attempt after ``number`` begins, or the training has ended all the same."""
        until, before = time.monotonic() + _WAIT, len(self.done)
        while time.monotonic() < until:
            self._look()
            if len(self.done) > before or (str(self.journal), number + 1) in self.records:
                return
            time.sleep(0.05)
        raise RuntimeError("nobody went on")

    def _look(self, *, last: bool = False) -> None:
        """Reads the journal, and sees to it that a driver runs; after the last training there is none."""
        from engine.errors import LakeveilError
        from engine.synth.journal import Journal

        with contextlib.suppress(LakeveilError, OSError):
            for one in Journal(self.journal).attempts():
                self.records[str(self.journal), one.number] = one
        if self.driver is not None and self.driver.poll() is None:
            return
        if self.driver is not None and self.driver.returncode == 0:
            self.done.append(Done(str(self.journal), json.loads((self.folder / "said.json").read_text())))
        elif self.driver is not None and self.driver.returncode not in {-9, 4}:
            raise RuntimeError((self.folder / "said.err").read_text()[-2000:])
        if not (last and self.driver is not None and self.driver.returncode == 0):
            self._call()

    def _call(self) -> None:
        from tests.engine.synth.people import write_policy

        self.calls += 1
        written = write_policy(self.folder / "policy.yaml", self.release, self.ledger.path, records=1000, batch=50,
                               epochs=self.epochs, attempts=1000, path=str(self.folder / f"synthetic-{len(self.done)}"))
        with (self.folder / "said.json").open("w") as out, (self.folder / "said.err").open("w") as err:
            self.driver = subprocess.Popen(
                [sys.executable, "-m", "jobs.cli", "synthesize", str(written), "--json"], cwd=ROOT,
                env={**os.environ, "RAY_ADDRESS": self.nodes.address, "PYTHONPATH": str(ROOT)}, text=True, stdout=out, stderr=err)

    def end(self) -> None:
        """Lets the training that runs end well."""
        until, before = time.monotonic() + 2 * _WAIT, len(self.done)
        while len(self.done) == before:
            self._look(last=True)
            if time.monotonic() > until:
                raise RuntimeError("a training did not end")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends what still runs."""
        if self.driver is not None:
            self.driver.kill()
            self.driver.wait()

    def _add_node(self) -> None:
        self.nodes.add_node(num_cpus=1, object_store_memory=_STORE)

    def judged(self) -> Iterator[dict[str, Any]]:
        """Yields what must be true of all of it."""
        seen, settled = self.witness.look(), _settled(self.ledger)
        ran = {one.journal: self.witness.steps(one.journal) for one in self.done}
        below = sum(one.receipt["steps"] < ran[one.journal] for one in self.done)
        unpaid = sum(settled.get(one.receipt["synthesis_id"], 0) < ran[one.journal] for one in self.done)
        short = sum(len(one.noise) > self.records[one.journal, one.attempt].steps for one in seen
                    if not any(one.journal == ended.journal and one.attempt == ended.receipt["attempts"] for ended in self.done))
        noise, keys = self.witness.repeated()
        counted = sum(one.receipt["steps"] for one in self.done)
        note = ", ".join(f"{count} of {kind}" for kind, count in self.killed.items())
        yield line("kills", sum(self.killed.values()), "", None,
                   f"{note}; {self.calls} calls, {len(seen)} attempts, {len(self.done)} trainings")
        yield line("trainings whose receipt tells fewer steps than ran", below, "", 0,
                   f"{sum(ran.values()):,} ran, {counted:,} are told, {counted - sum(ran.values()):,} more than ran")
        yield line("trainings whose ledger has fewer steps than ran", unpaid, "", 0, "settled")
        yield line("attempts that took more steps than they had written down", short, "", 0, f"{len(seen)} attempts")
        yield line("noise vectors drawn twice", noise, "", 0, f"{sum(len(one.noise) for one in seen):,} vectors")
        yield line("keys drawn twice", keys, "", 0, f"{sum(len(one.keys) for one in seen):,} keys, two an attempt")
        yield line("trainings above the epsilon of the policy", sum(one.receipt["epsilon"] > 6 for one in self.done), "", 0, "")
        for kind, times in self.noticed.items():
            if times:
                middle = sorted(times)[len(times) // 2]
                yield line(f"until the next attempt begins, {kind}", max(times), "s", None, f"median {middle:.1f}")
        yield line("longest that ranks trained on after a kill", max(one for one, _ in self.orphans), "s", 15,
                   f"{max(steps for _, steps in self.orphans)} steps at most, all of them counted")
        if self.asked:
            yield line("workers asked for after a lost node, of two", max(self.asked), "", 1, f"{len(self.asked)} nodes lost")


def _settled(ledger: Any) -> dict[str, int]:
    """Returns how many steps a ledger has settled for each synthesis."""
    from engine.privacy.ledger import Book

    return {entry.receipt: sum(event.count for event in entry.events if event.kind.endswith("sampled-gaussian"))
            for entry in Book.of(ledger.path, ledger.read()).entries if entry.kind == "settle"}


def _ranks(nodes: Any) -> set[int]:
    """Returns processes of Ray's training workers on these nodes."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    ours = {process.process.pid for node in (nodes.head_node, *nodes.worker_nodes)
            for kind in node.all_processes.values() for process in kind}
    return {int(pid) for pid, parent, name in (text.split(maxsplit=2) for text in listed.splitlines())
            if name.startswith("ray::RayTrainWorker") and int(parent) in ours}


@contextlib.contextmanager
def _cluster(folder: Path) -> Iterator[Any]:
    """Starts a cluster of two nodes with a processor each, that asks for a token and has a witness."""
    (folder / "witness").mkdir()
    path = os.pathsep.join([environment(folder)["PYTHONPATH"], str(ROOT)])
    before = dict(os.environ)
    os.environ.update({**environment(folder / "witness"), "PYTHONPATH": path, "RAY_USAGE_STATS_ENABLED": "0",
                       "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)})
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": _STORE}
    nodes = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False, "temp_dir": str(folder / "ray")})
    try:
        nodes.add_node(**small)
        yield nodes
    finally:
        nodes.shutdown()
        os.environ.clear()
        os.environ.update(before)  # what is measured next has no witness


def main() -> int:
    """Prints what holds."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--small", action="store_true", help="four kills: each kind once")
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    lines = [shown(one) for one in measured(kills=4 if given.small else given.kills, seed=given.seed)]
    summed_up(lines)
    return ended(lines, "training-kills")


if __name__ == "__main__":
    sys.exit(main())
