"""What can be said of a hierarchy: its levels in figures, what a plan would refuse, what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

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
Lines = Sequence[int] | None
"""The line of each entry in the hierarchy's file, if it comes from one."""
MOST_LINES = 5
"""Lines that are named of a problem."""


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


def broken(levels: Levels, lines: Lines = None) -> Iterator[HierarchyRemark]:
    """Yields what makes a plan refuse a hierarchy for its own sake."""
    open_ended = np.flatnonzero(np.asarray(pc.not_equal(levels[-1], SUPPRESSED)))
    if len(open_ended):
        yield HierarchyRemark(what="rows do not end in '*' while others do", count=len(open_ended),
                              lines=some(open_ended, lines), refused=True)
    for level, double in enumerate(two_parents(levels)):
        if double:
            what = "values stand in two places" if level == 0 else "labels have two parents: this is no tree"
            seen = _with_two_parents(levels[level], levels[level + 1])
            yield HierarchyRemark(what=what, count=double, lines=some(seen, lines), level=level, refused=True)


def odd(figured: tuple[HierarchyLevel, ...], levels: Levels, lines: Lines = None) -> Iterator[HierarchyRemark]:
    """Yields what is odd of a tree, in ``figured`` figures: levels that change nothing, labels that stand for one value only."""
    for below, level in pairwise(figured):
        top = level is figured[-1]
        if level.labels == below.labels:
            what = "the level below '*' has one label" if top else "as many labels as at the level below: it changes nothing"
            yield HierarchyRemark(what=what, level=level.level)
        elif level.single and not top:
            index = np.asarray(levels[level.level].dictionary_encode().indices)
            single = np.flatnonzero(np.bincount(index)[index] == 1)
            yield HierarchyRemark(what="labels stand for one value only", count=level.single, lines=some(single, lines),
                                  level=level.level)


def strange(values: pa.Array, listed: pa.Array, lines: Lines = None) -> Iterator[HierarchyRemark]:
    """Yields how many values of a column a list does not hold, and the other way around."""
    texts = hierarchies.as_text(values)
    unseen = np.flatnonzero(np.asarray(pc.invert(pc.is_in(listed, value_set=texts))))
    unknown = pc.sum(pc.invert(pc.is_in(texts, value_set=listed))).as_py() or 0
    absent = len(pc.unique(listed.take(unseen)))
    if unknown:
        yield HierarchyRemark(what="values of the column are not in the hierarchy", count=unknown, refused=True)
    if absent:
        yield HierarchyRemark(what="values of the hierarchy do not stand in the column", count=absent, lines=some(unseen, lines))


def some(rows: Iterable[int], lines: Lines) -> tuple[int, ...]:
    """Returns the lines of the first few entries; none where there is no file."""
    return tuple(lines[row] for row in islice(rows, MOST_LINES)) if lines else ()


def _with_two_parents(labels: pa.Array, above: pa.Array) -> list[int]:
    """Returns the first row of each parent of the labels that have several, label by label."""
    parents: dict[str, dict[str, int]] = {}
    for row, (label, parent) in enumerate(zip(labels.to_pylist(), above.to_pylist(), strict=True)):
        parents.setdefault(label, {}).setdefault(parent, row)
    return [row for rows in parents.values() if len(rows) > 1 for row in rows.values()]
