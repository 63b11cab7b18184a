"""Axes: the columns of a cube while a tree is being fitted.

An axis gives every value of a column a position in one order: null, NaN, then numbers and dates by size, or
the leaves of a hierarchy depth first; categories, null among them, by falling frequency. A cut is a position
in that order, and the loss of a box follows from the lowest and the highest position it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.coding import NAN_CODE, NULL_CODE, Box, Coding, IntervalCoding, SetCoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import comparable, is_categorical, is_ordered, normalized
from engine.errors import PolicyError
from schemas.policy import Column
from schemas.policy.hierarchies import Hierarchy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


MARKS = 1024
"""Positions at which large nodes may be cut, at most, on each axis; small nodes may be cut at all."""


class Leaves(NamedTuple):
    """The leaves of a tree, along one axis.

    Attributes:
        low: Where each leaf's cell begins, (leaves,).
        high: Where it ends.
        starts: Where each leaf's positions begin in ``held``, and where the last's end; (leaves + 1,).
        held: Positions of each leaf's tuples, ascending, each once; empty where labels say what cuts send to a leaf.
        tight: Whether labels say what a leaf holds.
    """

    low: Ints
    high: Ints
    starts: Ints
    held: Ints
    tight: bool


class Finished(NamedTuple):
    """What an axis becomes in a tree.

    Attributes:
        coding: The column's.
        bounds: Code of each cut: positions up to it lie below.
        boxes: The different boxes of leaves.
        box: Which of them each leaf has.
    """

    coding: Coding
    bounds: Ints
    boxes: tuple[Box, ...]
    box: Ints


class Axis(Protocol):
    """One quasi-identifier of a cube.

    Attributes:
        positions: One per tuple, each in ``range(extent)``.
        extent: Number of positions.
        counted: Whether what a leaf holds is named value by value.
        nodes: Of a hierarchy, the node over each position, from the values to the root; (levels, extent), none without one.
        shares: Of each level, the loss (s-1)/(D-1) of each node.
        marks: Positions at which large nodes may be cut, ascending.
    """

    positions: Ints
    extent: int
    counted: bool
    nodes: Ints
    shares: Sequence[Floats]
    marks: Ints

    def loss(self, low: Ints, high: Ints) -> Floats:
        """Returns (s-1)/(D-1), unweighted, for cells from position ``low`` to ``high``."""
        ...

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:
        """Returns the first and the last position below nodes of one level of the hierarchy."""
        ...

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """Returns the coding, and what cuts (ascending positions) and leaves are in it."""
        ...


def axis(name: str, values: pa.ChunkedArray, counts: Ints, column: Column) -> Axis:
    """Returns the axis of one column of a cube.

    Raises:
        PolicyError: If values of this type cannot be generalized, or do not fit the column's hierarchy.
    """
    flat = normalized(values)
    order = _Order.of(flat, counts)
    if column.hierarchy is not None:
        return _taxonomy(name, order, column.hierarchy, counts)
    if is_ordered(flat.type):
        return _Interval(name, order, order.positions, counts)
    if is_categorical(flat.type):
        return _Set(name, order, counts)
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


def _marks(positions: Ints, counts: Ints, extent: int) -> Ints:
    """Returns all positions, or those that part the table's rows most evenly."""
    if extent <= MARKS:
        return np.arange(extent)
    along = np.cumsum(np.bincount(positions, counts, extent))
    return np.unique(np.searchsorted(along, along[-1] * np.arange(1, MARKS + 1) / MARKS))


class _Line:
    """An axis without a hierarchy."""

    counted = False

    def __init__(self, name: str, order: _Order, positions: Ints, counts: Ints) -> None:
        self.name, self._order, self.positions, self.extent = name, order, positions, order.size
        self.nodes: Ints = np.zeros((0, self.extent), np.int64)
        self.shares: Sequence[Floats] = ()
        self.marks = _marks(positions, counts, self.extent)

    def loss(self, low: Ints, high: Ints) -> Floats:
        return np.asarray((high - low) / max(self.extent - 1, 1))

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:  # noqa: ARG002 - the protocol's signature
        raise TypeError(f"column {self.name} has no hierarchy")


