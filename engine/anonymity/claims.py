"""What every class must satisfy while a tree is fitted: k, and models of sensitive columns, on exact counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.beside import Beside, holds, models_beside
from engine.anonymity.cube import Cube
from engine.anonymity.modelled import modelled
from engine.anonymity.models import DistinctDiversity, Model
from engine.errors import InputError
from schemas.policy import Guarantees
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELLS = 1 << 22
"""Most counts that are looked at at once: classes times values."""


@dataclass(frozen=True)
class Claim:
    """A model of one sensitive column, and the code of each tuple in it: its place among the model's values."""

    model: Model
    codes: Ints

    def counts(self, classes: Ints, number: int, weights: Ints) -> Iterator[tuple[Ints, Ints]]:
        """Yields classes that have tuples, and their counts, shape (classes, values): as many at once as fit."""
        order = np.argsort(classes, kind="stable")
        of, codes, rows = classes[order], self.codes[order], weights[order]
        for first, last in _blocks(number, len(self.model.table)):
            begin, end = np.searchsorted(of, (first, last))
            counts = _counted(of[begin:end] - first, codes[begin:end], rows[begin:end], (last - first, len(self.model.table)))
            there = np.flatnonzero(counts.any(axis=1))
            if len(there):
                yield first + there, counts[there]

    def measured(self, classes: Ints, number: int, weights: Ints) -> Iterator[Floats]:
        """Yields the figures of classes that have tuples, as many at once as fit."""
        if isinstance(self.model, DistinctDiversity):
            there = np.bincount(classes, weights, number) > 0
            if there.any():
                yield self._different(self.model, classes, number, weights)[there]
            return
        for _, counts in self.counts(classes, number, weights):
            yield self.model.measure(counts)

    def _different(self, model: DistinctDiversity, classes: Ints, number: int, weights: Ints) -> Floats:
        """Returns how many values each class has; without a matrix, for people are as many values as there are tuples."""
        there = (weights > 0) & (self.codes >= model.nobody)
        pairs = np.unique(classes[there] * len(model.table) + self.codes[there])
        return np.bincount(pairs // len(model.table), minlength=number).astype(np.float64)

    def hold(self, classes: Ints, number: int, weights: Ints) -> Mask:
        """Returns which of ``number`` classes keep the claim; one without tuples does not."""
        if isinstance(self.model, DistinctDiversity):
            return self.model.enough(self._different(self.model, classes, number, weights))
        held = np.zeros(number, bool)
        for these, counts in self.counts(classes, number, weights):
            held[these] = self.model.hold(counts)
        return held


@dataclass(frozen=True)
class Claims:
    """All claims on the classes of one cube.

    Attributes:
        k: Least rows of a class.
        models: On columns.
        beside: On how a class stands to a population, if there is one.
    """

    k: int
    models: tuple[Claim, ...] = ()
    beside: Beside | None = None

    @property
    def every(self) -> tuple[Model, ...]:
        """All models, those beside a population last."""
        return (*(claim.model for claim in self.models), *(self.beside.models if self.beside else ()))

    def at(self, index: Ints) -> Claims:
        """Returns the same claims on some of the tuples."""
        beside = replace(self.beside, people=self.beside.people[index]) if self.beside else None
        return Claims(self.k, tuple(replace(claim, codes=claim.codes[index]) for claim in self.models), beside)

    def hold(self, classes: Ints, number: int, rows: Ints) -> Mask:
        """Returns which of ``number`` classes keep k and all claims."""
        sizes = np.bincount(classes, rows, number)
        held: Mask = (sizes >= self.k) & (sizes > 0)
        if self.beside is not None:
            held = held & holds(self.beside.models, self.beside.counts(classes, number, rows))
        for claim in self.models:
            held = held & claim.hold(classes, number, rows)
        return held

    @classmethod
    def of(cls, cube: Cube, guarantees: Guarantees, margin: float = 0.0) -> Claims:
        """Returns the claims of a policy on a cube, made stricter for a share ``margin`` of the table that may be suppressed."""
        counts = np.asarray(cube.table[COUNT]).astype(np.int64)
        models = []
        for claim in guarantees.on_columns:
            model, codes = modelled(claim, cube.table[claim.column], counts)
            models.append(Claim(model.stricter(margin), codes))
        return cls(guarantees.k or 1, tuple(models), _beside(cube, guarantees, int(counts.sum())))


def _beside(cube: Cube, guarantees: Guarantees, rows: int) -> Beside | None:
    if cube.people is None and guarantees.on_population:
        raise InputError("the population was not counted", where="guarantees.population", next="measure the policy again")
    if cube.people is None:
        return None
    return Beside(cube.people, models_beside(guarantees, np.array([rows, cube.people.sum()])))


def _blocks(rows: int, values: int) -> Iterator[tuple[int, int]]:
    """Yields ranges of rows of a matrix whose cells are at most ``CELLS``."""
    step = max(1, CELLS // max(values, 1))
    yield from ((first, min(first + step, rows)) for first in range(0, rows, step))


def _counted(rows: Ints, columns: Ints, weights: Ints, shape: tuple[int, int]) -> Ints:
    cells = np.bincount(rows * shape[1] + columns, weights, shape[0] * shape[1])
    return np.asarray(cells.astype(np.int64).reshape(shape))
