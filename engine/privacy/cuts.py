"""What noisy cuts of a tree cost: epsilon split over its levels, and how far above k a noisy count has to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.privacy.mechanisms import noisy_count, permute_and_flip
from schemas.dp_events import Promised
from schemas.policy.recoding import NoisyCuts

MECHANISM = "permute-and-flip for cuts, discrete Laplace for counts, level by level"


def cut_events(cuts: NoisyCuts) -> tuple[Promised, ...]:
    """Returns what a tree costs: its guarantee, whole; that a release may fail is part of it, so levels are not told apart."""
    return (Promised(epsilon=cuts.epsilon, delta=cuts.delta),)


@dataclass(frozen=True)
class CutBudget:
    """What each level may spend. A row is in one node of a level: nodes of a level compose in parallel, levels add up.

    Attributes:
        choosing: Epsilon of the cuts of a level, for one row.
        counting: Epsilon of the counts of a level, for one row.
        margin: So far above k a noisy count has to be that all classes have k rows, but for the chance that was paid for.
    """

    choosing: Fraction
    counting: Fraction
    margin: int

    @classmethod
    def of(cls, cuts: NoisyCuts) -> CutBudget:
        """Returns how epsilon is spent: half on cuts, half on counts, of which there is one level more, the root's.

        A release fails if a class has fewer than k rows after all, and that tells something. Where it happens with a chance of
        at most b, whatever the table, the tree that does not fail is (epsilon, (1 + e^epsilon) b)-differentially private: b
        follows from delta, and the margin from b over all nodes that there can be.
        """
        half = Fraction(cuts.epsilon) / 2 / (cuts.rows or 1)
        counting = half / (cuts.depth + 1)
        nodes = 2 ** (cuts.depth + 1) - 1
        log_chance = math.log(cuts.delta) - (cuts.epsilon + math.log1p(math.exp(-cuts.epsilon))) - math.log(nodes)
        least = -(log_chance + math.log1p(math.exp(-float(counting)))) / float(counting)
        return cls(half / cuts.depth, counting, max(0, math.ceil(least)))

    def choose(self, scores: Sequence[int], sensitivity: int) -> int:
        """Returns the place of a high score; one row raises each by at most ``sensitivity``, and lowers none."""
        return permute_and_flip(scores, self.choosing / sensitivity)

    def count(self, rows: int) -> int:
        """Returns a noisy count."""
        return noisy_count(rows, self.counting)
