"""What clipping, exact sampling and loading cost a training: ghost clipping beside no clipping at all, and Opacus beside it.

Steps are timed in turns, in processor time of one thread, so that other work on the machine falls on all alike; what is told is
the median. Memory is what torch's allocator held at most.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.synth.ghost import Tape
from engine.synth.microbatches import Units, clipped_sum, micro_batch
from engine.synth.noise import gaussian
from engine.synth.optimizer import Adam
from engine.synth.sampling import ID_BYTES, Inclusion
from engine.synth.tabular import TabularGenerator
from engine.synth.training import Alone, Recipe, fit
from tests.benchmarks.figures import ROOT, ended, line, shown
from tests.benchmarks.training_memory import loaded, peak
from tests.benchmarks.training_peers import Plain, fast, hooks

DOMAIN = ROOT / ".." / "shared" / "data" / "adult-dp" / "domain.json"
SLOWER, MORE = 1.25, 1.15
"""A step may take 1.25 times as long as without clipping, which is 80% of the throughput, and 1.15 times the memory."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    steps: int = 40
    batch: int = 512
    columns: int = 40
    values: int = 64
    units: int = 10_000_000
    rows: int = 400_000


SMALL = Size(steps=8, batch=256, columns=16, values=32, units=1_000_000, rows=120_000)


def measured(size: Size = Size()) -> Iterator[Line]:
    """Yields every line."""
    torch.set_num_threads(1)
    adult = [values + 1 for values in json.loads(DOMAIN.read_text()).values()]
    yield from _clipping("Adult", adult, size)
    yield from _clipping(f"{size.columns} columns", [size.values] * size.columns, size)
    yield from _batches(adult, size)
    yield from _workers(adult, size)
    for units in (40_000, size.units):
        yield from _sampling(units, size.batch)
    yield from _loading(size.rows)


