"""Strict multidimensional Mondrian on a count table (LeFevre, DeWitt, Ramakrishnan, ICDE 2006).

Differences from the paper: every position of every column is tried, not the median of one; of the most
promising cuts the one is taken whose parts can be cut best in turn; hierarchies may also be specialized into
several children at once. Every cut keeps k, l and t in all its parts, by exact counts. What is decided in a
node depends on the tuples in it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.assemble import Split, assemble
from engine.anonymity.axes import axis
from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.cuts import DIGITS, IMPOSSIBLE, Items, Option, Profile, first_best, options
from engine.anonymity.possible import refuse_impossible
from engine.anonymity.tree import Tree
from schemas.policy import Column, Guarantees
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LOOKAHEAD = 4
"""Cuts of a node that are judged by what their parts can gain in turn."""

_NO_GAIN = 1e-9
_PART = 1 << 31


def build_tree(cube: Cube, columns: Mapping[str, Column], guarantees: Guarantees) -> Tree:
    """Fits the recoding that meets ``guarantees`` on ``cube`` and, among those that cuts reach, loses little.

    The same cube in any order of rows gives the same tree. Loss is the weighted mean over columns and rows of
    (s-1)/(D-1), a suppressed row counting 1; rows are suppressed only where that lowers the loss, and never
    more than ``guarantees.suppression`` of them.

    Args:
        cube: Counts of the table.
        columns: The policy's record of each quasi-identifier: hierarchy and weight.
        guarantees: k, l, t and the suppression budget.

    Raises:
        GuaranteeNotMet: If even the whole table as one class breaks a guarantee.
        PolicyError: If a column's type, hierarchy or name does not allow generalization.
    """
    counts = np.asarray(cube.table[COUNT]).astype(np.int64)
    axes = [axis(name, cube.table[name], counts, columns[name]) for name in cube.quasi]
    weights = np.array([columns[name].weight for name in cube.quasi])
    budget = int(guarantees.suppression * cube.rows + _NO_GAIN)
    refuse_impossible(cube, guarantees)
    items = Items(np.stack([a.positions for a in axes], axis=1), counts, np.zeros(len(counts), np.int64),
                  Claims.of(cube, guarantees), axes, weights)
    relative = bool(guarantees.t or guarantees.beta or guarantees.delta)
    best = _Growth(items).run(0 if relative else budget)
    if budget and relative:
        best = min(best, _with_suppression(items, cube, guarantees, budget), key=lambda growth: growth.loss)
    return assemble(cube.quasi, axes, items.positions, best.splits, best.leaves)


def _with_suppression(items: Items, cube: Cube, guarantees: Guarantees, budget: int) -> _Growth:
    """Fits with a budget. Suppressed rows move t's reference by at most their share, so that is taken off t."""
    return _Growth(replace(items, claims=Claims.of(cube, guarantees, margin=budget / cube.rows))).run(budget)


