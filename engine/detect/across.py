"""What goes on behind a line's end or a wide gap: findings in excerpts whose gaps are closed (``engine/detect/view/joined.py``).

Only recognizers with a form take part; names are read over line ends anyway. A finding that spans a doubtful gap has to be of a
type that is likelier than not by its form and its check alone, whatever words stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from engine.detect.block import Block, Flags, Integers
from engine.detect.first.phone_tier import PhoneTier
from engine.detect.first.tier import FirstTier
from engine.detect.found import Found, placed
from engine.detect.registry import EntityType
from engine.detect.view import Joined

_EVEN = 0.5


class Across:
    """The recognizers with a form, on excerpts. Make one a process."""

    def __init__(self, types: Sequence[EntityType], tiers: tuple[FirstTier, PhoneTier | None],
                 names: tuple[Integers, Integers], number: tuple[int, int]) -> None:
        """Takes what a scanner is made of.

        Args:
            types: The types of the first tier.
            tiers: The first tier, and that of telephone numbers, if they are looked for.
            names: Type and recognizer of each type, as findings report them.
            number: The same of a telephone number.
        """
        self._first, self._phones = tiers
        self._names = names
        self._number = number
        self._proven = np.array([one.verified_score > _EVEN for one in types], np.bool_)

    def find(self, joined: Joined, values: Integers, header: str, written: Found) -> Found:
        """Returns the findings that span a gap.

        Args:
            joined: Excerpts.
            values: Where each value that was read stands among all.
            header: The column's name, as words.
            written: What is found in all values as they are written.
        """
        if not joined.texts:
            return Found.joined([])
        block = Block(pa.array(joined.texts, pa.large_string()))
        claims = self._first.find(block, header)
        parts = [_spanning(joined, values, placed(block, claims, *self._names), self._proven[claims.kind])]
        if self._phones is not None:
            kind, source = self._number
            numbers = self._phones.find(block, header)
            found = placed(block, numbers, np.array([kind]), np.array([source]))
            found = _spanning(joined, values, found, np.ones(len(found.value), np.bool_))
            parts.append(found.where(~_holding(found, written.where(written.kind == kind))))
        return Found.joined(parts)


def _spanning(joined: Joined, values: Integers, found: Found, proven: Flags) -> Found:
    """Returns the findings that span a gap, at their places in the values; if it is doubtful, only those that are proven."""
    spans, doubtful = joined.spanning(found.value, found.start, found.end)
    found = found.where(spans & (proven | ~doubtful))
    start, end = joined.originals(found.value, found.start, found.end)
    return found._replace(value=values[joined.value[found.value]], start=start, end=end)


def _holding(outer: Found, inner: Found) -> Flags:
    """Returns which findings hold another that is as likely; of those that begin in it, the first is looked at."""
    if not len(inner.value):
        return np.zeros(len(outer.value), np.bool_)
    inner = inner.where(np.lexsort((inner.start, inner.value)))
    wide = int(max(inner.start.max(), outer.start.max(initial=0))) + 1
    nearest = np.searchsorted(inner.value * wide + inner.start, outer.value * wide + outer.start)
    at = np.minimum(nearest, len(inner.value) - 1)
    inside = (nearest < len(inner.value)) & (inner.value[at] == outer.value) & (inner.end[at] <= outer.end)
    return np.asarray(inside & (inner.score[at] >= outer.score), np.bool_)
