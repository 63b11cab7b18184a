"""The ports through which a cube is counted that is too large to be held. Backends implement them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, overload

import pyarrow as pa

from engine.anonymity.cube import D_MAX, Cube, too_many
from engine.anonymity.far.places import Leveled, Place
from engine.anonymity.far.subtree import Below, Plot
from engine.anonymity.far.tally import Fork, Spread
from engine.anonymity.large import Counts

KEY, EXAMPLE, VALUES = "key", "example", "values"
"""Columns of ``FarCube.grouped``, beside ``schemas.reserved.COUNT``."""


class Counted(NamedTuple):
    """An open node, counted.

    Attributes:
        tuples: How many it holds.
        along: It, along each axis.
    """

    tuples: int
    along: Sequence[Counts]


class Coded(Protocol):
    """A cube of which only positions and codes are left, and rows."""

    @property
    def tuples(self) -> int:
        """How many different ones there are."""
        ...

    def counts(self, fork: Fork, spread: Spread) -> Mapping[int, Counted]:
        """Returns the nodes that hold tuples, by their place in the fork."""
        ...

    def below(self, fork: Fork, plot: Plot) -> Mapping[int, Below]:
        """Returns what grows from each node of a fork, by its place there."""
        ...


class FarCube(Protocol):
    """Distinct (quasi-identifiers, sensitive values) → number of rows, somewhere else."""

    @property
    def quasi(self) -> tuple[str, ...]:
        """Names of the quasi-identifier columns."""
        ...

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Names of the other columns."""
        ...

    @property
    def rows(self) -> int:
        """Rows of the table behind it."""
        ...

    @property
    def tuples(self) -> int:
        """How many different ones there are."""
        ...

    def type(self, column: str) -> pa.DataType:
        """Returns the normalized Arrow type of a column."""
        ...

    def grouped(self, column: str, most: int, level: Leveled | None = None) -> pa.Table | None:
        """Returns the different values of a column, or their labels; None where there are more than ``most``.

        Returns:
            ``KEY``, ``schemas.reserved.COUNT``; of labels ``EXAMPLE``, the least value, and ``VALUES``, how many it stands for.
        """
        ...

    def frequent(self, column: str, most: int) -> pa.Table:
        """Returns the values with most rows, those of equal numbers by size: ``KEY``, ``schemas.reserved.COUNT``; no null."""
        ...

    def sample(self, column: str, about: int) -> pa.Array:
        """Returns about so many different values, chosen by a hash of them, and the largest; neither null nor NaN."""
        ...

    def distinct(self, column: str) -> int:
        """Returns about how many different values a column has."""
        ...

    def placed(self, column: str, place: Place) -> pa.Table:
        """Returns the rows of each position: ``KEY``, ``schemas.reserved.COUNT``."""
        ...

    def coded(self, positions: Mapping[str, Place], codes: Sequence[tuple[str, Place]]) -> AbstractContextManager[Coded]:
        """Counts the cube by positions and codes.

        Args:
            positions: Of each quasi-identifier.
            codes: Column and place of each code, in their order.
        """
        ...

    def close(self) -> None:
        """Lets go of what was kept for being counted again."""
        ...


@overload
def near(cube: Cube | FarCube, *, what: str) -> Cube: ...
@overload
def near(cube: Cube | FarCube | None, *, what: str) -> Cube | None: ...
def near(cube: Cube | FarCube | None, *, what: str) -> Cube | None:
    """Returns a cube that is held, for what needs one.

    Raises:
        InputError: If it is too large.
    """
    if cube is None or isinstance(cube, Cube):
        return cube
    cube.close()
    raise too_many(cube.tuples, cube.quasi, what=what, most=D_MAX)