def _clipping(what: str, sizes: list[int], size: Size) -> Iterator[Line]:
    generator, units = generator_of(sizes), units_of(sizes, size.batch)
    everybody, at_once = np.arange(size.batch), micro_batch(generator, units)
    codes = units.padded(everybody)[0][:, 0]
    weights = torch.cat([value.flatten() for value in generator.state.values()])
    adam = Adam(weights, 10_000)

    def ghost() -> None:
        total, _ = clipped_sum(generator, units, everybody, 1.0, at_once=at_once)
        adam.step(total.float() / size.batch)

    def mixed() -> None:
        clipped_sum(generator, units, everybody, 1.0, mixed=True, at_once=at_once)

    def plain() -> None:
        adam.step(plain_gradient(generator, units, everybody, at_once))

    steps: dict[str, Callable[[], None]] = {"plain": plain, "ghost": ghost, "mixed": mixed}
    model = Plain(tuple(sizes))
    slow = {"hooks": hooks(model, codes), "fast": fast(model, codes), "noise": lambda: gaussian(len(weights), 1.0)}
    taken = {**in_turns(steps, size.steps), **in_turns(slow, max(3, size.steps // 5))}
    held = {name: peak({**steps, **slow}[name]) for name in ("plain", "ghost", "hooks", "fast")}
    base = taken["plain"]
    peers = f"Opacus: hooks {taken['hooks'] / base:.3g}, fast {taken['fast'] / base:.3g}"
    yield line(f"{what}: a step with ghost clipping", taken["ghost"] / base, "times", SLOWER,
               f"{len(weights):,} weights, batch {size.batch}, {base * 1e3:.3g} ms without; {peers}")
    peers = f"Opacus: hooks {held['hooks'] / held['plain']:.3g}, fast {held['fast'] / held['plain']:.3g}"
    yield line(f"{what}: its memory", held["ghost"] / held["plain"], "times", MORE,
               f"{held['plain'] / 1e6:.3g} MB without; {peers}")
    yield line(f"{what}: a step in bfloat16", taken["mixed"] / base, "times", None, "on a processor, by the code of GPUs")
    yield line(f"{what}: noise of a step", taken["noise"] / base, "times", None, f"{taken['noise'] * 1e3:.3g} ms, rank 0 alone")


def plain_gradient(generator: TabularGenerator, units: Units, chosen: np.ndarray[Any, Any], at_once: int) -> Tensor:
    """Returns the gradient of the mean loss, without clipping, in the same micro-batches."""
    state = {name: value.detach().requires_grad_() for name, value in generator.state.items()}
    for start in range(0, len(chosen), at_once):
        codes, real = units.padded(chosen[start : start + at_once])
        ((generator.loss(Tape(state, recording=False), codes) * real).sum() / len(chosen)).backward()
    return torch.cat([value.grad.flatten() if value.grad is not None else torch.zeros(value.numel()) for value in state.values()])


def _batches(sizes: list[int], size: Size) -> Iterator[Line]:
    generator = generator_of(sizes)
    units = units_of(sizes, 32 * size.batch)
    at_once = size.batch
    held = [peak(lambda batch=batch: clipped_sum(generator, units, np.arange(batch), 1.0, at_once=at_once))
            for batch in (4 * size.batch, 32 * size.batch)]
    yield line("memory of a batch eight times as large", held[1] / held[0], "times", 1.05,
               f"batches of {4 * size.batch} and {32 * size.batch}, micro-batches of {at_once}; {held[0] / 1e6:.3g} MB")


def _workers(sizes: list[int], size: Size) -> Iterator[Line]:
    taken = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_rank, (workers, sizes, size, folder), nprocs=workers)
            taken[workers] = float((Path(folder) / "seconds").read_text())
    yield line("throughput of two workers, by time on the clock", taken[1] / taken[2], "times", None,
               f"of one; {size.steps} steps of {4 * size.batch} units, {taken[1] / size.steps * 1e3:.3g} ms each, with noise")


def _rank(rank: int, workers: int, sizes: list[int], size: Size, folder: str) -> None:
    import torch.distributed as dist  # noqa: PLC0415 - in workers only

    from engine.synth.collective import Distributed  # noqa: PLC0415 - the same

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=workers)
    units = units_of(sizes, 40_000 // workers)
    recipe = Recipe(1.0, 1.0, 4 * size.batch / 40_000, size.steps, 4 * size.batch)
    ranks = Distributed() if workers > 1 else Alone()
    fit(generator_of(sizes), units, dataclasses.replace(recipe, steps=2), ranks)
    began = time.perf_counter()
    fit(generator_of(sizes), units, recipe, ranks)
    if rank == 0:
        (Path(folder) / "seconds").write_text(str(time.perf_counter() - began))
    dist.destroy_process_group()


def _sampling(units: int, batch: int) -> Iterator[Line]:
    ids = np.random.default_rng(0).integers(0, 256, (units, ID_BYTES)).astype(np.uint8)
    sampler = Inclusion(bytes(32), ids, batch / units)
    began = time.process_time()
    for step in range(32):
        sampler.at(step)
    exact = (time.process_time() - began) / 32
    codes = torch.zeros(units, 13, dtype=torch.uint8)
    loader = iter(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(codes), batch_size=batch, shuffle=True))
    began = time.process_time()
    next(loader)
    shuffled = time.process_time() - began
    steps = min(10, units // batch - 1)
    began = time.process_time()
    for _ in range(steps):
        next(loader)
    plain = (time.process_time() - began) / steps + shuffled * batch / units
    began = time.process_time()
    for _ in range(3):
        (torch.rand(units) < batch / units).nonzero()
    poisson = (time.process_time() - began) / 3
    note = f"torch's DataLoader, shuffled, {plain * 1e3:.3g}; torch.rand below the rate, as Opacus, {poisson * 1e3:.3g}"
    yield line(f"{units:,} units: the exact sampler", exact * 1e3, "ms", None, f"a step of {batch}; {note}")


def _loading(rows: int) -> Iterator[Line]:
    columns, limit = 100, 12 << 20
    inside, outside = (loaded(rows, columns, memory, limit) for memory in (limit // 2, 1 << 40))
    yield line("loading within a limit: exit code", inside.code, "", 0,
               f"{rows * columns / 1e6:.3g} MB of codes in a process that may take {limit >> 20} MiB; {inside.seconds:.3g} s")
    yield line("the same without bounds: exit code 0", float(outside.code == 0), "", 0, "has to run out of memory")


def in_turns(steps: dict[str, Callable[[], None]], times: int) -> dict[str, float]:
    """Returns each step's median processor time, in seconds, of ``times`` rounds in which each is taken once."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(times + 2):
        for name, step in steps.items():
            began = time.process_time()
            step()
            if turn > 1:
                taken[name].append(time.process_time() - began)
    return {name: float(np.median(found)) for name, found in taken.items()}


def generator_of(sizes: list[int]) -> TabularGenerator:
    """Returns a generator that says something about every column."""
    generator = TabularGenerator(sizes)
    generator.state = {name: value + torch.randn_like(value) * 0.05 for name, value in generator.state.items()}
    return generator


def units_of(sizes: list[int], count: int) -> Units:
    """Returns units of one random row each."""
    drawn = np.random.default_rng(0)
    codes = np.stack([drawn.integers(0, size, count) for size in sizes], axis=1).astype(np.uint8)
    return Units(drawn.integers(0, 256, (count, ID_BYTES)).astype(np.uint8), codes, np.arange(count + 1))


def main() -> int:
    """Measures, prints, writes; returns 0 if every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="in a minute")
    for field in dataclasses.fields(Size):
        parser.add_argument(f"--{field.name}", type=int)
    asked = vars(parser.parse_args())
    size = dataclasses.replace(SMALL if asked.pop("small") else Size(), **{name: value for name, value in asked.items() if value})
    return ended([shown(found) for found in measured(size)], "training_speed")


if __name__ == "__main__":
    sys.exit(main())
