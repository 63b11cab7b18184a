"""Automata over digits, as tables: what a numbering plan says of a number, decided one column of digits at a time.

Numbering plans are written as regular expressions over digits (classes, groups, alternatives, bounded repeats; no stars), so the
strings that they accept are of bounded length. An automaton here has no loops but in its dead state: whatever is longer than
``LONGEST`` digits is dead. Automata are combined by running them side by side (``product``) and by putting a prefix before one
(``after``), and are minimal afterwards: equal states are one.

Sources: V. M. Glushkov (1961), for an expression's automaton; D. Revuz (1992), for the minimal form of one without loops.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.phones.expressions import Alternative, Node, parsed

Outs = npt.NDArray[np.int64]
Table = npt.NDArray[np.int32]

LONGEST = 24
"""Digits of the longest number with everything that can be dialled before it, and some to spare."""

MATCHED = 1 << 40
"""Set by ``after``: the prefix was there."""

_EVERY_DIGIT = (1 << 10) - 1
_ROW = 8 * 11
"""Bytes of a state as written: what is said there, and the states after the ten digits."""


class Automaton(NamedTuple):
    """Digits in, one whole number out.

    Attributes:
        next: (states, 10): the state after a digit. State 0 is dead.
        out: (states,): what is said of the digits that end there; of the dead state, 0.
        start: Where it begins.
    """

    next: Table
    out: Outs
    start: int

    def said(self, digits: str) -> int:
        """Returns what is said of digits, one string at a time."""
        state = self.start
        for digit in digits:
            state = int(self.next[state, int(digit)])
        return int(self.out[state])


NOTHING = Automaton(np.zeros((2, 10), np.int32), np.zeros(2, np.int64), 1)
"""Says 0 of everything."""


@functools.cache
def whole(expression: str) -> Automaton:
    """Returns the automaton that says 1 of what an expression matches from end to end."""
    return _deterministic(parsed(expression), absorbing=False)


@functools.cache
def beginning(expression: str) -> Automaton:
    """Returns the automaton that says 1 of what begins with something that an expression matches."""
    return _deterministic(parsed(expression), absorbing=True)


@functools.cache
def length() -> Automaton:
    """Returns the automaton that says how many digits there are; more than ``LONGEST`` are 0."""
    table = np.zeros((LONGEST + 2, 10), np.int32)
    table[1:-1] = np.arange(2, LONGEST + 2)[:, None]
    return Automaton(table, np.maximum(np.arange(-1, LONGEST + 1), 0), 1)


class _Positions:
    """Glushkov's positions: for each digit class in an expression, which may follow it. Sets are bits of a whole number."""

    def __init__(self, node: Node) -> None:
        self.classes: list[int] = []
        self.follow: list[int] = []
        self.nullable, self.first, self.last = self._place(node)
        self.reading = [_union(1 << place for place, digits in enumerate(self.classes) if digits >> digit & 1)
                        for digit in range(10)]

    def _place(self, node: Node) -> tuple[bool, int, int]:
        kind, inner = node[0], node[1]
        if kind == "class":
            self.classes.append(inner)
            self.follow.append(0)
            only = 1 << (len(self.classes) - 1)
            return False, only, only
        if kind == "group":
            return self._place(node[2])
        if kind == "alternatives":
            parts = [self._place(one) for one in inner]
            return any(one[0] for one in parts), _union(one[1] for one in parts), _union(one[2] for one in parts)
        if kind == "repeat":
            _, _, least, most = node
            parts = [self._place(inner) for _ in range(most)]
            return self._chained([(part[0] or number >= least, part[1], part[2]) for number, part in enumerate(parts)])
        return self._chained([self._place(one) for one in inner])

    def _chained(self, parts: Sequence[tuple[bool, int, int]]) -> tuple[bool, int, int]:
        nullable, first, last = True, 0, 0
        for empty, begins, ends in parts:
            for place in _members(last):
                self.follow[place] |= begins
            first |= begins if nullable else 0
            last = ends | (last if empty else 0)
            nullable &= empty
        return nullable, first, last


def _union(sets: Iterable[int]) -> int:
    return functools.reduce(int.__or__, sets, 0)


def _members(places: int) -> Iterator[int]:
    while places:
        yield (places & -places).bit_length() - 1
        places &= places - 1


