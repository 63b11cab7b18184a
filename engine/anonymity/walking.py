"""The way of rows down a tree, compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.compiled import kernel

Ints = npt.NDArray[np.int64]


@kernel
def walk(cuts: npt.NDArray[np.int32], codes: Ints) -> Ints:
    """Returns the leaf of each row of ``codes``; see ``engine.anonymity.tree.descend``."""
    leaf = np.empty(len(codes), np.int64)
    for row in range(len(codes)):
        node = 0
        while node >= 0:
            node = cuts[node, 3] if codes[row, cuts[node, 0]] > cuts[node, 1] else cuts[node, 2]
        leaf[row] = ~node
    return leaf
