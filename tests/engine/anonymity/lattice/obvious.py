"""The slow, obvious lattice search: every node, on rows, one class at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, product
from typing import Any

import numpy as np
import pyarrow as pa

from engine.anonymity.modelled import modelled
from schemas.policy import Guarantees

NAN = "not a number"
"""Stands for NaN in rows: a value that is equal to itself."""

RARE = "too rare to be told"
"""The name of rare values, which are suppressed wherever they stand."""


@dataclass(frozen=True)
class Column:
    """A column of rows: its name for a value at each level, and how many values of its domain a name stands for."""

    ladder: list[Callable[[Any], Any]]
    domain: int
    sizes: list[Counter]
    weight: float = 1.0
    rare: tuple[frozenset, ...] = ()
    coarsest: int | None = None

    @classmethod
    def of(cls, values: list, steps: list[Callable[[Any], Any]], listed: list | None = None, weight: float = 1.0,
           budget: float = 0) -> Column:
        """``steps`` lead from a value to its names, without the value itself and '*'; null and NaN keep theirs up to '*'.

        Without steps, the rarest values are ``RARE`` in between: as many as a quarter, a half, the whole of a budget pays for.
        """
        special = {v for v in values if v is None or v is NAN}
        domain = (set(values) | special) if listed is None else ({*listed} | special)

        def climb(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda value: value if value is None or value is NAN else step(value)

        rows, rare = Counter(values), []
        for part in (0.25, 0.5, 1) if not steps else ():
            least = [most for most in {0, *rows.values()} if sum(n for n in rows.values() if n <= most) <= part * budget]
            rare.append(frozenset(value for value, n in rows.items() if n <= max(least)))
        ladder = [climb(lambda value: value), *(_without(some) for some in rare), *map(climb, steps), lambda _: "*"]
        return cls(ladder, len(domain), [Counter(map(step, domain)) for step in ladder], weight, tuple(rare))

    @property
    def height(self) -> int:
        return len(self.ladder) - 1 - len(self.rare)

    @property
    def rungs(self) -> list[int]:
        return [rung for rung in range(len(self.ladder)) if self.coarsest is None or self.level(rung) <= self.coarsest]

    def level(self, rung: int) -> int:
        return max(rung - len(self.rare), 0)

    def starred(self, value: Any, rung: int) -> bool:
        return self.ladder[rung](value) is RARE

    def lost(self, value: Any, level: int) -> float:
        if self.starred(value, level):
            return float(self.domain > 1)
        return (self.sizes[level][self.ladder[level](value)] - 1) / max(self.domain - 1, 1)


def _without(rare: frozenset) -> Callable[[Any], Any]:
    return lambda value: RARE if value in rare else value


@dataclass(frozen=True)
class Found:
    """A node that keeps every promise."""

    levels: tuple[int, ...]
    figure: float
    gone: frozenset[int]


def best(rows: list[tuple], columns: list[Column], guarantees: Guarantees, sensitive: dict[str, pa.Array],
         minimize: str = "loss") -> Found | None:
    """Returns the best of all nodes; ``rows`` hold the quasi-identifiers, ``sensitive`` the other columns."""
    found = {rungs: node for rungs in product(*(column.rungs for column in columns))
             if (node := at(rows, columns, guarantees, sensitive, levels=rungs, minimize=minimize))}
    first = min(found, key=lambda rungs: (round(found[rungs].figure, 9), sum(found[rungs].levels), rungs), default=None)
    return None if first is None else found[first]


def at(rows: list[tuple], columns: list[Column], guarantees: Guarantees, sensitive: dict[str, pa.Array], *,
       levels: tuple[int, ...], minimize: str) -> Found | None:
    classes = defaultdict(list)
    for number, row in enumerate(rows):
        classes[tuple(c.ladder[level](v) for c, level, v in zip(columns, levels, row, strict=True))].append(number)
    kept = [members for members in classes.values() if len(members) >= (guarantees.k or 1) and all(
        len(set(map(str, sensitive[claim.column].take(pa.array(members)).to_pylist()))) >= least
        for claim, least in _distinct(guarantees))]
    while True:
        again = [members for members in kept if holds(members, [*chain.from_iterable(kept)], guarantees, sensitive)]
        if again == kept:
            break
        kept = again
    gone = frozenset(range(len(rows))) - frozenset(chain.from_iterable(kept))
    starred = {number for number, row in enumerate(rows) for column, level, value in zip(columns, levels, row, strict=True)
               if column.starred(value, level)}
    if not kept or len(gone | starred) > guarantees.suppression * len(rows) + 1e-9:
        return None
    told = tuple(column.level(rung) for column, rung in zip(columns, levels, strict=True))
    return Found(told, figure(rows, columns, levels, kept, minimize), gone)


def _distinct(guarantees: Guarantees) -> list[tuple[Any, int]]:
    return [*((claim, claim.distinct) for claim in guarantees.l if claim.distinct),
            *([(guarantees.subjects, guarantees.subjects.least)] if guarantees.subjects else [])]


def holds(members: list[int], released: list[int], guarantees: Guarantees, sensitive: dict[str, pa.Array]) -> bool:
    """Whether a class keeps every claim beside a released table."""
    for claim in guarantees.on_columns:
        values = sensitive[claim.column].take(pa.array(released))
        model, codes = modelled(claim, pa.chunked_array([values]), np.ones(len(released), np.int64))
        place = dict(zip(released, codes, strict=True))
        counts = np.bincount([place[member] for member in members], minlength=len(model.table))
        if not model.hold(counts[None])[0]:
            return False
    return True


def figure(rows: list[tuple], columns: list[Column], levels: tuple[int, ...], kept: list[list[int]], minimize: str) -> float:
    size, left = len(rows), [*chain.from_iterable(kept)]
    if minimize == "discernibility":
        return (sum(len(members)**2 for members in kept) + (size - len(left)) * size) / size**2
    if minimize == "classes":
        return 1 / len(kept)
    total = 0.0
    for j, (column, level) in enumerate(zip(columns, levels, strict=True)):
        by_level = {i: 1 if column.starred(rows[i][j], level) else column.level(level) / column.height for i in left}
        cells = (by_level[i] if minimize == "precision" else column.lost(rows[i][j], level) for i in left)
        total += column.weight * (sum(cells) + size - len(left))
    return total / size / sum(column.weight for column in columns)
