"""What can be said of a hierarchy: its levels in figures, what a plan would refuse, what is odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.hierarchies.levels import check_type
from engine.anonymity.hierarchies.listed import two_parents
from schemas.hierarchy import HierarchyLevel, HierarchyRemark, NamedLabel
from schemas.policy import Hierarchy
from schemas.reserved import SUPPRESSED

Levels = list[pa.Array]
"""Values, then their labels at each level, ``'*'`` last: one entry for each value."""


def levels_of_rows(rows: Sequence[tuple[str, ...]]) -> Levels:
    """Returns the levels of a table's rows, each different row once; ``'*'`` is put on top where no row has it."""
    distinct = list(dict.fromkeys(rows))
    levels = [pa.array(labels, pa.string()) for labels in zip(*distinct, strict=True)]
    topped = len(levels) > 1 and SUPPRESSED in levels[-1].to_pylist()
    return levels if topped else [*levels, pa.array([SUPPRESSED] * len(distinct))]


def levels_of_rule(values: pa.Array, hierarchy: Hierarchy, where: str) -> tuple[Levels, int]:
    """Returns the levels of those values that a hierarchy knows, and how many it does not know.

    Raises:
        PolicyError: If the values' type does not fit the hierarchy.
    """
    check_type(values.type, hierarchy, where)
    top = hierarchies.height(values, hierarchy, where)
    known = pc.is_valid(hierarchies.level(values, hierarchy, 1, where=where))
    values = values.filter(known)
    below = [hierarchies.level(values, hierarchy, index, where=where) for index in range(1, top)]
    levels = [hierarchies.as_text(values), *below, pa.array([SUPPRESSED] * len(values), pa.string())]
    return levels, len(known) - len(values)


def figures(levels: Levels, names_at: int | None = None) -> tuple[HierarchyLevel, ...]:
    """Returns each level in figures.

    Args:
        levels: Of a tree.
        names_at: Level whose labels are named.
    """
    found = []
    for number, labels in enumerate(levels):
        encoded = labels.dictionary_encode()
        below = np.bincount(np.asarray(encoded.indices), minlength=len(encoded.dictionary))
        names = zip(encoded.dictionary.to_pylist(), below.tolist(), strict=True)
        found.append(HierarchyLevel(
            level=number, labels=len(below), fewest=int(below.min(initial=len(labels))), most=int(below.max(initial=0)),
            single=int((below == 1).sum()),
            named=tuple(NamedLabel(label=label, values=values) for label, values in names) if number == names_at else None))
    return tuple(found)


def broken(levels: Levels, rows: int | None = None) -> Iterator[HierarchyRemark]:
    """Yields what makes a plan refuse a hierarchy for its own sake; and, of a table's ``rows``, how many stand twice."""
    stars = levels[-1].to_pylist().count(SUPPRESSED)
    if stars < len(levels[-1]):
        yield HierarchyRemark(what="rows do not end in '*' while others do", count=len(levels[-1]) - stars, refused=True)
    for level, double in enumerate(two_parents(levels)):
        if double:
            what = "values stand in two places" if level == 0 else "labels have two parents: this is no tree"
            yield HierarchyRemark(what=what, count=double, level=level, refused=True)
    if rows is not None and rows > len(levels[0]):
        yield HierarchyRemark(what="rows stand twice", count=rows - len(levels[0]))


def odd(levels: tuple[HierarchyLevel, ...]) -> Iterator[HierarchyRemark]:
    """Yields what is odd of a tree: levels that change nothing, labels that stand for one value only."""
    for below, level in pairwise(levels):
        top = level is levels[-1]
        if level.labels == below.labels:
            what = "the level below '*' has one label" if top else "as many labels as at the level below: it changes nothing"
            yield HierarchyRemark(what=what, count=level.labels, level=level.level)
        elif level.single and not top:
            yield HierarchyRemark(what="labels stand for one value only", count=level.single, level=level.level)


def strange(values: pa.Array, listed: pa.Array) -> Iterator[HierarchyRemark]:
    """Yields how many values of a column a list does not hold, and the other way around."""
    texts = hierarchies.as_text(values)
    unknown = pc.sum(pc.invert(pc.is_in(texts, value_set=listed))).as_py() or 0
    absent = len(listed) - (len(texts) - unknown)
    if unknown:
        yield HierarchyRemark(what="values of the column are not in the hierarchy", count=unknown, refused=True)
    if absent:
        yield HierarchyRemark(what="values of the hierarchy do not stand in the column", count=absent)
