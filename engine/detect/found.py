"""Findings as columns, and how those of several tiers come together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.detect.block import Block, Claims, Flags, Floats, Integers
from engine.detect.resolve import staying


class Found(NamedTuple):
    """Findings as columns, sorted by value and place; types and recognizers by their place in the scanner's lists."""

    value: Integers
    start: Integers
    end: Integers
    kind: Integers
    score: Floats
    source: Integers

    @classmethod
    def joined(cls, parts: Sequence[Found]) -> Found:
        """Returns the findings of all parts, one after the other."""
        empty = np.zeros(0, np.int64)
        value, start, end, kind, score, source = zip((empty, empty, empty, empty, np.zeros(0), empty), *parts, strict=True)
        return cls(np.concatenate(value), np.concatenate(start), np.concatenate(end), np.concatenate(kind), np.concatenate(score),
                   np.concatenate(source))

    def where(self, rows: Integers | Flags) -> Found:
        """Returns some of them."""
        return Found(self.value[rows], self.start[rows], self.end[rows], self.kind[rows], self.score[rows], self.source[rows])


def placed(block: Block, claims: Claims, kinds: Integers, sources: Integers) -> Found:
    """Returns claims on a block as findings in its values; ``kinds`` and ``sources`` say what the claims' own are called."""
    return Found(block.value_of(claims.start), block.characters(claims.start), block.characters(claims.end), kinds[claims.kind],
                 claims.score, sources[claims.source])


def resolved(found: Found, better: Found | None = None) -> Found:
    """Returns the findings that stay; what ``better`` says of a place goes before the rest, however likely that looks."""
    both = found if better is None else Found.joined([found, better])
    rank = both.score + (np.arange(len(both.value)) >= len(found.value))
    return both.where(staying(both.value, both.start, both.end, both.kind, rank))
