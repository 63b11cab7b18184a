"""Hierarchies that list their values: a table, groups in groups, an ordered list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.hierarchies.arrays import Family, Kept, as_text
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import QUOTE, Ordering, as_word, scalars
from schemas.reserved import SUPPRESSED

Path = tuple[str, ...]


def paths(hierarchy: Hierarchy, where: str = "hierarchy") -> list[Path]:
    """Returns value, level 1, …, ``'*'`` for every value that ``groups``, ``table`` or ``order`` lists; for rules nothing.

    Raises:
        PolicyError: If rows differ in length, a value stands in two places, or the labels form no tree.
    """
    if not hierarchy.listed:
        return []
    rows = _rows(hierarchy)
    if not rows or not rows[0] or len({len(row) for row in rows}) != 1:
        raise PolicyError("the hierarchy's rows differ in length", where=where, allowed="value;level 1;level 2;… in every row",
                          next="repeat a label where a value has fewer levels")
    rows = [row if len(row) > 1 and row[-1] == SUPPRESSED else (*row, SUPPRESSED) for row in dict.fromkeys(rows)]
    if len({len(row) for row in rows}) != 1:
        raise PolicyError("only some of the hierarchy's rows end in '*'", where=where, next="end all of them in '*', or none")
    check_tree([pa.array(labels, pa.string()) for labels in zip(*rows, strict=True)], where)
    return rows


def check_tree(levels: list[pa.Array], where: str) -> None:
    """Checks that each label has one parent.

    Args:
        levels: Values first, then their labels at each level.
        where: Named in errors.

    Raises:
        PolicyError: If one has two.
    """
    for i, double in enumerate(two_parents(levels)):
        if double:
            what = "values" if i == 0 else f"labels of level {i}"
            raise PolicyError(f"the hierarchy is not a tree: {double} of its {what} have two parents", where=where,
                              allowed=f"one label of level {i + 1} for each",
                              next="rename one of the labels, or merge their parents")


def two_parents(levels: list[pa.Array]) -> list[int]:
    """Returns, for each level but the last, by how many its labels have more parents than there are labels."""
    found = []
    for labels, above in pairwise(levels):
        pairs = pa.table([labels, above], names=["label", "above"]).group_by(["label", "above"]).aggregate([])
        found.append(pairs.num_rows - len(pc.unique(pairs["label"])))
    return found


def hint(type_: pa.DataType, hierarchy: Hierarchy) -> str:
    """Returns what to do where a column of texts has groups of booleans: YAML made them of words that are not in quotes."""
    meant = is_.is_string(type_) and any(isinstance(value, bool) for value in scalars(hierarchy.groups))
    return QUOTE if meant else ""


def _rows(hierarchy: Hierarchy) -> list[Path]:
    if hierarchy.order is not None:
        return _neighbours(hierarchy.order)
    return list(hierarchy.table) if hierarchy.table is not None else list(_padded(list(_walk(hierarchy.groups or {}, ()))))


def _neighbours(order: Ordering) -> list[Path]:
    values = [as_word(value) for value in order.values]
    levels, width = [values], 1
    for size in order.groups:
        width *= size
        groups = [values[at - at % width:][:width] for at in range(len(values))]
        levels.append([group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in groups])
    return list(zip(*levels, strict=True))


def _walk(groups: Any, above: Path) -> Iterator[Path]:  # noqa: ANN401 - nested YAML
    if isinstance(groups, Mapping):
        for name, below in groups.items():
            yield from _walk(below, (as_word(name), *above))
    else:
        for value in groups if isinstance(groups, list | tuple) else [groups]:
            yield from _walk(value, above) if isinstance(value, Mapping) else [(as_word(value), *above)]


def _padded(rows: list[Path]) -> Iterator[Path]:
    longest = max(map(len, rows), default=0)
    for row in rows:
        yield (row[0],) * (longest - len(row)) + row


def _arrays(hierarchy: Hierarchy) -> tuple[pa.Array, ...]:
    return tuple(pa.array(labels, pa.string()) for labels in zip(*paths(hierarchy), strict=True))


_columns = Kept(_arrays)
"""The columns of ``paths``."""


def _steps(hierarchy: Hierarchy, where: str) -> int:
    try:
        return len(_columns(hierarchy)) - 2
    except PolicyError as error:
        raise PolicyError(error.what, where=where, allowed=error.allowed, next=error.next) from None


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    columns = _columns(hierarchy)
    place = pc.index_in(as_text(values), value_set=columns[0], skip_nulls=True)
    return [columns[level].take(place) for level in levels]


LISTED = Family(_steps, _labels)
