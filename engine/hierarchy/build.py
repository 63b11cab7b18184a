"""Hierarchies from a rule, or from how often values stand in a column."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.hierarchies.levels import check_type
from engine.anonymity.hierarchies.listed import hint
from engine.anonymity.values import is_ordered
from engine.errors import PolicyError
from engine.hierarchy.column import Counted
from engine.hierarchy.look import MOST_LINES
from schemas.hierarchy import in_words
from schemas.policy import Hierarchy
from schemas.reserved import SUPPRESSED

Rows = list[tuple[str, ...]]


def by_rule(counted: Counted, hierarchy: Hierarchy, where: str, source: str) -> Rows:
    """Returns value, level 1, …, ``'*'`` for each value.

    Args:
        counted: The values.
        hierarchy: The rule.
        where: Where the rule stands, named in errors.
        source: Where the values stand: if that is a list, the lines are named of those that the rule does not know.

    Raises:
        PolicyError: If the rule does not fit the values or does not know some of them, or makes no tree of them.
    """
    values = counted.values
    check_type(values.type, hierarchy, where)
    if counted.lines is not None:
        unknown = counted.lines[np.asarray(pc.is_null(hierarchies.level(values, hierarchy, 1, where=where)))]
        if len(unknown):
            lines = in_words(sorted(unknown.tolist())[:MOST_LINES])
            raise hierarchies.unknown_values(
                len(unknown), len(values), f"{where}; {source}, {lines}", hint=hint(values.type, hierarchy))
    levels = hierarchies.ancestors(values, hierarchy, where=where)
    return list(zip(*(level.to_pylist() for level in (hierarchies.as_text(values), *levels)), strict=True))


def by_quantiles(counted: Counted, groups: tuple[int, ...], where: str) -> Rows:
    """Returns intervals that hold about equally many rows: so many at level 1, then at level 2, and so on.

    A value goes where the middle of its rows lies among all rows, so that equal values stay together and coarser
    intervals are unions of finer ones. The ends of intervals are values of the column: they depend on the data.

    Raises:
        PolicyError: If the values have no order, or the numbers of groups do not divide one another.
    """
    if not is_ordered(counted.values.type):
        raise PolicyError(f"values of type {counted.values.type} have no quantiles", where=where,
                          allowed="numbers, dates and timestamps", next="use --rule with order or groups")
    if not groups or groups[-1] < 2 or any(a <= b or a % b for a, b in pairwise(groups)):  # noqa: PLR2004 - one group is '*'
        raise PolicyError("numbers of groups fall, and each divides the one before, so that intervals nest", where="--quantiles",
                          allowed="2 or more, as in 8,4,2")
    texts = hierarchies.as_text(counted.values).to_pylist()
    after = np.cumsum(counted.rows)
    twice = 2 * after - counted.rows  # twice the middle of each value's rows, in whole numbers
    levels = [texts, *(_intervals(texts, twice * number // (2 * int(after[-1]))) for number in groups)]
    return list(zip(*levels, [SUPPRESSED] * len(texts), strict=True))


def _intervals(texts: list[str], group: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    first = np.flatnonzero(np.diff(group, prepend=-1))
    last = [*(first[1:] - 1), len(texts) - 1]
    names = [texts[low] if low == high else f"[{texts[low]}, {texts[high]}]" for low, high in zip(first, last, strict=True)]
    return [names[place] for place in np.cumsum(np.diff(group, prepend=-1) > 0) - 1]
