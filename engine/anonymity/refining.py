"""A stored tree whose leaves are cut further, as far as everybody's history allows.

A leaf may be cut where every cohort in it sends to each part nobody, or rows that keep all claims (``versions.refines``): then
who knows the old label and the new one still finds as many. Cuts are made where the tree's codings have points already, so that a
refined label gives away nothing that was not published, but how a class divides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.alphabet import MOST_NAMED
from engine.anonymity.claims import Claims
from engine.anonymity.coding import Box, Coding, IntervalCoding, SetCoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.tree import Tree
from engine.anonymity.versions import refines
from engine.anonymity.written import StarCoding

Ints = npt.NDArray[np.int64]

_NOWHERE = -(1 << 62)
"""Child of a cut behind which rows have no leaf."""


@dataclass(frozen=True)
class Refined:
    """What became of a tree.

    Attributes:
        tree: With the leaves of the old one under their numbers, and further ones after them.
        leaf: Of each tuple, its leaf in it.
    """

    tree: Tree
    leaf: Ints


@dataclass(frozen=True)
class _Way:
    """One way to cut a leaf: into boxes of one column, by the last code of each but the last."""

    column: int
    boxes: tuple[Box, ...]
    lasts: tuple[int, ...]

    def part(self, codes: Ints) -> Ints:
        """Returns which part each code goes to."""
        return np.searchsorted(np.array(self.lasts, np.int64), codes)


@dataclass(frozen=True)
class Tuples:
    """What is in the leaves of a tree.

    Attributes:
        codes: Of each tuple in each column, as the tree's codings have them; (tuples, columns).
        leaf: Its leaf.
        cohort: Its cohort: rows that came together. Only rows of one cohort share a history.
        rows: How many rows it has.
        claims: What a class promises, on these tuples.
    """

    codes: Ints
    leaf: Ints
    cohort: Ints
    rows: Ints
    claims: Claims

    def may(self, index: Ints, part: Ints) -> bool:
        """Returns whether some tuples, all of one leaf, may be cut apart."""
        _, cohort = np.unique(self.cohort[index], return_inverse=True)
        return refines(cohort, part, self.rows[index], self.claims.at(index), int(cohort.max()) + 1)


def refined(tree: Tree, weights: Sequence[float], tuples: Tuples) -> Refined:
    """Cuts leaves of a tree, each as often as it may, always where most loss goes.

    Args:
        tree: The stored one.
        weights: How much each column's precision matters.
        tuples: What is in its leaves.
    """
    grown = _Grown(tree, weights)
    order = np.argsort(tuples.leaf, kind="stable")
    found = tuples.leaf.copy()
    starts = np.flatnonzero(np.diff(tuples.leaf[order], prepend=-1))
    for index in np.split(order, starts[1:]):
        if tuples.rows[index].sum() >= 2 * tuples.claims.k:
            grown.cut(int(tuples.leaf[index[0]]), index, tuples, found)
    return Refined(grown.tree(), found)


class _Grown:
    """The tree on its way."""

    def __init__(self, tree: Tree, weights: Sequence[float]) -> None:
        self._old, self._weights = tree, weights
        self._boxes = [{box: place for place, box in enumerate(boxes)} for boxes in tree.boxes]
        self._leaves: list[list[int]] = tree.leaves.tolist()
        children = np.where(tree.cuts[:, 2:] == ~tree.suppressed, _NOWHERE, tree.cuts[:, 2:])
        self._cuts: list[list[int]] = np.concatenate([tree.cuts[:, :2], children], axis=1).tolist()
        self._above: dict[int, list[tuple[int, int]]] = {}  # several cuts may lead to one leaf
        for row, cut in enumerate(self._cuts):
            for side in (2, 3):
                if _NOWHERE < cut[side] < 0:
                    self._above.setdefault(~cut[side], []).append((row, side))

    def cut(self, leaf: int, index: Ints, tuples: Tuples, found: Ints) -> None:
        """Cuts a leaf as often as it may be; puts down where its tuples go."""
        way = self._best(leaf, index, tuples)
        if way is None:
            found[index] = leaf
            return
        places = self._divide(leaf, way)
        part = way.part(tuples.codes[index, way.column])
        for number, place in enumerate(places):
            if (part == number).any():
                self.cut(place, index[part == number], tuples, found)

    def tree(self) -> Tree:
        """Returns the tree as it is now."""
        cuts = np.array(self._cuts, np.int64).reshape(-1, 4)
        cuts[cuts == _NOWHERE] = ~len(self._leaves)
        leaves = np.array(self._leaves, np.int64).reshape(-1, len(self._old.columns))
        return replace(self._old, cuts=cuts, boxes=tuple(map(tuple, self._boxes)), leaves=leaves)

    def _best(self, leaf: int, index: Ints, tuples: Tuples) -> _Way | None:
        """Returns the cut by which most loss goes, of those that may be made."""
        most, best = 0.0, None
        for column, coding in enumerate(self._old.columns):
            codes, box = tuples.codes[index, column], self._box(leaf, column)
            for boxes, lasts in _ways(coding, box, codes):
                way = _Way(column, boxes, lasts)
                part = way.part(codes)
                lost = np.bincount(part, tuples.rows[index], len(boxes)) @ [coding.size(box) - coding.size(one) for one in boxes]
                gain = float(lost) * self._weights[column] / max(coding.domain - 1, 1)
                if gain > most and coding.cover(boxes)(part, codes).all() and tuples.may(index, part):
                    most, best = gain, way
        return best

    def _box(self, leaf: int, column: int) -> Box:
        place = self._leaves[leaf][column]
        return next(box for box, at in self._boxes[column].items() if at == place)

    def _divide(self, leaf: int, way: _Way) -> list[int]:
        """Puts a cascade of cuts in a leaf's place; the first part keeps its number."""
        places = [leaf, *range(len(self._leaves), len(self._leaves) + len(way.boxes) - 1)]
        kept, known = self._leaves[leaf], self._boxes[way.column]
        self._leaves += [list(kept) for _ in places[1:]]
        for place, box in zip(places, way.boxes, strict=True):
            self._leaves[place][way.column] = known.setdefault(box, len(known))
        for row, side in self._above.pop(leaf, []):
            self._cuts[row][side] = len(self._cuts)
        for number, last in enumerate(way.lasts):
            row = len(self._cuts)
            more = number + 1 < len(way.lasts)
            self._cuts.append([way.column, last, ~places[number], row + 1 if more else ~places[-1]])
            self._above[places[number]] = [(row, 2)]
        self._above[places[-1]] = [(row, 3)]
        return places


def _ways(coding: Coding, box: Box, codes: Ints) -> Iterator[tuple[tuple[Box, ...], tuple[int, ...]]]:
    """Yields the ways in which a box may be cut: the parts, and the last code of each but the last one."""
    if isinstance(coding, IntervalCoding):
        null, nan, low, high = box
        if low <= high and (null or nan):
            yield ((null, nan, 1, 0), (0, 0, low, high)), (-1,)
        for last in np.unique(codes[codes >= low] | 1).tolist():
            if last < high:
                yield ((null, nan, low, last), (0, 0, last + 1, high)), (last,)
    elif isinstance(coding, TaxonomyCoding):
        children, child = [], box[0] + 1
        while child <= coding.last[box[0]]:
            children.append(child)
            child = coding.last[child] + 1
        if len(children) > 1:
            yield tuple((child,) for child in children), tuple(coding.last[child] for child in children[:-1])
    elif isinstance(coding, SetCoding) and not isinstance(coding, StarCoding) and len(box) <= MOST_NAMED:
        # parts of a longer one could name what its ranges do not tell
        for place, last in enumerate(box[:-1], 1):
            yield (box[:place], box[place:]), (last,)
