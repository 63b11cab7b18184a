"""Windows: the parts of a block around some places, so that expensive looks are taken at them alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Flags, Integers
from engine.detect.kernels.finding import gathered, united

_WORTH = 0.6
"""Share of a block from which on to look at all of it is cheaper than to cut windows."""


@dataclass(frozen=True)
class Windows:
    """Stretches of a block, apart from each other, in order, each inside one value or over several.

    Attributes:
        start: First byte of each in the block.
        end: After the last byte.
    """

    block: Block
    start: Integers
    end: Integers

    @cached_property
    def data(self) -> bytes:
        """Their bytes, a NUL after each; of a single one that is the block, the block's."""
        if self._all:
            return self.block.data
        if kernels.worth(len(self.block.data)):
            joined = np.empty(int((self.end - self.start).sum()) + len(self.start), np.uint8)
            gathered(self.block.buffer, self.start, self.end, joined)
            return joined.tobytes()
        slices = [self.block.data[first:last] for first, last in zip(self.start.tolist(), self.end.tolist(), strict=True)]
        return b"\0".join((*slices, b""))

    @cached_property
    def offset(self) -> Integers:
        """First byte of each in ``data``."""
        lengths = self.end - self.start
        return np.asarray(np.cumsum(lengths + 1) - lengths - 1)

    @property
    def _all(self) -> bool:
        return len(self.start) == 1 and int(self.end[0] - self.start[0]) == len(self.block.buffer)

    @classmethod
    def around(cls, block: Block, begin: Integers, end: Integers) -> Windows:
        """Returns the union of stretches; of all the block where they cover most of it.

        Args:
            block: What to cut.
            begin: First byte of each stretch; may be negative.
            end: After the last byte; may be past the block's end. Each holds a place not before that of the one before it.
        """
        if kernels.worth(len(block.data)):
            start, stop = np.empty(len(begin), np.int64), np.empty(len(begin), np.int64)
            count = united(begin, end, len(block.buffer), start, stop)
            begin, end = start[:count], stop[:count]
        elif len(begin):
            order = np.argsort(begin, kind="stable")
            begin, end = np.maximum(begin, 0)[order], np.minimum(end, len(block.buffer))[order]
            reach = np.maximum.accumulate(end)
            fresh = np.concatenate(([True], begin[1:] > reach[:-1]))
            begin, end = begin[fresh], reach[np.concatenate((np.flatnonzero(fresh)[1:] - 1, [len(reach) - 1]))]
        if int((end - begin).sum()) > _WORTH * len(block.buffer):
            return cls.whole(block)
        return cls(block, begin, end)

    @classmethod
    def whole(cls, block: Block) -> Windows:
        """Returns one window: the block."""
        return cls(block, np.array([0]), np.array([len(block.buffer)]))

    def hold(self, places: Integers) -> Flags:
        """Returns which places of the block stand in one of the windows."""
        if self._all:
            return np.ones(len(places), np.bool_)
        window = np.searchsorted(self.start, places, "right") - 1
        inside: Flags = (window >= 0) & (places < np.append(self.end, 0)[window])
        return inside

    def originals(self, start: Integers, end: Integers) -> tuple[Integers, Integers]:
        """Returns where stretches of ``data`` stand in the block."""
        if self._all:
            return start, end
        window = np.searchsorted(self.offset, start, "right") - 1
        moved = self.start[window] - self.offset[window]
        return start + moved, end + moved

    def cut_off(self, start: Integers, end: Integers) -> Flags:
        """Returns for stretches of ``data`` whether one touches the edge of its window inside a value: it may go on there."""
        if self._all:
            return np.zeros(len(start), np.bool_)
        window = np.searchsorted(self.offset, start, "right") - 1
        first, last = self.start[window], self.end[window]
        left = (start == self.offset[window]) & (first > 0) & (self.block.buffer[np.maximum(first - 1, 0)] != 0)
        right = (end - self.offset[window] == last - first) & (self.block.padded[last] != 0)
        cut: Flags = left | right
        return cut
