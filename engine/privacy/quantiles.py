"""Quantiles: a point of a public grid, by how many ranks it is off.

One choice a quantile, all on one grid. Kaplan, Schnapp and Stemmer (2022), "Differentially Private Approximate Quantiles", cut
the data at each answer and so pay for log2(m + 1) choices where m are paid for here. But they assume that values are distinct:
rows at an answer belong to both sides, and the side they are given to is wrong for the others. Ages, wages and grades are full of
ties. For the three or five quantiles that people ask for, the difference is one choice or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from numbers import Rational

import numpy as np

from engine.privacy import limits
from engine.privacy.choices import Choice
from engine.privacy.exact import Whole
from schemas import dp_events


@dataclass(frozen=True)
class Quantile:
    """A quantile of the rows of one cell: epsilon-differentially private.

    A point's score is how many ranks the wanted one is off the ranks that the point has, negated: 0 where the point's own rows
    hold it. A row more moves a rank by at most max(q, 1 - q).

    Attributes:
        share: Which: 0 for the least value, 1/2 for the median.
        epsilon: Of one choice, in one cell.
        rows: That one unit has in a cell, at most.
    """

    share: Fraction
    epsilon: float
    rows: int = 1

    def __post_init__(self) -> None:
        """Refuses what promises nothing."""
        if not isinstance(self.share, Rational) or not 0 <= self.share <= 1:
            raise ValueError("the share of a quantile is a Fraction from 0 to 1")
        limits.hold(self, share=limits.fraction_of(self.share), epsilon=limits.require_epsilon(self.epsilon),
                    rows=limits.require_whole("the number of rows", self.rows))

    @property
    def sensitivity(self) -> Fraction:
        """What one unit changes a score by at most, in ranks."""
        return self.rows * max(self.share, 1 - self.share)

    def events(self, cells: int = 1) -> tuple[dp_events.Event, ...]:
        """Returns what it tells of a unit that is in so many cells."""
        return (dp_events.Promised(epsilon=self.epsilon, count=cells),)

    def expected_ranks(self, points: int) -> float:
        """Returns how many ranks it is off on average, at most (McKenna and Sheldon 2020, proposition 3)."""
        return 2 * float(self.sensitivity) / self.epsilon * float(np.log(points))

    def __call__(self, counts: Sequence[int] | Whole) -> int:
        """Returns the place of a point of the grid.

        Args:
            counts: Rows at each point, in their order; all may be 0.

        Raises:
            ValueError: If there are no points, or their rows are no whole numbers from 0 on.
        """
        return Choice(self.epsilon, self.sensitivity * self.share.denominator)(self.scores(counts))

    def scores(self, counts: Sequence[int] | Whole) -> list[int]:
        """Returns each point's score, times the denominator of ``share``. As ``__call__``."""
        rows = limits.all_exactly("rows at the points", counts)
        if min(rows) < 0:
            raise ValueError("each of rows at the points is 0 or more")
        over, under = self.share.numerator, self.share.denominator
        upto = list(accumulate(rows))
        wanted = upto[-1] * over
        return [min(wanted - (last - here) * under, last * under - wanted, 0) for here, last in zip(rows, upto, strict=True)]
