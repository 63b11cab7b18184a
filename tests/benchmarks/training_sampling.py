"""Who is drawn, on one, two and four real ranks: ``python -m tests.benchmarks.training_sampling [--small]``.

Ranks are processes over gloo that read one release, exchange its rows and train, all by the product's own code; the key, which
is fresh in each attempt, is fixed for all of them. What they drew is held against draws made unit by unit in plain Python.
"""
# ruff: noqa: PLC0415 - torch and scipy take seconds to load: not while tests are collected

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.benchmarks.figures import ended, line, shown, summed_up

KEY = bytes(range(32))
RATE, HOLDOUT, UNBOUNDED = 0.02, 0.2, 10**6
ALARM, SIGMAS = 1e-6, 5.0
"""Chance of a false alarm: of the most that two units share; five standard deviations, 6e-7, of sums."""

SMALL = {"draws": 400, "workers": (1, 2), "recomputed": 40, "rows": 400}
"""Sizes that take seconds."""


def measured(*, draws: int = 10_000, rows: int = 800, workers: tuple[int, ...] = (1, 2, 4), recomputed: int = 200,
             ) -> Iterator[dict[str, Any]]:
    """Yields what holds of the draws.

    Args:
        draws: Steps that every rank has to take.
        rows: Of the release; units are subjects, two rows each on average.
        workers: Numbers of ranks that are compared.
        recomputed: Steps whose draws are made again unit by unit.
    """
    from tests.engine.synth.people import people, write_release

    table = people(rows)
    with tempfile.TemporaryDirectory() as folder:
        release = write_release(Path(folder), table, files=3)
        found = {size: _ranks(release, size, draws, Path(folder)) for size in workers}
    names = sorted({name for token in table["token"].to_pylist() if not _held(name := _name(token))})
    sets = {size: _together(parts, draws) for size, parts in found.items()}
    first, ids = sets[workers[0]], {_identifier(name) for name in names}
    where = f"{draws:,} draws of {len(ids)} units at rate {RATE}, {', '.join(map(str, workers))} workers"
    other = sum(any(drawn[step] != first[step] for drawn in sets.values()) for step in range(draws))
    yield line("draws that are other units with other workers", other, "", 0, where)
    wrong = sum(first[step] != {one for one in ids if _drawn(one, step)} for step in range(min(draws, recomputed)))
    yield line("draws that differ from unit by unit", wrong, "", 0, f"the first {min(draws, recomputed)} of them")
    yield _steps(found, draws)
    yield _rows(found, table, names)
    yield line("units that no draw took", len(ids - set().union(*first)), "", 0, f"expected {len(ids) * (1 - RATE) ** draws:.2g}")
    yield from _independent(first, sorted(ids))


def _steps(found: dict[int, list[dict[str, Any]]], draws: int) -> dict[str, Any]:
    ranks = [(size, one) for size, parts in found.items() for one in parts]
    unequal = sum(one["steps"] != draws for _, one in ranks)
    empty = ", ".join(f"{one['lengths'].count(0):,} of a rank of {size}" for size, one in ranks if one["rank"] == 0)
    return line("ranks that took another number of steps", unequal, "", 0, f"empty draws: {empty}")


def _rows(found: dict[int, list[dict[str, Any]]], table: Any, names: list[bytes]) -> dict[str, Any]:
    """Every row of a unit in training lies on exactly one rank, beside the unit's other rows."""
    count = Counter(map(_name, table["token"].to_pylist()))
    expected = sorted((_identifier(name).hex(), count[name]) for name in names)
    held = {size: sorted((unit, rows) for one in parts for unit, rows in zip(one["units"], one["sizes"], strict=True))
            for size, parts in found.items()}
    lost = sum(rows for one in held.values() for _, rows in set(one) ^ set(expected)) + sum(
        len(one) - len(set(one)) for one in held.values())
    return line("rows that no rank, or more than one, can reach", lost, "", 0, f"{sum(rows for _, rows in expected)} in training")


def _independent(sets: list[set[bytes]], ids: list[bytes]) -> Iterator[dict[str, Any]]:
    """What two units share, and how much sizes vary: with independent draws these are binomial."""
    from scipy.stats import binom

    place, draws, count = {one: i for i, one in enumerate(ids)}, len(sets), len(ids)
    taken = np.zeros((draws, count), dtype=np.float32)
    for step, chosen in enumerate(sets):
        taken[step, [place[one] for one in chosen]] = 1
    shared = taken.T @ taken
    most, pairs = int(shared[np.triu_indices(count, 1)].max()), math.comb(count, 2)
    bound = int(binom.isf(ALARM / pairs, draws, RATE**2))
    spread = RATE * (1 - RATE)
    yield line("most draws that two units share", most, "", bound,
               f"of {pairs:,} pairs, {draws * RATE**2:.3g} expected; false alarm {ALARM:g}")
    sizes = taken.sum(1, dtype=np.float64)
    excess = ((sizes - count * RATE) ** 2).mean() / (count * spread) - 1
    error = math.sqrt((2 + (1 - 6 * spread) / (count * spread)) / draws)
    yield line("mean correlation of two units' draws", abs(excess) / (count - 1), "", SIGMAS * error / (count - 1),
               f"size of a draw {sizes.mean():.3f}, {count * RATE:.3f} expected; false alarm 6e-7")
    again, expected = float((taken[1:] * taken[:-1]).sum()), count * (draws - 1) * RATE**2
    yield line("a unit drawn again in the next step, from expected", abs(again - expected) / math.sqrt(expected), "sigma", SIGMAS,
               f"{again:.0f} times, {expected:.0f} expected; false alarm 6e-7")


