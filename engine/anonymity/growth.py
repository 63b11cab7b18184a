"""A tree that grows: large nodes from counts, small ones by compiled loops, then what may be left out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.anonymity.assemble import Grown, Split
from engine.anonymity.large import NOWHERE, Counts, Large, countable, runs_of
from engine.anonymity.loops import counting, small
from engine.anonymity.loops.nodes import THRESHOLD
from engine.anonymity.loops.peeling import peels
from engine.anonymity.soil import Soil
from engine.errors import GuaranteeNotMet

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SPARSE = 2
"""Where a node has so many positions a tuple, along an axis, it is counted by putting them in order, else by position."""

CHUNKS = 16
"""Into so many parts small nodes are divided, for as many threads as there are cores."""


@dataclass
class Node:
    """Some tuples, and the cell that cuts send there."""

    number: int
    index: Ints
    low: Ints
    high: Ints


class Growth:
    """One tree, from the root to its leaves."""

    def __init__(self, soil: Soil) -> None:
        self._soil = soil
        self._large = Large(soil.axes, soil.weights, soil.claims.k, soil.claims.every, soil.aim.goal)
        self._suppressed, self._price = 0, soil.suppressed
        self._counts_values = bool(soil.claims.models) or soil.claims.beside is not None or soil.aim.target is not None
        self.grown = Grown.of_root(len(soil.axes))

    @property
    def cost(self) -> float:
        """What the leaves and the suppressed rows cost."""
        return float(self.peels(0)[2].sum() + self._suppressed * self._soil.suppressed)

    def grow(self, parts: Sequence[tuple[Ints, Ints, Ints]]) -> None:
        """Cuts nodes 0, 1, … until nothing gains; each is given by its tuples and where its cell begins and ends."""
        self.grown.nodes = len(parts)
        self._grow([Node(number, index, low, high) for number, (index, low, high) in enumerate(parts)])

    def run(self, budget: int) -> Growth:
        """Cuts until nothing gains; then suppresses within ``budget`` and goes on with what is left.

        Raises:
            GuaranteeNotMet: If columns that may not be generalized any further leave more rows in classes too small.
        """
        self._grow(self._apart(budget))
        self._give_up(budget)
        return self

    def _give_up(self, budget: int) -> None:
        while self._suppressed < budget and (kept := self._suppress(budget - self._suppressed)):
            self._grow(kept)

    def _apart(self, budget: int) -> list[Node]:
        """Returns where to begin: the root, or each combination of what columns may not lose; too small ones are suppressed."""
        ends = np.array([axis.extent - 1 for axis in self._soil.axes])
        nodes = [Node(0, np.arange(len(self._soil.rows)), np.zeros_like(ends), ends)]
        limited = [(j, level) for j, level in enumerate(self._soil.coarsest) if level is not None]
        for j, level in limited:
            nodes = [part for node in nodes for part in self._by_level(node, j, level, last=(j, level) == limited[-1])]
        if self._suppressed > budget or not nodes:
            raise too_small(self._suppressed, int(self._soil.rows.sum()))
        return nodes

    def _by_level(self, node: Node, j: int, level: int, *, last: bool) -> list[Node]:
        axis, along = self._soil.axes[j], self._soil.positions[node.index, j]
        over = axis.nodes[level, along] if len(axis.nodes) else along
        parts, runs, groups = [], [], np.unique(over)
        for group in groups:
            index = node.index[over == group]
            if last and not self._soil.keeps(index):
                self._suppressed += int(self._soil.rows[index].sum())
                continue
            part = Node(self._new(1) if len(groups) > 1 else node.number, index, node.low.copy(), node.high.copy())
            first, end = axis.below(level, np.array([group])) if len(axis.nodes) else ([group], [group])
            part.low[j], part.high[j] = first[0], end[0]
            runs.append((int(first[0]), int(end[0]), part.number))
            parts.append(part)
        if parts and len(groups) > 1:  # a node that is neither cut nor a leaf is suppressed
            self.grown.splits[node.number] = Split(j, runs_of(runs, NOWHERE, axis.extent))
        return parts

    def _grow(self, nodes: Iterable[Node]) -> None:
        open_, ready = list(nodes), []
        while open_:
            node = open_.pop()
            parts = self._divided(node) if counting.total(self._soil.rows, node.index) > self._soil.small else []
            open_ += reversed(parts)
            ready += [] if parts else [node]
        chunks = _chunks(ready)
        with ThreadPoolExecutor(min(len(chunks), os.cpu_count() or 1)) as pool:
            for chunk, found in zip(chunks, pool.map(self._leaves_of, chunks), strict=True):
                self._add([node.number for node in chunk], found)

    def _leaves_of(self, nodes: Sequence[Node]) -> small.Grown:
        bounds = np.cumsum([0, *(len(node.index) for node in nodes)])
        index = np.concatenate([node.index for node in nodes])
        beside = self._soil.ground._replace(items=self._soil.ground.items[index])  # what a node holds lies side by side
        found = small.grown(beside, np.arange(len(index)), bounds, np.stack([node.low for node in nodes]),
                            np.stack([node.high for node in nodes]))
        return found._replace(tuples=index[found.tuples])

    def _divided(self, node: Node) -> list[Node]:
        """Cuts a large node; none where it cannot be cut."""
        cut = self._large.cut(self._counted(node), node.low, node.high)
        if cut is None:
            return []
        first = self.grown.split(node.number, cut)
        ends = np.array([last for last, _ in cut.runs])
        part = np.array([part for _, part in cut.runs])[np.searchsorted(ends, self._soil.positions[node.index, cut.axis])]
        index, starts = counting.divided(node.index, part, len(cut.cells))
        parts = []
        for number, (low, high) in enumerate(cut.cells):
            child = Node(first + number, index[starts[number]:starts[number + 1]], node.low.copy(), node.high.copy())
            child.low[cut.axis], child.high[cut.axis] = low, high
            parts.append(child)
        return parts

    def _counted(self, node: Node) -> list[Counts]:
        """Returns the counts of a large node, axis by axis."""
        spans = node.high - node.low + 1
        starts = np.cumsum([0, *np.where(spans <= SPARSE * len(node.index), spans, 0)])
        sums = counting.counted(self._soil.positions, self._soil.rows, node.index, node.low, starts)
        return [self._along(node, j, sums[:, begin:end]) for j, (begin, end) in enumerate(pairwise(starts.tolist()))]

    def _along(self, node: Node, j: int, sums: Ints) -> Counts:
        """Returns the counts of a large node along an axis; ``sums`` are its tuples and rows by position, or empty."""
        soil = self._soil
        if sums.shape[1]:
            seen = sums[counting.TUPLES] > 0
            position, rows = np.flatnonzero(seen) + node.low[j], sums[counting.ROWS, seen]
            if not self._counts_values:
                return Counts(position, rows, (), None)
            place = (np.cumsum(seen) - 1)[soil.positions[node.index, j] - node.low[j]]
        else:
            position, place = np.unique(soil.positions[node.index, j], return_inverse=True)
            rows = np.bincount(place, soil.rows[node.index], len(position)).astype(np.int64)
        values, target = self._by_value(node, place, len(position)) if self._counts_values else ((), None)
        return Counts(position, rows, values, target)

    def _by_value(self, node: Node, place: Ints, positions: int) -> tuple[tuple[Ints, ...], Ints | None]:
        """Returns what of each claim, and of the target, is counted by the positions that some tuple of a node has.

        Args:
            node: It.
            place: Which of these positions each of its tuples has.
            positions: How many there are.
        """
        soil, claims = self._soil, self._soil.claims.at(node.index)
        rows = soil.rows[node.index]
        there = rows > 0

        def by_value(code: Ints, number: int) -> Ints:
            cells = np.bincount(place * number + code, rows, positions * number)
            return cells.astype(np.int64).reshape(-1, number)

        values = [by_value(claim.codes, len(claim.model.table)) if countable(claim.model)
                  else _different(place[there], claim.codes[there], positions) for claim in claims.models]
        if claims.beside is not None:
            values += [claims.beside.counts(place, positions, rows)] * len(claims.beside.models)
        target = soil.aim.target
        return tuple(values), None if target is None else by_value(target[node.index], int(target.max()) + 1)

    def _new(self, number: int) -> int:
        first, self.grown.nodes = self.grown.nodes, self.grown.nodes + number
        return first

    def _add(self, roots: Sequence[int], found: small.Grown) -> None:
        """Adds what grew from some nodes. There they have the numbers 0, 1, …, and what they were cut into those after these."""
        grown, made = self.grown, int(found.cut[:, 6].sum())
        number = np.concatenate([np.array(roots, np.int64), self._new(made) + np.arange(made)])
        plain = found.cut[:, 2] == THRESHOLD
        node, axis, _, _, position, child, *_ = found.cut[plain].T
        fresh = np.stack([number[node], axis, position, number[child], number[child + 1]], axis=1)
        grown.thresholds = np.concatenate([grown.thresholds, fresh])
        self._specialize(found, number, found.cut[~plain])
        grown.leaf = np.concatenate([grown.leaf, number[found.leaf[:, 0]]])
        grown.index = np.concatenate([grown.index, found.tuples])
        grown.starts = np.concatenate([grown.starts, grown.starts[-1] + found.leaf[:, 2]])
        grown.cell = np.concatenate([grown.cell, found.cell], axis=1)

    def _specialize(self, found: small.Grown, number: Ints, cuts: Ints) -> None:
        above = {int(child): (int(x), int(y)) for child, x, y in found.above}
        for node, x, y, level_x, level_y, first, children, rest in cuts.tolist():
            left = int(number[first + children - 1]) if rest else NOWHERE
            alone = [(*above[first + part], int(number[first + part])) for part in range(children - rest)]
            pieces = [(a, child) for a, _, child in alone]
            if x != y:
                inner = {a: self._new(1) for a in sorted({a for a, _, _ in alone})}
                for a, split in inner.items():
                    here = [(b, child) for over, b, child in alone if over == a]
                    self.grown.splits[split] = Split(y, self._runs(y, level_y, here, left))
                pieces = list(inner.items())
            self.grown.splits[int(number[node])] = Split(x, self._runs(x, level_x, pieces, left))

    def _runs(self, j: int, level: int, parts: Sequence[tuple[int, int]], rest: int) -> tuple[tuple[int, int], ...]:
        first, last = self._soil.axes[j].below(level, np.array([node for node, _ in parts]))
        placed = zip(first.tolist(), last.tolist(), (child for _, child in parts), strict=True)
        return runs_of(sorted(placed), rest, self._soil.axes[j].extent)

    def peels(self, budget: int) -> tuple[Floats, Ints, Floats]:
        """Returns what each leaf may leave out, and its cost: see ``engine.anonymity.loops.peeling``."""
        grown = self.grown
        leaf = np.stack([grown.starts[:-1], grown.starts[1:]], axis=1)
        return peels(self._soil.ground, grown.index, leaf, grown.cell, budget, self._price)

    def _suppress(self, budget: int) -> list[Node]:
        """Cuts leaves into a part that holds and one that is suppressed, best gain per row first; returns the former."""
        grown = self.grown
        gain, what, _ = self.peels(budget)
        gone, kept = np.zeros(len(gain), bool), []
        for leaf in taken(gain, what[:, 0], budget):
            rows, j, position, lower = what[leaf].tolist()
            self._suppressed, gone[leaf] = self._suppressed + rows, True
            index = grown.index[grown.starts[leaf]:grown.starts[leaf + 1]]
            low, high = grown.cell[:, leaf].astype(np.int64)
            if lower:
                low[j] = position + 1
            else:
                high[j] = position
            held = self._soil.positions[index, j] > position
            child = self._new(1)
            fresh = (int(grown.leaf[leaf]), j, position, *((NOWHERE, child) if lower else (child, NOWHERE)))
            grown.thresholds = np.concatenate([grown.thresholds, np.array([fresh])])
            kept.append(Node(child, index[held if lower else ~held], low, high))
        self._forget(gone)
        return kept

    def _forget(self, gone: npt.NDArray[np.bool_]) -> None:
        """Takes leaves away."""
        grown, sizes = self.grown, np.diff(self.grown.starts)
        grown.index = grown.index[np.repeat(~gone, sizes)]
        grown.leaf, grown.cell = grown.leaf[~gone], grown.cell[:, ~gone]
        grown.starts = np.cumsum(np.concatenate([[0], sizes[~gone]]))


def too_small(lost: int, rows: int) -> GuaranteeNotMet:
    """Returns the error of columns with ``coarsest`` by which ``lost`` of ``rows`` are in classes that break a claim."""
    return GuaranteeNotMet(
        f"{lost:,} of {rows:,} rows are in classes too small by the columns that may not lose more",
        where="columns with coarsest", allowed=f"guarantees.suppression of at least {lost / rows:.2%}",
        next="allow these columns coarser levels, or more suppression")


def taken(gain: Floats, rows: Ints, budget: int) -> list[int]:
    """Returns the leaves that may leave rows out, those that gain most by each of them first."""
    order = np.lexsort((np.arange(len(gain)), -np.round(gain / np.maximum(rows, 1), 9)))
    found = []
    for leaf in order[gain[order] > 0].tolist():
        if rows[leaf] <= budget:
            budget -= int(rows[leaf])
            found.append(leaf)
    return found


def _chunks(nodes: Sequence[Node]) -> list[list[Node]]:
    """Returns the nodes in their order, in parts of about equal size."""
    ends = np.cumsum([len(node.index) for node in nodes])
    part = (ends - 1) * CHUNKS // max(int(ends[-1]) if len(ends) else 1, 1)
    return [[node for node, of in zip(nodes, part, strict=True) if of == number] for number in np.unique(part)]


def _different(place: Ints, code: Ints, positions: int) -> Ints:
    """Returns how many different values stand up to each position, and how many above it."""
    distinct, value = np.unique(code, return_inverse=True)
    first, last = np.full(len(distinct), positions), np.full(len(distinct), -1)
    np.minimum.at(first, value, place)
    np.maximum.at(last, value, place)
    up_to = np.cumsum(np.bincount(first, minlength=positions))
    return np.stack([up_to, len(distinct) - np.cumsum(np.bincount(last, minlength=positions))], axis=1)
