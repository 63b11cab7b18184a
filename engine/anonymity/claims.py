"""What every class must satisfy while a tree is fitted: k, distinct l and t, on exact counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.cube import Cube
from engine.anonymity.values import normalized
from schemas.policy import Guarantees
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-12
"""Relative slack on t: a distance of exactly t holds, whatever the last bit of the policy's decimal."""


@dataclass(frozen=True)
class Diversity:
    """At least ``distinct`` values of a column in each class; null counts as one value."""

    column: str
    codes: Ints
    values: int
    distinct: int


@dataclass(frozen=True)
class Closeness:
    """In each class, total variation to the whole table's distribution of at most ``limit``.

    Between classes and table, distances are compared as integers, ``sum |c N - q n| <= 2 t n N``, so that the
    order of summation cannot matter.
    """

    column: str
    codes: Ints
    table: Ints
    limit: float

    @property
    def rows(self) -> int:
        """N, the rows of the table."""
        return int(self.table.sum())


@dataclass(frozen=True)
class Claims:
    """All claims on the classes of one cube. Codes stand per tuple of the cube."""

    k: int
    diversity: tuple[Diversity, ...] = ()
    closeness: tuple[Closeness, ...] = ()

    @classmethod
    def of(cls, cube: Cube, guarantees: Guarantees, margin: float = 0.0) -> Claims:
        """Returns the claims of a policy on a cube; ``margin`` is taken off every t."""
        counts = np.asarray(cube.table[COUNT]).astype(np.int64)
        diversity = []
        for wanted in guarantees.l:
            codes, values = coded(cube.table[wanted.column])
            diversity.append(Diversity(wanted.column, codes, values, wanted.distinct))
        closeness = []
        for close in guarantees.t:
            codes, values = coded(cube.table[close.column])
            table = np.bincount(codes, counts, values).astype(np.int64)
            closeness.append(Closeness(close.column, codes, table, close.max - margin))
        return cls(guarantees.k or 1, tuple(diversity), tuple(closeness))

    def take(self, index: Ints) -> Claims:
        """Returns the claims on some of the tuples."""
        return Claims(
            self.k,
            tuple(Diversity(d.column, d.codes[index], d.values, d.distinct) for d in self.diversity),
            tuple(Closeness(c.column, c.codes[index], c.table, c.limit) for c in self.closeness))

    def hold(self, classes: Ints, number: int, weights: Ints) -> Mask:
        """Returns, for each of ``number`` classes, whether it satisfies every claim.

        Args:
            classes: Class of each tuple.
            number: Of classes; one without tuples does not hold.
            weights: Rows of each tuple.
        """
        rows = np.bincount(classes, weights, number).astype(np.int64)
        held = rows >= self.k
        for diverse in self.diversity:
            pairs = np.unique(classes * diverse.values + diverse.codes)
            held &= np.bincount(pairs // diverse.values, minlength=number) >= diverse.distinct
        for close in self.closeness:
            held &= distances(classes, number, weights, close.codes, close.table) <= close.limit * (1 + SLACK)
        return held & (rows > 0)

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
        after = rows[group_segment] - before
        left, right = before >= self.k, after >= self.k
        for diverse in self.diversity:
            low, high = _distinct_beside(segment, diverse, ends, len(rows))
            left &= low >= diverse.distinct
            right &= high >= diverse.distinct
        for close in self.closeness:
            near, far = _apart_beside(segment, weights, close, ends, before=before, after=after)
            bound = 2 * close.limit * (1 + SLACK) * close.rows
            left &= near <= bound * before
            right &= far <= bound * after
        return left, right


def coded(values: pa.ChunkedArray) -> tuple[Ints, int]:
    """Returns a code per value and the number of codes; null and NaN are values of their own."""
    encoded = normalized(values).dictionary_encode(null_encoding="mask")
    codes = np.asarray(pc.fill_null(encoded.indices, len(encoded.dictionary))).astype(np.int64)
    return codes, len(encoded.dictionary) + int(encoded.indices.null_count > 0)


def distances(classes: Ints, number: int, weights: Ints, codes: Ints, table: Ints) -> npt.NDArray[np.float64]:
    """Returns the total variation of each class's distribution from that of the table."""
    values = len(table)
    pairs, inverse = np.unique(classes * values + codes, return_inverse=True)
    counts = np.bincount(inverse, weights).astype(np.float64)
    of, value = pairs // values, pairs % values
    total = float(table.sum())
    rows = np.bincount(of, counts, number)
    expected = table[value] * rows[of]
    apart = np.bincount(of, np.abs(counts * total - expected) - expected, number) + rows * total
    return np.asarray(apart / np.maximum(2 * rows * total, 1))


def _distinct_beside(segment: Ints, claim: Diversity, ends: Ints, segments: int) -> tuple[Ints, Ints]:
    """Returns the distinct values before and after each group's end, within its segment."""
    keys = segment * claim.values + claim.codes
    first, last = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    first[np.unique(keys, return_index=True)[1]] = 1
    last[len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]] = 1
    distinct = np.bincount(segment, first, segments).astype(np.int64)
    base = (np.cumsum(distinct) - distinct)[segment[ends]]
    return np.cumsum(first)[ends] - base, distinct[segment[ends]] - (np.cumsum(last)[ends] - base)


def _apart_beside(segment: Ints, weights: Ints, claim: Closeness, ends: Ints, *, before: Ints,
                  after: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns sum |c N - q n| of the parts before and after each group's end."""
    of = segment[ends]
    total = float(claim.rows)
    left, right = np.zeros(len(ends)), np.zeros(len(ends))
    for value, rows in enumerate(claim.table.tolist()):
        counts = np.where(claim.codes == value, weights, 0)
        whole = np.bincount(segment, counts).astype(np.int64)
        low = np.cumsum(counts)[ends] - (np.cumsum(whole) - whole)[of]
        left += np.abs(low * total - float(rows) * before)
        right += np.abs((whole[of] - low) * total - float(rows) * after)
    return left, right
