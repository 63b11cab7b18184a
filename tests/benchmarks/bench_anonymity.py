"""Every bar of anonymity, in one run: ``make bench-anonymity``. Ends with a table of bars, figures, and what was not measured.

By default what fits in a quarter of an hour on two idle cores. ARGS="--most-rows 100000000" adds a hundred million rows (hours),
ARGS="--peer-rows 1000000" a million rows by mosaicrown's Mondrian, ARGS="--only cases" runs one entry.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.backends.local import LocalBackend
from tests.benchmarks import anonymity_adult, anonymity_cases, anonymity_mosaicrown, anonymity_versions, bench_scale
from tests.benchmarks.figures import ROOT, ended, line, missing, shown, summed_up

SIZES = (("few", 1_000_000), ("few", 10_000_000), ("distinct", 2_000_000), ("few", 100_000_000))
MORE_TIME = 11.0
"""Bar of ten times the rows, in times."""

Figures = Iterator[dict[str, Any]]


def main() -> int:
    """Runs the entries that are asked for; 0 if every bar that was measured holds."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="+", choices=ENTRIES, default=list(ENTRIES), metavar="ENTRY", help=", ".join(ENTRIES))
    asked.add_argument("--cases", type=int, default=2_000, help="odd tables through the local backend")
    asked.add_argument("--spark-cases", type=int, default=10, help="odd tables through Spark")
    asked.add_argument("--most-rows", type=int, default=10_000_000, help="largest table of scale: up to 100000000")
    asked.add_argument("--mosaicrown", type=Path, default=ROOT / "build" / "mosaicrown", help="a checkout with its environment")
    asked.add_argument("--peer-rows", type=int, default=200_000, help="rows beside mosaicrown's Mondrian")
    given = asked.parse_args()
    found = [shown(one) for name in given.only for one in ENTRIES[name](given)]
    found += [missing(name, "left out by --only") for name in ENTRIES if name not in given.only]
    summed_up(found)
    return ended(found, "anonymity")


def _cases(given: argparse.Namespace) -> Figures:
    yield from anonymity_cases.lines(LocalBackend(), given.cases)
    if given.spark_cases:
        from engine.backends.spark import SparkBackend  # noqa: PLC0415 - a JVM, where one is asked for

        yield from anonymity_cases.lines(SparkBackend(), given.spark_cases)


def _scale(given: argparse.Namespace) -> Figures:
    seconds: dict[int, float] = {}
    for shape, rows in SIZES:
        if rows > given.most_rows:
            yield missing(f"{rows:,} rows, {shape}", f'not asked for: ARGS="--most-rows {rows}"')
            continue
        found = bench_scale.apart(shape, rows)
        yield from bench_scale.lines_of(shape, rows, found)
        if shape == "few":
            seconds[rows] = found["seconds"]
        if shape == "few" and rows // 10 in seconds:
            yield line(f"{rows:,} rows by a tenth of them", seconds[rows] / seconds[rows // 10], "times", MORE_TIME, "seconds")


def _peer(given: argparse.Namespace) -> Figures:
    return anonymity_mosaicrown.lines(given.mosaicrown, given.peer_rows)


ENTRIES: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "adult": lambda _: anonymity_adult.lines(), "versions": lambda _: anonymity_versions.lines(), "scale": _scale, "peer": _peer,
    "cases": _cases}
"""Last what keeps a JVM in this process."""

if __name__ == "__main__":
    sys.exit(main())