class _Interval(_Line):
    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        order, special = self._order, self._order.special
        if leaves.tight:
            leaf = np.repeat(np.arange(len(leaves.low)), np.diff(leaves.starts))
            null, nan = (np.bincount(leaf, leaves.held == place, len(leaves.low)).astype(np.int64) * there
                         for place, there in ((0, order.null), (int(order.null), order.nan)))
            inner = np.searchsorted(leaf * self.extent + leaves.held, np.arange(len(leaves.low)) * self.extent + special)
            some = inner < leaves.starts[1:]
            low = leaves.held[np.minimum(inner, len(leaves.held) - 1)]
            high = leaves.held[leaves.starts[1:] - 1]
            kept = np.unique(np.concatenate([cuts[cuts >= special], low[some], high[some]]))
            first, last = 2 * np.searchsorted(kept, low) + 1, 2 * np.searchsorted(kept, high) + 1
        else:
            low, high = np.maximum(leaves.low, special), leaves.high
            null = np.asarray((leaves.low == 0) & order.null, np.int64)
            nan = np.asarray((leaves.low <= int(order.null)) & (high >= int(order.null)) & order.nan, np.int64)
            some = high >= special
            kept = cuts[cuts >= special]
            first = np.where(low == special, 0, 2 * np.searchsorted(kept, low))
            last = np.where(high == self.extent - 1, 2 * len(kept), 2 * np.searchsorted(kept, high) + 1)
        first, last = np.where(some, first, 1), np.where(some, last, 0)
        points = hierarchies.as_text(order.values.take(pa.array(kept - special))).to_pylist()
        type_, ranks = str(order.type), tuple(kept.tolist())
        coding = IntervalCoding(self.name, type_, self.extent, self.extent, tuple(points), ranks, special)
        found, box = np.unique(np.stack([null, nan, first, last], axis=1), axis=0, return_inverse=True)
        boxes = [tuple(row) for row in found.tolist()]
        boxes = [coding.everything if coding.size(row) == self.extent > 1 else row for row in boxes]
        missing = np.where((cuts == 0) & order.null, NULL_CODE, NAN_CODE)
        bounds = np.where(cuts >= special, 2 * np.searchsorted(kept, cuts) + 1, missing)
        return Finished(coding, bounds, tuple(boxes), box.reshape(-1))


class _Set(_Line):
    """Most frequent first, so that what is rare is merged with what is rare; null has its place among the others."""

    counted = True

    def __init__(self, name: str, order: _Order, counts: Ints) -> None:
        self._texts: list[str | None] = hierarchies.as_text(order.values).to_pylist()
        place = np.arange(order.size)
        if order.null:
            ahead = int((order.weights > order.null_rows).sum())
            self._texts.insert(ahead, None)
            place[:ahead + 1] = (place[:ahead + 1] - 1) % (ahead + 1)
        super().__init__(name, order, place[order.positions], counts)

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        if leaves.tight:
            held = [tuple(part.tolist()) for part in np.split(leaves.held, leaves.starts[1:-1])]
        else:
            held = [tuple(range(low, high + 1)) for low, high in zip(leaves.low.tolist(), leaves.high.tolist(), strict=True)]
        numbers: dict[tuple[int, ...], int] = {}
        box = np.array([numbers.setdefault(one, len(numbers)) for one in held], np.int64)
        kept = np.unique(np.array([position for one in numbers for position in one], np.int64))
        coding = SetCoding(self.name, str(self._order.type), self.extent, self.extent,
                           tuple(self._texts[position] for position in kept), tuple(kept.tolist()), named=leaves.tight)
        boxes = tuple(tuple(np.searchsorted(kept, one).tolist()) for one in numbers)
        return Finished(coding, np.searchsorted(kept, cuts, side="right") - 1, boxes, box)


def _taxonomy(name: str, order: _Order, hierarchy: Hierarchy, counts: Ints) -> _Taxonomy:
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
    return _Taxonomy(name, order, hierarchy, counts, chains=[[labels[i] for i in depth_first] for labels in chains],
                     sizes=sizes, depth_first=depth_first)


class _Taxonomy:
    counted = False

    def __init__(self, name: str, order: _Order, hierarchy: Hierarchy, counts: Ints, *, chains: list[list[str]],
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
        self.marks = _marks(self.positions, counts, self.extent)

    def _level(self, low: Ints, high: Ints) -> Ints:
        """Returns the lowest level at which both ends are under one node."""
        return np.asarray((self.nodes[:, low] == self.nodes[:, high]).argmax(axis=0))

    def loss(self, low: Ints, high: Ints) -> Floats:
        level, loss = self._level(low, high), np.zeros(len(low))
        for height, shares in enumerate(self.shares):
            here = level == height
            loss[here] = shares[self.nodes[height, low[here]]]
        return loss

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:
        return np.searchsorted(self.nodes[level], nodes), np.searchsorted(self.nodes[level], nodes, side="right") - 1

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
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
