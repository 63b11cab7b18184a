"""Choices among candidates by private scores, each with what it guarantees. Scores are whole numbers; draws are exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.privacy import limits
from engine.privacy.mechanisms import discrete_laplace, exponential, permute_and_flip
from schemas import dp_events


@dataclass(frozen=True)
class Choice:
    """A high score among several: epsilon-differentially private.

    Permute-and-flip (McKenna and Sheldon 2020) is never worse than the exponential mechanism, and is what report-noisy-max is
    with exponential noise (Ding et al. 2021, "The Permute-and-Flip Mechanism is Identical to Report-Noisy-Max with Exponential
    Noise"). So it reports a noisy maximum, of which no noise with finitely many digits has to be drawn, and no ties arise.

    Attributes:
        epsilon: Of one choice.
        sensitivity: What one unit changes a score by at most.
        one_sided: Whether one unit more never lowers a score; half the noise does then.
        exponential: Draw as the exponential mechanism does.
    """

    epsilon: float
    sensitivity: Fraction = Fraction(1)
    one_sided: bool = False
    exponential: bool = False

    def __post_init__(self) -> None:
        """Refuses what promises nothing."""
        limits.hold(self, epsilon=limits.require_epsilon(self.epsilon),
                    sensitivity=limits.require_fraction("the sensitivity", self.sensitivity))

    @property
    def rate(self) -> Fraction:
        """What a score is multiplied with in the exponent."""
        return Fraction(self.epsilon) / (self.sensitivity * (1 if self.one_sided else 2))

    @property
    def events(self) -> tuple[dp_events.Event, ...]:
        """What one choice tells."""
        return (dp_events.Promised(epsilon=self.epsilon),)

    def __call__(self, scores: Sequence[int]) -> int:
        """Returns the place of a high score.

        Raises:
            ValueError: If there are no scores, or they are not whole.
        """
        return exponential(scores, self.rate) if self.exponential else permute_and_flip(scores, self.rate)


def report_noisy_max(counts: Sequence[int], epsilon: float) -> int:
    """Returns the place of a large count: epsilon-differentially private where one unit adds at most one to any of the counts.

    See ``Choice``; its event is ``Choice(epsilon, one_sided=True).events``.
    """
    return Choice(epsilon, one_sided=True)(counts)


@dataclass(frozen=True)
class AboveThreshold:
    """Sparse vector: says which of many numbers are above a threshold, and is charged for those that are, not for the others.

    Epsilon-differentially private, however many numbers are asked about. Lyu, Su and Li (2017), "Understanding the Sparse Vector
    Technique for Differential Privacy", algorithm 1, with discrete Laplace noise: its proof shifts noise by whole numbers. The
    numbers themselves are not released.

    Attributes:
        epsilon: Of all answers together.
        hits: After so many numbers above the threshold there are no more answers.
        sensitivity: What one unit changes a number by at most.
        one_sided: Whether one unit more never lowers a number; half the noise does then.
    """

    epsilon: float
    hits: int = 1
    sensitivity: int = 1
    one_sided: bool = False

    def __post_init__(self) -> None:
        """Refuses what promises nothing."""
        limits.hold(self, epsilon=limits.require_epsilon(self.epsilon),
                    hits=limits.require_whole("the number of hits", self.hits, limits.MOST_HITS),
                    sensitivity=limits.require_whole("the sensitivity", self.sensitivity))

    @property
    def events(self) -> tuple[dp_events.Event, ...]:
        """What all answers together tell."""
        return (dp_events.Promised(epsilon=self.epsilon),)

    def __call__(self, numbers: Iterable[int], threshold: int) -> Iterator[bool]:
        """Returns for each number whether it is above the threshold, more or less; ends after ``hits`` that are.

        Raises:
            ValueError: If the threshold is not whole; or a number, when it is asked about.
        """
        for_threshold, for_numbers = self._shares()
        bar = limits.exactly("the threshold", threshold) + discrete_laplace(self.sensitivity / for_threshold)
        sides = 1 if self.one_sided else 2
        return self._answers(numbers, bar, sides * self.hits * self.sensitivity / for_numbers)

    def _answers(self, numbers: Iterable[int], bar: int, scale: Fraction) -> Iterator[bool]:
        found = 0
        for number in numbers:
            noise = discrete_laplace(scale)
            above = limits.exactly("each of the numbers", number) + noise >= bar
            yield above
            found += above
            if found == self.hits:
                return

    def _shares(self) -> tuple[Fraction, Fraction]:
        """Returns what of epsilon the threshold and the numbers get: about 1 to (2 hits)^(2/3), by section 4.2 of the paper."""
        whole = Fraction(self.epsilon)
        wide = (1 if self.one_sided else 2) * self.hits
        first = whole * Fraction(1 / (1 + wide ** (2 / 3))).limit_denominator(1000)
        return first, whole - first
