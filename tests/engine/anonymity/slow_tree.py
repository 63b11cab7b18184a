"""The slow, obvious Mondrian: on rows, recursive, by the same rule as ``engine.anonymity.loops``."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from engine.anonymity import growth, soil
from engine.anonymity.loops.ground import CLASSES, LOSS, SQUARES, TARGET, Aim


@contextmanager
def large_from(rows: int = 0, classes: int = 0, *, sparse: int = growth.SPARSE) -> Iterator[None]:
    """Makes nodes large with more than so many rows, and so many times k; ``sparse``: with so many positions a tuple."""
    with pytest.MonkeyPatch.context() as patch:
        for bound, value in (("SMALL", rows), ("CLASSES", classes), ("RELATIVE", rows)):
            patch.setattr(soil, bound, value)
        patch.setattr(growth, "SPARSE", sparse)
        yield


@dataclass
class Line:
    """One column: a position per value; where it has a hierarchy, the chain of ancestors and the size of each node."""

    order: list
    chains: dict | None = None
    sizes: list | None = None
    domain: int = 0
    named: bool = False
    scale: list | None = None

    def __post_init__(self) -> None:
        self.position = {value: i for i, value in enumerate(self.order)}
        self.domain = self.domain or len(self.order)

    @classmethod
    def ordered(cls, values: list) -> Line:
        return cls([None] * (None in values) + sorted({v for v in values if v is not None}))

    @classmethod
    def told(cls, values: list) -> Line:
        """Of numbers of which a class publishes one: what a cell loses is its length, squared, by 12 times their variance."""
        line, real = cls.ordered(values), [v for v in values if v is not None] or [0]
        spread = math.sqrt(12 * statistics.pvariance(real)) or 1
        line.scale = [((min(real) if v is None else v) - min(real)) / spread for v in line.order]
        return line

    @classmethod
    def categories(cls, values: list) -> Line:
        count = Counter(values)
        order = sorted(count, key=lambda v: (-count[v], v is not None, v or ""))
        if len(order) > 32:
            order[16:] = sorted(order[16:], key=lambda v: (v is not None, v or ""))
        return cls(order, named=True)

    @classmethod
    def taxonomy(cls, values: list, listed: list[tuple]) -> Line:
        chain = {row[0]: row for row in listed}
        height = len(listed[0])
        weight = [Counter(chain[v][level] for v in values if v is not None) for level in range(height)]
        real = sorted({v for v in values if v is not None}, key=lambda v: [
            (-weight[level][chain[v][level]], chain[v][level]) for level in range(height - 1, -1, -1)])
        special = None in values
        sizes = [Counter(row[level] for row in listed) for level in range(height)]
        sizes[-1]["*"] += special
        for level in range(height - 1):
            sizes[level][None] = 1
        return cls([None] * special + real, {**chain, None: (None,) * (height - 1) + ("*",)}, sizes, len(listed) + special)

    def level(self, low: int, high: int) -> int:
        """The lowest level at which both ends have one ancestor."""
        ends = self.chains[self.order[low]], self.chains[self.order[high]]
        return next(i for i, (a, b) in enumerate(zip(*ends, strict=True)) if a == b)

    def loss(self, low: int, high: int, number: int) -> float:
        if self.scale:
            return (self.scale[high] - self.scale[low]) ** 2
        if self.chains is None:
            return ((number if self.named else high - low + 1) - 1) / max(self.domain - 1, 1)
        level = self.level(low, high)
        return (self.sizes[level][self.chains[self.order[low]][level]] - 1) / max(self.domain - 1, 1)

    def below(self, level: int, node: str) -> tuple[int, int]:
        """The first and last position below a node."""
        under = [i for i, value in enumerate(self.order) if self.chains[value][level] == node]
        return under[0], under[-1]


@dataclass
class Node:
    """Rows, and of each column the lowest and the highest position that cuts send here."""

    rows: list[tuple]
    cell: tuple[tuple[int, int], ...]

    def part(self, rows: list[tuple], **cells: tuple[int, int]) -> Node:
        return Node(rows, tuple(cells.get(f"c{j}", old) for j, old in enumerate(self.cell)))


def rounded(value: float) -> float:
    return math.floor(value * 1e9 + 0.5) / 1e9


@dataclass
class SlowTree:
    """Cuts rows. ``keeps`` says of rows whether they are enough; of at least ``k`` rows it always asks.

    Rows that are not ``released`` are those of a population: cuts part them, too, but they cost nothing.
    """

    lines: list[Line]
    keeps: Callable[[list[tuple]], bool]
    k: int
    aim: Aim
    target: int = 0
    released: Callable[[tuple], bool] = lambda row: True  # noqa: ARG005 - a table without a population

    def size(self, rows: list[tuple]) -> int:
        return sum(map(self.released, rows))

    def at(self, row: tuple, j: int) -> int:
        return self.lines[j].position[row[j]]

    def cost(self, node: Node) -> float:
        loss = 0.0
        for j, line in enumerate(self.lines):
            low, high = node.cell[j]
            number = high - low + 1
            if self.aim.tight:
                held = sorted({self.at(row, j) for row in node.rows})
                low, high, number = held[0], held[-1], len(held)
            loss += line.loss(low, high, number)
        rows = self.size(node.rows)
        if self.aim.goal == LOSS:
            return rows * loss
        if self.aim.goal == TARGET:
            seen = Counter(row[self.target] for row in node.rows if self.released(row)).values()
            return rows * (1 - sum((n / rows) ** 2 for n in seen) + 0.05 * loss / len(self.lines))
        return 1e-7 * rows * loss - 2 - rows // self.k

    def leaf_cost(self, node: Node) -> float:
        """What a leaf adds to what is to become small."""
        return {CLASSES: -1, SQUARES: self.size(node.rows) ** 2}.get(self.aim.goal, self.cost(node))

    def gain(self, node: Node, parts: list[Node]) -> float:
        return rounded(self.cost(node) - sum(map(self.cost, parts)))

    def options(self, node: Node) -> list[tuple[float, list[Node]]]:
        if self.size(node.rows) < 2 * self.k:
            return []
        found = [self.threshold(node, j) for j in range(len(self.lines))]
        trees = [j for j, line in enumerate(self.lines) if line.chains]
        for x in trees:
            found += [self.specialization(node, x, x), self.peel(node, x)]
            found += [self.specialization(node, x, y) for y in trees if x < y]
        return [one for one in found if one is not None and one[0] > 0]

    def threshold(self, node: Node, j: int) -> tuple[float, list[Node]] | None:
        best = None
        held = sorted({self.at(row, j) for row in node.rows})
        for cut, _ in pairwise(held):
            low, high = node.cell[j]
            parts = [node.part([r for r in node.rows if self.at(r, j) <= cut], **{f"c{j}": (low, cut)}),
                     node.part([r for r in node.rows if self.at(r, j) > cut], **{f"c{j}": (cut + 1, high)})]
            if all(self.keeps(part.rows) for part in parts) and (best is None or self.gain(node, parts) > best[0]):
                best = self.gain(node, parts), parts
        return best

    def specialization(self, node: Node, x: int, y: int) -> tuple[float, list[Node]] | None:
        levels = {}
        for j in (x, y):
            held = [self.at(row, j) for row in node.rows]
            levels[j] = self.lines[j].level(min(held), max(held)) - 1
            if levels[j] < 0:
                return None
        groups = defaultdict(list)
        for row in node.rows:
            groups[tuple(self.lines[j].below(levels[j], self.lines[j].chains[row[j]][levels[j]]) for j in (x, y))].append(row)
        keys = sorted(groups)
        alone = [key for key in keys if self.keeps(groups[key])]
        rest = [row for key in keys if key not in alone for row in groups[key]]
        while rest and not self.keeps(rest) and alone:
            smallest = min(alone, key=lambda key: self.size(groups[key]))
            alone.remove(smallest)
            rest += groups[smallest]
        if (rest and not self.keeps(rest)) or len(alone) + bool(rest) < 2:
            return None
        parts = []
        for key in alone:
            ends = zip((x, y), key, strict=True)
            cells = {f"c{j}": (max(first, node.cell[j][0]), min(last, node.cell[j][1])) for j, (first, last) in ends}
            parts.append(node.part(groups[key], **cells))
        parts += [node.part(rest)] if rest else []
        return self.gain(node, parts), parts

    def best(self, options: list[tuple[float, list[Node]]]) -> list[Node]:
        return max(options, key=lambda option: option[0])[1] if options and max(o[0] for o in options) > 1e-9 else []

    def outcome(self, node: Node) -> float:
        parts = self.best(self.options(node))
        return sum(map(self.outcome, parts)) if parts else self.leaf_cost(node)

    def leaves(self, node: Node) -> list[Node]:
        ranked = sorted((o for o in self.options(node) if o[0] > 1e-9), key=lambda option: -option[0])
        chosen, least = [], self.leaf_cost(node) - 1e-9
        for _, parts in ranked[:self.aim.tried]:
            total = rounded(sum(map(self.outcome, parts)))
            if total < least:
                chosen, least = parts, total
        return [leaf for part in chosen for leaf in self.leaves(part)] if chosen else [node]

    def grown(self, rows: list[tuple], *, large: bool = False) -> list[list[tuple]]:
        root = Node(rows, tuple((0, len(line.order) - 1) for line in self.lines))
        return [leaf.rows for leaf in (self.large if large else self.leaves)(root)]

    def large_options(self, node: Node) -> list[tuple[float, list[Node]]]:
        """What a large node is offered: no two hierarchies at once, but the child with most rows apart from all others."""
        found = []
        for j, line in enumerate(self.lines):
            found.append(self.threshold(node, j))
            if line.chains:
                found += [self.specialization(node, j, j), self.peel(node, j)]
        return [one for one in found if one is not None and one[0] > 0]

    def peel(self, node: Node, j: int) -> tuple[float, list[Node]] | None:
        held = [self.at(row, j) for row in node.rows]
        level = self.lines[j].level(min(held), max(held)) - 1
        if level < 0:
            return None
        groups = defaultdict(list)
        for row in node.rows:
            groups[self.lines[j].below(level, self.lines[j].chains[row[j]][level])].append(row)
        stands = [key for key in sorted(groups) if self.keeps(groups[key])]
        if len(stands) < 2 or len(groups) < 3:
            return None
        first, last = most = max(stands, key=lambda key: self.size(groups[key]))
        rest = [row for key in groups if key != most for row in groups[key]]
        if not self.keeps(rest):
            return None
        parts = [node.part(groups[most], **{f"c{j}": (max(first, node.cell[j][0]), min(last, node.cell[j][1]))}), node.part(rest)]
        return self.gain(node, parts), parts

    def large(self, node: Node) -> list[Node]:
        """Leaves of a node that is large, as are all below it: cells decide, one cut ahead, as long as that gains."""
        by_cell = replace(self, aim=replace(self.aim, tight=False))
        parts = by_cell.best(by_cell.large_options(node))
        return [leaf for part in parts for leaf in self.large(part)] if parts else self.leaves(node)
