"""The cube as numbers: each column's values become codes, so that no value is needed where classes are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.values import normalized
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]

_ROOM = 1 << 62
_DENSE = 8


@dataclass(frozen=True)
class Tuples:
    """Distinct tuples, coded, with their number of rows.

    Attributes:
        columns: Names.
        codes: One array a column; equal values have equal codes, 0 to ``cards`` - 1.
        cards: Number of codes of each column.
        counts: Rows behind each tuple, at least 1.
    """

    columns: tuple[str, ...]
    codes: tuple[Ints, ...]
    cards: tuple[int, ...]
    counts: Ints

    @classmethod
    def of(cls, table: pa.Table, columns: Sequence[str]) -> Tuples:
        """Codes the named columns of rows, or of a count table (``schemas.reserved.COUNT``); every tuple stands once.

        Null equals null and NaN equals NaN, as where Spark groups; 0.0 equals -0.0.
        """
        whole = cls.row_by_row(table, columns)
        place, number = whole.classes(range(len(columns)))
        first = np.full(number, table.num_rows, np.int64)
        np.minimum.at(first, place, np.arange(table.num_rows))
        return cls(whole.columns, tuple(code[first] for code in whole.codes), whole.cards, summed(place, whole.counts, number))

    @classmethod
    def row_by_row(cls, table: pa.Table, columns: Sequence[str]) -> Tuples:
        """The same, with an entry for each entry of the table, in its order."""
        codes, cards = [], []
        for name in columns:
            encoded = normalized(table[name]).dictionary_encode(null_encoding="encode")
            codes.append(np.asarray(encoded.indices).astype(np.int64))
            cards.append(max(len(encoded.dictionary), 1))
        counted = COUNT in table.column_names
        rows = np.asarray(table[COUNT].cast(pa.int64())).astype(np.int64) if counted else np.ones(table.num_rows, np.int64)
        return cls(tuple(columns), tuple(codes), tuple(cards), rows)

    def classes(self, at: Sequence[int], within: npt.NDArray[np.bool_] | Ints | slice = slice(None)) -> tuple[Ints, int]:
        """Returns the class of each tuple by the columns at these places, numbered from 0, and the number of classes.

        Args:
            at: Places of columns.
            within: Which tuples; all by default.
        """
        key = np.zeros(len(self.counts[within]), np.int64)
        span = 1
        for place in at:
            if span > _ROOM // self.cards[place]:
                key, span = _renumbered(key, span)
            key = key * self.cards[place] + self.codes[place][within]
            span *= self.cards[place]
        return _renumbered(key, span)

    def by(self, columns: Sequence[str]) -> Sizes:
        """Returns the sizes of the classes by the named columns."""
        place, number = self.classes([self.columns.index(name) for name in columns])
        return Sizes.of(summed(place, self.counts, number))


def summed(place: Ints, counts: Ints, number: int) -> Ints:
    """Returns the sum of the counts at each place. In whole numbers: a float would round beyond 2^53."""
    total = np.zeros(number, np.int64)
    np.add.at(total, place, counts)
    return total


def _renumbered(key: Ints, span: int) -> tuple[Ints, int]:
    """Returns keys below ``span`` as numbers without gaps, and how many there are."""
    if span > _DENSE * max(len(key), 1):
        different, place = np.unique(key, return_inverse=True)
        return place.astype(np.int64), len(different)
    seen = np.zeros(span, np.int64)
    seen[key] = 1
    number = np.cumsum(seen) - 1
    return number[key], int(seen.sum())
