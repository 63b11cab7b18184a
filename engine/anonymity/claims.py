"""What every class must satisfy while a tree is fitted: k, and models of sensitive columns, on exact counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.cube import Cube
from engine.anonymity.modelled import modelled
from engine.anonymity.models import DistinctDiversity, Model
from schemas.policy import Guarantees
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
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

    def hold(self, classes: Ints, number: int, weights: Ints) -> Mask:
        """Returns which of ``number`` classes keep the claim; one without tuples does not."""
        if isinstance(self.model, DistinctDiversity):  # needs no matrix: people are as many values as there are tuples
            pairs = np.unique(classes * len(self.model.table) + self.codes)
            return self.model.enough(np.bincount(pairs // len(self.model.table), minlength=number).astype(np.float64))
        held = np.zeros(number, bool)
        for these, counts in self.counts(classes, number, weights):
            held[these] = self.model.hold(counts)
        return held

    def hold_beside(self, segment: Ints, weights: Ints, ends: Ints) -> tuple[Mask, Mask]:
        """As ``Claims.hold_beside``, of this claim alone."""
        if isinstance(self.model, DistinctDiversity):
            return self._distinct_beside(segment, ends)
        values, of = len(self.model.table), segment[ends]
        begins = np.concatenate(([0], ends[:-1] + 1))
        left, right = np.zeros(len(ends), bool), np.zeros(len(ends), bool)
        before, here = np.zeros(values, np.int64), -1
        for first, last in _blocks(len(ends), values):
            shape, inside = (last - first, values), slice(begins[first], ends[last - 1] + 1)
            group = np.repeat(np.arange(last - first), (ends - begins + 1)[first:last])
            counts = np.cumsum(_counted(group, self.codes[inside], weights[inside], shape), axis=0)
            fresh = np.diff(of[first:last], prepend=here) != 0
            start = np.maximum.accumulate(np.where(fresh, np.arange(last - first), -1))
            low = counts - np.vstack([np.zeros(values, np.int64), counts])[np.maximum(start, 0)]
            low[start < 0] += before  # the segment began in the block before
            high = self._whole(segment, weights, of[first:last]) - low
            left[first:last] = self.model.hold(low)
            some = np.flatnonzero(high.any(axis=1))
            right[first + some] = self.model.hold(high[some])
            before, here = low[-1], of[last - 1]
        return left, right

    def _whole(self, segment: Ints, weights: Ints, wanted: Ints) -> Ints:
        """Returns the counts of the segment of each group; ``wanted`` is ascending."""
        begin, end = np.searchsorted(segment, (wanted[0], wanted[-1] + 1))
        shape = (int(wanted[-1] - wanted[0]) + 1, len(self.model.table))
        counts = _counted(segment[begin:end] - wanted[0], self.codes[begin:end], weights[begin:end], shape)
        return np.asarray(counts[wanted - wanted[0]])

    def _distinct_beside(self, segment: Ints, ends: Ints) -> tuple[Mask, Mask]:
        """The same for distinct values, which need no matrix: a value is new on one side once."""
        keys, least = segment * len(self.model.table) + self.codes, self.model.limit
        first, last = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        first[np.unique(keys, return_index=True)[1]] = 1
        last[len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]] = 1
        distinct = np.bincount(segment, first).astype(np.int64)
        base = (np.cumsum(distinct) - distinct)[segment[ends]]
        left = np.cumsum(first)[ends] - base
        return left >= least, distinct[segment[ends]] - (np.cumsum(last)[ends] - base) >= least


@dataclass(frozen=True)
class Claims:
    """All claims on the classes of one cube."""

    k: int
    models: tuple[Claim, ...] = ()

    @classmethod
    def of(cls, cube: Cube, guarantees: Guarantees, margin: float = 0.0) -> Claims:
        """Returns the claims of a policy on a cube, made stricter for a share ``margin`` of the table that may be suppressed."""
        counts = np.asarray(cube.table[COUNT]).astype(np.int64)
        models = []
        for claim in guarantees.on_columns:
            model, codes = modelled(claim, cube.table[claim.column], counts)
            models.append(Claim(model.stricter(margin), codes))
        return cls(guarantees.k or 1, tuple(models))

    def take(self, index: Ints) -> Claims:
        """Returns the claims on some of the tuples."""
        return replace(self, models=tuple(replace(claim, codes=claim.codes[index]) for claim in self.models))

    def hold(self, classes: Ints, number: int, weights: Ints) -> Mask:
        """Returns, for each of ``number`` classes, whether it satisfies every claim.

        Args:
            classes: Class of each tuple.
            number: Of classes; one without tuples does not hold.
            weights: Rows of each tuple.
        """
        rows = np.bincount(classes, weights, number).astype(np.int64)
        held = (rows >= self.k) & (rows > 0)
        for claim in self.models:
            held &= claim.hold(classes, number, weights)
        return held

    def hold_beside(self, segment: Ints, weights: Ints, ends: Ints, rows: Ints) -> tuple[Mask, Mask]:
        """Returns, for cuts after each group of sorted tuples, whether the part before and the part after hold.

        Args:
            segment: Segment of each tuple, ascending; within it, tuples are sorted along one axis.
            weights: Rows of each tuple.
            ends: Index of the last tuple of each group.
            rows: Rows of each segment.
        """
        group_segment = segment[ends]
        before = np.cumsum(weights)[ends] - (np.cumsum(rows) - rows)[group_segment]
        left, right = before >= self.k, rows[group_segment] - before >= self.k
        for claim in self.models:
            low, high = claim.hold_beside(segment, weights, ends)
            left &= low
            right &= high
        return left, right


def _blocks(rows: int, values: int) -> Iterator[tuple[int, int]]:
    """Yields ranges of rows of a matrix whose cells are at most ``CELLS``."""
    step = max(1, CELLS // max(values, 1))
    yield from ((first, min(first + step, rows)) for first in range(0, rows, step))


def _counted(rows: Ints, columns: Ints, weights: Ints, shape: tuple[int, int]) -> Ints:
    cells = np.bincount(rows * shape[1] + columns, weights, shape[0] * shape[1])
    return np.asarray(cells.astype(np.int64).reshape(shape))
