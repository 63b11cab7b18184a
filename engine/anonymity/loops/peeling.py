"""What a leaf may give up: one side of a cut, so that the other gets a smaller box."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import Ground
from engine.anonymity.loops.keeping import Room, begin, end, room_for
from engine.anonymity.loops.lending import lent_ground, lent_room
from engine.anonymity.loops.nodes import NO_GAIN
from engine.anonymity.loops.pricing import aim_of, loss_of, price, rounded
from engine.anonymity.loops.thresholds import ABOVE_KEEPS, BELOW, BELOW_KEEPS, COST, POSITION, ROWS_BELOW, sweep
from engine.compiled import loop, outer_loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@outer_loop
def peels(ground: Ground, index: Ints, leaf: Ints, cell: Ints, budget: int, full: float) -> tuple[Floats, Ints, Floats]:
    """Returns, for each leaf, the best cut of which one side is left out.

    Args:
        ground: The ground.
        index: Tuples, leaf by leaf.
        leaf: First and one after the last place of each leaf in ``index``, (leaves, 2).
        cell: Where each leaf's cell begins and ends, (2, leaves, d).
        budget: Rows that may be left out at most.
        full: What a row that is left out costs.

    Returns:
        What each leaf's cut removes of the cost, 0 where there is none; rows left out, axis, position, whether the lower side
        goes; what each leaf costs.
    """
    most = 1
    for i in range(len(leaf)):
        most = max(most, leaf[i, 1] - leaf[i, 0])
    kept = room_for(ground, most)
    g, room = lent_ground(ground), lent_room(kept)
    gain, what, cost = np.zeros(len(leaf)), np.zeros((len(leaf), 4), np.int64), np.zeros(len(leaf))
    for i in range(len(leaf)):
        low, high = cell[0, i].astype(np.int64), cell[1, i].astype(np.int64)
        rows = begin(g, room, index, leaf[i, 0], leaf[i, 1])
        cost[i] = aim_of(g, rows, price(g, room, rows, loss_of(g, room, index, leaf[i, 0], leaf[i, 1], low, high), True))
        if budget > 0:
            gain[i] = _best(g, room, index, leaf[i, 0], leaf[i, 1], low, high, rows, cost[i], budget, full, what[i])
        end(g, room, index, leaf[i, 0], leaf[i, 1])
    kept.tally[:] = 0  # it has been kept for as long as it was lent
    return gain, what, cost


@loop
def _best(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints, rows: int, cost: float, budget: int,
          full: float, what: Ints) -> float:
    best = NO_GAIN
    for j in range(len(low)):
        cuts = sweep(g, room, index, first, last, low, high, rows, j)
        for side in range(2):
            for cut in range(cuts):
                lost = rows - room.cut[cut, ROWS_BELOW] if side == BELOW else room.cut[cut, ROWS_BELOW]
                if not room.cut[cut, BELOW_KEEPS if side == BELOW else ABOVE_KEEPS] or lost > budget or lost <= 0:
                    continue
                gain = rounded(cost - aim_of(g, rows - lost, room.part[cut, COST + side]) - lost * full)
                if gain > best:
                    best = gain
                    what[0], what[1], what[2], what[3] = lost, j, room.cut[cut, POSITION], side != BELOW
    return best if what[0] > 0 else 0.0