def _together(parts: list[dict[str, Any]], draws: int) -> list[set[bytes]]:
    """Returns each step's units of all ranks; a unit that two ranks draw counts as somebody else."""
    sets: list[set[bytes]] = [set() for _ in range(draws)]
    for one in parts:
        flat = iter(one["drawn"])
        for step, length in enumerate(one["lengths"]):
            for _ in range(length):
                unit = bytes.fromhex(next(flat))
                sets[step].add(unit + b"again" if unit in sets[step] else unit)
    return sets


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()[:16] + bytes(6)


def _held(name: bytes) -> bool:
    return int.from_bytes(hashlib.sha256(b"lakeveil holdout v1\0" + name).digest()[:8], "big") < HOLDOUT * 2**64


def _identifier(name: bytes) -> bytes:
    return hashlib.blake2b(name, digest_size=12, key=KEY).digest()


def _drawn(unit: bytes, step: int) -> bool:
    """The first byte is one of sixteen of a block that as many steps share; seven more are the step's own."""
    prf = lambda number: Cipher(algorithms.AES(KEY), modes.ECB()).encryptor().update(unit + number.to_bytes(4, "big"))  # noqa: S305 - a PRF
    bits = prf(step // 16)[step % 16 : step % 16 + 1] + prf(step + 2**31)[:7]
    return int.from_bytes(bits, "big") < RATE * 2**64


def _ranks(release: str, size: int, draws: int, folder: Path) -> list[dict[str, Any]]:
    """Runs so many ranks as processes and returns what each of them did."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__, "torch.distributed", "engine.synth.loading", "engine.synth.tabular"])
    running = [server.Process(target=_rank, args=(release, rank, size, draws, folder)) for rank in range(size)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    if any(one.exitcode for one in running):
        raise RuntimeError("a rank failed")
    return [json.loads((folder / f"{size}-{rank}.json").read_text()) for rank in range(size)]


def _rank(release: str, rank: int, size: int, draws: int, folder: Path) -> None:
    import torch
    import torch.distributed as dist

    from engine.synth import loading, training
    from engine.synth.collective import Distributed
    from engine.synth.columns import choose_columns
    from engine.synth.sampling import Inclusion
    from engine.synth.shards import open_release
    from engine.synth.tabular import TabularGenerator
    from tests.engine.synth.people import policy

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/ranks-{size}", rank=rank, world_size=size)
    training.fresh_key = loading.fresh_key = lambda _: KEY
    verified, drawn, at, steps = open_release(release), [], Inclusion.at, []

    def watched(inclusion: Inclusion, step: int) -> Any:
        chosen = at(inclusion, step)
        drawn.append([inclusion.units[one].tobytes().hex() for one in chosen])
        return chosen

    Inclusion.at = watched
    encoding = choose_columns(policy(), verified).learned({}).encoding
    units, _ = loading.load_units(verified, encoding, subject="token", holdout=HOLDOUT, most_rows=UNBOUNDED, ranks=Distributed())
    recipe = training.Recipe(1.0, 1.0, RATE, draws, max(1.0, RATE * len(units.ids) * size))
    training.fit(TabularGenerator(encoding.sizes, hidden=2, embedding=1), units, recipe, Distributed(), progress=steps.append)
    (folder / f"{size}-{rank}.json").write_text(json.dumps({
        "rank": rank, "steps": len(steps), "lengths": [len(one) for one in drawn], "drawn": list(itertools.chain(*drawn)),
        "units": [one.tobytes().hex() for one in units.ids], "sizes": np.diff(units.offsets).tolist()}))
    dist.destroy_process_group()


def main() -> int:
    """Prints what holds."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--small", action="store_true", help="300 draws on one and two ranks")
    asked.add_argument("--draws", type=int, default=10_000)
    given = asked.parse_args()
    lines = [shown(one) for one in measured(**SMALL if given.small else {"draws": given.draws})]
    summed_up(lines)
    return ended(lines, "training-sampling")


if __name__ == "__main__":
    sys.exit(main())
