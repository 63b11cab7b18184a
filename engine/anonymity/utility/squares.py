"""How far what microaggregated columns publish is from what was there."""

from __future__ import annotations

import numpy as np

from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.utility.recoded import Recoded, RecodedColumn
from engine.anonymity.values import comparable, special_of


def squared_error(recoded: Recoded, column: RecodedColumn) -> float | None:
    """Returns SSE/SST of a column with ``aggregate``, None of another or one without finite numbers.

    It is 0 where each class has one value, and 1 for the mean of all: squared differences between values and what their class
    publishes, by those between values and their mean (J. Domingo-Ferrer and V. Torra, DMKD 11(2), 2005, section 2). Of a
    suppressed row nothing but the mean is known; null and NaN do not count.
    """
    if not isinstance(column.coding, AggregateCoding):
        return None
    special, labels = special_of(column.values), len(column.labels)
    values = comparable(column.values.slice(special)).astype(np.float64)
    if not len(values) or not np.isfinite(values).all():
        return None
    rows = column.rows[special:]
    mean = values[0] + float(rows @ (values - values[0])) / int(rows.sum())
    told = np.append(column.coding.numbers(column.boxes), mean)
    key, inverse = np.unique(column.place * (labels + 1) + column.of_leaf[recoded.leaf], return_inverse=True)
    held = np.bincount(inverse, recoded.counts, len(key)).astype(np.int64)
    place, label = key // (labels + 1) - special, key % (labels + 1)
    real = place >= 0
    error = float(held[real] @ (values[place[real]] - told[label[real]]) ** 2)
    most = float(rows @ (values - mean) ** 2)
    return error / most if most else 0.0
