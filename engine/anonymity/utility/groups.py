"""Who pays for the others' privacy: suppression, loss and accuracy, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from engine.anonymity.coding import plain
from engine.anonymity.hierarchies import as_text
from engine.anonymity.utility.learning import Learned
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.values import distinct_in_order
from schemas.receipt import GroupSuppression
from schemas.utility import GroupDifference, GroupUtility

Ints = npt.NDArray[np.int64]

GROUPS, LEAST = 12, 10
"""Groups that are listed per column, and rows of such a group and of k's: smaller ones are summed up in a last line."""

_NAMED_CLASSES, _NAMED_SHARE = 10, 0.01
"""A group is named if it has at least this many times k rows, and this share of the table."""


def suppression_by_group(recoded: Recoded, released: tuple[str, ...], k: int) -> tuple[GroupSuppression, ...]:
    """Returns where suppression fell, per column: groups are top-level labels, categories or quarters of the range.

    A group is named only where it is large and some label of the release names it already; others are
    numbered, largest first, and all beyond the first few, or of few rows, are one line.

    Args:
        recoded: The counted source beside its recoding.
        released: Names that the columns have in the release, in the tree's order.
        k: Promised class size.
    """
    gone = np.where(recoded.leaf == recoded.tree.suppressed, recoded.counts, 0)
    found: list[GroupSuppression] = []
    for source, name in zip(recoded.tree.names, released, strict=True):
        groups, index = _grouped(recoded, source)
        rows, suppressed = (np.bincount(index, weights, len(groups)).astype(np.int64) for weights in (recoded.counts, gone))
        found += [GroupSuppression(column=name, group=label, rows=int(rows[held].sum()), suppressed=int(suppressed[held].sum()))
                  for label, held in _listed(groups, rows, _large(recoded, k), max(k, LEAST))]
    return tuple(found)


def measure_groups(
    recoded: Recoded, protected: Mapping[str, str], k: int, learned: Learned | None,
) -> tuple[tuple[GroupUtility, ...], tuple[GroupDifference, ...]]:
    """Returns what each group of the protected columns lost, and how far groups are apart.

    Groups are those of ``suppression_by_group``; of a column that is no quasi-identifier, its values. Accuracy is
    given of groups that are large enough to be named, and only they are compared: of few rows it tells chance, or people.

    Args:
        recoded: The counted source beside its recoding.
        protected: Columns of the source → their released names.
        k: Promised class size.
        learned: What models made of the test rows, if that was measured.
    """
    groups: list[GroupUtility] = []
    differences: list[GroupDifference] = []
    large = _large(recoded, k)
    for source, name in protected.items():
        here = list(_of_column(recoded, source, name, (large, max(k, LEAST)), learned))
        groups += here
        differences += _differences(name, [group for group in here if group.rows >= large])
    return tuple(groups), tuple(differences)


def _of_column(
    recoded: Recoded, source: str, name: str, sizes: tuple[float, int], learned: Learned | None,
) -> Iterator[GroupUtility]:
    large, least = sizes
    groups, index = _grouped(recoded, source)
    counts = recoded.counts
    weights = [counts, np.where(recoded.leaf == recoded.tree.suppressed, counts, 0), counts * recoded.leaf_loss[recoded.leaf]]
    weights += [learned.test, learned.test * learned.right_raw, learned.test * learned.right_released] if learned else []
    sums = np.array([np.bincount(index, weight, len(groups)) for weight in weights])
    for label, held in _listed(groups, sums[0].astype(np.int64), large, least):
        rows, suppressed, lost, *tested = sums[:, held].sum(axis=1).tolist()
        told = bool(tested) and rows >= large and len(held) == 1 and tested[0] > 0
        yield GroupUtility(
            column=name, group=label, rows=int(rows), suppressed=int(suppressed), loss=min(lost / max(rows, 1), 1.0),
            accuracy_raw=tested[1] / tested[0] if told else None,
            accuracy_released=tested[2] / tested[0] if told and learned and learned.learning.train_released is not None else None)


def _differences(column: str, groups: list[GroupUtility]) -> Iterator[GroupDifference]:
    figures: dict[str, list[tuple[float, str]]] = {
        "suppression": [(group.suppressed / max(group.rows, 1), group.group) for group in groups],
        "loss": [(group.loss, group.group) for group in groups],
        "accuracy, trained raw": [(group.accuracy_raw, group.group) for group in groups if group.accuracy_raw is not None],
        "accuracy, trained on the release": [
            (group.accuracy_released, group.group) for group in groups if group.accuracy_released is not None]}
    for measure, values in figures.items():
        if len(values) > 1:
            (low, least), (high, most) = min(values), max(values)
            yield GroupDifference(column=column, measure=measure, lowest=least, highest=most, difference=high - low)


def _grouped(recoded: Recoded, name: str) -> tuple[list[str], Ints]:
    """Returns the groups of a column, and that of each tuple."""
    if name in recoded.tree.names:
        column = recoded.columns[recoded.tree.names.index(name)]
        place, of_value = column.place, column.coding.group(column.coding.encode(column.values))
    else:
        values, place = distinct_in_order(recoded.source.table[name])
        of_value = tuple(map(plain, as_text(values).to_pylist()))
    groups, index = np.unique(np.array(of_value, object).astype(str), return_inverse=True)
    return groups.tolist(), index.astype(np.int64)[place]


def _large(recoded: Recoded, k: int) -> float:
    return max(_NAMED_CLASSES * k, _NAMED_SHARE * int(recoded.counts.sum()))


def _listed(names: list[str], rows: Ints, named_from: float, least: int) -> Iterable[tuple[str, list[int]]]:
    """Yields what a group is called beside its place; last the smaller ones, together, and all of fewer than ``least`` rows."""
    order = sorted(range(len(names)), key=lambda i: (-rows[i], names[i]))
    shown = [i for i in order[:GROUPS] if rows[i] >= least or len(order) == 1]
    for number, i in enumerate(shown, start=1):
        yield names[i] if names[i] and rows[i] >= named_from else f"group {number}", [i]
    rest = order[len(shown):]
    if rest:
        yield f"{len(rest)} smaller group{'s' if len(rest) > 1 else ''}", rest
