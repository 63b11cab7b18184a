"""Axes along a hierarchy: its leaves depth first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

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


def taxonomy(name: str, order: Order, hierarchy: Hierarchy, counts: Ints) -> Taxonomy:
    """Returns the axis of a column along its hierarchy: values under one node stand together, the nodes with most rows first."""
    where = f"columns.{name}.hierarchy"
    chains = [hierarchies.as_text(order.values), *hierarchies.ancestors(order.values, hierarchy, where=where)]
    chains = [chain.to_pylist() for chain in chains]
    listed = hierarchies.paths(hierarchy, where)
    sizes = [_counts(level) for level in (zip(*listed, strict=True) if listed else chains)]
    return _depth_first(name, order, hierarchy, counts, chains, sizes)


def of_labels(name: str, labels: pa.Array, examples: pa.Array, counts: Ints, values: Ints, hierarchy: Hierarchy, level: int,
              nan: str) -> Taxonomy:
    """Returns the axis of a column of which positions are labels at one level of its hierarchy.

    Args:
        name: The column.
        labels: Each once; null stands for null.
        examples: A value below each label.
        counts: Rows of each.
        values: Different values below each.
        hierarchy: The policy's.
        level: Which one.
        nan: The label that stands for NaN.
    """
    where = f"columns.{name}.hierarchy"
    texts = labels.to_pylist()
    real = np.array([i for i, text in enumerate(texts) if text not in {None, nan}], np.int64)
    kept = examples.take(pa.array(real))
    natural = is_ordered(kept.type)
    along = np.argsort(comparable(kept), kind="stable") if natural else np.array(
        sorted(range(len(real)), key=lambda i: (-counts[real[i]], texts[real[i]])), np.int64)
    real, kept = real[along], kept.take(pa.array(along))
    null, is_nan = [texts.index(one) if one in texts else None for one in (None, nan)]
    place = np.zeros(len(texts), np.int64)
    special = (null is not None) + (is_nan is not None)
    place[real] = np.arange(len(real)) + special
    if is_nan is not None:
        place[is_nan] = special - 1
    order = Order(kept.type, kept, counts[real], 0 if null is None else int(counts[null]), is_nan is not None, place)
    chains = [[texts[i] for i in real], *(chain.to_pylist() for chain in hierarchies.ancestors(kept, hierarchy, where=where)[level:])]
    listed = hierarchies.paths(hierarchy, where)
    sizes = [_counts(labels) for labels in zip(*listed, strict=True)][level:] if listed else [
        _counts(labels, values[real].tolist()) for labels in chains]
    return _depth_first(name, order, hierarchy, counts, chains, sizes, level)


def _depth_first(name: str, order: Order, hierarchy: Hierarchy, counts: Ints, chains: Sequence[list[str]],
                 sizes: list[dict[str, int]], lowest: int = 0) -> Taxonomy:
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
                    sizes=sizes, depth_first=depth_first, lowest=lowest)


class Taxonomy:
    """Satisfies ``engine.anonymity.axes.Axis``."""

    counted = False

    def __init__(self, name: str, order: Order, hierarchy: Hierarchy, counts: Ints, *, chains: list[list[str]],
                 sizes: list[dict[str, int]], depth_first: Ints, lowest: int = 0) -> None:
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
