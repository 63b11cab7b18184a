"""The coding of a column of which each class publishes one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.coding import Box, Codes, IntervalCoding, Mask
from engine.anonymity.values import comparable, parse_type, special_of, text_of

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class AggregateCoding(IntervalCoding):
    """Ordered values of which a class publishes one. A box is an interval's, and last the place of what is published.

    So a row finds its class as by the interval, and gets the number that its class had when the tree was fitted.

    Attributes:
        published: What classes publish, None for null.
    """

    kind: ClassVar[str] = "aggregate"
    published: tuple[str | None, ...] = ()

    def label(self, box: Box) -> str:
        """Returns '41', '41.5', '1984-02-29'; 'null' or 'NaN' of a class that had nothing else."""
        published = self.published[box[-1]]
        return "null" if published is None else text_of(published, self.type)

    def size(self, box: Box) -> int:
        """Returns the size of the interval that the class lies in."""
        return super().size(box[:-1])

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:
        """Returns the membership test of the intervals."""
        return super().cover([box[:-1] for box in boxes])

    def numbers(self, boxes: Sequence[Box]) -> npt.NDArray[np.float64]:
        """Returns what each box publishes, as numbers that are ordered like the values; NaN where it is none."""
        published = pa.array([self.published[box[-1]] for box in boxes], pa.string()).cast(parse_type(self.type))
        found = np.full(len(boxes), np.nan)
        found[np.asarray(published.is_valid())] = comparable(published.drop_null()).astype(np.float64)
        return found

    def nearest(self, boxes: Sequence[Box], values: pa.Array) -> Ints:
        """Returns the place of the value that is nearest to what each box publishes, the smaller one of two.

        Args:
            boxes: Of this coding.
            values: Distinct values of the column: null, NaN, and then by size.
        """
        numbers, special = self.numbers(boxes), special_of(values)
        null = np.array([self.published[box[-1]] is None for box in boxes], bool)
        ends = comparable(values.slice(special)).astype(np.float64)
        if not len(ends):
            return np.where(null, 0, special - 1)
        above = np.clip(np.searchsorted(ends, numbers), 1, max(len(ends) - 1, 1))
        upper = ends[np.minimum(above, len(ends) - 1)]
        nearer = numbers - ends[above - 1] <= upper - numbers
        real = special + np.where(nearer, above - 1, np.minimum(above, len(ends) - 1))
        return np.where(null, 0, np.where(np.isnan(numbers), special - 1, real))
