"""Spans in a text, and how many of those that are claimed are right.

The convention is that of presidio-research (docs/span_evaluation.md and span_matching_strategies.md, SpanEvaluator): spans match
by the characters that they share over the characters that either holds (intersection over union); neighbours of one type with
nothing but space and punctuation between them are one; a label is matched once, and so is a claim.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Characters from ``start`` to ``end`` of a text, what they are, and how sure that is."""

    start: int
    end: int
    kind: str
    score: float = 1.0
