"""What a label may stand for: each of the column's values that it admits, all alike.

One sum answers what the figures here ask of a label: how many values it admits, how many rows of the source have one of
them, which share of them a query wants, what they are on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engine.anonymity.coding import NAN_CODE, NULL_CODE, Box, Coding, IntervalCoding, SetCoding
from engine.anonymity.taxonomy import TaxonomyCoding

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Spread:
    """Sums over the values that each of a column's labels admits.

    Args:
        coding: How the column is coded.
        boxes: One for each label.
        codes: The code of each distinct value of the column.
        told: Of labels that are one number, the place of the value next to it: whoever counts or learns has nothing else.
    """

    def __init__(self, coding: Coding, boxes: Sequence[Box], codes: Ints, told: Ints | None = None) -> None:
        self._told = told
        self._order = np.argsort(codes, kind="stable")
        self._cell, low, high = _runs(coding, boxes)
        ordered = codes[self._order]
        self._from, self._to = np.searchsorted(ordered, low, side="left"), np.searchsorted(ordered, high, side="right")
        self._cells = len(boxes)

    def total(self, weights: npt.NDArray[np.int64] | Floats) -> Floats:
        """Returns, for each label, the sum of ``weights`` over its values; last the sum of all, for '*' of suppressed rows.

        Args:
            weights: One for each distinct value.
        """
        below = np.concatenate([[0.0], np.cumsum(weights[self._order], dtype=np.float64)])
        found = np.bincount(self._cell, below[self._to] - below[self._from], self._cells)
        return np.append(found, below[-1])

    def mean(self, weights: npt.NDArray[np.int64] | Floats) -> Floats:
        """Returns, for each label, the mean of ``weights`` over its values; 0 where it has none."""
        if self._told is not None:
            return np.append(weights[self._told], weights.mean() if len(weights) else 0.0)
        return self.total(weights) / self._admitted

    @cached_property
    def _admitted(self) -> Floats:
        return np.maximum(self.total(np.ones(len(self._order))), 1)


def _runs(coding: Coding, boxes: Sequence[Box]) -> tuple[Ints, Ints, Ints]:
    """Returns the runs of codes that boxes hold: number of the box, first code, last code."""
    if isinstance(coding, IntervalCoding):
        null, nan, low, high = np.array([box[:4] for box in boxes], np.int64).reshape(-1, 4).T
        cells = [np.flatnonzero(null), np.flatnonzero(nan), np.flatnonzero(low <= high)]
        first = [np.full(len(cells[0]), NULL_CODE), np.full(len(cells[1]), NAN_CODE), low[cells[2]]]
        last = [first[0], first[1], high[cells[2]]]
        return np.concatenate(cells), np.concatenate(first), np.concatenate(last)
    if isinstance(coding, TaxonomyCoding):
        node = np.array(boxes, np.int64).reshape(-1)
        return np.arange(len(node)), node, np.array(coding.last, np.int64)[node]
    if isinstance(coding, SetCoding):
        cell = np.repeat(np.arange(len(boxes)), [len(box) for box in boxes])
        code = np.array([code for box in boxes for code in box], np.int64)
        starts = np.flatnonzero(np.append(True, (np.diff(code) != 1) | (np.diff(cell) != 0))[:len(code)])
        ends = np.append(starts[1:], len(code))[:len(starts)] - 1
        return cell[starts], code[starts], code[ends]
    raise AssertionError(f"no runs for a coding of kind {coding.kind}")
