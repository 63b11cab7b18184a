"""Axes along a hierarchy: its leaves depth first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.anonymity import hierarchies
from engine.anonymity.axes.axis import Finished, Leaves
from engine.anonymity.axes.order import Order, marks
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import is_ordered
from schemas.policy.hierarchies import Hierarchy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def taxonomy(name: str, order: Order, hierarchy: Hierarchy, counts: Ints) -> Taxonomy:
    """Returns the axis of a column along its hierarchy: values under one node stand together, the nodes with most rows first."""
    where = f"columns.{name}.hierarchy"
    chains = [hierarchies.as_text(order.values), *hierarchies.ancestors(order.values, hierarchy, where=where)]
    chains = [chain.to_pylist() for chain in chains]
    listed = hierarchies.paths(hierarchy, where)
    sizes = [_counts(level) for level in (zip(*listed, strict=True) if listed else chains)]
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
    return Taxonomy(name, order, hierarchy, counts, chains=[[labels[i] for i in depth_first] for labels in chains],
                    sizes=sizes, depth_first=depth_first)


class Taxonomy:
    """Satisfies ``engine.anonymity.axes.Axis``."""

    counted = False

    def __init__(self, name: str, order: Order, hierarchy: Hierarchy, counts: Ints, *, chains: list[list[str]],
                 sizes: list[dict[str, int]], depth_first: Ints) -> None:
        special = order.special
        self.name, self._order, self._hierarchy, self._chains = name, order, hierarchy, chains
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
        points, levels, sizes = ["*"], [top], [self._domain]
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
                    levels.append(level)
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


def _counts(labels: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for label in labels:
        found[label] = found.get(label, 0) + 1
    return found
