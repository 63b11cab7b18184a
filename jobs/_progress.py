"""How far a scan of a lake is: a bar on a terminal, lines elsewhere, nothing under ``--json``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.lake.scan import Standing

_BETWEEN_LINES = 1.0
"""Least seconds between two lines off a terminal; failures are told at once."""


class LakeProgress:
    """Shows a ``Standing`` whenever it is called with one.

    Args:
        silent: Whether to show nothing.

    Attributes:
        began: Whether it was called.
    """

    def __init__(self, silent: bool) -> None:
        self._silent = silent
        self.began = False
        self._live: Any = None
        self._bar: Any = None
        self._line: Any = None
        self._spoke = float("-inf")
        self._told = (0, 0)

    def __call__(self, at: Standing) -> None:
        """Shows how far the run is."""
        self.began = True
        if self._silent:
            return
        if sys.stderr.isatty():
            self._draw(at)
        elif self._told != (at.done, at.failed):
            self._say(at)

    def clear(self) -> None:
        """Takes the bar off the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, at: Standing) -> None:
        if self._live is None:
            self._start()
        self._bar.update(self._bar.task_ids[0], completed=at.share, description=_counts(at), rate=_rate(at))
        more = f"  and {len(at.current) - 1} more" if len(at.current) > 1 else ""
        self._line.plain = "".join(_below(table, at) for table in at.current[:1]) + more

    def _start(self) -> None:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.text import Text

        self._line = Text(style="dim", overflow="ellipsis", no_wrap=True)
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[rate]}"))
        self._bar.add_task("", total=1.0, rate="")
        self._live = Live(Group(self._bar, self._line), console=Console(stderr=True), transient=True, refresh_per_second=5)
        self._live.start()

    def _say(self, at: Standing) -> None:
        failed, now = at.failed != self._told[1], time.monotonic()
        ended = at.done + at.failed + at.skipped == at.total
        if at.last is None or not (failed or ended or now - self._spoke >= _BETWEEN_LINES):
            return
        table, level, error = at.last
        print(f"{_counts(at)}, {_rate(at)}: {_below(table, at)}: {error or level}", file=sys.stderr, flush=True)
        self._spoke, self._told = now, (at.done, at.failed)


def _counts(at: Standing) -> str:
    failed = f", {at.failed} failed" if at.failed else ""
    return f"{at.done + at.failed + at.skipped:,} of {at.total:,} tables{failed}"


def _rate(at: Standing) -> str:
    speed = _speed(at.bytes / max(at.seconds, 0.1))
    left = at.seconds * (1 - at.share) / at.share if at.share > 0 else 0.0
    return f"{speed}, {_time(left)} left" if left >= 1 else speed


def _speed(bytes_a_second: float) -> str:
    return f"{bytes_a_second / 1e6:.1f} MB/s" if bytes_a_second >= 1e6 else f"{bytes_a_second / 1e3:.0f} kB/s"  # noqa: PLR2004 - a MB


def _below(table: str, at: Standing) -> str:
    return table.removeprefix(at.lake).lstrip("/.") or table


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"  # noqa: PLR2004 - an hour and a half
