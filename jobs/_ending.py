"""The end of the ``lakeveil`` command: whatever a plug-in does, its process ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

GRACE = 5.0
"""Seconds that threads have to end after the work is done."""

_LOOKS = 0.1


def ending(command: Callable[[], object]) -> None:
    """Runs a command that exits with its code, and sees to it that its process ends then."""
    try:
        command()
    except SystemExit as exit_:
        end_within(GRACE, exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None))
        raise


def end_within(seconds: float, code: int) -> None:
    """Ends the process with ``code`` unless its threads end by themselves; returns at once.

    The interpreter waits for threads without a limit: one that swallows whatever it is told would hold it for good.
    """
    threading.Thread(target=_wait, args=(time.monotonic() + seconds, code), daemon=True).start()


def _wait(until: float, code: int) -> None:
    while any(one is not threading.main_thread() and not one.daemon for one in threading.enumerate()):
        if time.monotonic() > until:
            print("a thread, of a plug-in perhaps, does not end: the process ends without it", file=sys.stderr)
            end(code)
        time.sleep(_LOOKS)


def end(code: int) -> NoReturn:
    """Ends the process at once; what was printed is printed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
