"""The nodes of a lattice: their classes by roll-up, which of them are kept, and what is lost."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.lattice.keeping import Classes, Promises
from engine.anonymity.lattice.levels import Levels, Node
from engine.anonymity.lattice.objectives import Objective
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]

_REMEMBERED = 64
"""Nodes whose tuples are kept, to roll up from."""

_TUPLES = 8_000_000
"""Tuples of all of them, at most."""

_CALL = 2_000
"""What checking a node costs whatever its size, in tuples."""

_DENSE = 1 << 16


class Key(NamedTuple):
    """By which nodes are chosen: least loss, then fewest levels up, then by the levels in order."""

    loss: float
    height: int
    node: Node


class Checked(NamedTuple):
    """A node that was looked at.

    Attributes:
        key: None where it breaks a promise.
        hopeless: Whether all finer nodes break one, too.
        floor: No coarser node loses less.
    """

    key: Key | None
    hopeless: bool
    floor: float


@dataclass
class Nodes:
    """The lattice over a cube. Counts of a node come from the counts of a finer one that was looked at, never from rows.

    Attributes:
        columns: The columns.
        secret: One number for each combination of sensitive values, for each tuple of the cube.
        rows: Table rows behind each tuple of the cube.
        people: Of a population, those behind each tuple; none without one.
        promises: What a release keeps.
        objective: What is minimized.
        work: Tuples looked at so far.
    """

    columns: Sequence[Levels]
    secret: Ints
    rows: Ints
    people: Ints
    promises: Promises
    objective: Objective
    work: int = 0
    _seen: deque[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @classmethod
    def of(cls, cube: Cube, columns: Sequence[Levels], promises: Promises, objective: Objective) -> Nodes:
        """Returns the lattice."""
        rows = np.asarray(cube.table[COUNT]).astype(np.int64)
        codes = [*(claim.codes for claim in promises.lasting), *(claim.codes for claim in promises.further)]
        people = np.zeros(0, np.int64) if cube.people is None else cube.people
        return cls(columns, numbered(codes, len(rows))[0], rows, people, promises, objective)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many levels each column offers."""
        return tuple(len(column.offered) for column in self.columns)

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return math.prod(self.shape)

    @property
    def top(self) -> Node:
        """The node of one class."""
        return tuple(size - 1 for size in self.shape)

    def of_columns(self, columns: Sequence[Levels]) -> Nodes:
        """Returns the lattice of other levels of the same columns."""
        return Nodes(columns, self.secret, self.rows, self.people, self.promises, replace(self.objective, columns=columns))

    def classes(self, node: Node) -> Classes:
        """Returns the classes of a node."""
        at = np.array(node, np.int64)
        first, rows, people = np.arange(len(self.rows)), self.rows, self.people
        for levels, other, *counts in self._seen:
            if len(other) < len(first) and (levels <= at).all():
                first, (rows, people) = other, counts
        self.work += len(first) + _CALL
        whole = len(first) == len(self.rows)
        of, number = numbered([column.nodes[level][column.base if whole else column.base[first]]
                               for column, level in zip(self.columns, node, strict=True)], len(first))
        tuples, many = numbered([of, self.secret[first]], len(first)) if self.secret.any() else (of, number)
        made_of, summed = np.empty(many, np.int64), np.bincount(tuples, rows, many).astype(np.int64)
        made_of[tuples] = np.arange(len(first))
        beside = np.bincount(tuples, people, many).astype(np.int64) if len(people) else people
        if 2 * many <= len(first):
            self._seen.append((at, first[made_of], summed, beside))
            while sum(len(counts) for _, _, counts, _ in self._seen) > _TUPLES:
                self._seen.popleft()
        sizes = np.bincount(of[made_of], summed, number).astype(np.int64)
        around = np.bincount(of[made_of], beside, number).astype(np.int64) if len(beside) else np.zeros_like(sizes)
        starred = np.zeros(number, bool)
        for column, level in zip(self.columns, node, strict=True):
            starred[of[made_of]] |= column.starred(level, column.base[first[made_of]])
        return Classes(number, of[made_of], first[made_of], summed, sizes, around, starred)

    def check(self, node: Node) -> Checked:
        """Returns what a node loses, if a release of it keeps every promise."""
        classes = self.classes(node)
        kept, floor = self.promises.keep(classes), self.objective.floor(classes)
        if kept.classes is None:
            return Checked(None, kept.hopeless, floor)
        height = sum(column.offered[level] for column, level in zip(self.columns, node, strict=True))
        return Checked(Key(self.objective.loss(node, classes, kept.classes), height, node), kept.hopeless, floor)


def numbered(columns: Sequence[Ints], size: int) -> tuple[Ints, int]:
    """Returns one number for each different combination, dense, and how many there are."""
    number, many = np.zeros(size, np.int64), 1
    for column in columns:
        radix = int(column.max()) + 1
        if many * radix >= 1 << 62:
            number, many = _dense(number, many)
        number, many = number * radix + column, many * radix
    return _dense(number, many)


def _dense(keys: Ints, radix: int) -> tuple[Ints, int]:
    if radix > max(4 * len(keys), _DENSE):
        encoded = pa.array(keys).dictionary_encode()
        return np.asarray(encoded.indices).astype(np.int64), len(encoded.dictionary)
    there = np.zeros(radix, bool)
    there[keys] = True
    number = np.cumsum(there) - 1
    return np.asarray(number[keys]), int(number[-1]) + 1
