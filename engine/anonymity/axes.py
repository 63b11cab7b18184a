"""Axes: the columns of a cube while a tree is being fitted.

An axis gives every value of a column a position in one order: null, NaN, then numbers and dates by size, or
the leaves of a hierarchy depth first; categories, null among them, by falling frequency. A cut is a position
in that order, and the loss of a box follows from the lowest and the highest position it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.coding import Box, Coding, IntervalCoding, SetCoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import comparable, is_categorical, is_ordered, normalized
from engine.errors import PolicyError
from schemas.policy import Column
from schemas.policy.hierarchies import Hierarchy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Axis(Protocol):
    """One quasi-identifier of a cube. ``positions`` has one entry per tuple, each in ``range(extent)``."""

    positions: Ints
    extent: int

    def loss(self, low: Ints, high: Ints) -> Floats:
        """Returns (s-1)/(D-1), unweighted, for boxes from position ``low`` to ``high``."""
        ...

    def children(self, low: Ints, high: Ints, segment: Ints, positions: Ints) -> Ints | None:
        """Returns which child of its box's node each position is under; None where the axis has no nodes."""
        ...

    def finish(self, cuts: Ints, leaves: Sequence[Ints]) -> tuple[Coding, dict[int, int], list[Box]]:
        """Returns the coding, the bound of each cut (positions up to it lie below), and a box for each leaf."""
        ...


def axis(name: str, values: pa.ChunkedArray, counts: Ints, column: Column) -> Axis:
    """Returns the axis of one column of a cube.

    Raises:
        PolicyError: If values of this type cannot be generalized, or do not fit the column's hierarchy.
    """
    flat = normalized(values)
    order = _Order.of(flat, counts)
    if column.hierarchy is not None:
        return _taxonomy(name, order, column.hierarchy)
    if is_ordered(flat.type):
        return _Interval(name, order)
    if is_categorical(flat.type):
        return _Set(name, order)
    raise PolicyError(f"a quasi-identifier of type {flat.type} cannot be generalized", where=f"columns.{name}",
                      allowed="numbers, strings, booleans, dates and timestamps",
                      next="drop the column, or cast it at the source")


@dataclass
class _Order:
    """Distinct values in natural order: null, NaN, then values ascending (categories: most frequent first)."""

    type: pa.DataType
    values: pa.Array  # distinct, neither null nor NaN, in order
    weights: Ints  # rows of each of them
    null_rows: int
    nan: bool
    positions: Ints

    @classmethod
    def of(cls, flat: pa.Array, counts: Ints) -> _Order:
        encoded = flat.dictionary_encode()
        distinct = encoded.dictionary
        index = np.asarray(pc.fill_null(encoded.indices, len(distinct))).astype(np.int64)
        weights = np.bincount(index, counts, len(distinct) + 1).astype(np.int64)
        nan = np.asarray(pc.is_null(distinct, nan_is_null=True))
        real = np.flatnonzero(~nan)
        kept = distinct.take(pa.array(real))
        if is_ordered(flat.type):
            order = np.argsort(comparable(kept), kind="stable")
        else:
            texts = hierarchies.as_text(kept).to_pylist()
            order = np.array(sorted(range(len(texts)), key=lambda i: (-weights[real[i]], texts[i])), np.int64)
        has_null = bool(encoded.indices.null_count)
        place = np.zeros(len(distinct) + 1, np.int64)
        place[np.flatnonzero(nan)] = int(has_null)
        place[real[order]] = np.arange(len(real)) + int(has_null) + int(nan.any())
        return cls(flat.type, kept.take(pa.array(order)), weights[real[order]], int(weights[-1]), bool(nan.any()), place[index])

    @property
    def null(self) -> bool:
        """Whether null occurs."""
        return self.null_rows > 0

    @property
    def special(self) -> int:
        """Positions taken by null and NaN."""
        return int(self.null) + int(self.nan)

    @property
    def size(self) -> int:
        """Number of distinct values, null and NaN included."""
        return self.special + len(self.values)


class _Interval:
    def __init__(self, name: str, order: _Order) -> None:
        self.name, self._order = name, order
        self.positions, self.extent = order.positions, order.size

    def loss(self, low: Ints, high: Ints) -> Floats:
        return (high - low) / max(self.extent - 1, 1)

    def children(self, low: Ints, high: Ints, segment: Ints, positions: Ints) -> Ints | None:  # noqa: ARG002 - the protocol's signature
        return None

    def finish(self, cuts: Ints, leaves: Sequence[Ints]) -> tuple[Coding, dict[int, int], list[Box]]:
        order, special = self._order, self._order.special
        ends = [(held[held >= special][:1], held[held >= special][-1:]) for held in leaves]
        kept = np.unique(np.concatenate([np.zeros(0, np.int64), cuts[cuts >= special], *(end for pair in ends for end in pair)]))
        code = {int(position): 2 * i + 1 for i, position in enumerate(kept)}
        code.update({0: -2} if order.null else {})
        code.update({int(order.null): -1} if order.nan else {})
        points = hierarchies.as_text(order.values.take(pa.array(kept - special))).to_pylist()
        coding = IntervalCoding(self.name, str(order.type), self.extent, self.extent, tuple(points), tuple(kept.tolist()))
        boxes = []
        for held, (low, high) in zip(leaves, ends, strict=True):
            null, nan = order.null and held[0] == 0, order.nan and bool((held == int(order.null)).any())
            inner = (code[int(low[0])], code[int(high[0])]) if len(low) else (1, 0)
            box = (int(null), int(nan), *inner)
            boxes.append(coding.everything if coding.size(box) == self.extent > 1 else box)
        return coding, {int(cut): code[int(cut)] for cut in cuts}, boxes


