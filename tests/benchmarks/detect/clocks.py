"""Clocks: how fast something is, in a given time, on one core."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

REPETITIONS = 5
LARGEST = 4 << 20
"""Bytes of text in one call. A scan in a lake gets a batch at a time, not more."""

_PROBE, _ENOUGH = 1 << 15, 0.5


@dataclass(frozen=True)
class Speed:
    """Repeated measurements, in units (bytes, cells) a second of processor time."""

    rates: tuple[float, ...]
    wall: float
    """The median of units a second by the clock on the wall."""

    @property
    def median(self) -> float:
        """The middle of the measurements."""
        return statistics.median(self.rates)

    def spread(self, unit: float = 1e6) -> str:
        """Returns lowest and highest, in millions by default, and what the clock on the wall says."""
        lowest, highest, wall = (rate / unit for rate in (min(self.rates), max(self.rates), self.wall))
        return f"{lowest:.3g} to {highest:.3g} in {len(self.rates)}, {wall:.3g} by the wall"


def speed(work: Callable[[int, int], tuple[Callable[[], object], int]], seconds: float, largest: int = LARGEST) -> Speed:
    """Measures a piece of work, each time on other data, in about ``seconds``.

    Args:
        work: From a size and the number of the repetition to what shall be clocked and how many units that is.
        seconds: For all repetitions together.
        largest: Size beyond which data does not grow.
    """
    size = _PROBE
    _clocked(work, size, REPETITIONS + 1)  # the first call loads and compiles
    while True:  # what a call costs whatever its size makes small ones a bad guide
        share = _clocked(work, size, 0)[0] / (seconds / REPETITIONS)
        if share >= _ENOUGH or size == largest:
            break
        size = min(largest, int(size * min(4.0, max(2.0, 1 / max(share, 1e-9)))))
    size = max(_PROBE // 8, min(size, int(size / share)))
    measured = [_clocked(work, size, part) for part in range(1, 1 + REPETITIONS)]
    return Speed(tuple(units / max(cpu, 1e-9) for cpu, _, units in measured),
                 statistics.median(units / max(wall, 1e-9) for _, wall, units in measured))


def _clocked(work: Callable[[int, int], tuple[Callable[[], object], int]], size: int, part: int) -> tuple[float, float, int]:
    run, units = work(size, part)
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall, units


def boxed(step: Callable[[str], object], texts: Sequence[str], seconds: float) -> float:
    """Returns the bytes a second of processor time that ``step`` takes in, text by text, until the time is over."""
    done, begin = 0, time.process_time()
    for text in texts:
        step(text)
        done += len(text.encode())
        if time.process_time() - begin > seconds:
            break
    return done / max(time.process_time() - begin, 1e-9)
