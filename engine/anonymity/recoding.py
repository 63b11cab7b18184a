"""What recodes quasi-identifiers, whatever found it: a tree of cuts, or one level for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.coding import Box, Coding
from engine.anonymity.lattice import FullDomain
from engine.anonymity.tree import Tree


class Recoding(Protocol):
    """A frozen function of a row's quasi-identifiers: its class, and the labels that are published of it.

    Every label is true of every row that gets it, of rows that came after the fit, too; a row that has no true labels is
    suppressed, and left out of the release.
    """

    kind: ClassVar[str]
    """How a policy and a receipt call the model."""

    @property
    def columns(self) -> tuple[Coding, ...]:
        """How each column is coded."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The quasi-identifiers, in the order that ``route`` takes them."""
        ...

    @property
    def boxes(self) -> tuple[tuple[Box, ...], ...]:
        """For each column, the different boxes that classes have."""
        ...

    @property
    def leaves(self) -> npt.NDArray[np.int64]:
        """Which of its column's boxes each class has, (classes, columns)."""
        ...

    @property
    def beside(self) -> int:
        """How many of the classes, the last ones, hold rows that the others gave up."""
        ...

    @property
    def suppressed(self) -> int:
        """The class number that stands for suppressed."""
        ...

    def labels(self, column: int) -> list[str]:
        """Returns the label of each class in one column, and last that of suppressed rows."""
        ...

    def sizes(self, column: int) -> dict[str, int]:
        """Returns label → s, the number of the domain's values that it may stand for."""
        ...

    def route(self, columns: Sequence[pa.Array | pa.ChunkedArray]) -> npt.NDArray[np.int64]:
        """Returns the class number of each row; raises InputError for other columns than it was fitted on."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Returns it as plain JSON types, the same for equal recodings."""
        ...


_KINDS: dict[str, type[Tree | FullDomain]] = {kind.kind: kind for kind in (Tree, FullDomain)}


def recoding_from_json(written: Mapping[str, Any]) -> Recoding:
    """Returns the recoding that ``to_json`` wrote; one that does not say its kind is a tree."""
    return _KINDS[written.get("kind", Tree.kind)].from_json(written)