class _Set:
    """Most frequent first, so that what is rare is merged with what is rare; null has its place among the others."""

    def __init__(self, name: str, order: _Order) -> None:
        self.name, self._type, self.extent = name, order.type, order.size
        self._texts: list[str | None] = hierarchies.as_text(order.values).to_pylist()
        place = np.arange(self.extent)
        if order.null:
            ahead = int((order.weights > order.null_rows).sum())
            self._texts.insert(ahead, None)
            place[:ahead + 1] = (place[:ahead + 1] - 1) % (ahead + 1)
        self.positions = place[order.positions]

    def loss(self, low: Ints, high: Ints) -> Floats:
        return (high - low) / max(self.extent - 1, 1)

    def children(self, low: Ints, high: Ints, segment: Ints, positions: Ints) -> Ints | None:  # noqa: ARG002 - the protocol's signature
        return None

    def finish(self, cuts: Ints, leaves: Sequence[Ints]) -> tuple[Coding, dict[int, int], list[Box]]:
        kept = np.unique(np.concatenate([np.zeros(0, np.int64), *leaves]))
        coding = SetCoding(self.name, str(self._type), self.extent, self.extent,
                           tuple(self._texts[position] for position in kept), tuple(kept.tolist()))
        bounds = {int(cut): int(np.searchsorted(kept, cut, side="right")) - 1 for cut in cuts}
        return coding, bounds, [tuple(np.searchsorted(kept, held).tolist()) for held in leaves]


def _taxonomy(name: str, order: _Order, hierarchy: Hierarchy) -> _Taxonomy:
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
    return _Taxonomy(name, order, hierarchy, chains=[[labels[i] for i in depth_first] for labels in chains],
                     sizes=sizes, depth_first=depth_first)


_TABULATED = 1_000
"""Up to this many values, the loss of every box along a hierarchy is looked up."""


class _Taxonomy:
    def __init__(self, name: str, order: _Order, hierarchy: Hierarchy, *, chains: list[list[str]],
                 sizes: list[dict[str, int]], depth_first: Ints) -> None:
        special = order.special
        self.name, self._order, self._hierarchy, self._chains = name, order, hierarchy, chains
        self.extent = order.size
        place = np.arange(self.extent)
        place[special + depth_first] = np.arange(len(depth_first)) + special
        self.positions = place[order.positions]
        self._top = len(sizes) - 1
        self._domain = special + (sum(sizes[0].values()) if sizes else 0)
        self._nodes = np.zeros((len(chains), self.extent), np.int64)
        self._sizes: list[Ints] = []
        for level, labels in enumerate(chains):
            below_top = level < self._top
            keys: list[Any] = [*range(special * below_top), *labels] if below_top else [""] * self.extent
            ids: dict[Any, int] = {}
            self._nodes[level] = [ids.setdefault(key, len(ids)) for key in keys]
            self._sizes.append(np.array([sizes[level].get(key, 1) if below_top else self._domain for key in ids], np.int64))
        pairs = np.arange(self.extent**2) if self.extent <= _TABULATED else None
        self._table = None if pairs is None else self._search(pairs // self.extent, pairs % self.extent)

    def _level(self, low: Ints, high: Ints) -> Ints:
        """Returns the lowest level at which both ends are under one node."""
        return np.asarray((self._nodes[:, low] == self._nodes[:, high]).argmax(axis=0))

    def loss(self, low: Ints, high: Ints) -> Floats:
        if self._table is not None:
            return np.asarray(self._table[low * self.extent + high])
        return self._search(low, high)

    def _search(self, low: Ints, high: Ints) -> Floats:
        size = np.ones(len(low), np.int64)
        left = np.arange(len(low))
        for nodes, sizes in zip(self._nodes, self._sizes, strict=True):
            node = nodes[low[left]]
            same = node == nodes[high[left]]
            size[left[same]] = sizes[node[same]]
            left = left[~same]
        return (size - 1) / max(self._domain - 1, 1)

    def children(self, low: Ints, high: Ints, segment: Ints, positions: Ints) -> Ints | None:
        level = np.maximum(self._level(low, high) - 1, 0)
        return np.asarray(self._nodes[level[segment], positions])

    def finish(self, cuts: Ints, leaves: Sequence[Ints]) -> tuple[Coding, dict[int, int], list[Box]]:
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
                fresh = position == special or self._nodes[level, position] != self._nodes[level, position - 1]
                if fresh:
                    points.append(self._chains[level][position - special])
                    levels.append(level)
                    sizes.append(int(self._sizes[level][self._nodes[level, position]]))
                code[level, position] = len(points) - 1 if fresh else code[level, position - 1]
        coding = TaxonomyCoding(
            self.name, str(order.type), self._domain, order.size, tuple(points), tuple(sizes), tuple(levels), _last(levels),
            json.dumps(self._hierarchy.model_dump(mode="json", exclude_none=True), sort_keys=True, ensure_ascii=False))
        ends = np.array([(held[0], held[-1]) for held in leaves], np.int64).reshape(-1, 2)
        box = code[self._level(ends[:, 0], ends[:, 1]), ends[:, 0]]
        return coding, {int(cut): int(code[0, cut]) for cut in cuts}, [(int(node),) for node in box]


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
