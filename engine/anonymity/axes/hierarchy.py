"""Axes along a hierarchy: its leaves depth first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity import hierarchies
from engine.anonymity.axes.axis import Finished, Leaves
from engine.anonymity.axes.order import Order, marks
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import comparable, is_ordered
from schemas.policy.hierarchies import Hierarchy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Labels(NamedTuple):
    """Labels of a column's values at one level of its hierarchy, each once.

    Attributes:
        texts: They; None stands for null.
        examples: A value below each.
        counts: Rows of each.
        values: How many different values are below each.
        level: 1 is the finest above the values.
        nan: The text that stands for NaN.
    """

    texts: list[str | None]
    examples: pa.Array
    counts: Ints
    values: Ints
    level: int
    nan: str

    def order(self) -> tuple[Order, Ints]:
        """Returns their examples in order, the positions of all of them, and which are neither null nor NaN, in that order."""
        real = np.array([i for i, text in enumerate(self.texts) if text not in {None, self.nan}], np.int64)
        kept = self.examples.take(pa.array(real))
        if is_ordered(kept.type):
            along = np.argsort(comparable(kept), kind="stable")
        else:
            along = np.array(sorted(range(len(real)), key=lambda i: (-self.counts[real[i]], self.texts[real[i]])), np.int64)
        real = real[along]
        null, nan = None in self.texts, self.nan in self.texts
        place = np.zeros(len(self.texts), np.int64)
        place[real] = np.arange(len(real)) + null + nan
        if nan:
            place[self.texts.index(self.nan)] = int(null)
        missing = int(self.counts[self.texts.index(None)]) if null else 0
        return Order(kept.type, kept.take(pa.array(along)), self.counts[real], missing, nan, place), real


def taxonomy(name: str, order: Order, hierarchy: Hierarchy, counts: Ints) -> Taxonomy:
    """Returns the axis of a column along its hierarchy: values under one node stand together, the nodes with most rows first."""
    where = f"columns.{name}.hierarchy"
    chains = [hierarchies.as_text(order.values), *hierarchies.ancestors(order.values, hierarchy, where=where)]
    texts = [chain.to_pylist() for chain in chains]
    listed = hierarchies.paths(hierarchy, where)
    sizes = [_counts(level) for level in (zip(*listed, strict=True) if listed else texts)]
    return Taxonomy(name, order, hierarchy, counts, _depth_first(order, texts, sizes))


def taxonomy_of_labels(name: str, labels: Labels, hierarchy: Hierarchy) -> Taxonomy:
    """Returns the axis of a column of which positions are labels, not values: its hierarchy begins with their level."""
    where, (order, real) = f"columns.{name}.hierarchy", labels.order()
    above = hierarchies.ancestors(order.values, hierarchy, where=where)[labels.level:]
    texts = [[str(labels.texts[i]) for i in real], *(chain.to_pylist() for chain in above)]
    listed = hierarchies.paths(hierarchy, where)
    sizes = [_counts(level) for level in zip(*listed, strict=True)][labels.level:] if listed else [
        _counts(level, labels.values[real].tolist()) for level in texts]
    return Taxonomy(name, order, hierarchy, labels.counts, _depth_first(order, texts, sizes), lowest=labels.level)


class _Levels(NamedTuple):
    """Labels of values, level by level and depth first; how many values each label has below it; and the order they are in."""

    chains: list[list[str]]
    sizes: list[dict[str, int]]
    depth_first: Ints


def _depth_first(order: Order, chains: Sequence[list[str]], sizes: list[dict[str, int]]) -> _Levels:
    rank = np.zeros((len(chains), len(order.values)), np.int64)
    natural = is_ordered(order.type)
    for level, labels in enumerate(chains):
        rows: dict[str, int] = {}
        for label, weight in zip(labels, order.weights.tolist(), strict=True):
            rows[label] = rows.get(label, 0) + weight
        ranked = list(rows) if natural else sorted(rows, key=lambda label: (-rows[label], label))
        place = {label: i for i, label in enumerate(ranked)}
        rank[level] = [place[label] for label in labels]
    depth_first = np.lexsort(tuple(rank)) if len(order.values) else np.zeros(0, np.int64)
    return _Levels([[labels[i] for i in depth_first] for labels in chains], sizes, depth_first)


class Taxonomy:
    """Satisfies ``engine.anonymity.axes.Axis``."""

    counted = False

    def __init__(self, name: str, order: Order, hierarchy: Hierarchy, counts: Ints, levels: _Levels, *, lowest: int = 0) -> None:
        chains, sizes, depth_first = levels
        self.special = special = order.special
        self.name, self._order, self._hierarchy, self._chains, self._lowest = name, order, hierarchy, chains, lowest
        self.extent = order.size
        place = np.arange(self.extent)
        place[special + depth_first] = np.arange(len(depth_first)) + special
        self.positions = place[order.positions]
        self._top = len(sizes) - 1
        self._domain = special + (sum(sizes[0].values()) if sizes else 0)
        self.nodes = np.zeros((len(chains), self.extent), np.int64)
        self._sizes: list[Ints] = []
        for level, labels in enumerate(chains):
            below_top = level < self._top
            keys: list[Any] = [*range(special * below_top), *labels] if below_top else [""] * self.extent
            ids: dict[Any, int] = {}
            self.nodes[level] = [ids.setdefault(key, len(ids)) for key in keys]
            self._sizes.append(np.array([sizes[level].get(key, 1) if below_top else self._domain for key in ids], np.int64))
        self.shares: Sequence[Floats] = [(size - 1) / max(self._domain - 1, 1) for size in self._sizes]
        self.scale: Floats = np.zeros(0)
        self.marks = marks(self.positions, counts, self.extent)

    def _level(self, low: Ints, high: Ints) -> Ints:
        """Returns the lowest level at which both ends are under one node."""
        return np.asarray((self.nodes[:, low] == self.nodes[:, high]).argmax(axis=0))

    def loss(self, low: Ints, high: Ints) -> Floats:
        """See ``engine.anonymity.axes.Axis``."""
        level, loss = self._level(low, high), np.zeros(len(low))
        for height, shares in enumerate(self.shares):
            here = level == height
            loss[here] = shares[self.nodes[height, low[here]]]
        return loss

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:
        """See ``engine.anonymity.axes.Axis``."""
        return np.searchsorted(self.nodes[level], nodes), np.searchsorted(self.nodes[level], nodes, side="right") - 1

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """See ``engine.anonymity.axes.Axis``."""
        order, special, top = self._order, self._order.special, self._top
        points, levels, sizes = ["*"], [top + self._lowest], [self._domain]
        if order.null:
            points, levels, sizes = [*points, "null"], [*levels, -1], [*sizes, 1]
        if order.nan:
            points, levels, sizes = [*points, "NaN"], [*levels, -2], [*sizes, 1]
        code = np.zeros((top + 1, self.extent), np.int64)
        code[:top, :special] = np.arange(1, special + 1)
        for position in range(special, self.extent):
            for level in range(top - 1, -1, -1):
                fresh = position == special or self.nodes[level, position] != self.nodes[level, position - 1]
                if fresh:
                    points.append(self._chains[level][position - special])
                    levels.append(level + self._lowest)
                    sizes.append(int(self._sizes[level][self.nodes[level, position]]))
                code[level, position] = len(points) - 1 if fresh else code[level, position - 1]
        coding = TaxonomyCoding(
            self.name, str(order.type), self._domain, order.size, tuple(points), tuple(sizes), tuple(levels), _last(levels),
            json.dumps(self._hierarchy.model_dump(mode="json", exclude_none=True), sort_keys=True, ensure_ascii=False))
        low, high = leaves.low, leaves.high
        if leaves.tight:
            low, high = leaves.held[leaves.starts[:-1]], leaves.held[leaves.starts[1:] - 1]
        boxes, box = np.unique(code[self._level(low, high), low], return_inverse=True)
        return Finished(coding, code[0, cuts], tuple((node,) for node in boxes.tolist()), box)


def _last(levels: list[int]) -> tuple[int, ...]:
    last = list(range(len(levels)))
    open_: list[int] = []
    for code, level in enumerate(levels):
        while open_ and levels[open_[-1]] <= max(level, 0):
            last[open_.pop()] = code - 1
        open_.append(code)
    for code in open_:
        last[code] = len(levels) - 1
    return tuple(last)


def _counts(labels: Iterable[str], each: Iterable[int] | None = None) -> dict[str, int]:
    found: dict[str, int] = {}
    for label, number in zip(labels, each or repeat(1)):  # noqa: B905 - one of them has no end
        found[label] = found.get(label, 0) + number
    return found
