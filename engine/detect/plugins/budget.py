"""Time that a plug-in may spend on one cell.

Two clocks watch. Patterns carry a timeout of the module ``regex``, which counts processor time. Whatever else runs (validators,
recognizers in Python, the module ``re``) is interrupted by a timer: a signal in the main thread, where Spark's Python workers
and the command line scan, an asynchronous exception elsewhere. Code that stays in a call of C which looks at neither cannot be
interrupted; its cell counts as unscannable when it returns. Code that swallows every interrupt can only be ended with its
process, which is for whoever owns that to say (``Deadline.hopeless``).
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, ClassVar, NoReturn

_AGAIN = 0.05
"""Seconds until code that swallowed an interrupt is interrupted once more."""

_TRIES = 200
"""Interrupts after which code in the main thread is given up."""


@dataclass(frozen=True)
class Budget:
    """What one plug-in may spend on one cell.

    Attributes:
        seconds: Past them the cell is unscannable.
        characters: A model does not look at longer cells; they are unscannable.
    """

    seconds: float = 5.0
    characters: int = 1 << 20

    @property
    def together(self) -> float:
        """Seconds for many cells at once, before each is looked at alone: what a harmless pattern needs, many times over."""
        return self.seconds / 10


BUDGET = Budget()
"""The usual one."""


class OutOfTime(BaseException):
    """The time is over. No ``Exception``: code that catches those must not go on."""


class Deadline:
    """A context in which ``OutOfTime`` is raised after so many seconds of real time, and outside which it is not.

    Attributes:
        hopeless: Called, where a program has set it, when code in the main thread has swallowed too many interrupts; it ends the
            process. A library has none: the process is not its own.
    """

    hopeless: ClassVar[Callable[[], NoReturn] | None] = None

    def __init__(self, seconds: float) -> None:
        self._seconds = max(seconds, 1e-3)
        in_main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        self._timer: _Alarm | _Watcher = _Alarm() if in_main else _Watcher()

    def __enter__(self) -> None:
        self._timer.start(self._seconds)

    def __exit__(self, *_: object) -> None:
        self._timer.stop()


_DOORS = {Deadline.__enter__.__code__, Deadline.__exit__.__code__}


def _at_the_door(frame: FrameType | None) -> bool:
    """Returns whether a thread is entering or leaving a deadline: interrupted there, its timer would never be stopped."""
    while frame is not None:
        if frame.f_code in _DOORS:
            return True
        frame = frame.f_back
    return False


class _Alarm:
    """The process's real-time timer. A timer of somebody else goes on afterwards."""

    def __init__(self) -> None:
        self._began = 0.0
        self._tries = 0
        self._others: tuple[Any, tuple[float, float]] = (None, (0.0, 0.0))

    def start(self, seconds: float) -> None:
        self._began = time.monotonic()
        handler = signal.signal(signal.SIGALRM, self._raise)
        self._others = handler, signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)

    def stop(self) -> None:
        handler, (left, interval) = self._others
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler if handler is not None else signal.SIG_DFL)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - self._began), 1e-3), interval)

    def _raise(self, _number: int, frame: FrameType | None) -> None:
        self._tries += 1
        if self._tries > _TRIES and Deadline.hopeless is not None:
            Deadline.hopeless()
        if not _at_the_door(frame):
            raise OutOfTime


class _Watcher:
    """A thread that raises the exception in the thread that made it.

    What it sends is raised when that thread next looks, which may be a moment too late: then the way out takes it, or, where it
    came just before the way out, the watcher ends because its deadline is no longer among that thread's calls. Nothing is ever
    taken back: CPython 3.11 would go on looking for it, and under a profiler never do anything else.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.get_ident()
        self._caller: FrameType | None = None

    def start(self, seconds: float) -> None:
        self._caller = sys._getframe(2)  # noqa: SLF001 - documented; who entered the deadline
        threading.Thread(target=self._watch, args=(seconds,), daemon=True).start()

    def stop(self) -> None:
        while not self._over.is_set():
            try:
                with self._lock:
                    self._over.set()
            except OutOfTime:
                continue
        try:
            for _ in range(2):  # a loop's end is where a thread looks
                pass
        except OutOfTime:
            pass

    def _watch(self, seconds: float) -> None:
        while not self._over.wait(seconds):
            with self._lock:
                frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the documented way to a thread's stack
                if self._over.is_set() or not _among(frame, self._caller):
                    break
                if not _at_the_door(frame):
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(OutOfTime))
            seconds = _AGAIN
        self._caller = None


def _among(frame: FrameType | None, wanted: FrameType | None) -> bool:
    while frame is not None and frame is not wanted:
        frame = frame.f_back
    return frame is not None
