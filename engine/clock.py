"""Where the time of a run goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from engine.backends.base import Progress

T = TypeVar("T")


class Clock:
    """Times steps, and puts each step's name before what it says is under way.

    Attributes:
        seconds: Step → wall-clock seconds so far, in the order begun.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    def step(self, name: str, run: Callable[[Progress], T]) -> T:
        """Returns what ``run`` returns."""
        began = time.perf_counter()
        self._progress(name, 0.0)
        found = run(lambda what, share: self._progress(f"{name}: {what}", share))
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
        return found