def _deterministic(node: Node, *, absorbing: bool) -> Automaton:
    positions = _Positions(node)
    begin = (positions.first, positions.nullable)
    numbers = {(0, False): 0, begin: 1}
    queue, rows, outs = [begin], [[0] * 10], [0]
    for ahead, accepted in queue:
        outs.append(int(accepted))
        if accepted and absorbing:
            rows.append([numbers[ahead, accepted]] * 10)
            continue
        row = []
        for digit in range(10):
            reached = ahead & positions.reading[digit]
            after = (_union(positions.follow[place] for place in _members(reached)), bool(reached & positions.last))
            if absorbing and after[1]:
                after = (0, True)
            if after not in numbers:
                numbers[after] = len(numbers)
                queue.append(after)
            row.append(numbers[after])
        rows.append(row)
    return Automaton(np.array(rows, np.int32), np.array(outs, np.int64), 1)


def product(parts: Sequence[Automaton], decide: Callable[..., Outs | npt.NDArray[np.bool_]]) -> Automaton:
    """Runs automata side by side.

    Args:
        parts: The automata.
        decide: From what each of them says, as columns, to what their product says: 0 where all say 0.
    """
    states, links = [np.array([[part.start for part in parts]], np.int64)], list[npt.NDArray[np.int64]]()
    while len(links) < LONGEST and states[-1].any():
        reached = np.stack([part.next[column] for part, column in zip(parts, states[-1].T, strict=True)], axis=-1)
        reached = reached.reshape(-1, len(parts))
        first, same = _distinct(reached)
        states.append(reached[first])
        links.append(same.reshape(-1, 10))
    columns = (part.out[column] for part, column in zip(parts, np.concatenate(states).T, strict=True))
    outs = np.asarray(decide(*columns), np.int64)
    return _minimal(np.split(outs, np.cumsum([len(level) for level in states])[:-1]), links)


def _distinct(rows: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns where each distinct row stands first, and for each row which of them it is: rows packed into whole numbers."""
    packed, limit = np.zeros(len(rows), np.int64), 1
    for column, largest in zip(rows.T, rows.max(axis=0).tolist(), strict=True):
        if limit * (largest + 1) >= 1 << 62:
            packed, limit = np.unique(packed, return_inverse=True)[1], len(rows)
        if largest:
            packed, limit = packed * (largest + 1) + column, limit * (largest + 1)
    order = packed.argsort(kind="stable")  # quicker than np.unique where rows are few
    ordered = packed[order]
    new = np.r_[True, ordered[1:] != ordered[:-1]]
    same = np.empty(len(rows), np.int64)
    same[order] = new.cumsum() - 1
    return order[new], same


def _minimal(outs: Sequence[Outs], links: Sequence[npt.NDArray[np.int64]]) -> Automaton:
    """Returns the automaton of levels, the last first: states that say the same and lead to the same are one."""
    known: dict[bytes, int] = {bytes(_ROW): 0}
    ahead = np.zeros((len(outs[-1]), 10), np.int64)
    for level in range(len(outs) - 1, -1, -1):
        rows = np.column_stack([outs[level], ahead])
        text = rows.tobytes()
        pieces = (text[place:place + _ROW] for place in range(0, len(text), _ROW))
        numbers = np.array([known.setdefault(piece, len(known)) for piece in pieces], np.int64)
        if level:
            ahead = numbers[links[level - 1]]
    table = np.frombuffer(b"".join(known), np.int64).reshape(-1, 11)
    return Automaton(table[:, 1:].astype(np.int32), table[:, 0].copy(), int(numbers[0]))


def after(prefix: Alternative, rest: Automaton) -> Automaton:
    """Returns the automaton of numbers that begin with a prefix: what ``rest`` says of all but the prefix, and ``MATCHED``.

    What the prefix keeps (its ``kept`` digits, and ``put`` before them) is read by ``rest`` first.
    """
    first = rest.start
    for digit in prefix.put:
        first = int(rest.next[first, int(digit)])
    shifted = rest.next + np.int32(1)  # the rest's dead state comes after the prefix all the same, and is not this one's
    table = [np.zeros((1, 10), np.int32), shifted * (not prefix.ends)]
    outs = [np.zeros(1, np.int64), rest.out | MATCHED]
    ahead = {state: state + 1 for state in range(len(rest.next))}
    size = len(rest.next) + 1
    for digits, kept in reversed([*zip(prefix.classes, prefix.kept, strict=True)]):
        allowed = np.array([bool(digits >> digit & 1) for digit in range(10)])
        reached = rest.next if kept else np.arange(len(rest.next), dtype=np.int32)[:, None].repeat(10, axis=1)
        to = np.array([ahead[state] for state in range(len(rest.next))], np.int32)
        table.append(np.where(allowed, to[reached], 0))
        outs.append(np.zeros(len(rest.next), np.int64))
        ahead = {state: state + size for state in range(len(rest.next))}
        size += len(rest.next)
    return Automaton(np.concatenate(table).astype(np.int32), np.concatenate(outs), ahead[first])
