"""Sets of more categories than a label can name: ranges of the alphabet (ADR 38).

A category's place is its rank among the column's categories, by code points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

MOST_NAMED = 32
"""Categories that a label names one by one, at most."""

MOST_RANGES = MOST_NAMED // 2
"""Ranges that a label of more categories has, at most: each names two."""


def ranges(ranks: Ints) -> list[tuple[int, int]]:
    """Returns the runs of ascending ranks: where each begins and ends among ``ranks``."""
    ends = np.flatnonzero(np.diff(ranks) > 1)
    return list(zip([0, *(ends + 1).tolist()], [*ends.tolist(), len(ranks) - 1], strict=True))


def widened(ranks: Ints) -> Ints:
    """Returns ascending ranks in at most ``MOST_RANGES`` runs: the widest gaps stay, what lies in the others is added."""
    gaps = np.diff(ranks) - 1
    if len(ranks) <= MOST_NAMED or np.count_nonzero(gaps) < MOST_RANGES:
        return ranks
    stay = np.sort(np.argsort(-gaps, kind="stable")[:MOST_RANGES - 1])
    first, last = ranks[np.append(0, stay + 1)], ranks[np.append(stay, len(ranks) - 1)]
    return np.concatenate([np.arange(low, high + 1) for low, high in zip(first, last, strict=True)])
