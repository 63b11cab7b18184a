"""What a part of a node costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import (
    BESIDE,
    CLASSES,
    EXTENT,
    GOAL,
    HARDLY,
    KIND,
    LOSS,
    NODE,
    RANGE,
    SCALE,
    SET,
    SQUARES,
    TARGET,
    TIGHT,
    WEIGHT,
    Ground,
    K,
)
from engine.anonymity.loops.keeping import PART, TURN, WHOLE, Room
from engine.compiled import inner_loop, lean_loop

Ints = npt.NDArray[np.int64]

@inner_loop
def rounded(value: float) -> float:
    """Returns a value with nine decimals: costs are compared rounded, so that ties break alike on every machine."""
    return np.floor(value * 1e9 + 0.5) / 1e9


@inner_loop
def axis_loss(g: Ground, j: int, low: int, high: int, number: int) -> float:
    """Returns (s-1)/(D-1) of a box on one axis, from its ends or the number of values; or its length squared."""
    ranges = g.axes[j, KIND] == RANGE
    return (high - low) / max(g.axes[j, EXTENT] - 1, 1) if ranges else _axis_loss(g, j, low, high, number)


@lean_loop
def _axis_loss(g: Ground, j: int, low: int, high: int, number: int) -> float:
    kind = int(g.axes[j, KIND])
    if kind == SET:
        return (number - 1) / max(g.axes[j, EXTENT] - 1, 1)
    if kind == SCALE:
        return (g.share[j, 0, high] - g.share[j, 0, low]) ** 2
    level = 0
    while g.nodes[NODE, j, level, low] != g.nodes[NODE, j, level, high]:
        level += 1
    return g.share[j, level, g.nodes[NODE, j, level, low]]


@lean_loop
def cell_loss(g: Ground, low: Ints, high: Ints) -> float:
    """Returns the weighted loss of a cell."""
    loss = 0.0
    for j in range(len(low)):
        loss += g.axes[j, WEIGHT] * axis_loss(g, j, low[j], high[j], high[j] - low[j] + 1)
    return loss


@lean_loop
def tight_loss(g: Ground, room: Room, index: Ints, first: int, last: int) -> float:
    """Returns the weighted loss of what some tuples take up."""
    loss = 0.0
    for j in range(len(g.axes)):
        low = high = g.items[index[first], 1 + j]
        number = 0
        room.tally[TURN, 0] += 1
        for i in range(first, last):
            at = g.items[index[i], 1 + j]
            low, high = min(low, at), max(high, at)
            if g.axes[j, KIND] == SET and room.stamp[j, at] != room.tally[TURN, 0]:
                room.stamp[j, at] = room.tally[TURN, 0]
                number += 1
        loss += g.axes[j, WEIGHT] * axis_loss(g, j, low, high, number)
    return loss


@lean_loop
def loss_of(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints) -> float:
    """Returns the weighted loss of a node: its tuples are ``index[first:last]``, its cell from ``low`` to ``high``."""
    return tight_loss(g, room, index, first, last) if g.ask[TIGHT] else cell_loss(g, low, high)


@inner_loop
def price(g: Ground, room: Room, rows: int, loss: float, rest: bool) -> float:
    """Returns what guides the growth: the cost of the part that ``room`` holds; with ``rest`` of what is not the part."""
    return rows * loss if g.ask[GOAL] == LOSS else _price(g, room, rows, loss, rest)


@lean_loop
def _price(g: Ground, room: Room, rows: int, loss: float, rest: bool) -> float:
    if g.ask[GOAL] == TARGET:
        return rows * (_impurity(g, room, rows, rest) + BESIDE * loss / len(g.axes))
    return HARDLY * rows * loss - 2.0 - rows // g.ask[K]  # a cut gains 2, less 1 where it leaves room for one class less


@lean_loop
def _impurity(g: Ground, room: Room, rows: int, rest: bool) -> float:
    """Returns Gini's measure of the target's values."""
    found = 1.0
    for v in range(g.values.shape[1], room.counts.shape[1]):
        count = room.counts[WHOLE, v] - room.counts[PART, v] if rest else room.counts[PART, v]
        found -= (count / max(rows, 1)) ** 2
    return found


@inner_loop
def aim_of(g: Ground, rows: int, cost: float) -> float:
    """Returns what a leaf of so many rows and this cost adds to what is to become small."""
    if g.ask[GOAL] == SQUARES:
        return float(rows) * rows
    return -1.0 if g.ask[GOAL] == CLASSES else cost
