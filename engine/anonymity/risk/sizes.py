"""Frequencies of frequencies: how many classes have how many rows. All that most risks depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sizes:
    """Class size → number of classes.

    Attributes:
        sizes: Sizes that occur, each once, ascending, at least 1.
        classes: Number of classes of each size, at least 1.
    """

    sizes: Ints
    classes: Ints

    @classmethod
    def of(cls, sizes: Sequence[int] | Ints, classes: Sequence[int] | Ints | None = None) -> Sizes:
        """Returns the frequencies of sizes in any order; a size may stand several times.

        Args:
            sizes: A size for each class, or for each entry of ``classes``.
            classes: Number of classes of each size; one each by default.
        """
        each = np.asarray(sizes, np.int64)
        if classes is None:
            return cls(*np.unique(each, return_counts=True))
        different, place = np.unique(each, return_inverse=True)
        counted = np.zeros(len(different), np.int64)
        np.add.at(counted, place, np.asarray(classes, np.int64))
        return cls(different, counted)

    @property
    def rows(self) -> int:
        """Rows of the table. Exact, however many."""
        return sum(size * times for size, times in zip(self.sizes.tolist(), self.classes.tolist(), strict=True))

    @property
    def count(self) -> int:
        """Number of classes."""
        return sum(self.classes.tolist())

    def of_size(self, size: int) -> int:
        """Returns the number of classes of one size."""
        return int(self.classes[self.sizes == size].sum())

    @property
    def distinctness(self) -> float:
        """Classes ÷ rows: 1 where no two rows are alike. α-distinct in Motwani and Xu (2007); 0 without rows."""
        return self.count / self.rows if self.rows else 0.0

    @property
    def separation(self) -> float:
        """Share of all pairs of rows that differ. α-separation in Motwani and Xu (2007); 1 where there is no pair."""
        rows = self.rows
        if rows < 2:  # noqa: PLR2004 - a pair
            return 1.0
        sizes = self.sizes.astype(np.float64)
        alike = float(np.sum(self.classes * (sizes / rows) * ((sizes - 1) / (rows - 1))))
        return min(max(1.0 - alike, 0.0), 1.0)

    @property
    def alone(self) -> float:
        """Share of rows that are alone in their class."""
        return self.of_size(1) / self.rows if self.rows else 0.0
