"""Ten versions of a release whose source people come to and leave, attacked by who has all of them (ADR 35).

Each release is made as ``lakeveil append`` makes it, from Delta to Delta; then many more histories by what decides alone.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends.local import LocalBackend
from tests.benchmarks.figures import line
from tests.engine.anonymity.test_versions import attack, grown
from tests.engine.growing.lives import histories, people, policy, released, source

K, L, VERSIONS, RELEASES, HISTORIES = 5, 2, 10, 3, 200
_KEY = "LAKEVEIL_BENCH_KEY"


def lines() -> Iterator[dict[str, Any]]:
    """Yields how many rows fewer than k share their whole history with, after ten versions."""
    began, candidates, poorest = time.monotonic(), [], []
    for seed in range(RELEASES):
        with tempfile.TemporaryDirectory() as folder:
            fewest, least = lived(Path(folder), seed)
        candidates += fewest
        poorest.append(least)
    name = f"{VERSIONS} versions by append, k={K}, l={L}"
    note = f"{sum(candidates):,} people of {RELEASES} releases, fewest candidates {min(candidates)}"
    yield line(f"{name}: rows with fewer candidates", sum(number for number in candidates if number < K), "rows", 0, note)
    yield line(f"{name}: values that are missing", max(L - least for least in poorest), "values", 0,
               f"fewest values among candidates {min(poorest)}")
    yield line(f"{name}: whole run", time.monotonic() - began, "s", None, "")
    yield _decided()


def lived(folder: Path, seed: int) -> tuple[list[int], int]:
    """Makes a release of ten versions; returns how many people share each history, and the fewest values among them."""
    os.environ.setdefault(_KEY, secrets.token_hex(32))
    random, backend, here, number = Random(seed), LocalBackend(), set(range(150)), 150  # noqa: S311 - invented people
    table = source(folder, here)
    asked = policy(folder, f"env:{_KEY}", k=K, distinct=L)
    road.anonymize(asked, backend)
    for _ in range(VERSIONS - 1):
        coming = set(range(number, number + random.choice((10, 40, 80))))
        going = set(random.sample(sorted(here), random.choice((1, 3, 9))))
        write_deltalake(table, people(sorted(coming)), mode="append")
        DeltaTable(table).delete(f"id in ({', '.join(map(str, going))})")
        here, number = (here | coming) - going, number + len(coming)
        growing.append(asked, backend)
    release = folder / "release"
    values = {person: row[2] for at in range(DeltaTable(release).version() + 1) for person, row in released(release, at).items()}
    seen = histories(release).values()
    return [len(group) for group in seen], min(len({values[person] for person in group}) for group in seen)


def _decided() -> dict[str, Any]:
    """Returns the same of many histories, without tables."""
    lakes = [grown(seed, K, L, versions=VERSIONS) for seed in range(HISTORIES)]
    candidates = [len(alike) for lake in lakes for alike in attack(lake.versions).values()]
    few = sum(number for number in candidates if number < K)
    note = f"{sum(candidates):,} rows, fewest {min(candidates)}, {sum(len(lake.withdrawn) for lake in lakes):,} withdrawn"
    return line(f"{VERSIONS} versions, {HISTORIES} histories: rows with fewer candidates", few, "rows", 0, note)
