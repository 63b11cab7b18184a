"""Cuts of a node into the children of one hierarchy, of two at once, or one child and what is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import FIRST, GOAL, KIND, LAST, NODE, ROWS, TARGET, TAXONOMY, TIGHT, WEIGHT, Ground
from engine.anonymity.loops.keeping import Room, keeps, move
from engine.anonymity.loops.pricing import axis_loss, cell_loss, price, tight_loss
from engine.compiled import inner_loop, lean_loop, loop

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Parts(NamedTuple):
    """A node's tuples by part.

    Attributes:
        number: Of the parts; below two, the cut is not possible.
        rest: Whether the last one is what stays under the node's own label.
        order: Tuples of the node, part by part.
        ends: Where each part ends in ``order``.
        above: Node over each part on both axes, (parts, 2); of no meaning for the rest.
        level: Level of these nodes, (2,).
    """

    number: int
    rest: bool
    order: Ints
    ends: Ints
    above: Ints
    level: Ints


@lean_loop
def child_level(g: Ground, index: Ints, first: int, last: int, j: int) -> int:
    """Returns the level of the children of the lowest node over all tuples; -1 where there are none."""
    if g.axes[j, KIND] != TAXONOMY:
        return -1
    low = high = g.items[index[first], 1 + j]
    for i in range(first, last):
        low, high = min(low, g.items[index[i], 1 + j]), max(high, g.items[index[i], 1 + j])
    level = 0
    while g.nodes[NODE, j, level, low] != g.nodes[NODE, j, level, high]:
        level += 1
    return level - 1


class Groups(NamedTuple):
    """A node's tuples by its children on one or two axes.

    Attributes:
        key: Node over each tuple on both axes.
        order: The tuples' order by them.
        begins: Where each group begins in it, and where the last one ends.
        rows: Of each group.
        stands: Whether it keeps all claims.
        level: Of the children on each axis, (2,).
    """

    key: Ints
    order: Ints
    begins: Ints
    rows: Ints
    stands: Mask
    level: Ints


@loop
def grouped(g: Ground, room: Room, index: Ints, first: int, last: int, axes: Ints, level: Ints) -> Groups:
    """Returns a node's children on one or two axes.

    Args:
        g: The ground.
        room: Holds the node's counts, and no part.
        index: Of the tuples.
        first: The node's first.
        last: The one after its last.
        axes: Two axes; the same one twice for one.
        level: Of the children on each.
    """
    key, order, begins = _grouped(g, index, first, last, axes, level)
    groups = len(begins) - 1
    rows, stands = np.zeros(groups, np.int64), np.zeros(groups, np.bool_)
    for group in range(groups):
        rows[group] = _moved(g, room, index, first, order, begins, group, 1)
        stands[group] = keeps(g, room, rows[group], False)
        _moved(g, room, index, first, order, begins, group, -1)
    return Groups(key, order, begins, rows, stands, level)


@loop
def specialize(g: Ground, room: Room, index: Ints, first: int, groups: Groups, largest: bool) -> Parts:
    """Returns the parts of a node by its children.

    Children that do not keep the claims stay together, and if that is not enough the smallest of the others joins them.

    Args:
        g: The ground.
        room: Holds the node's counts, and no part.
        index: Of the tuples.
        first: The node's first.
        groups: The children.
        largest: Whether of several children that could, only the largest shall be a part of its own.
    """
    stands = groups.stands.copy()
    if largest:
        _only_largest(groups.rows, stands)
    enough = _joined(g, room, index, first, groups.order, groups.begins, groups.rows, stands, largest)
    number = int(np.sum(stands))
    parts = number + (number < len(stands))
    if not enough or parts < 2:  # noqa: PLR2004 - one part is no cut
        return Parts(0, False, groups.order, np.zeros(0, np.int64), np.zeros((0, 2), np.int64), groups.level)
    return _parted(index, first, groups.key, groups.order, groups.begins, stands, parts, groups.level)


@inner_loop
def _grouped(g: Ground, index: Ints, first: int, last: int, axes: Ints, level: Ints) -> tuple[Ints, Ints, Ints]:
    """Returns the children that each tuple is under, the tuples' order by them, and where each pair of children begins in it."""
    n, (x, y) = last - first, axes
    key = np.empty(n, np.int64)
    for i in range(n):
        item = index[first + i]
        over = g.nodes[NODE, x, level[0], g.items[item, 1 + x]]
        key[i] = np.int64(over) << 32 | g.nodes[NODE, y, level[1], g.items[item, 1 + y]]
    order = np.argsort(key)
    begins, groups = np.empty(n + 1, np.int64), 0
    for i in range(n):
        if i == 0 or key[order[i]] != key[order[i - 1]]:
            begins[groups] = i
            groups += 1
    begins[groups] = n
    return key, order, begins[:groups + 1]


