"""Figures of the literature for a whole release, as they were measured and on a scale from 0 (the source) to 1 (nothing left).

Scales are those of ARX 3.9 (``org.deidentifier.arx.aggregates.quality``): the distance from the source's own figure, by
that of a table in which everything is suppressed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity import hierarchies
from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import class_sizes
from engine.anonymity.recoding import Recoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.utility.loss import label_sizes, levels_of
from engine.anonymity.utility.recoded import Recoded, RecodedColumn, counts_of
from schemas.policy import Hierarchy
from schemas.receipt import ColumnUtility, Metrics

Ints = npt.NDArray[np.int64]


def measure_metrics(
    tree: Recoding, released: Cube, source: Recoded | int, k: int, columns: tuple[ColumnUtility, ...],
) -> Metrics:
    """Returns the figures of a release, but for entropy.

    - Discernibility DM: Σ f² over classes of f rows, and as many rows as the source has for each suppressed one (R. J. Bayardo
      and R. Agrawal, ICDE 2005); DM* leaves the latter out (K. El Emam et al., JAMIA 16(5), 2009).
    - Average class size, and that by k: C_AVG (K. LeFevre et al., ICDE 2006).
    - Ambiguity: the mean over rows of the number of combinations of values that a row's labels may stand for (J. Goldberger
      and T. Tassa, Trans. Data Privacy 3(2), 2010), as log10; a suppressed row may be any.

    Args:
        tree: What recoded the table.
        released: Counts of the written table.
        source: The counted source beside its recoding, or only its number of rows: then what needs more of it is None.
        k: Promised class size.
        columns: What ``measure_utility`` found.

    Raises:
        InputError: If a written label is none of the tree's.
    """
    rows = source if isinstance(source, int) else source.source.rows
    kept, classes, star = _pairs(released)
    average = kept / classes if classes else 0.0
    ambiguity, most = _ambiguity(tree, released, rows)
    found = Metrics(
        discernibility=star + (rows - kept) * rows, discernibility_star=star, classes=classes, average_class_size=average,
        c_avg=average / k, precision=sum(column.precision or 0.0 for column in columns) / max(len(columns), 1),
        ambiguity=ambiguity, ambiguity_mean_log=sum(column.ambiguity or 0.0 for column in columns),
        ambiguity_share=float((10**ambiguity - 1) / (10**most - 1)) if 0 < most < _LARGEST else None)
    if isinstance(source, int):
        return found
    _, before, least = _pairs(source.source)
    return found.model_copy(update={
        "discernibility_share": _scaled(found.discernibility, least, rows * rows),
        "average_class_share": _scaled(average, rows / max(before, 1), rows) if classes else 1.0})


def measure_entropy(
    recoded: Recoded, columns: tuple[ColumnUtility, ...],
) -> tuple[tuple[ColumnUtility, ...], dict[str, float | None]]:
    """Returns the columns with their non-uniform entropies, and the fields of ``Metrics`` for all of them together.

    The bits that a reader who knows how frequent each value is in the source still lacks of the values: Σ -log2(rows of the
    value / rows whose value the label admits) (A. Gionis and T. Tassa, IEEE TKDE 21(2), 2009). A share is by the bits of a
    column that is suppressed whole.

    Args:
        recoded: The counted source beside its recoding.
        columns: What ``measure_utility`` found.
    """
    bits = [_entropy(recoded, column) for column in recoded.columns]
    levels = [_entropy_by_level(recoded, column) for column in recoded.columns]
    most = sum(top for _, top in bits)
    known = [level for level in levels if level is not None]
    return tuple(
        column.model_copy(update={"entropy_bits": lacking, "entropy": _share(lacking, top),
                                  "entropy_by_level": None if level is None else _share(level, top)})
        for column, (lacking, top), level in zip(columns, bits, levels, strict=True)
    ), {"entropy_bits": sum(lacking for lacking, _ in bits), "entropy": _share(sum(lacking for lacking, _ in bits), most),
        "entropy_by_level": _share(sum(known), most) if len(known) == len(levels) else None}


_LARGEST = 300
"""Above this many decimal digits the number of combinations leaves the range of a double."""


def _ambiguity(tree: Recoding, released: Cube, rows: int) -> tuple[float, float]:
    """Returns log10 of the mean number of combinations that a row may be, and of the number of all there are."""
    counts = counts_of(released)
    product = np.zeros(len(counts))
    for column in range(len(tree.columns)):
        _, size, index = label_sizes(tree, released, column)
        product += np.log10(size)[index] if len(index) else 0.0
    most = float(sum(np.log10(max(coding.domain, 1)) for coding in tree.columns))
    if not rows:
        return 0.0, most
    logs, weights = np.append(product, most), np.append(counts, rows - counts.sum())
    logs, weights = logs[weights > 0], weights[weights > 0]
    top = float(logs.max())
    return top + float(np.log10(weights @ 10 ** (logs - top) / rows)), most


def _entropy(recoded: Recoded, column: RecodedColumn) -> tuple[float, float]:
    """Returns the bits that are lacking of a column's values, and those of a column that is suppressed whole."""
    own = float(column.rows @ np.log2(np.maximum(column.rows, 1)))
    admitted = column.spread.total(column.rows)[column.of_leaf]
    lacking = float(recoded.leaf_rows @ np.log2(np.maximum(admitted, 1))) - own
    rows = int(column.rows.sum())
    return max(lacking, 0.0), max(rows * float(np.log2(max(rows, 1))) - own, 0.0)


