"""Spans in a text, and how many of those that are claimed are right.

The convention is that of presidio-research (docs/span_evaluation.md and span_matching_strategies.md, SpanEvaluator): spans match
if the characters that both hold are at least a share of those that either holds (intersection over union); neighbours of one
kind with nothing but space and punctuation between them are one. A label is matched once, and so is a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

OVERLAP = 0.75


class Span(NamedTuple):
    """Characters from ``start`` to ``end`` of a text, what they are, and how sure that is."""

    start: int
    end: int
    kind: str
    score: float = 1.0


@dataclass
class Counts:
    """How many spans are labelled, claimed, and right."""

    labelled: int = 0
    claimed: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        """Share of what is claimed that is right; 1 where nothing is claimed."""
        return self.right / self.claimed if self.claimed else 1.0

    @property
    def recall(self) -> float:
        """Share of what is labelled that is found; 1 where nothing is labelled."""
        return self.right / self.labelled if self.labelled else 1.0

    @property
    def f2(self) -> float:
        """F-measure in which recall weighs twice as much as precision (van Rijsbergen 1979, chapter 7)."""
        weight = self.labelled * 4 + self.claimed
        return 5 * self.right / weight if weight else 1.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.labelled + other.labelled, self.claimed + other.claimed, self.right + other.right)


def iou(one: Span, other: Span) -> float:
    """Returns the characters that both spans hold over those that either holds."""
    both = min(one.end, other.end) - max(one.start, other.start)
    return both / (max(one.end, other.end) - min(one.start, other.start)) if both > 0 else 0.0


def resolved(spans: Iterable[Span]) -> list[Span]:
    """Returns spans of which none overlaps: of those that do the longest stays, then the surer, then the earlier.

    That is the rule by which the redaction names a placeholder.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, -one.score, one.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)


def merged(spans: Iterable[Span], text: str) -> list[Span]:
    """Returns spans with neighbours of one kind made one, where only space and punctuation stand between them."""
    joined: list[Span] = []
    for span in sorted(spans):
        last = joined[-1] if joined else None
        if last and last.kind == span.kind and not any(sign.isalnum() for sign in text[last.end:span.start]):
            joined[-1] = Span(last.start, max(last.end, span.end), span.kind, max(last.score, span.score))
        else:
            joined.append(span)
    return joined


def pairs(labelled: Sequence[Span], claimed: Sequence[Span], *, typed: bool = True) -> Iterator[tuple[Span, Span]]:
    """Yields labels with the claims that match them, best overlap first; ``typed``: only if their kinds are the same."""
    every = sorted(((-iou(label, claim), label, claim) for label in labelled for claim in claimed
                    if (label.kind == claim.kind or not typed) and iou(label, claim) >= OVERLAP), key=lambda one: one[:3])
    taken: set[tuple[str, Span]] = set()
    for _, label, claim in every:
        if ("label", label) not in taken and ("claim", claim) not in taken:
            taken |= {("label", label), ("claim", claim)}
            yield label, claim


def counted(labelled: Sequence[Span], claimed: Sequence[Span]) -> dict[str, Counts]:
    """Returns the counts for each kind in one text, and of all kinds together if kinds count for nothing as ``any``."""
    found: dict[str, Counts] = {}
    for label in labelled:
        found.setdefault(label.kind, Counts()).labelled += 1
    for claim in claimed:
        found.setdefault(claim.kind, Counts()).claimed += 1
    for label, _ in pairs(labelled, claimed):
        found[label.kind].right += 1
    found["any"] = Counts(len(labelled), len(claimed), sum(1 for _ in pairs(labelled, claimed, typed=False)))
    return found
