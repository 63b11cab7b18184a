"""Whether a class keeps the claims on its sensitive columns: the models of ``engine.anonymity.models``, one class at a time."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.anonymity.loops.ground import (
    DISCLOSURE,
    DISTINCT,
    ENTROPY,
    EQUAL,
    EXTRA,
    FEWEST,
    LARGEST,
    LEAST,
    LEVELS,
    LIKENESS,
    LIMIT,
    MODEL,
    MOST,
    OFFSET,
    ORDERED,
    PEOPLE,
    RECURSIVE,
    ROWS,
    SMALLEST,
    TABLE,
    TARGETS,
    VALUES,
    Ground,
    K,
)
from engine.compiled import inner_loop, lean_loop, loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


PART, WHOLE = range(2)
KEPT, OTHERS, TURN, IN, ALL = range(5)


class Room(NamedTuple):
    """Where loops work. Nothing in it outlives a call but the number of turns.

    Attributes:
        counts: Rows of each value of all claims, then of the target, in a part of a node and in all of it; (2, v + targets).
        tally: Different values of each claim in the part, and in what is not the part; turns taken; people in the part and in all
            of the node; (5, m or 1).
        work: For sorting and adding up, (4, most values of a claim).
        stamp: Turn in which a value of an axis was last seen, (d, most positions); last, for counting positions, all 0; (d + 1).
        order: A node's positions on one axis and its tuples in their order, (2, tuples).
        cut: The cuts of a node along one axis: position, rows of the first part, whether it and the second keep all claims;
            (tuples, 4).
        part: Weighted loss of the first part's box and of the second's, cost of both; (tuples, 4).
        box: First and last position, and number of positions, on each axis; (3, d).
    """

    counts: Ints
    tally: Ints
    work: Floats
    stamp: Ints
    order: Ints
    cut: Ints
    part: Floats
    box: Ints


@loop
def room_for(g: Ground, tuples: int) -> Room:
    """Returns empty room for nodes of so many tuples."""
    most = 1
    for m in range(len(g.claims)):
        most = max(most, int(g.claims[m, VALUES]))
    return Room(np.zeros((2, g.values.shape[1] + g.ask[TARGETS]), np.int64), np.zeros((5, max(len(g.claims), 1)), np.int64),
                np.zeros((4, most)), np.zeros((len(g.axes) + 1, g.nodes.shape[3]), np.int64), np.empty((2, tuples), np.int64),
                np.empty((tuples, 4), np.int64), np.empty((tuples, 4)), np.empty((3, len(g.axes)), np.int64))


@lean_loop
def place_of(g: Ground, item: int, m: int) -> int:
    """Returns where the value of a tuple for a claim stands among all values; with ``m`` their number, the target's."""
    begin = g.values.shape[1] if m == len(g.claims) else int(g.claims[m, OFFSET])
    return begin + g.items[item, 1 + len(g.axes) + m]


@lean_loop
def begin(g: Ground, room: Room, index: Ints, first: int, last: int) -> int:
    """Counts the values of a node; no part of it is taken yet. Returns its rows."""
    rows = 0
    for i in range(first, last):
        rows += g.items[index[i], ROWS]
        room.tally[ALL, 0] += g.items[index[i], PEOPLE]
    for m in range(len(g.claims) + (g.ask[TARGETS] > 0)):
        for i in range(first, last):
            at = place_of(g, index[i], m)
            if m < len(g.claims) and room.counts[WHOLE, at] == 0 and g.items[index[i], ROWS] > 0:
                room.tally[OTHERS, m] += 1
            room.counts[WHOLE, at] += g.items[index[i], ROWS]
    return rows


@lean_loop
def end(g: Ground, room: Room, index: Ints, first: int, last: int) -> None:
    """Forgets what ``begin`` counted."""
    room.tally[ALL, 0] = 0
    for m in range(len(g.claims) + (g.ask[TARGETS] > 0)):
        if m < len(g.claims):
            room.tally[OTHERS, m] = 0
        for i in range(first, last):
            room.counts[WHOLE, place_of(g, index[i], m)] = 0


@inner_loop
def bare(g: Ground) -> bool:
    """Returns whether of a part nothing but its rows matters. Calls are what loops take longest for, and such tables are many."""
    return len(g.claims) == 0 and len(g.beside) == 0 and g.ask[TARGETS] == 0


@inner_loop
def move(g: Ground, room: Room, item: int, sign: int) -> None:
    """Adds a tuple to the part (1), or takes it out again (-1)."""
    if not bare(g):
        _counted(g, room, item, sign)


@lean_loop
def _counted(g: Ground, room: Room, item: int, sign: int) -> None:
    rows = g.items[item, ROWS]
    room.tally[IN, 0] += sign * g.items[item, PEOPLE]
    if rows == 0:
        return
    for m in range(len(g.claims) + (g.ask[TARGETS] > 0)):
        at = place_of(g, item, m)
        before = room.counts[PART, at]
        room.counts[PART, at] += sign * rows
        if m < len(g.claims):
            after, whole = room.counts[PART, at], room.counts[WHOLE, at]
            room.tally[KEPT, m] += (after > 0) - (before > 0)
            room.tally[OTHERS, m] += (after < whole) - (before < whole)


