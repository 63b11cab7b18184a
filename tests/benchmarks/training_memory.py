"""Peaks of memory: of torch's allocator during a call, and of a process that loads a table under a limit."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parents[2]
_SUBJECTS = 4


class Loaded(NamedTuple):
    """How a process ended, and how long it took."""

    code: int
    seconds: float


def peak(call: Callable[[], object]) -> int:
    """Returns how many bytes of tensors a call held at most, beside those that there were."""
    from torch.profiler import ProfilerActivity, profile  # noqa: PLC0415 - torch takes seconds to load

    call()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return int(np.cumsum(changes).max())


def loaded(rows: int, columns: int, memory: int, limit: int) -> Loaded:
    """Loads a table in a process of its own, whose memory cannot grow by more than ``limit`` bytes meanwhile."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.training_memory", *map(str, (rows, columns, memory, limit))],
                          cwd=ROOT, env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, check=False)
    return Loaded(done.returncode, time.perf_counter() - began)


class Invented:
    """A release of numbers that nobody has to write: several rows a subject, in files of equal length."""

    files = 4

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.names = rows, [f"c{place}" for place in range(columns)]
        self.receipt = SimpleNamespace(output=SimpleNamespace(rows=rows))

    def batches(self, rank: int, size: int, columns: list[str], rows: int) -> Iterator[SimpleNamespace]:
        """See ``VerifiedRelease.batches``."""
        part = self.rows // self.files
        for file in range(rank, self.files, size):
            drawn = np.random.default_rng(file)
            for start in range(0, part, rows):
                count = min(rows, part - start)
                cells = {name: drawn.integers(0, 64, count).astype(np.int16) for name in self.names}
                cells["subject"] = drawn.integers(0, self.rows // _SUBJECTS, count)
                yield SimpleNamespace(first=file * part + start, table=pa.table({name: cells[name] for name in columns}))


def main(rows: int, columns: int, memory: int, limit: int) -> None:
    """Loads under the limit; fails if that does not do."""
    from engine.synth.encoding import Bins, Encoding  # noqa: PLC0415 - the limit counts from what is loaded on
    from engine.synth.loading import load_units  # noqa: PLC0415 - the same
    from engine.synth.training import Alone  # noqa: PLC0415 - the same

    pa.set_memory_pool(pa.system_memory_pool())
    encoding = Encoding(tuple(Bins(f"c{place}", 0, 64, 64, whole=True) for place in range(columns)))

    def load(release: Invented, memory: int) -> int:
        units, left = load_units(release, encoding, subject="subject", holdout=0.0, most_rows=4, ranks=Alone(), memory=memory)
        return len(units.codes) + left.cut

    assert load(Invented(4000, columns), memory) == 4000
    resource.setrlimit(resource.RLIMIT_DATA, (_held() + limit, resource.RLIM_INFINITY))
    assert load(Invented(rows, columns), memory) == rows


def _held() -> int:
    """Returns how many bytes this process has asked for that are its own, as the limit counts them."""
    status = dict(entry.split(":", 1) for entry in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmData"].split()[0]) << 10


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
