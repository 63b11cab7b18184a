"""What an axis is: one column of a cube while a tree is being fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.anonymity.coding import Box, Coding

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

class Leaves(NamedTuple):
    """The leaves of a tree, along one axis.

    Attributes:
        low: Where each leaf's cell begins, (leaves,).
        high: Where it ends.
        starts: Where each leaf's positions begin in ``held``, and where the last's end; (leaves + 1,).
        held: Positions of each leaf's tuples, ascending, each once; empty where labels say what cuts send to a leaf.
        tight: Whether labels say what a leaf holds.
    """

    low: Ints
    high: Ints
    starts: Ints
    held: Ints
    tight: bool


class Finished(NamedTuple):
    """What an axis becomes in a tree.

    Attributes:
        coding: The column's.
        bounds: Code of each cut: positions up to it lie below.
        boxes: The different boxes of leaves.
        box: Which of them each leaf has.
    """

    coding: Coding
    bounds: Ints
    boxes: tuple[Box, ...]
    box: Ints


class Axis(Protocol):
    """One quasi-identifier of a cube.

    Attributes:
        positions: One per tuple, each in ``range(extent)``.
        extent: Number of positions.
        special: Positions of null and NaN, which come first where values have an order.
        counted: Whether what a leaf holds is named value by value.
        nodes: Of a hierarchy, the node over each position, from the values to the root; (levels, extent), none without one.
        shares: Of each level, the loss (s-1)/(D-1) of each node.
        scale: Of an axis of which a class publishes one number, the value at each position; empty of others.
        marks: Positions at which large nodes may be cut, ascending.
    """

    positions: Ints
    extent: int
    special: int
    counted: bool
    nodes: Ints
    shares: Sequence[Floats]
    scale: Floats
    marks: Ints

    def loss(self, low: Ints, high: Ints) -> Floats:
        """Returns (s-1)/(D-1), unweighted, for cells from position ``low`` to ``high``; with a scale, their length squared."""
        ...

    def below(self, level: int, nodes: Ints) -> tuple[Ints, Ints]:
        """Returns the first and the last position below nodes of one level of the hierarchy."""
        ...

    def finish(self, cuts: Ints, leaves: Leaves) -> Finished:
        """Returns the coding, and what cuts (ascending positions) and leaves are in it."""
        ...
