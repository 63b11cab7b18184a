"""What is lost of each quasi-identifier, from the written table and the recoding alone: loss, precision, ambiguity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.coding import Coding
from engine.anonymity.cube import Cube
from engine.anonymity.recoding import Recoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.utility.recoded import counts_of
from engine.errors import InputError
from schemas.receipt import ColumnUtility

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def measure_utility(tree: Recoding, released: Cube, source_rows: int) -> tuple[ColumnUtility, ...]:
    """Returns, per quasi-identifier, means over the source's rows: of loss, height (precision) and log10 s (ambiguity).

    Loss is (s-1)/(D-1), a suppressed row counting 1 (LM of V. S. Iyengar, KDD 2002; NCP of Xu et al., KDD 2006). The
    written table gives the counts; s and D come from the tree. For intervals, s is the number of the column's
    values from the smallest to the largest that a label holds, for sets that of the categories it names, for hierarchies that of
    the values below the label's node.

    Precision is 1 less the mean height (L. Sweeney, IJUFKS 10(5), 2002, section 3.3): in a hierarchy the lowest level that
    has the label, by the number of levels; for intervals and sets log s / log D, a label's height in a hierarchy that
    branches evenly; a suppressed row is at the top.

    Args:
        tree: What recoded the table; its columns in the order of ``released.quasi``.
        released: Counts of the written table, under released names.
        source_rows: Rows of the source.

    Raises:
        InputError: If a written label is none of the tree's.
    """
    counts, rows = counts_of(released), max(source_rows, 1)
    suppressed = source_rows - int(counts.sum())
    found = []
    for i, (name, coding) in enumerate(zip(released.quasi, tree.columns, strict=True)):
        labels, size, index = label_sizes(tree, released, i)
        each = np.bincount(index, counts, len(labels))
        lost = float(each @ ((size - 1) / max(coding.domain - 1, 1))) + suppressed
        height = float(each @ _heights(coding, labels, size)) + suppressed
        magnitude = float(each @ np.log10(size)) + suppressed * np.log10(max(coding.domain, 1))
        found.append(ColumnUtility(
            column=name, loss=min(lost / rows, 1.0), precision=1 - min(height / rows, 1.0), ambiguity=magnitude / rows,
            distinct_before=coding.observed, distinct_after=len(labels)))
    return tuple(found)


def label_sizes(tree: Recoding, released: Cube, column: int) -> tuple[list[str], Ints, Ints]:
    """Returns the distinct labels of a written column, s of each, and the place of each tuple's label among them.

    Raises:
        InputError: If a label is none of the tree's.
    """
    name = released.quasi[column]
    encoded = released.table[name].combine_chunks().dictionary_encode(null_encoding="encode")
    labels, sizes = encoded.dictionary.to_pylist(), tree.sizes(column)
    unknown = sum(label not in sizes for label in labels)
    if unknown:
        raise InputError(f"{unknown} labels of column {name!r} are none of the recoding's", where=name,
                         next="the written table is not what this plan writes; run it again")
    return labels, np.array([sizes[label] for label in labels], np.int64), np.asarray(encoded.indices).astype(np.int64)


def _heights(coding: Coding, labels: list[str], sizes: Ints) -> Floats:
    """Returns the height of each label by that of its column's top."""
    if not isinstance(coding, TaxonomyCoding):
        return np.asarray(np.log(sizes) / np.log(max(coding.domain, 2)))
    at = levels_of(coding)
    return np.array([at[label] for label in labels], np.float64) / coding.levels[0]


def levels_of(coding: TaxonomyCoding) -> dict[str, int]:
    """Returns label → the lowest level of the hierarchy that has it; null and NaN are values, and at level 0."""
    found: dict[str, int] = {}
    for node, level in enumerate(coding.levels):
        label = coding.label((node,))
        found[label] = max(min(found.get(label, level), level), 0)
    return found
