"""The distinct values of a column, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.values import comparable, is_ordered

Ints = npt.NDArray[np.int64]

MARKS = 1024
"""Positions at which large nodes may be cut, at most, on each axis; small nodes may be cut at all."""


@dataclass
class Order:
    """Distinct values in natural order: null, NaN, then values ascending (categories: most frequent first)."""

    type: pa.DataType
    values: pa.Array  # distinct, neither null nor NaN, in order
    weights: Ints  # rows of each of them
    null_rows: int
    nan: bool
    positions: Ints

    @classmethod
    def of(cls, flat: pa.Array, counts: Ints) -> Order:
        """Returns the order of a column's values, ``counts`` rows behind each."""
        encoded = flat.dictionary_encode()
        distinct = encoded.dictionary
        index = np.asarray(pc.fill_null(encoded.indices, len(distinct))).astype(np.int64)
        weights = np.bincount(index, counts, len(distinct) + 1).astype(np.int64)
        nan = np.asarray(pc.is_null(distinct, nan_is_null=True))
        real = np.flatnonzero(~nan)
        kept = distinct.take(pa.array(real))
        if is_ordered(flat.type):
            order = np.argsort(comparable(kept), kind="stable")
        else:
            texts = hierarchies.as_text(kept).to_pylist()
            order = np.array(sorted(range(len(texts)), key=lambda i: (-weights[real[i]], texts[i])), np.int64)
        has_null = bool(encoded.indices.null_count)
        place = np.zeros(len(distinct) + 1, np.int64)
        place[np.flatnonzero(nan)] = int(has_null)
        place[real[order]] = np.arange(len(real)) + int(has_null) + int(nan.any())
        return cls(flat.type, kept.take(pa.array(order)), weights[real[order]], int(weights[-1]), bool(nan.any()), place[index])

    @property
    def null(self) -> bool:
        """Whether null occurs."""
        return self.null_rows > 0

    @property
    def special(self) -> int:
        """Positions taken by null and NaN."""
        return int(self.null) + int(self.nan)

    @property
    def size(self) -> int:
        """Number of distinct values, null and NaN included."""
        return self.special + len(self.values)


def marks(positions: Ints, counts: Ints, extent: int) -> Ints:
    """Returns all positions, or those that part the table's rows most evenly."""
    if extent <= MARKS:
        return np.arange(extent)
    along = np.cumsum(np.bincount(positions, counts, extent))
    return np.unique(np.searchsorted(along, along[-1] * np.arange(1, MARKS + 1) / MARKS))
