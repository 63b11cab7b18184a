"""Cuts at a position of one axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import KIND, ROWS, SET, TIGHT, WEIGHT, Ground
from engine.anonymity.loops.keeping import TURN, Room, keeps, move
from engine.anonymity.loops.pricing import axis_loss, cell_loss, price
from engine.compiled import inner_loop, lean_loop

Ints = npt.NDArray[np.int64]


POSITION, ROWS_BELOW, BELOW_KEEPS, ABOVE_KEEPS = range(4)
BELOW, ABOVE, COST = range(3)
AT, ORDER = range(2)

_FEW, _SPARSE = 16, 8
"""So many tuples, and those with so many positions a tuple, are put in order by comparing; others by counting."""

_GAPS = (8858, 3937, 1750, 701, 301, 132, 57, 23, 10, 4, 1)
"""Of a shell sort, after Ciura, "Best increments for the average case of Shellsort", FCT 2001; above 701 by 2.25 to one."""


@lean_loop
def sweep(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints, total: int, j: int) -> int:
    """Writes the cuts of a node along one axis to ``room``, ascending: a position and what is below it go to the first part.

    Args:
        g: The ground.
        room: Holds the node's counts, and no part.
        index: Of the tuples.
        first: The node's first.
        last: The one after its last.
        low: Where its cell begins.
        high: Where it ends.
        total: Its rows.
        j: The axis.

    Returns:
        The number of cuts.
    """
    n, at, order = last - first, room.order[AT], room.order[ORDER]
    for i in range(n):
        at[i] = g.items[index[first + i], 1 + j]
    _sort(at, order, n, room.stamp[len(g.axes)])
    if at[order[0]] == at[order[n - 1]]:
        return 0
    if g.ask[TIGHT]:
        _tight(g, room, index, first, n)
    else:
        _cells(g, room, low, high, j, n)
    cut, rows = 0, 0
    for i in range(n - 1):
        move(g, room, index[first + order[i]], 1)
        rows += g.items[index[first + order[i]], ROWS]
        if at[order[i]] != at[order[i + 1]]:
            room.cut[cut, POSITION], room.cut[cut, ROWS_BELOW] = at[order[i]], rows
            room.cut[cut, BELOW_KEEPS] = keeps(g, room, rows, False)
            room.cut[cut, ABOVE_KEEPS] = keeps(g, room, total - rows, True)
            room.part[cut, COST + BELOW] = price(g, room, rows, room.part[cut, BELOW], False)
            room.part[cut, COST + ABOVE] = price(g, room, total - rows, room.part[cut, ABOVE], True)
            cut += 1
    for i in range(n - 1):
        move(g, room, index[first + order[i]], -1)
    return cut


@lean_loop
def _sort(at: Ints, order: Ints, n: int, count: Ints) -> None:
    """Writes the order in which the first ``n`` of ``at`` ascend."""
    low, high = at[0], at[0]
    for i in range(n):
        low, high = min(low, at[i]), max(high, at[i])
    if n <= _FEW or high - low > _SPARSE * n:
        for i in range(n):
            order[i] = i
        for gap in _GAPS:
            for i in range(gap, n):
                here, place = order[i], i
                while place >= gap and at[order[place - gap]] > at[here]:
                    order[place] = order[place - gap]
                    place -= gap
                order[place] = here
    else:
        for i in range(n):
            count[at[i] - low] += 1
        before = 0
        for p in range(high - low + 1):
            before, count[p] = before + count[p], before
        for i in range(n):
            order[count[at[i] - low]] = i
            count[at[i] - low] += 1
        count[:high - low + 1] = 0


@inner_loop
def _cells(g: Ground, room: Room, low: Ints, high: Ints, j: int, n: int) -> None:
    others = cell_loss(g, low, high) - g.axes[j, WEIGHT] * axis_loss(g, j, low[j], high[j], 1)
    cut = 0
    for i in range(n - 1):
        p = room.order[AT, room.order[ORDER, i]]
        if p != room.order[AT, room.order[ORDER, i + 1]]:
            room.part[cut, BELOW] = others + g.axes[j, WEIGHT] * axis_loss(g, j, low[j], p, 1)
            room.part[cut, ABOVE] = others + g.axes[j, WEIGHT] * axis_loss(g, j, p + 1, high[j], 1)
            cut += 1


@inner_loop
def _tight(g: Ground, room: Room, index: Ints, first: int, n: int) -> None:
    d, cuts, order = len(g.axes), 0, room.order[ORDER]
    for i in range(n - 1):
        cuts += room.order[AT, order[i]] != room.order[AT, order[i + 1]]
    low, high, number = room.box
    for side in (BELOW, ABOVE):
        room.tally[TURN, 0] += 1
        cut = 0 if side == BELOW else cuts - 1
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
            if room.order[AT, order[i]] != room.order[AT, order[beside]]:
                room.part[cut, side] = 0.0
                for q in range(d):
                    room.part[cut, side] += g.axes[q, WEIGHT] * axis_loss(g, q, low[q], high[q], number[q])
                cut += 1 if side == BELOW else -1
