"""Re-identification risk and class sizes of a written table, as its receipt has them.

K. El Emam and F. K. Dankar, "Protecting Privacy Using k-Anonymity", JAMIA 15(5), 2008. No register of the
population is at hand, so the written table stands for it: the journalist's risk then equals the
prosecutor's, which bounds it from above.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import class_sizes
from schemas.receipt import ClassSizes, Risk

_EDGES = (1, 2, 3, 5, 10, 15, 20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000)


def measure_risk(counts: Cube) -> Risk:
    """Returns the risks from class sizes f: 1/min f; mean over rows of 1/f; the same two for journalist and marketer.

    The mean over rows of 1/f is the number of classes divided by the number of rows: the share of rows that
    an attacker who knows everybody's quasi-identifiers re-identifies by guessing, which is the marketer's risk.
    A table without rows has no risk.
    """
    sizes = class_sizes(counts)
    if not len(sizes):
        return Risk(prosecutor_max=0.0, prosecutor_mean=0.0, journalist_max=0.0, marketer=0.0)
    highest, mean = 1 / float(sizes.min()), len(sizes) / float(sizes.sum())
    return Risk(prosecutor_max=highest, prosecutor_mean=mean, journalist_max=highest, marketer=mean)


def measure_classes(counts: Cube) -> ClassSizes:
    """Returns the histogram of class sizes, up to the bin that holds the largest class."""
    sizes = class_sizes(counts)
    return histogram(sizes, np.ones(len(sizes), np.int64))


def histogram(sizes: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> ClassSizes:
    """Returns the histogram of class sizes, up to the bin that holds the largest class.

    Args:
        sizes: Rows of a class.
        classes: How many classes have so many.
    """
    largest = int(sizes.max()) if len(sizes) else 0
    edges = tuple(edge for edge in _EDGES if edge <= max(largest, 1))
    bin_ = np.searchsorted(edges, sizes, side="right") - 1
    held, rows = np.zeros(len(edges), np.int64), np.zeros(len(edges), np.int64)
    np.add.at(held, bin_, classes)
    np.add.at(rows, bin_, classes * sizes)
    return ClassSizes(
        edges=edges, classes=tuple(held.tolist()), rows=tuple(rows.tolist()), smallest=int(sizes.min()) if len(sizes) else 0,
        largest=largest, mean=float(rows.sum()) / float(held.sum()) if len(sizes) else 0.0)
