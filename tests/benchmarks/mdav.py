"""MDAV, plain: the microaggregation that others are measured by (Domingo-Ferrer and Torra, DMKD 11(2), 2005, section 3.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def mdav(points: Floats, k: int) -> npt.NDArray[np.int64]:
    """Returns the class of each row of standardized ``points``, (n, d): of k rows each, the last one of k to 2k-1."""
    classes, left, number = np.empty(len(points), np.int64), np.arange(len(points)), 0

    def take(centre: Floats) -> None:
        nonlocal left, number
        near = np.argsort(((points[left] - centre) ** 2).sum(axis=1), kind="stable")[:k]
        classes[left[near]], left, number = number, np.delete(left, near), number + 1

    while len(left) >= 2 * k:
        mean = points[left].mean(axis=0)
        far = points[left[((points[left] - mean) ** 2).sum(axis=1).argmax()]]
        other = points[left[((points[left] - far) ** 2).sum(axis=1).argmax()]]
        take(far)
        if len(left) >= 2 * k:
            take(other)
    classes[left] = number
    return classes


def sse_by_sst(points: Floats, published: Floats) -> float:
    """Returns the squared distance of what is published, by that of the mean of all."""
    return float(((points - published) ** 2).sum() / ((points - points.mean(axis=0)) ** 2).sum())
