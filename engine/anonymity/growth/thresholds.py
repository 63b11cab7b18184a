"""Cuts at a position of one axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.growth.ground import KIND, ROWS, SET, TIGHT, WEIGHT, Ground
from engine.anonymity.growth.keeping import TURN, Room, keeps, move
from engine.anonymity.growth.pricing import axis_loss, cell_loss, price
from engine.compiled import inner_loop, loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


POSITION, ROWS_BELOW, BELOW_KEEPS, ABOVE_KEEPS = range(4)
BELOW, ABOVE = range(2)


class Sweep(NamedTuple):
    """The cuts of a node along one axis, in ascending order: a position and what is below it go to the first part.

    Attributes:
        cut: Position, rows of the first part, whether it keeps all claims and whether the second does; (cuts, 4).
        loss: Weighted loss of the first part's box and of the second's, (cuts, 2).
        cost: Of both, (cuts, 2).
    """

    cut: Ints
    loss: Floats
    cost: Floats


@loop
def sweep(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints, total: int, j: int) -> Sweep:
    """Returns the cuts of a node of ``total`` rows along axis ``j``; ``room`` holds the node's counts, and no part."""
    n = last - first
    at = np.empty(n, np.int64)
    for i in range(n):
        at[i] = g.items[index[first + i], 1 + j]
    order = np.argsort(at)
    cuts = 0
    for i in range(1, n):
        cuts += at[order[i]] != at[order[i - 1]]
    found = Sweep(np.empty((cuts, 4), np.int64), np.empty((cuts, 2)), np.empty((cuts, 2)))
    if g.ask[TIGHT]:
        _tight(g, room, index, first, at, order, found.loss)
    else:
        _cells(g, low, high, j, at, order, found.loss)
    cut, rows = 0, 0
    for i in range(n - 1):
        move(g, room, index[first + order[i]], 1)
        rows += g.items[index[first + order[i]], ROWS]
        if at[order[i]] != at[order[i + 1]]:
            found.cut[cut, POSITION], found.cut[cut, ROWS_BELOW] = at[order[i]], rows
            found.cut[cut, BELOW_KEEPS] = keeps(g, room, rows, False)
            found.cut[cut, ABOVE_KEEPS] = keeps(g, room, total - rows, True)
            found.cost[cut, BELOW] = price(g, room, rows, found.loss[cut, BELOW], False)
            found.cost[cut, ABOVE] = price(g, room, total - rows, found.loss[cut, ABOVE], True)
            cut += 1
    for i in range(n - 1):
        move(g, room, index[first + order[i]], -1)
    return found


@inner_loop
def _cells(g: Ground, low: Ints, high: Ints, j: int, at: Ints, order: Ints, loss: Floats) -> None:
    others = cell_loss(g, low, high) - g.axes[j, WEIGHT] * axis_loss(g, j, low[j], high[j], 1)
    cut = 0
    for i in range(len(at) - 1):
        p = at[order[i]]
        if p != at[order[i + 1]]:
            loss[cut, BELOW] = others + g.axes[j, WEIGHT] * axis_loss(g, j, low[j], p, 1)
            loss[cut, ABOVE] = others + g.axes[j, WEIGHT] * axis_loss(g, j, p + 1, high[j], 1)
            cut += 1


@inner_loop
def _tight(g: Ground, room: Room, index: Ints, first: int, at: Ints, order: Ints, loss: Floats) -> None:
    n, d = len(at), len(g.axes)
    low, high, number = np.empty(d, np.int64), np.empty(d, np.int64), np.empty(d, np.int64)
    for side in (BELOW, ABOVE):
        room.tally[TURN, 0] += 1
        cut = 0 if side == BELOW else len(loss) - 1
        for step in range(n - 1):
            i, beside = (step, step + 1) if side == BELOW else (n - 1 - step, n - 2 - step)
            item = index[first + order[i]]
            for q in range(d):
                p = g.items[item, 1 + q]
                if step == 0:
                    low[q], high[q], number[q] = p, p, 0
                low[q], high[q] = min(low[q], p), max(high[q], p)
                if g.axes[q, KIND] == SET and room.stamp[q, p] != room.tally[TURN, 0]:
                    room.stamp[q, p] = room.tally[TURN, 0]
                    number[q] += 1
            if at[order[i]] != at[order[beside]]:
                loss[cut, side] = 0.0
                for q in range(d):
                    loss[cut, side] += g.axes[q, WEIGHT] * axis_loss(g, q, low[q], high[q], number[q])
                cut += 1 if side == BELOW else -1