@inner_loop
def keeps(g: Ground, room: Room, rows: int, rest: bool) -> bool:
    """Returns whether the part, of so many rows, keeps all claims; with ``rest`` what is not the part."""
    return rows >= g.ask[K] and rows > 0 and (bare(g) or _keeps_all(g, room, rows, rest))


@lean_loop
def _keeps_all(g: Ground, room: Room, rows: int, rest: bool) -> bool:
    if len(g.beside) > 0 and not _keeps_beside(g, rows, room.tally[ALL, 0] - room.tally[IN, 0] if rest else room.tally[IN, 0]):
        return False
    for m in range(len(g.claims)):
        if g.claims[m, MODEL] == DISTINCT:
            if room.tally[OTHERS if rest else KEPT, m] < g.claims[m, LIMIT]:
                return False
        elif not _keeps(g, room, m, rows, rest):
            return False
    return True


@inner_loop
def _keeps_beside(g: Ground, rows: int, people: int) -> bool:
    share = rows / people if people > 0 else math.inf
    return people >= g.beside[FEWEST] and g.beside[SMALLEST] <= share <= g.beside[LARGEST]


@inner_loop
def _keeps(g: Ground, room: Room, m: int, rows: int, rest: bool) -> bool:
    begin, number, extra = int(g.claims[m, OFFSET]), int(g.claims[m, VALUES]), int(g.claims[m, EXTRA])
    kind, limit = int(g.claims[m, MODEL]), g.claims[m, LIMIT]
    counts, total = room.work[0], 0.0
    for v in range(number):
        at = begin + v
        counts[v] = room.counts[WHOLE, at] - room.counts[PART, at] if rest else room.counts[PART, at]
        total += g.values[TABLE, at]
    if kind == ENTROPY:
        return _entropy(counts, number, rows) >= limit
    if kind == RECURSIVE:
        return _recursive(counts, number, extra) < limit
    if kind == EQUAL or kind == ORDERED:  # noqa: PLR1714, SIM109 - a set would have to be made
        return _apart(g, begin, counts, number, rows, total, kind == ORDERED) <= limit
    if kind == LIKENESS or kind == DISCLOSURE:  # noqa: PLR1714, SIM109 - as above
        return _alike(g, begin, counts, number, rows, kind == DISCLOSURE, limit)
    return _moved(g, room, m, counts, rows, total) <= limit


@inner_loop
def _entropy(counts: Floats, number: int, rows: int) -> float:
    found = 0.0
    for v in range(number):
        if counts[v] > 0:
            share = counts[v] / rows
            found -= share * math.log(share)
    return math.exp(found)


@inner_loop
def _recursive(counts: Floats, number: int, l: int) -> float:  # noqa: E741 - the literature's letter
    most, rest = 0.0, 0.0
    for v in range(number):
        rest += counts[v]
    for rank in range(l - 1):
        top = 0
        for v in range(number):
            if counts[v] > counts[top]:
                top = v
        most = max(most, counts[top]) if rank == 0 else most
        rest -= counts[top]
        counts[top] = 0
    return most / rest if rest > 0 else math.inf


@inner_loop
def _apart(g: Ground, begin: int, counts: Floats, number: int, rows: int, total: float, ordered: bool) -> float:
    apart, along = 0.0, 0.0
    for v in range(number):
        here = counts[v] * total - g.values[TABLE, begin + v] * rows
        along += here
        if ordered:
            apart += abs(along) if v < number - 1 else 0.0
        else:
            apart += abs(here) / 2
    return apart / (rows * total * (max(number - 1, 1) if ordered else 1))


@inner_loop
def _alike(g: Ground, begin: int, counts: Floats, number: int, rows: int, logs: bool, limit: float) -> bool:
    for v in range(number):
        if counts[v] > 0:
            share = counts[v] / rows
            if logs:
                if math.log(share / g.values[LEAST, begin + v]) >= limit or -math.log(share / g.values[MOST, begin + v]) >= limit:
                    return False
            else:
                gain = share / g.values[LEAST, begin + v] - 1
                if gain > 0 and gain > g.values[MOST, begin + v]:
                    return False
    return True


@inner_loop
def _moved(g: Ground, room: Room, m: int, counts: Floats, rows: int, total: float) -> float:
    """The earth mover's distance along a hierarchy, level by level."""
    begin, number, heights, cost = int(g.claims[m, OFFSET]), int(g.claims[m, VALUES]), int(g.claims[m, EXTRA]), 0.0
    extra, surplus, lack = room.work[1], room.work[2], room.work[3]
    for v in range(number):
        extra[v] = counts[v] * total - g.values[TABLE, begin + v] * rows
    for height in range(heights):
        surplus[:number] = 0
        lack[:number] = 0
        for v in range(number):
            here = v if height == 0 else int(g.values[LEVELS + height - 1, begin + v])
            above = int(g.values[LEVELS + height, begin + v])
            if extra[here] > 0:
                surplus[above] += extra[here]
            else:
                lack[above] -= extra[here]
            extra[here] = 0.0  # each node once, though several values stand below it
        for v in range(number):
            cost += (height + 1) * min(surplus[v], lack[v])
            extra[v] = surplus[v] - lack[v]
    return cost / (rows * total * max(heights, 1))
