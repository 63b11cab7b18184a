"""SUDA2: minimal sample uniques, exact up to a number of columns, and the scores that follow from them.

A. M. Manning, D. J. Haglin and J. A. Keane, "A recursive search algorithm for statistical disclosure assessment", Data Mining and
Knowledge Discovery 16, 2008; scores of M. J. Elliot, A. Manning, K. Mayes, J. Gurd and M. Bane, "SUDA: a program for detecting
special uniques", UNECE/Eurostat 2005. A set of columns is a minimal sample unique (MSU) of a row if no other row has the same
values there, and every smaller set leaves it with company.

The search goes level by level, all rows at once. A row that is unique by some part of a set is left out of the set's count: it
shares its class with nobody, so no other row's class changes, and the rows that are left shrink with every level.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from engine.anonymity.risk.tuples import Tuples, summed
from schemas.risk import Contribution, SpecialUniques

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75)


def minimal_uniques(table: Tuples, order: int) -> Iterator[tuple[tuple[int, ...], Ints]]:
    """Yields every set of at most ``order`` columns that is an MSU of some tuple, smallest first, with those tuples.

    Args:
        table: Every tuple once.
        order: Most columns of a set, at least 1.

    Yields:
        Places of the columns, and places of the tuples. Only tuples of one row have an MSU.
    """
    whole, last = len(table.counts), min(order, len(table.codes))
    below: dict[tuple[int, ...], npt.NDArray[np.uint8]] = {(): np.packbits(np.zeros(whole, bool))}
    for size in range(1, last + 1):
        level: dict[tuple[int, ...], npt.NDArray[np.uint8]] = {}
        for columns in combinations(range(len(table.codes)), size):
            covered = _either(below, columns, whole)
            left = np.flatnonzero(~covered)
            found = left[_unique(table, columns, left)]
            if len(found):
                yield columns, found
            if size < last:
                covered[found] = True
                level[columns] = np.packbits(covered)
        below = level


def special_uniques(table: Tuples, order: int) -> SpecialUniques:
    """Returns what the MSUs of a table add up to: aggregates only.

    An MSU of k columns scores Π_{i=k}^{M} (A - i), for A columns and M the order, at most A - 1; a row scores what its MSUs do.
    A column's contribution is the share of all scores that comes from MSUs that it is in.

    Args:
        table: Every tuple once.
        order: Most columns of an MSU, at least 1.
    """
    width = len(table.columns)
    scores, by_column = np.zeros(len(table.counts)), np.zeros(width)
    by_size = [0] * min(order, width)
    for columns, found in minimal_uniques(table, order):
        score = _score(len(columns), width, order)
        scores[found] += score
        by_column[list(columns)] += score * len(found)
        by_size[len(columns) - 1] += len(found)
    total, most = float(scores.sum()), _most(width, order)
    ranked = sorted(range(width), key=lambda place: (-by_column[place], place))
    scored = scores[scores > 0]
    bins = np.searchsorted(np.array(_EDGES) * most, scored, side="right") - 1
    return SpecialUniques(
        order=order, rows=len(scored), by_size=tuple(by_size), highest=float(scored.max(initial=0.0)), edges=_EDGES,
        scores=tuple(np.bincount(bins, minlength=len(_EDGES)).tolist()),
        contributions=tuple(Contribution(column=table.columns[place], share=float(by_column[place] / total) if total else 0.0)
                            for place in ranked))


def _either(below: dict[tuple[int, ...], npt.NDArray[np.uint8]], columns: tuple[int, ...], whole: int) -> Bools:
    """Returns which tuples are unique by some part of a set: by one of the parts that lack one column."""
    parts = [below[columns[:place] + columns[place + 1:]] for place in range(len(columns))]
    return np.unpackbits(np.bitwise_or.reduce(parts), count=whole).astype(bool)


def _unique(table: Tuples, columns: tuple[int, ...], left: Ints) -> Bools:
    """Returns which of the tuples that are left stand for one row that is alone by these columns."""
    place, number = table.classes(columns, left)
    return np.asarray(summed(place, table.counts[left], number)[place] == 1)


def _score(size: int, width: int, order: int) -> float:
    return float(math.prod(width - i for i in range(size, min(order, width - 1) + 1)))


def _most(width: int, order: int) -> float:
    """Returns a bound of a row's score: MSUs of a row contain no other, and no size has more of them than it has sets (LYM)."""
    return max(math.comb(width, size) * _score(size, width, order) for size in range(1, min(order, width) + 1))
