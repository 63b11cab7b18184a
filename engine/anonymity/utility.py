"""What is left of the quasi-identifiers: loss, suppression by group, and the record that sums it all up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.recoding import Recoding
from engine.anonymity.risk import measure_classes, measure_risk
from engine.errors import InputError
from schemas.policy import Guarantees
from schemas.receipt import Anonymity, ColumnUtility, GroupSuppression
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]

GROUPS = 12
"""Groups that are listed per column; smaller ones are summed up in a last line."""

_NAMED_CLASSES, _NAMED_SHARE = 10, 0.01
"""A group is named if it has at least this many times k rows, and this share of the table."""


def measure_utility(tree: Recoding, released: Cube, source_rows: int) -> tuple[ColumnUtility, ...]:
    """Returns, per quasi-identifier, the mean over source rows of (s-1)/(D-1), suppressed rows counting 1.

    The written table gives the counts; s and D come from the tree. For intervals and sets, s is the number of
    the column's values from the smallest to the largest that a label holds, in the tree's order; for
    hierarchies, the number of values below the label's node.

    Args:
        tree: What recoded the table; its columns in the order of ``released.quasi``.
        released: Counts of the written table, under released names.
        source_rows: Rows of the source.

    Raises:
        InputError: If a written label is none of the tree's.
    """
    counts = _counts(released)
    suppressed = source_rows - int(counts.sum())
    found = []
    for i, (name, coding) in enumerate(zip(released.quasi, tree.columns, strict=True)):
        labels = released.table[name].combine_chunks().dictionary_encode(null_encoding="encode")
        sizes = tree.sizes(i)
        unknown = sum(label not in sizes for label in labels.dictionary.to_pylist())
        if unknown:
            raise InputError(f"{unknown} labels of column {name!r} are none of the recoding's", where=name,
                             next="the written table is not what this plan writes; run it again")
        size = np.array([sizes[label] for label in labels.dictionary.to_pylist()] or [1], np.int64)[np.asarray(labels.indices)]
        lost = float(counts @ ((size - 1) / max(coding.domain - 1, 1))) + suppressed
        found.append(ColumnUtility(column=name, loss=lost / source_rows if source_rows else 0.0,
                                   distinct_before=coding.observed, distinct_after=len(labels.dictionary)))
    return tuple(found)


def suppression_by_group(tree: Recoding, source: Cube, released: tuple[str, ...], k: int) -> tuple[GroupSuppression, ...]:
    """Returns where suppression fell, per column: groups are top-level labels, categories or quarters of the range.

    A group is named only where it is large and some label of the release names it already; others are
    numbered, largest first, and all beyond the first few are one line.

    Args:
        tree: What recoded the table.
        source: Counts of the source, columns named as in the tree.
        released: Names that the columns have in the release, in the tree's order.
        k: Promised class size.
    """
    columns = [source.table[name] for name in tree.names]
    counts = _counts(source)
    gone = np.where(tree.route(columns) == tree.suppressed, counts, 0)
    found: list[GroupSuppression] = []
    for coding, name, values in zip(tree.columns, released, columns, strict=True):
        groups, index = np.unique(np.array(coding.group(coding.encode(values)), object).astype(str), return_inverse=True)
        rows, suppressed = (np.bincount(index, weights).astype(np.int64) for weights in (counts, gone))
        found += _groups(name, groups.tolist(), rows, suppressed, max(_NAMED_CLASSES * k, _NAMED_SHARE * counts.sum()))
    return tuple(found)


def _groups(column: str, names: list[str], rows: Ints, suppressed: Ints, named_from: float) -> list[GroupSuppression]:
    order = sorted(range(len(names)), key=lambda i: (-rows[i], names[i]))
    found = []
    for number, i in enumerate(order[:GROUPS], start=1):
        label = names[i] if names[i] and rows[i] >= named_from else f"group {number}"
        found.append(GroupSuppression(column=column, group=label, rows=int(rows[i]), suppressed=int(suppressed[i])))
    rest = order[GROUPS:]
    if rest:
        found.append(GroupSuppression(column=column, group=f"{len(rest)} smaller groups", rows=int(rows[rest].sum()),
                                      suppressed=int(suppressed[rest].sum())))
    return found


def summarize(tree: Recoding, released: Cube, source: Cube | int, guarantees: Guarantees) -> Anonymity:
    """Returns the record of what recoding did, measured on the written table.

    Args:
        tree: What recoded the table.
        released: Counts of the written table; ``released.quasi`` in the tree's order.
        source: Counts of the source, or only its number of rows; then suppression by group is left out.
        guarantees: What was promised.

    Raises:
        InputError: If the written table holds labels that are none of the tree's.
    """
    source_rows = source.rows if isinstance(source, Cube) else source
    utility = measure_utility(tree, released, source_rows)
    groups = suppression_by_group(tree, source, released.quasi, guarantees.k or 1) if isinstance(source, Cube) else ()
    return Anonymity(
        quasi_identifiers=released.quasi, sensitive=released.sensitive, leaves=len(tree.leaves),
        class_sizes=measure_classes(released), suppressed_rows=source_rows - released.rows, risk=measure_risk(released),
        loss=sum(column.loss for column in utility) / max(len(utility), 1), utility=utility, suppression_by_group=groups)


def _counts(cube: Cube) -> Ints:
    return np.asarray(cube.table[COUNT].cast(pa.int64())).astype(np.int64)
