"""Sums of open nodes by position, compiled: one look at each tuple, whatever is counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.compiled import kernel

Ints = npt.NDArray[np.int64]

AXIS, COLUMN, VALUES, WIDTH, STOPS, FIRST = range(6)


@kernel
def add(found: Ints, node: Ints, items: tuple[Ints, Ints, Ints], stop: npt.NDArray[np.int32], kinds: Ints) -> None:
    """Adds tuples to ``found``.

    Args:
        found: Tuples by node, then the sums of each kind; see ``engine.anonymity.far.tally.TALLY``.
        node: Of each tuple its open node, or the number of these if it is in none.
        items: Positions, codes and rows of tuples.
        stop: The stop of each position, axis by axis.
        kinds: Of each, axis, column whose values are counted (-1: none are), how many there are, stops of the axis, where the
            axis begins in ``stop``, and where the kind begins in ``found``; (kinds, 6).
    """
    positions, codes, rows = items
    nodes = kinds[0, FIRST]
    for item in range(len(node)):
        if node[item] >= nodes:
            continue
        found[node[item]] += 1
        for kind in range(len(kinds)):
            axis, column = kinds[kind, AXIS], kinds[kind, COLUMN]
            cell = node[item] * kinds[kind, WIDTH] + stop[kinds[kind, STOPS] + positions[item, axis]]
            if column >= 0:
                cell = cell * kinds[kind, VALUES] + codes[item, column]
            found[kinds[kind, FIRST] + cell] += rows[item]
