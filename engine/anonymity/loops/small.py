"""Small nodes, grown to their leaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import Ground
from engine.anonymity.loops.keeping import room_for
from engine.anonymity.loops.lending import lent_ground, lent_room
from engine.anonymity.loops.nodes import THRESHOLD, chosen, cuts_of, divide, pop, push
from engine.compiled import outer_loop

Ints = npt.NDArray[np.int64]


class Grown(NamedTuple):
    """What grew from some nodes. Nodes are numbered in the order in which they are made, from those that were given.

    Attributes:
        tuples: Those of the ground, leaf by leaf.
        leaf: Node, first and one after the last place in ``index``, (leaves, 3).
        cell: Where each leaf's cell begins and ends, (2, leaves, d).
        cut: Node, two axes, two levels or the position, first child, number of children, whether the last is the rest; (cuts, 8).
        above: Child, and the nodes over it on both axes; (children that are not the rest, 3).
    """

    tuples: Ints
    leaf: Ints
    cell: Ints
    cut: Ints
    above: Ints


@outer_loop
def grown(ground: Ground, index: Ints, bounds: Ints, lows: Ints, highs: Ints) -> Grown:
    """Returns what grows from nodes 0, 1, …; node i holds the tuples ``index[bounds[i]:bounds[i + 1]]``.

    Args:
        ground: The ground.
        index: Tuples, node by node; put in another order.
        bounds: Where each node begins, and where the last ends.
        lows: Where its cell begins, (nodes, d).
        highs: Where it ends.
    """
    roots, d = len(bounds) - 1, lows.shape[1]
    kept = room_for(ground, np.max(np.diff(bounds)))
    g, room = lent_ground(ground), lent_room(kept)
    leaf, cell = np.empty((len(index) + roots, 3), np.int64), np.empty((2, len(index) + roots, d), np.int64)
    cut, above = np.empty((len(index) + 1, 8), np.int64), np.empty((2 * len(index) + roots + 1, 3), np.int64)
    stack, node = np.empty((len(index) + roots + 1, 2, 1 + d), np.int64), np.empty(len(index) + roots + 1, np.int64)
    lo, hi = np.empty(d, np.int64), np.empty(d, np.int64)
    leaves, cuts, children, nodes, open_ = 0, 0, 0, roots, roots
    for root in range(roots):
        push(stack, roots - 1 - root, bounds[root], bounds[root + 1], lows[root], highs[root])
        node[roots - 1 - root] = root
    while open_ > 0:
        open_ -= 1
        first, last = pop(stack, open_, lo, hi)
        here = node[open_]
        found = cuts_of(g, room, index, first, last, lo, hi)
        best = chosen(g, room, index, first, last, lo, hi, found)
        if best < 0:
            leaf[leaves, 0], leaf[leaves, 1], leaf[leaves, 2] = here, first, last
            for j in range(d):
                cell[0, leaves, j], cell[1, leaves, j] = lo[j], hi[j]
            leaves += 1
            continue
        parts, what = divide(g, room, index, first, last, found, best, stack, open_, lo, hi), found.what[best]
        position = what[2] if what[1] == THRESHOLD else parts.level[1]
        line = (here, what[0], what[1], parts.level[0], position, nodes, parts.number, np.int64(parts.rest))
        for place in range(8):
            cut[cuts, place] = line[place]
        cuts += 1
        for part in range(parts.number):
            node[open_ + parts.number - 1 - part] = nodes + part
            if what[1] != THRESHOLD and not (parts.rest and part == parts.number - 1):
                above[children, 0] = nodes + part
                above[children, 1], above[children, 2] = parts.above[part, 0], parts.above[part, 1]
                children += 1
        nodes += parts.number
        open_ += parts.number
    kept.tally[:] = 0  # it has been kept for as long as it was lent
    return Grown(index, leaf[:leaves], cell[:, :leaves], cut[:cuts], above[:children])
