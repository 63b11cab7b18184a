"""Sets of items row by row, and what plain Python says of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from engine.anonymity.itemsets import ItemRecoding, ItemSets, distinct_sets
from schemas.policy import Column, Hierarchy
from schemas.policy.guarantees import ItemClaim
from schemas.reserved import COUNT

Rows = Sequence[Sequence[Any] | None]
ITEMS = "abcdef"
TREE = ("*", [("A", ["a", "b", "c"]), ("B", ["d", ("C", ["e", "f"])])])
HIERARCHY = Hierarchy(table=(
    ("a", "a", "A"), ("b", "b", "A"), ("c", "c", "A"), ("d", "d", "B"), ("e", "C", "B"), ("f", "C", "B")))
BASKETS = st.lists(st.lists(st.sampled_from(ITEMS), max_size=6) | st.none(), min_size=1, max_size=40)


def counted(rows: Rows, type_: pa.DataType | None = None) -> ItemSets:
    """Counts rows as a backend does."""
    sets, places = distinct_sets(pa.array(rows, pa.list_(type_ or pa.string())))
    return ItemSets("basket", pa.table({"basket": sets, COUNT: pa.array(np.bincount(places, minlength=len(sets)), pa.int64())}))


def record(hierarchy: Hierarchy | None = None) -> Column:
    """Returns the policy's record of the column."""
    return Column(role="quasi", why="test", hierarchy=hierarchy)


def claim(k: int, m: int, items: float = 0.0) -> ItemClaim:
    """Returns a claim on the column."""
    return ItemClaim(column="basket", k=k, m=m, items=items)


def supports(rows: Rows, most: int) -> Counter[tuple[Any, ...]]:
    """Counts, row by row, each combination of at most ``most`` items; the empty one, too."""
    return Counter(combo for row in rows for size in range(most + 1)
                   for combo in itertools.combinations(sorted(set(row or ()) - {None}), size))


def rarest(rows: Rows, most: int) -> int:
    """Returns the support of the rarest combination."""
    return min(supports(rows, most).values(), default=0)


def relabelled(rows: Rows, labels: Mapping[Any, str]) -> list[list[str] | None]:
    """Puts labels in place of items, and leaves out items without one."""
    return [None if row is None else sorted({labels[item] for item in row if item in labels}) for row in rows]


def released(rows: Rows, recoding: ItemRecoding) -> list[list[str] | None]:
    """Returns what a recoding makes of rows, in plain Python."""
    return relabelled(rows, dict(zip(recoding.items, recoding.labels, strict=True)))


def leaves(tree: Any) -> list[str]:
    """Returns the items below a node."""
    return [tree] if isinstance(tree, str) else [item for child in tree[1] for item in leaves(child)]


def cuts(tree: Any) -> Iterator[dict[str, list[str]]]:
    """Yields every cut through a hierarchy: label → items below it."""
    yield {tree if isinstance(tree, str) else tree[0]: leaves(tree)}
    if not isinstance(tree, str):
        for parts in itertools.product(*(list(cuts(child)) for child in tree[1])):
            yield {label: items for part in parts for label, items in part.items()}


def least_loss(rows: Rows, asked: ItemClaim, tree: Any = TREE) -> float | None:
    """Returns the smallest loss of any cut with any of its labels left out that keeps the claim; None if there is none.

    ``tree`` is None where items have no hierarchy.
    """
    weights = Counter(item for row in rows for item in set(row or ()))
    total, best = sum(weights.values()), None
    for cut in cuts(tree) if tree else [{item: [item] for item in ITEMS}]:
        present = [label for label, items in cut.items() if any(item in weights for item in items)]
        for number in range(len(present) + 1):
            for out in itertools.combinations(present, number):
                spent = sum(weights[item] for label in out for item in cut[label])
                loss = spent + sum(weights[item] * (len(cut[label]) - 1) / 5 for label in present if label not in out
                                   for item in cut[label])
                if spent > asked.items * total + 1e-9 or (best is not None and loss >= best):
                    continue
                labels = {item: label for label in present if label not in out for item in cut[label]}
                if rarest(relabelled(rows, labels), asked.m) >= asked.k:
                    best = loss
    return None if best is None else best / total if total else 0.0
