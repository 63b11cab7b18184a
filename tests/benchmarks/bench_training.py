"""Every bar of differentially private training, in one run: ``make bench-training``. Ends with a table of bars and figures.

By default some two hours on two idle cores; ARGS="--small" shows that all of it runs, ARGS="--only kills" runs one entry.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks import training_adult, training_bugs, training_kills, training_sampling, training_speed
from tests.benchmarks.figures import ROOT, ended, missing, shown, summed_up

Figures = Iterator[dict[str, Any]]


def main() -> int:
    """Runs the entries that are asked for; 0 if every bar that was measured holds."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="+", choices=ENTRIES, default=list(ENTRIES), metavar="ENTRY", help=", ".join(ENTRIES))
    asked.add_argument("--small", action="store_true", help="sizes that take minutes and prove little")
    asked.add_argument("--kills", type=int, default=100, help="trainings that are killed")
    asked.add_argument("--runs", type=int, default=5, help="trainings on Adult at each epsilon")
    given = asked.parse_args()
    found = [shown(one) for name in given.only for one in ENTRIES[name](given)]
    found += [missing(name, "left out by --only") for name in ENTRIES if name not in given.only]
    summed_up(found)
    return ended(found, "training")


def _sampling(given: argparse.Namespace) -> Figures:
    return training_sampling.measured(**training_sampling.SMALL if given.small else {})


def _kills(given: argparse.Namespace) -> Figures:
    return training_kills.measured(kills=4 if given.small else given.kills)


def _bugs(given: argparse.Namespace) -> Figures:
    return training_bugs.measured(argparse.Namespace(canaries=500 if given.small else 5000, confidence=0.999))


def _speed(given: argparse.Namespace) -> Figures:
    return training_speed.measured(training_speed.SMALL if given.small else training_speed.Size())


def _adult(given: argparse.Namespace) -> Figures:
    return training_adult.lines(1 if given.small else given.runs, epochs=1 if given.small else training_adult.EPOCHS)


def _ledger(given: argparse.Namespace) -> Figures:
    return _apart("ledger", "--seconds", "10" if given.small else "60", "--rounds", "1" if given.small else "2")


def _mechanisms(given: argparse.Namespace) -> Figures:
    return _apart("mechanisms", "--size", "100000" if given.small else "1000000")


def _apart(name: str, *arguments: str) -> Figures:
    """Yields the figures of a benchmark that is a target of its own, and prints as it goes."""
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}", *arguments], cwd=ROOT, check=False,
                   stdout=subprocess.DEVNULL)
    written = ROOT / "build" / "bench" / f"{name}.json"
    yield from json.loads(written.read_text()) if written.is_file() else [missing(name, f"make bench-{name} says why")]


ENTRIES: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "sampling": _sampling, "kills": _kills, "ledger": _ledger, "bugs": _bugs, "speed": _speed, "mechanisms": _mechanisms,
    "adult": _adult}

if __name__ == "__main__":
    sys.exit(main())