def _entropy_by_level(recoded: Recoded, column: RecodedColumn) -> float | None:
    """Returns the bits as ARX 3.9 adds them up for hierarchies: level by level, among rows that go at least so high.

    With one level for the whole column it is Gionis and Tassa's figure.
    """
    coding = column.coding
    if not isinstance(coding, TaxonomyCoding):
        return None
    top, at = coding.levels[0], levels_of(coding)
    reached = np.array([*(at[label] for label in column.labels), top], np.int64)[column.of_leaf[recoded.leaf]]
    rows = np.bincount(column.place * (top + 1) + reached, recoded.counts, len(column.values) * (top + 1)).reshape(-1, top + 1)
    bits, before = 0.0, np.arange(len(column.values))
    for level in np.flatnonzero(rows.any(axis=0)).tolist():
        still = rows[:, level:].sum(axis=1)
        names = _nodes(column, coding, level)
        fine, coarse = np.bincount(before, still)[before], np.bincount(names, still)[names]
        held = still > 0
        bits += float(still[held] @ np.log2(coarse[held] / fine[held]))
        before = names
    return max(bits, 0.0)


def _nodes(column: RecodedColumn, coding: TaxonomyCoding, level: int) -> Ints:
    """Returns, for each value, the number of its label at a level."""
    if level == coding.levels[0]:
        return np.zeros(len(column.values), np.int64)
    if level == 0:
        return np.arange(len(column.values))
    labels = hierarchies.level(column.values, Hierarchy.model_validate_json(coding.hierarchy), level)
    filled = labels.dictionary_encode(null_encoding="encode")
    special = np.array([value is None for value in labels.to_pylist()])
    # null and NaN have no label: each is a node of its own up to the top
    return np.where(special, len(filled.dictionary) + np.arange(len(labels)), np.asarray(filled.indices).astype(np.int64))


def _pairs(cube: Cube) -> tuple[int, int, int]:
    """Returns rows, classes, and Σ f², in whole numbers."""
    sizes, times = np.unique(class_sizes(cube), return_counts=True)
    pairs = list(zip(sizes.tolist(), times.tolist(), strict=True))
    return sum(f * n for f, n in pairs), sum(n for _, n in pairs), sum(f * f * n for f, n in pairs)


def _scaled(value: float, least: float, most: float) -> float:
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.0


def _share(value: float, most: float) -> float:
    return value / most if most else 0.0
