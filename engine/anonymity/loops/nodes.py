"""A node's cuts, and which of them is taken: the one after which plain growth ends best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import AHEAD, GOAL, PAIRS, SQUARES, TRIED, Ground, K
from engine.anonymity.loops.keeping import Room, begin, end
from engine.anonymity.loops.pricing import aim_of, loss_of, price, rounded
from engine.anonymity.loops.specializing import Parts, child_level, cost_of, grouped, narrow, specialize
from engine.anonymity.loops.thresholds import ABOVE, ABOVE_KEEPS, BELOW, BELOW_KEEPS, COST, POSITION, sweep
from engine.compiled import inner_loop, loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NO_GAIN = 1e-9
THRESHOLD = -1


class Cuts(NamedTuple):
    """The best cuts of a node, one of each kind by axis: thresholds; specializations of one and of two axes, single children.

    Attributes:
        gain: Cost that each removes; only those that are possible stand here.
        what: Two axes (the second ``THRESHOLD`` for a cut at a position), and the position, or whether the largest child
            alone is a part of its own; (cuts, 3).
        cost: Of the node.
        rows: Of the node.
    """

    gain: Floats
    what: Ints
    cost: float
    rows: int


@loop
def cuts_of(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints) -> Cuts:
    """Returns the cuts of a node that remove something."""
    d = len(g.axes)
    rows = begin(g, room, index, first, last)
    most = d * (d + 7) // 2 + 1
    gain, what, number = np.empty(most), np.empty((most, 3), np.int64), 0
    cost = price(g, room, rows, loss_of(g, room, index, first, last, low, high), True)
    if rows >= 2 * g.ask[K]:
        for j in range(d):
            best, at = 0.0, -1
            for cut in range(sweep(g, room, index, first, last, low, high, rows, j)):
                if room.cut[cut, BELOW_KEEPS] and room.cut[cut, ABOVE_KEEPS]:
                    here = rounded(cost - room.part[cut, COST + BELOW] - room.part[cut, COST + ABOVE])
                    if here > best:
                        best, at = here, room.cut[cut, POSITION]
            if at >= 0:
                gain[number], what[number, 0], what[number, 1], what[number, 2] = best, j, THRESHOLD, at
                number += 1
        number = _specialized(g, room, index, first, last, low, high, Cuts(gain, what, cost, rows), number)
    end(g, room, index, first, last)
    return Cuts(gain[:number], what[:number], cost, rows)


@inner_loop
def _specialized(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints, cuts: Cuts, found: int) -> int:
    number = found
    d = len(low)
    levels = np.empty(d, np.int64)
    for j in range(d):
        levels[j] = child_level(g, index, first, last, j)
    for x in range(d):
        for y in range(x, d if g.ask[PAIRS] else x + 1):
            if levels[x] < 0 or levels[y] < 0:
                continue
            axes, level = np.array([x, y]), np.array([levels[x], levels[y]])
            groups = grouped(g, room, index, first, last, axes, level)
            for largest in range(2 if x == y else 1):
                parts = specialize(g, room, index, first, groups, largest == 1)
                gain = rounded(cuts.cost - cost_of(g, room, low, high, axes, parts)) if parts.number > 0 else 0.0
                if gain > 0:
                    cuts.gain[number], cuts.what[number, 0], cuts.what[number, 1], cuts.what[number, 2] = gain, x, y, largest
                    number += 1
    return number


@loop
def apply(g: Ground, room: Room, index: Ints, first: int, last: int, what: Ints) -> Parts:
    """Returns the parts of a node by one of its cuts. Of a threshold the parts are those below and above it, without nodes."""
    if what[1] != THRESHOLD:
        axes = np.array([what[0], what[1]])
        level = np.array([child_level(g, index, first, last, what[0]), child_level(g, index, first, last, what[1])])
        begin(g, room, index, first, last)
        parts = specialize(g, room, index, first, grouped(g, room, index, first, last, axes, level), what[2] == 1)
        end(g, room, index, first, last)
        return parts
    order, ends, place = np.empty(last - first, np.int64), np.empty(2, np.int64), 0
    for part in range(2):
        for i in range(first, last):
            if (g.items[index[i], 1 + what[0]] > what[2]) == (part == 1):
                order[place] = index[i]
                place += 1
        ends[part] = place
    return Parts(2, False, order, ends, np.zeros((0, 2), np.int64), np.zeros(2, np.int64))


@inner_loop
def cell_of(g: Ground, what: Ints, parts: Parts, part: int, low: Ints, high: Ints) -> None:
    """Narrows a node's cell to that of a part."""
    if what[1] != THRESHOLD:
        narrow(g, what, parts, part, low, high)
    elif part == 0:
        high[what[0]] = what[2]
    else:
        low[what[0]] = what[2] + 1


