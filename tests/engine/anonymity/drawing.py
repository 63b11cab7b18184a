"""Chances of noisy trees that are no chances: the best, as told, or all that there can be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.anonymity.noisy import Chance


@dataclass
class Best:
    """Takes the first of the highest scores, counts exactly, and writes down what it drew."""

    margin: int = 0
    drawn: list[int] = field(default_factory=list)

    def choose(self, scores: Sequence[int], sensitivity: int) -> int:  # noqa: ARG002 - the protocol's signature
        self.drawn.append(list(scores).index(max(scores)))
        return self.drawn[-1]

    def count(self, rows: int) -> int:
        self.drawn.append(rows)
        return rows


@dataclass
class Told:
    """Draws what it is told to, whatever the table holds."""

    draws: list[int]
    margin: int = 0

    def choose(self, scores: Sequence[int], sensitivity: int) -> int:  # noqa: ARG002 - the protocol's signature
        return self.draws.pop(0)

    def count(self, rows: int) -> int:  # noqa: ARG002 - the protocol's signature
        return self.draws.pop(0)


@dataclass
class _Branch:
    """One way that the draws can go: as ``path`` says, then the first of all possibilities."""

    path: list[int]
    least: int
    choosing: float
    counting: float
    margin: int = 0
    chance: float = 1.0
    open: list[int] = field(default_factory=list)
    went: list[int] = field(default_factory=list)

    def _next(self, chances: list[float]) -> int:
        place = len(self.went)
        taken = self.path[place] if place < len(self.path) else 0
        self.open.append(len(chances))
        self.went.append(taken)
        self.chance *= chances[taken]
        return taken

    def choose(self, scores: Sequence[int], sensitivity: int) -> int:
        from tests.engine.privacy.test_cuts import chances  # noqa: PLC0415 - the definition, beside its own test

        return self._next(chances(list(scores), self.choosing / sensitivity))

    def count(self, rows: int) -> int:
        enough = at_least(self.least - rows, self.counting)
        return self.least - 1 + self._next([1 - enough, enough])


def at_least(noise: int, rate: float) -> float:
    """The chance that discrete Laplace noise is at least so much."""
    base = math.exp(-rate)
    return base**noise / (1 + base) if noise > 0 else 1 - base ** (1 - noise) / (1 + base)


def distribution(draw: Callable[[Chance], str], least: int, choosing: float, counting: float) -> dict[str, float]:
    """Returns how likely each outcome of ``draw`` is, exactly: all that can be drawn is, one after the other."""
    found: dict[str, float] = {}
    for outcome, chance in _all(draw, least, choosing, counting):
        found[outcome] = found.get(outcome, 0.0) + chance
    return found


def _all(draw: Callable[[Chance], str], least: int, choosing: float, counting: float) -> Iterator[tuple[str, float]]:
    path: list[int] = []
    while True:
        branch = _Branch(path, least, choosing, counting)
        yield draw(branch), branch.chance
        path = branch.went
        while path and path[-1] + 1 == branch.open[len(path) - 1]:
            path = path[:-1]
        if not path:
            return
        path = [*path[:-1], path[-1] + 1]