@dataclass
class _Growth:
    """A tree under construction. Node 0 is the root; ids are given in the order in which nodes are opened."""

    items: Items
    splits: dict[int, Split] = field(default_factory=dict)
    leaves: dict[int, Ints] = field(default_factory=dict)
    suppressed: int = 0
    nodes: int = 1

    def run(self, budget: int) -> _Growth:
        """Cuts until nothing gains; then suppresses within ``budget`` and goes on with what is left."""
        everything = np.arange(len(self.items.rows))
        self._grow(everything, np.zeros(1, np.int64), self.items.segment)
        while self.suppressed < budget:
            fresh = self._suppress(budget - self.suppressed)
            if not fresh:
                break
            self._grow(*self._gather(fresh))
        return self

    @property
    def loss(self) -> float:
        """Weighted loss, summed over rows and columns; suppressed rows at full weight."""
        index, _, segment = self._gather(sorted(self.leaves))
        kept = self.items.take(index, segment)
        return float(kept.size() @ kept.loss(*kept.boxes()) + self.suppressed * self.items.weights.sum())

    def _gather(self, nodes: list[int]) -> tuple[Ints, Ints, Ints]:
        held = [self.leaves[node] for node in nodes]
        return np.concatenate(held), np.array(nodes, np.int64), np.repeat(np.arange(len(held)), [len(index) for index in held])

    def _grow(self, index: Ints, nodes: Ints, segment: Ints) -> None:
        """Cuts open nodes level by level. ``index`` are tuples, ``segment`` their place in ``nodes``."""
        while len(index):
            choice = _choose(self.items.take(index, segment))
            starts = np.flatnonzero(np.append(True, segment[1:] != segment[:-1]))
            ends = np.append(starts[1:], len(segment))
            for place in np.flatnonzero(choice.column < 0):
                self.leaves[int(nodes[place])] = index[starts[place]:ends[place]]
            cut = np.flatnonzero(choice.column[segment] >= 0)
            part = segment[cut] * _PART + choice.branch[cut]
            order = np.argsort(part, kind="stable")
            index, part = index[cut[order]], part[order]
            keys, segment = np.unique(part, return_inverse=True)
            fresh = np.arange(len(keys)) + self.nodes
            self._record(nodes, choice, self.items.take(index, segment), keys // _PART, fresh)
            nodes, self.nodes = fresh, self.nodes + len(keys)

    def _record(self, nodes: Ints, choice: _Choice, parts: Items, parent: Ints, fresh: Ints) -> None:
        """Stores the split of each node that was cut: which runs of positions go to which of its parts."""
        column = choice.column[parent][parts.segment]
        position = parts.positions[np.arange(len(column)), column]
        order = np.lexsort((position, parent[parts.segment]))
        part = parts.segment[order]
        of, position = parent[part], position[order]
        last = np.append((part[1:] != part[:-1]) | (of[1:] != of[:-1]), True) if len(of) else np.zeros(0, bool)
        runs: dict[int, list[tuple[int, int]]] = {}
        for place, bound, child in zip(of[last].tolist(), position[last].tolist(), fresh[part[last]].tolist(), strict=True):
            runs.setdefault(place, []).append((bound, child))
        for place, pieces in runs.items():
            self.splits[int(nodes[place])] = Split(int(choice.column[place]), tuple(pieces))

    def _suppress(self, budget: int) -> list[int]:
        """Cuts leaves into a part that holds and one that is suppressed, best gain per row first; returns the former."""
        index, nodes, segment = self._gather(sorted(self.leaves))
        items = self.items.take(index, segment)
        gain, rows, axis_, position, below = _peels(items, budget)
        order = np.lexsort((np.arange(len(gain)), -np.round(gain / np.maximum(rows, 1), DIGITS)))
        fresh = []
        for place in order[gain[order] > _NO_GAIN].tolist():
            if rows[place] > budget:
                continue
            budget -= int(rows[place])
            self.suppressed += int(rows[place])
            held = self.leaves.pop(int(nodes[place]))
            along = self.items.positions[held, axis_[place]]
            keep = along > position[place] if below[place] else along <= position[place]
            child, self.nodes = self.nodes, self.nodes + 1
            low, high = (None, child) if below[place] else (child, None)
            runs = ((int(position[place]), low), (int(along.max()), high))
            self.splits[int(nodes[place])] = Split(int(axis_[place]), runs)
            self.leaves[child] = held[keep]
            fresh.append(child)
        return fresh


@dataclass(frozen=True)
class _Choice:
    """Per segment the column to cut, -1 for none; per tuple the part it goes to."""

    column: Ints
    branch: Ints


def _choose(items: Items) -> _Choice:
    """Returns, per segment, the cut with the largest worth of its own and of the best cut of each part after it."""
    found = list(options(items))
    worth = np.stack([option.worth for option in found], axis=1)
    ranked = np.argsort(-worth, axis=1, kind="stable")[:, :LOOKAHEAD]
    total = np.full(worth.shape, IMPOSSIBLE)
    here = np.arange(items.segments)
    for rank in range(ranked.shape[1]):
        choice = ranked[:, rank]
        possible = worth[here, choice] > IMPOSSIBLE
        total[here, choice] = np.where(possible, worth[here, choice] + _next_worth(items, found, choice, possible), IMPOSSIBLE)
    chosen = np.round(total, DIGITS).argmax(axis=1)
    column = np.array([option.axis for option in found])[chosen]
    column[total[here, chosen] <= _NO_GAIN] = -1
    return _Choice(column, _branch(items, found, chosen))


def _branch(items: Items, found: list[Option], choice: Ints) -> Ints:
    branch = np.zeros(len(items.segment), np.int64)
    of = choice[items.segment]
    for number, option in enumerate(found):
        branch = np.where(of == number, option.branch, branch)
    return branch


def _next_worth(items: Items, found: list[Option], choice: Ints, possible: npt.NDArray[np.bool_]) -> Floats:
    """Returns, per segment, the sum of the best worths of the parts that ``choice`` would leave."""
    index = np.flatnonzero(possible[items.segment])
    gained = np.zeros(items.segments)
    if not len(index):
        return gained
    part = items.segment[index] * _PART + _branch(items, found, choice)[index]
    keys, place = np.unique(part, return_inverse=True)
    large = np.bincount(place, items.rows[index])[place] >= 2 * items.claims.k
    index, part = index[large], part[large]
    if not len(index):
        return gained
    order = np.argsort(part, kind="stable")
    keys, segment = np.unique(part[order], return_inverse=True)
    best = np.max([option.worth for option in options(items.take(index[order], segment))], axis=0)
    np.add.at(gained, keys // _PART, np.maximum(best, 0))
    return gained


def _peels(items: Items, budget: int) -> tuple[Floats, Ints, Ints, Ints, npt.NDArray[np.bool_]]:
    """Returns, per segment, the best cut that suppresses one side: gain, rows, axis, position, whether the lower side goes."""
    whole = items.loss(*items.boxes())
    full = float(items.weights.sum())
    gain, rows = np.zeros(items.segments), np.zeros(items.segments, np.int64)
    axis_, position = np.zeros(items.segments, np.int64), np.zeros(items.segments, np.int64)
    below = np.zeros(items.segments, bool)
    for j in range(len(items.axes)):
        cut = Profile.of(items, j)
        for lower in (True, False):
            kept, lost = (cut.right_rows, cut.left_rows) if lower else (cut.left_rows, cut.right_rows)
            loss, holds = (cut.right_loss, cut.right_holds) if lower else (cut.left_loss, cut.left_holds)
            at = np.flatnonzero(holds & (lost > 0) & (lost <= budget))
            if not len(at):
                continue
            of = cut.segment[at]
            value: Floats = (kept[at] + lost[at]) * whole[of] - kept[at] * loss[at] - lost[at] * full
            first, best = first_best(of, np.asarray(np.round(value, DIGITS)))
            better = best > gain[of[first]]
            segment, pick = of[first][better], at[first][better]
            gain[segment], rows[segment], axis_[segment] = best[better], lost[pick], j
            position[segment], below[segment] = cut.position[pick], lower
    return gain, rows, axis_, position, below
