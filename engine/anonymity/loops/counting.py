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
def counted(positions: Ints, rows: Ints, index: Ints, low: Ints, starts: Ints) -> Ints:
    """Returns tuples and rows of a node by axis and position, for some axes.

    Args:
        positions: Of every tuple, (n, d).
        rows: Behind every tuple, (n,).
        index: The node's tuples.
        low: Of each axis, the node's first position.
        starts: Of each axis, where its counts begin, and where the last one's end, (d + 1,). One without cells is not counted.

    Returns:
        Tuples and rows, (2, cells); the first cell of an axis is that of the node's first position.
    """
    found = np.zeros((2, starts[-1]), np.int64)
    axes = np.flatnonzero(starts[1:] > starts[:-1])
    for item in index:
        for j in axes:
            cell = starts[j] + positions[item, j] - low[j]
            found[TUPLES, cell] += 1
            found[ROWS, cell] += rows[item]
    return found


@outer_loop
def divided(index: Ints, part: Ints, parts: int) -> tuple[Ints, Ints]:
    """Returns a node's tuples part by part, in each in their order, and where each part begins and the last one ends.

    Args:
        index: The node's tuples.
        part: Of each of them; below 0 if it has none.
        parts: How many there are.
    """
    starts, order = np.zeros(parts + 1, np.int64), np.empty(len(index), np.int64)
    for number in part:
        if number >= 0:
            starts[number + 1] += 1
    for number in range(parts):
        starts[number + 1] += starts[number]
    at = starts.copy()
    for item, number in zip(index, part):  # noqa: B905 - numba's has no strict
        if number >= 0:
            order[at[number]] = item
            at[number] += 1
    return order[:starts[parts]], starts