@inner_loop
def best_of(gain: Floats) -> int:
    """Returns the first of the largest gains; -1 where none is one."""
    best = -1
    for i in range(len(gain)):
        if gain[i] > (gain[best] if best >= 0 else NO_GAIN):
            best = i
    return best


@inner_loop
def outcome(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints) -> float:
    """Returns what plain growth makes of a node: it takes the cut that gains most. Puts the node's tuples in another order."""
    stack = np.empty((last - first + 1, 2, 1 + len(low)), np.int64)
    push(stack, 0, first, last, low, high)
    open_, total = 1, 0.0
    lo, hi = np.empty(len(low), np.int64), np.empty(len(low), np.int64)
    while open_ > 0:
        open_ -= 1
        from_, to = pop(stack, open_, lo, hi)
        cuts = cuts_of(g, room, index, from_, to, lo, hi)
        best = best_of(cuts.gain)
        if best < 0:
            total += aim_of(g, cuts.rows, cuts.cost)
        else:
            open_ += divide(g, room, index, from_, to, cuts, best, stack, open_, lo, hi).number
    return total


@inner_loop
def push(stack: Ints, at: int, first: int, last: int, low: Ints, high: Ints) -> None:
    """Puts a node on the stack."""
    stack[at, 0, 0], stack[at, 1, 0] = first, last
    for j in range(len(low)):
        stack[at, 0, 1 + j], stack[at, 1, 1 + j] = low[j], high[j]


@inner_loop
def pop(stack: Ints, at: int, low: Ints, high: Ints) -> tuple[int, int]:
    """Takes a node off the stack: returns its first tuple and the one after its last, and writes its cell."""
    for j in range(len(low)):
        low[j], high[j] = stack[at, 0, 1 + j], stack[at, 1, 1 + j]
    return stack[at, 0, 0], stack[at, 1, 0]


@loop
def divide(g: Ground, room: Room, index: Ints, first: int, last: int, cuts: Cuts, best: int, stack: Ints, at: int, low: Ints,
           high: Ints) -> Parts:
    """Cuts a node, and puts its parts on the stack, the last one undermost."""
    what = cuts.what[best]
    parts = apply(g, room, index, first, last, what)
    for i in range(last - first):
        index[first + i] = parts.order[i]
    for part in range(parts.number):
        place, begin_ = at + parts.number - 1 - part, parts.ends[part - 1] if part > 0 else 0
        push(stack, place, first + begin_, first + parts.ends[part], low, high)
        cell_of(g, what, parts, part, stack[place, 0, 1:], stack[place, 1, 1:])
    return parts


@inner_loop
def chosen(g: Ground, room: Room, index: Ints, first: int, last: int, low: Ints, high: Ints, cuts: Cuts) -> int:
    """Returns the cut after which plain growth ends best, of those that gain most at once; -1 where none does."""
    final = cuts.rows < 3 * g.ask[K] and g.ask[GOAL] != SQUARES  # no part can be cut again: what gains most ends best
    if final or cuts.rows > g.ask[AHEAD]:
        return best_of(cuts.gain)
    best, least = -1, aim_of(g, cuts.rows, cuts.cost) - NO_GAIN
    lo, hi, gain = low.copy(), high.copy(), cuts.gain.copy()
    for _ in range(g.ask[TRIED]):
        here = best_of(gain)
        if here < 0:
            break
        gain[here] = 0.0
        parts = apply(g, room, index, first, last, cuts.what[here])
        total, begin_ = 0.0, 0
        for part in range(parts.number):
            for j in range(len(low)):
                lo[j], hi[j] = low[j], high[j]
            cell_of(g, cuts.what[here], parts, part, lo, hi)
            total += outcome(g, room, parts.order, begin_, parts.ends[part], lo, hi)
            begin_ = parts.ends[part]
        if rounded(total) < least:
            best, least = here, rounded(total)
    return best
