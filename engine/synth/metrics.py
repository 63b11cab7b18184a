"""Distances between encoded tables. Pure numpy on codes; every number is an aggregate."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from engine.synth.encoding import Codes

MOST_TRIPLES = 364
"""Triples that the k-marginal score looks at: all of them for up to 14 columns."""

_MOST_CELLS = 1 << 20
"""Marginals with more cells are counted by sorting."""

_CELLS_AT_ONCE = 1 << 24

Triple = tuple[int, int, int]


def total_variation(one: Codes, other: Codes, columns: Sequence[int], sizes: Sequence[int]) -> float:
    """Returns half the L1 distance between two tables' joint distributions of ``columns``, 0 to 1.

    Args:
        one: Codes, (rows, columns), at least one row.
        other: Codes of the same columns, at least one row.
        columns: Positions of the columns.
        sizes: Number of codes of every column.
    """
    places = _keys(np.concatenate([one, other]), columns, sizes)
    if int(places.max()) >= _MOST_CELLS:
        _, places = np.unique(places, return_inverse=True)
    cells = int(places.max()) + 1
    first = np.bincount(places[: len(one)], minlength=cells) / len(one)
    second = np.bincount(places[len(one) :], minlength=cells) / len(other)
    return float(np.abs(first - second).sum() / 2)


def triples(names: Sequence[str]) -> list[Triple]:
    """Returns the 3-way marginals that are scored: all, or the ``MOST_TRIPLES`` whose names hash lowest.

    The choice depends on column names alone, so it is the same for every table and public.
    """
    every = list(itertools.combinations(range(len(names)), 3))
    if len(every) <= MOST_TRIPLES:
        return every
    return sorted(every, key=lambda t: hashlib.sha256("\0".join(names[c] for c in t).encode()).digest())[:MOST_TRIPLES]


def k_marginal(one: Codes, other: Codes, sizes: Sequence[int], chosen: Iterable[Triple]) -> int:
    """Returns NIST's k-marginal score of 3-way marginals, 0 to 1000: 1000 (1 - mean total variation).

    NIST states it as 1000 (2 - mean L1) / 2: "SDNist v2: Deidentified Data Report Tool", Section "k-marginal". With fewer
    than three columns the score is of all columns together.
    """
    groups: list[Sequence[int]] = list(chosen) or [range(len(sizes))]
    distance = np.mean([total_variation(one, other, group, sizes) for group in groups])
    return round(1000 * (1 - float(distance)))


def closest(rows: Codes, among: Codes, spans: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns each row's distance to the closest row of ``among``: Gower's mean over columns, 0 to 1.

    Args:
        rows: Codes, (n, columns).
        among: Codes, (m, columns), at least one row.
        spans: For a numeric column the number of its bins, over which a difference counts in proportion; 0 for a
            category, where any difference counts 1. A missing value is 1 away from any other.
    """
    result = np.empty(len(rows))
    at_once = max(1, _CELLS_AT_ONCE // max(1, len(among)))
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        total = np.zeros((len(part), len(among)), dtype=np.float32)
        for column, span in enumerate(spans):
            mine, theirs = part[:, column, None], among[None, :, column]
            if span > 0:
                total += np.where((mine == 0) != (theirs == 0), 1, np.abs(mine - theirs) / np.float32(span)).astype(np.float32)
            else:
                total += mine != theirs
        result[start : start + at_once] = total.min(axis=1) / len(spans)
    return result


def share_closer(to_train: npt.NDArray[np.float64], to_holdout: npt.NDArray[np.float64]) -> float:
    """Returns the share of rows closer to training than to held-out rows, ties split; 0.5 where nothing was copied."""
    return float(np.mean(to_train < to_holdout) + np.mean(to_train == to_holdout) / 2)


def _keys(table: Codes, columns: Sequence[int], sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Returns a number for each row, equal exactly where the rows agree on ``columns``."""
    keys = np.zeros(len(table), dtype=np.int64)
    for column in columns:
        if int(keys.max(initial=0)) >= np.iinfo(np.int64).max // max(1, sizes[column]) - 1:
            _, keys = np.unique(keys, return_inverse=True)
        keys = keys * sizes[column] + table[:, column]
    return keys
