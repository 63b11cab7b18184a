"""What becomes of poison cells: each is redacted or quarantined in time, its neighbours as usual, and no process dies."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.benchmarks.detect import ours
from tests.benchmarks.detect.figures import Figure, figure
from tests.benchmarks.detect.poison import CELLS

LEAST = 60
SAFE = ("removed", "quarantined")
_PATIENCE = 60
"""Seconds by the wall for one cell, beyond four times its budget: it is made, copied, and this machine has other work."""

BOMBS = {
    "(a+)+$": "a" * 5000 + "!", "(a|aa)+$": "a" * 5000 + "!", "([a-zA-Z]+)*$": "abc" * 2000 + "1", "(.*a){20}$": "a" * 5000 + "b",
    r"(\w+\s?)+:$": "word " * 2000 + ".", r"^(([a-z])+.)+[A-Z]([a-z])+$": "a" * 5000, r"(x+x+)+y": "x" * 5000,
    r"(?=(a+))a*b\1": "a" * 5000, r"(?<!\d)(\d+)*(?!\d)z": "1" * 5000,
}
"""Patterns of users that take exponential or high polynomial time, and what they take it on."""


def measure(seconds: float) -> list[Figure]:
    """Returns how many of the cells are safe, as many as the time allows, and the same of users' patterns."""
    outcomes = list(outcomes_of(seconds))
    fates, finds = ({one["name"]: one[key] for one in outcomes} for key in ("fate", "find"))
    note = (f"{len(outcomes)} of {len(CELLS)} cells were run, {Counter(fates.values())['quarantined']} quarantined; at most "
            f"{2 * ours.budget():g} s of processor time; slowest {_slowest(outcomes)}")
    return [
        figure("poison cells run", len(outcomes), "cells", bar=LEAST),
        figure("poison cells redacted or quarantined in time", _share(fates), bar=1, note=_wrong(fates, note)),
        figure("poison cells that Scanner.find tells or quarantines", _share(finds), note=_wrong(finds, "")),
        _of_patterns(),
    ]


def _share(fates: dict[str, str]) -> float:
    return sum(fate in SAFE for fate in fates.values()) / max(1, len(fates))


def _wrong(fates: dict[str, str], otherwise: str) -> str:
    wrong = [f"{name}: {fate}" for name, fate in fates.items() if fate not in SAFE]
    return "; ".join([*wrong, *filter(None, [otherwise])])


def _slowest(outcomes: list[dict[str, Any]]) -> str:
    worst = max(outcomes, key=lambda one: max(one.get("seconds", 0), one.get("find_seconds", 0)))
    return f"{worst['name']}, {max(worst.get('seconds', 0), worst.get('find_seconds', 0)):.1f} s"


def outcomes_of(seconds: float, first: int = 0, last: int = len(CELLS)) -> Iterator[dict[str, Any]]:
    """Yields what became of each cell from one number to another, until the time is over.

    A worker that dies or hangs is replaced, and its cell is a miss.
    """
    end = time.monotonic() + seconds
    while first < last and (left := end - time.monotonic()) > 0:
        command = [sys.executable, "-m", "tests.benchmarks.detect.poison_worker", str(left), str(first), str(last)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        running = ""
        for told in _told(worker):
            running = told["name"] if "fate" not in told else ""
            if "fate" in told:
                first += 1
                yield told
        if not running:
            return
        fate = "hung" if worker.poll() is None else "died"
        worker.kill()
        worker.wait()
        first += 1
        yield {"name": running, "fate": fate, "find": fate}


def _told(worker: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """Yields what a worker says, until it has nothing to say in time."""
    stream = worker.stdout
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)
        while stream and waiting.select(4 * ours.budget() + _PATIENCE):
            line = stream.readline()
            if not line:
                worker.wait()
                return
            yield json.loads(line)


def _of_patterns() -> Figure:
    """Users' patterns are looked for in cells made against them; a harmless pattern finds its own in the neighbours."""
    name = "regex bombs in users' patterns: cells told or quarantined in time"
    try:
        from engine.detect.plugins import Plugins, load_yaml  # noqa: PLC0415 - where there are plug-ins
    except ImportError:
        return figure(name, None, bar=1, note="there are no plug-ins yet")
    fates = {}
    with tempfile.TemporaryDirectory() as folder:
        for bomb, cell in BOMBS.items():
            path = Path(folder) / "patterns.yaml"
            path.write_text(json.dumps({"version": 1, "patterns": [
                {"name": "bomb", "type": "BOMB", "regex": bomb, "score": 0.9},
                {"name": "badge", "type": "BADGE", "regex": r"\bB-[0-9]{7}\b", "score": 0.9}]}), encoding="utf-8")
            fates[bomb] = _fate(Plugins(load_yaml(path)), cell)
    return figure(name, _share(fates), bar=1, note=_wrong(fates, f"{len(fates)} patterns"))


def _fate(plugins: Any, cell: str) -> str:
    begin = time.process_time()
    found = plugins.find(pa.array(["badge B-1234567", f"{cell} B-1234567 {cell}", "B-7654321"]))
    seconds = time.process_time() - begin
    types: list[set[str]] = [set(), set(), set()]
    for value, kind in zip(found["value"].to_pylist(), found["entity_type"].to_pylist(), strict=True):
        types[value].add(kind)
    if "BADGE" not in types[0] & types[2]:
        return "neighbour"
    if seconds > 2 * ours.budget():
        return f"late, {seconds:.0f} s"
    return "quarantined" if "UNSCANNABLE" in types[1] else "removed" if "BADGE" in types[1] else "survived"
