"""The way of rows down a tree, compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.compiled import kernel

Ints = npt.NDArray[np.int64]


@kernel
def walk(column: Ints, bound: Ints, children: Ints, codes: Ints) -> Ints:
    """Returns the leaf of each row of ``codes``; see ``engine.anonymity.tree.descend``."""
    leaf = np.empty(len(codes), np.int64)
    for row in range(len(codes)):
        node = 0
        while node >= 0:
            node = children[2 * node + (codes[row, column[node]] > bound[node])]
        leaf[row] = ~node
    return leaf
