"""From evidence for each token alone to the probability of each label, given the tokens around it.

A linear chain (Lafferty, McCallum, Pereira 2001): what a token's evidence says and which label follows which are added as
log odds, and the forward-backward algorithm (Rabiner 1989, section III) sums over all sequences of labels. A long value is
read in stretches that overlap, so that all stretches of a block go step by step together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.block import Flags, Integers

Evidence = npt.NDArray[np.float32]

CORE, OVERLAP = 64, 8
"""Tokens of a stretch that it decides, and tokens beside them that it sees."""

_MOST, _RESCALED = np.float32(21), 4
"""Log odds of a token's label are at most so large, and probabilities are scaled after so many steps: numbers stay in range."""

_BATCH = 1 << 15
"""Tokens that are gone through at a time: few calls, and memory within bounds."""


class Stretches(NamedTuple):
    """Stretches of tokens, the longest first.

    Attributes:
        start: First token.
        length: Number of tokens.
        skip: Tokens at the beginning that another stretch decides.
        size: Tokens after those that this one decides.
    """

    start: Integers
    length: Integers
    skip: Integers
    size: Integers

    def steps(self) -> Integers:
        """Returns for each step how many stretches reach it."""
        return np.searchsorted(-self.length, -np.arange(1, int(self.length[0]) + 1), "right")

    def those(self, chosen: Flags) -> Stretches:
        """Returns some of the stretches."""
        return Stretches(*(part[chosen] for part in self))

    def batches(self) -> Iterator[Stretches]:
        """Cuts the stretches into some of about the same length."""
        first = 0
        while first < len(self.length):
            last = first + max(1, _BATCH // int(self.length[first]))
            yield Stretches(*(part[first:last] for part in self))
            first = last


def stretches(first: Integers, count: Integers) -> Stretches:
    """Cuts runs of tokens into stretches. Where the cuts are depends on the run alone.

    Args:
        first: First token of each run.
        count: How many tokens it has.
    """
    pieces = -(-count // CORE)
    run = np.repeat(np.arange(len(count)), pieces)
    core = (np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)) * CORE
    begin = np.maximum(core - OVERLAP, 0)
    length = np.minimum(core + CORE + OVERLAP, count[run]) - begin
    order = np.argsort(-length, kind="stable")
    skip = core - begin
    size = np.minimum(core + CORE, count[run]) - core
    return Stretches(*(part[order] for part in (first[run] + begin, length, skip, size)))


def posteriors(evidence: Evidence, follows: Evidence, cut: Stretches, found: Evidence | None = None) -> Evidence:
    """Returns the probability of each label for each token; zeros for tokens that no stretch decides.

    Args:
        evidence: (tokens, labels) log odds of each token alone; label 0 is of tokens that are nothing, as those before and after
            each run are.
        follows: (labels, labels) log odds of a label (row) being followed by another.
        cut: The stretches to look at.
        found: Where to write them; what no stretch decides stays as it is.
    """
    found = np.zeros_like(evidence) if found is None else found
    for some in cut.batches():
        forward, backward = both_ways(evidence, follows, some)
        step = np.arange(len(forward))[:, None]
        kept = np.flatnonzero((step >= some.skip) & (step < some.skip + some.size))
        both = forward.reshape(-1, forward.shape[2])[kept]
        both *= backward.reshape(-1, forward.shape[2])[kept]
        both /= both @ np.ones((both.shape[1], 1), both.dtype)
        found[(some.start + step).ravel()[kept]] = both
    return found


def both_ways(evidence: Evidence, follows: Evidence, cut: Stretches) -> tuple[Evidence, Evidence]:
    """Returns forward and backward probabilities, each up to a factor: (steps, stretches, labels)."""
    steps = cut.steps()
    moves = np.exp(follows - follows.max())
    place = np.minimum(cut.start + np.arange(len(steps))[:, None], len(evidence) - 1)
    odds = np.take(evidence, place, axis=0)
    np.exp(np.clip(odds, -_MOST, _MOST, out=odds), out=odds)
    forward, backward = np.zeros_like(odds), np.ones_like(odds)
    before = np.where(cut.skip[:, None] > 0, np.float32(1), moves[:1])
    for step, count in enumerate(steps.tolist()):
        now = np.multiply(before[:count], odds[step, :count], out=forward[step, :count])
        if step % _RESCALED == 0:
            now /= now.max(axis=1, keepdims=True)
        before = now @ moves
    closed = np.flatnonzero(cut.skip + cut.size == cut.length)
    backward[cut.length[closed] - 1, closed] = moves[:, 0]
    back = np.ascontiguousarray(moves.T)
    for step in range(len(steps) - 1, 0, -1):
        count = int(steps[step])
        seen = backward[step, :count] * odds[step, :count]
        if step % _RESCALED == 0:
            seen /= seen.max(axis=1, keepdims=True)
        np.matmul(seen, back, out=backward[step - 1, :count])
    return forward, backward
