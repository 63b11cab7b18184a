"""What is told of a training while it runs: in words, and to Prometheus by a text file.

Nothing of it is private: steps and rates are public constants by the clock, the clip's share comes from counts with noise, and
how many units a step drew is not told; the batch that is expected is.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from engine.errors import LakeveilError, SetupError
from engine.synth.journal import Journal
from engine.synth.standing import Progress, Standing
from schemas.policy import Synthesis

_POINTS = 20
"""How often epsilon is computed, at most."""

_PART = 20
"""Of the time, so small a part may go into that."""


class Told(NamedTuple):
    """What is known of a training.

    Attributes:
        attempt: Which one it is.
        workers: On how many ranks.
        taken: Steps written down by all attempts: so many count.
        steps: Of the whole training.
        epsilon: Of everything that is claimed, with the steps that were written down: that much, or a little less.
        rate: Steps a second of this attempt.
        units: Units a second, of the expected batch.
        within: Share of gradients within the clip, about, by noisy counts.
    """

    attempt: int
    workers: int
    taken: int
    steps: int
    epsilon: float
    rate: float
    units: float
    within: float

    def __str__(self) -> str:
        """Returns it in words."""
        attempt = f", attempt {self.attempt}" if self.attempt > 1 else ""
        speed = f"{self.units:,.0f} units/s, " if self.units else ""
        return f"training: epsilon {self.epsilon:.3g} at most so far, {speed}{self.within:.0%} within the clip{attempt}"


class Watch:
    """Tells how far a training is, whenever rank 0 tells it. A context manager, around all attempts.

    Args:
        journal: Of the training.
        batch: Units that a step is expected to draw.
        epsilon: Of the claim, if so many steps are taken.
        say: Told what is under way, anew whenever epsilon is, and the share of it that is done.
        textfile: Where Prometheus's figures go, if they go anywhere.
        policy: Its name, a label of theirs.

    """

    def __init__(
        self, journal: Journal, batch: float, epsilon: Callable[[int], float], say: Progress, *,
        textfile: str | None = None, policy: str = "",
    ) -> None:
        self._journal, self._batch, self._epsilon, self._say = journal, batch, epsilon, say
        self._textfile, self._policy = textfile, policy
        self._known, self._covers, self._took = 0.0, 0, 0.0
        self._first: tuple[int, int, float] | None = None
        self._words = "training"
        self._told: Told | None = None

    def __enter__(self) -> Self:
        begun = self._journal.begun()
        self._steps = begun.steps if begun else 0
        with contextlib.suppress(OSError):
            self._write(running=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(LakeveilError, OSError):
            if self._told is not None:
                taken = self._journal.executed()
                self._told = self._told._replace(taken=taken, epsilon=self._spent(taken, 0.0))
            self._write(running=False)

    def __call__(self, standing: Standing) -> None:
        """Tells what rank 0 told. Whatever goes wrong with that, training goes on."""
        with contextlib.suppress(LakeveilError, OSError):
            self._tell(standing)
            self._write(running=True)
        self._say(self._words, standing.step / standing.steps)

    def _tell(self, standing: Standing) -> None:
        attempts, now = self._journal.attempts(), time.monotonic()
        last = attempts[-1]
        if self._first is None or self._first[0] != last.number:
            self._first = (last.number, standing.step, now)
        _, first, since = self._first
        rate = (standing.step - first) / (now - since) if now > since else 0.0
        taken, before = sum(one.steps for one in attempts), self._known
        self._told = Told(last.number, last.workers, taken, self._steps, self._spent(taken, rate), rate, rate * self._batch,
                          standing.within)
        if self._known != before:
            self._words = str(self._told)

    def _spent(self, taken: int, rate: float) -> float:
        """Returns epsilon of so many steps or some more: the further ahead, the longer it takes to compute."""
        if taken > self._covers:
            ahead = max(self._steps / _POINTS, rate * self._took * _PART)
            self._covers, began = min(self._steps, round(taken + ahead)), time.monotonic()
            self._known = self._epsilon(self._covers)
            self._took = time.monotonic() - began
        return self._known

    def _write(self, *, running: bool) -> None:
        if self._textfile is not None:
            _show(self._textfile, exposition(self._policy, self._told, running=running))


def require_textfile(synthesis: Synthesis | None) -> None:
    """Checks, before anything is counted or charged, that figures can be written. Later on a failure to do so stops nothing.

    What is there stays: another training may be writing it.

    Raises:
        SetupError: If they cannot.
    """
    if synthesis is None or synthesis.metrics is None:
        return
    place = Path(synthesis.metrics.textfile)
    try:
        with tempfile.TemporaryFile(dir=place.parent):
            writable = not place.is_dir()
    except OSError:
        writable = False
    if not writable:
        raise SetupError("figures of the training cannot be written", where=f"synthesis.metrics: {synthesis.metrics.textfile}",
                         allowed="a file in a folder that is there", next="make the folder, or name another file")


def _show(place: str, text: str) -> None:
    """Writes a file whole or not at all, for whoever collects it reads at any time; it need not survive a loss of power."""
    target = Path(place)
    draft = target.with_name(f".{target.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)


def exposition(policy: str, told: Told | None, *, running: bool) -> str:
    """Returns what Prometheus reads (text exposition format 0.0.4).

    Args:
        policy: Name of it.
        told: What is known; nothing, before the first step.
        running: Whether it still runs.
    """
    label = policy.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    figures: list[tuple[str, str, str, float]] = [
        ("running", "gauge", "Whether a training runs; the file's age says whether it was killed.", float(running))]
    if told is not None:
        figures += [
            ("steps_total", "counter", "Steps written down by all attempts: so many count.", told.taken),
            ("steps_planned", "gauge", "Steps of the whole training.", told.steps),
            ("steps_per_second", "gauge", "Steps of the attempt.", told.rate),
            ("units_per_second", "gauge", "Units of the expected batch.", told.units),
            ("epsilon", "gauge", "Of what was written down so far, at most.", told.epsilon),
            ("within_clip_ratio", "gauge", "Share of gradients within the clip, by noisy counts.", told.within),
            ("attempt", "gauge", "Which attempt it is.", told.attempt),
            ("workers", "gauge", "Ranks of the attempt.", told.workers),
        ]
    return "".join(
        f'# HELP lakeveil_training_{name} {words}\n# TYPE lakeveil_training_{name} {kind}\n'
        f'lakeveil_training_{name}{{policy="{label}"}} {value:.10g}\n' for name, kind, words, value in figures)
