"""Ten versions of appends and deletes, attacked row by row by who has all of them (ADR 35)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figures import line
from tests.engine.anonymity.test_versions import attack, grown

K, L, VERSIONS, HISTORIES = 5, 2, 10, 200


def lines() -> Iterator[dict[str, Any]]:
    """Yields how many rows are told from fewer than k others by the intersection of ten versions, over many histories."""
    rows = few = withdrawn = 0
    fewest = None
    for seed in range(HISTORIES):
        lake = grown(seed, K, L, versions=VERSIONS)
        candidates = [len(alike) for alike in attack(lake.versions).values()]
        rows, few = rows + sum(candidates), few + sum(number for number in candidates if number < K)
        withdrawn += len(lake.withdrawn)
        fewest = min([*candidates, fewest or K * rows]) if candidates else fewest
    note = f"{rows:,} rows of {HISTORIES} tables, fewest candidates {fewest}, {withdrawn:,} rows withdrawn for the others' sake"
    yield line(f"{VERSIONS} versions, k={K}: rows with fewer candidates", few, "rows", 0, note)
