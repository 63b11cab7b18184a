"""The items of a column and the labels above them, numbered depth first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.coding import plain
from engine.anonymity.itemsets.sets import Held, Ints, entries
from schemas.policy import Hierarchy


@dataclass(frozen=True)
class Domain:
    """All that may stand for an item: itself, or a label above it that more than one item of the table is below.

    Nodes are numbered depth first, so that those below node ``u`` are ``u + 1`` to ``last[u]``.

    Attributes:
        items: Distinct items of the table, in the order of their nodes.
        leaf: Node of each item.
        labels: Published label of each node.
        parent: Node above each, -1 on top.
        last: Last node below each; itself for an item.
        size: s, how many values stand below each node. Of a hierarchy by table or groups all that it lists count, of one by rule
            those of the table.
        whole: D, how many there are in all.
    """

    items: pa.Array
    leaf: Ints
    labels: tuple[str, ...]
    parent: Ints
    last: Ints
    size: Ints
    whole: int

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def unit(self) -> int:
        """What an occurrence that is left out loses where one under a node loses s-1: D-1, so that losses are whole numbers."""
        return max(self.whole - 1, 1)

    def held(self, values: pa.Array | pa.ChunkedArray, weights: Ints) -> Held:
        """Returns which nodes lists hold: those of their items and all above; of an item that is none of the table's, none.

        Args:
            values: Lists of items.
            weights: Rows of each list.
        """
        rows, items = entries(values)
        place = pc.index_in(hierarchies.as_text(items), value_set=hierarchies.as_text(self.items))
        known = np.asarray(pc.is_valid(place))
        item, node = self._above()
        order = np.argsort(item, kind="stable")
        starts = np.searchsorted(item[order], np.arange(len(self.leaf) + 1))
        mine = np.asarray(place.drop_null()).astype(np.int64)
        times = np.diff(starts)[mine]
        inside = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        return Held.of(np.repeat(rows[known], times), node[order][np.repeat(starts[mine], times) + inside], weights)

    def _above(self) -> tuple[Ints, Ints]:
        """Returns (item, node) for every item and each node that may stand for it."""
        item, node = np.arange(len(self.leaf)), self.leaf
        items, nodes = [item], [node]
        while len(node):
            higher = self.parent[node]
            item, node = item[higher >= 0], higher[higher >= 0]
            items.append(item)
            nodes.append(node)
        return np.concatenate(items), np.concatenate(nodes)


def domain_of(items: pa.Array, hierarchy: Hierarchy | None, where: str) -> Domain:
    """Returns the domain of distinct items, none of them null.

    Args:
        items: As they stand in the table; any order.
        hierarchy: What stands above them, if anything does.
        where: Named in errors.

    Raises:
        PolicyError: If the hierarchy does not fit the items, does not know some of them, or is not a tree.
    """
    texts = hierarchies.as_text(items).to_pylist()
    levels = [column.to_pylist() for column in hierarchies.ancestors(items, hierarchy, where=where)] if hierarchy else []
    paths = sorted(range(len(texts)), key=lambda i: (*(level[i] for level in reversed(levels)), texts[i]))
    below = _below(hierarchy, where)
    spans: dict[tuple[int, int], tuple[str, int]] = {(place, place + 1): (plain(texts[i]), 1) for place, i in enumerate(paths)}
    for number, level in enumerate(levels, start=1):
        for label, start, end in _runs([level[i] for i in paths]):
            spans.setdefault((start, end), (label, below[number][label] if below else end - start))
    ordered = sorted(spans, key=lambda span: (span[0], -span[1]))
    parent, last = _nested(ordered)
    sizes = np.array([spans[span][1] for span in ordered], np.int64)
    leaf = np.flatnonzero([end - start == 1 for start, end in ordered]).astype(np.int64)
    return Domain(items.take(pa.array(paths, pa.int64())), leaf, tuple(spans[span][0] for span in ordered), parent, last, sizes,
                  sum(below[0].values()) if below else len(texts))


def _below(hierarchy: Hierarchy | None, where: str) -> list[Mapping[str, int]]:
    """Returns, per level, how many listed values are below each label; nothing for a hierarchy by rule."""
    rows = hierarchies.paths(hierarchy, where) if hierarchy else []
    return [Counter(labels) for labels in zip(*rows, strict=True)]


def _runs(labels: list[str]) -> Iterator[tuple[str, int, int]]:
    """Yields label, begin and end of each run of equal labels."""
    start = 0
    for label, run in groupby(labels):
        end = start + len(list(run))
        yield label, start, end
        start = end


def _nested(spans: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Returns the node above each span, and the last one below it; spans nest and are in depth-first order."""
    parent, last, open_ = np.full(len(spans), -1, np.int64), np.arange(len(spans)), list[int]()
    for number, (start, _) in enumerate(spans):
        while open_ and spans[open_[-1]][1] <= start:
            open_.pop()
        parent[number] = open_[-1] if open_ else -1
        for above in open_:
            last[above] = number
        open_.append(number)
    return parent, last
