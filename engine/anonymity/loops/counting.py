"""Large nodes, counted and divided: each tuple is looked at once, whatever the number of axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.compiled import outer_loop

Ints = npt.NDArray[np.int64]

TUPLES, ROWS = range(2)


@outer_loop
def total(rows: Ints, index: Ints) -> int:
    """Returns the rows behind some tuples."""
    found = 0
    for item in index:
        found += rows[item]
    return found


@outer_loop
def counted(positions: Ints, rows: Ints, index: Ints, width: int) -> Ints:
    """Returns tuples and rows of a node by axis and position.

    Args:
        positions: Of every tuple, (n, d).
        rows: Behind every tuple, (n,).
        index: The node's tuples.
        width: Positions of the longest axis.

    Returns:
        Tuples and rows, (2, d, width).
    """
    found = np.zeros((2, positions.shape[1], width), np.int64)
    for item in index:
        for j in range(positions.shape[1]):
            found[TUPLES, j, positions[item, j]] += 1
            found[ROWS, j, positions[item, j]] += rows[item]
    return found


@outer_loop
def divided(positions: Ints, index: Ints, j: int, part: Ints, parts: int) -> tuple[Ints, Ints]:
    """Returns a node's tuples part by part, in each in their order, and where each part begins and the last one ends.

    Args:
        positions: Of every tuple, (n, d).
        index: The node's tuples.
        j: The axis that is cut.
        part: Of each of its positions; below 0 if no part is given it.
        parts: How many there are.
    """
    starts, order = np.zeros(parts + 1, np.int64), np.empty(len(index), np.int64)
    for item in index:
        if part[positions[item, j]] >= 0:
            starts[part[positions[item, j]] + 1] += 1
    for number in range(parts):
        starts[number + 1] += starts[number]
    at = starts.copy()
    for item in index:
        number = part[positions[item, j]]
        if number >= 0:
            order[at[number]] = item
            at[number] += 1
    return order[:starts[parts]], starts
