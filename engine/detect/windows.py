"""Windows: the parts of a block around some places, so that expensive looks are taken at them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.detect.block import Block, Flags, Integers

_WORTH = 0.6
"""Share of a block from which on to look at all of it is cheaper than to cut windows."""


@dataclass(frozen=True)
class Windows:
    """Stretches of a block, apart from each other, in order, each inside one value or over several.

    Attributes:
        data: Their bytes, a NUL after each.
        start: First byte of each in the block.
        end: After the last byte.
        offset: First byte of each in ``data``.
    """

    block: Block
    data: bytes
    start: Integers
    end: Integers
    offset: Integers

    @classmethod
    def around(cls, block: Block, begin: Integers, end: Integers) -> Windows:
        """Returns the union of stretches; of all the block where they cover most of it.

        Args:
            block: What to cut.
            begin: First byte of each stretch, ascending; may be negative.
            end: After the last byte; may be past the block's end.
        """
        if len(begin):
            begin, end = np.maximum(begin, 0), np.minimum(end, len(block.buffer))
            reach = np.maximum.accumulate(end)
            fresh = np.concatenate(([True], begin[1:] > reach[:-1]))
            begin, end = begin[fresh], reach[np.concatenate((np.flatnonzero(fresh)[1:] - 1, [len(reach) - 1]))]
        if int((end - begin).sum()) > _WORTH * len(block.buffer):
            return cls.whole(block)
        lengths = end - begin
        slices = [block.data[first:last] for first, last in zip(begin.tolist(), end.tolist(), strict=True)]
        return cls(block, b"\0".join((*slices, b"")), begin, end, np.cumsum(lengths + 1) - lengths - 1)

    @classmethod
    def whole(cls, block: Block) -> Windows:
        """Returns one window: the block."""
        one = np.array([0])
        return cls(block, block.data, one, np.array([len(block.buffer)]), one)

    def originals(self, start: Integers, end: Integers) -> tuple[Integers, Integers]:
        """Returns where stretches of ``data`` stand in the block."""
        window = np.searchsorted(self.offset, start, "right") - 1
        moved = self.start[window] - self.offset[window]
        return start + moved, end + moved

    def cut_off(self, start: Integers, end: Integers) -> Flags:
        """Returns for stretches of ``data`` whether one touches the edge of its window inside a value: it may go on there."""
        window = np.searchsorted(self.offset, start, "right") - 1
        first, last = self.start[window], self.end[window]
        left = (start == self.offset[window]) & (first > 0) & (self.block.buffer[np.maximum(first - 1, 0)] != 0)
        right = (end - self.offset[window] == last - first) & (self.block.padded[last] != 0)
        cut: Flags = left | right
        return cut