@lean_loop
def _moved(g: Ground, room: Room, index: Ints, first: int, order: Ints, begins: Ints, group: int, sign: int) -> int:
    """Adds a group's tuples to the part, or takes them out again; returns their rows."""
    rows = 0
    for i in range(begins[group], begins[group + 1]):
        move(g, room, index[first + order[i]], sign)
        rows += g.items[index[first + order[i]], ROWS]
    return rows


@lean_loop
def _joined(g: Ground, room: Room, index: Ints, first: int, order: Ints, begins: Ints, rows: Ints, stands: Mask,
            largest: bool) -> bool:
    """Puts what stands alone, the smallest first, to what does not, until that is enough; returns whether it is."""
    left = 0
    for group in range(len(rows)):
        if not stands[group]:
            left += _moved(g, room, index, first, order, begins, group, 1)
    enough = stands.all() or keeps(g, room, left, False)
    while not enough and stands.any() and not largest:
        smallest = -1
        for group in range(len(rows)):
            if stands[group] and (smallest < 0 or rows[group] < rows[smallest]):
                smallest = group
        stands[smallest] = False
        left += _moved(g, room, index, first, order, begins, smallest, 1)
        enough = keeps(g, room, left, False)
    for group in range(len(rows)):
        if not stands[group]:
            _moved(g, room, index, first, order, begins, group, -1)
    return bool(enough)


@inner_loop
def _parted(index: Ints, first: int, key: Ints, order: Ints, begins: Ints, stands: Mask, parts: int, level: Ints) -> Parts:
    """Returns the parts: those that stand alone in the order of their nodes, then what is left."""
    rest = parts > int(np.sum(stands))
    sorted_, ends = np.empty(len(order), np.int64), np.empty(parts, np.int64)
    above = np.zeros((parts, 2), np.int64)
    part, place = 0, 0
    for group in range(len(stands)):
        if stands[group]:
            above[part, 0], above[part, 1] = key[order[begins[group]]] >> 32, key[order[begins[group]]] & 0xFFFFFFFF
            for i in range(begins[group], begins[group + 1]):
                sorted_[place] = index[first + order[i]]
                place += 1
            ends[part] = place
            part += 1
    for group in range(len(stands)):
        if not stands[group]:
            for i in range(begins[group], begins[group + 1]):
                sorted_[place] = index[first + order[i]]
                place += 1
    if rest:
        ends[part] = place
    return Parts(parts, rest, sorted_, ends, above, level)


@inner_loop
def _only_largest(rows: Ints, stands: Mask) -> None:
    """Leaves the largest of several children standing; none, where there are not two of at least three."""
    largest, number = -1, 0
    for group in range(len(rows)):
        number += stands[group]
        if stands[group] and (largest < 0 or rows[group] > rows[largest]):
            largest = group
    for group in range(len(rows)):
        stands[group] = group == largest and number > 1 and len(rows) > 2  # noqa: PLR2004 - of two, one is the rest of the other


@inner_loop
def narrow(g: Ground, axes: Ints, parts: Parts, part: int, low: Ints, high: Ints) -> None:
    """Narrows a cell to that of a part."""
    if parts.rest and part == parts.number - 1:
        return
    for place in range(2):
        j, node, level = axes[place], parts.above[part, place], parts.level[place]
        low[j], high[j] = max(low[j], g.nodes[FIRST, j, level, node]), min(high[j], g.nodes[LAST, j, level, node])


@lean_loop
def cost_of(g: Ground, room: Room, low: Ints, high: Ints, axes: Ints, parts: Parts) -> float:
    """Returns the sum of the parts' costs."""
    cell = 0.0 if g.ask[TIGHT] else cell_loss(g, low, high)
    cost, begin = 0.0, 0
    for part in range(parts.number):
        rows, loss = 0, cell
        for i in range(begin, parts.ends[part]):
            rows += g.items[parts.order[i], ROWS]
            if g.ask[GOAL] == TARGET:
                move(g, room, parts.order[i], 1)
        if g.ask[TIGHT]:
            loss = tight_loss(g, room, parts.order, begin, parts.ends[part])
        elif not (parts.rest and part == parts.number - 1):
            for place in range(1 if axes[0] == axes[1] else 2):
                j, node, level = axes[place], parts.above[part, place], parts.level[place]
                from_, to = max(low[j], g.nodes[FIRST, j, level, node]), min(high[j], g.nodes[LAST, j, level, node])
                loss += g.axes[j, WEIGHT] * (axis_loss(g, j, from_, to, 1) - axis_loss(g, j, low[j], high[j], 1))
        cost += price(g, room, rows, loss, False)
        for i in range(begin, parts.ends[part] if g.ask[GOAL] == TARGET else begin):
            move(g, room, parts.order[i], -1)
        begin = parts.ends[part]
    return cost
