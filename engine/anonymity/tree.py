"""The fitted recoding: cuts, leaves, and one label per column and leaf. Frozen, made of JSON scalars."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.coding import Box, Codes, Coding
from engine.anonymity.walking import walk
from engine.anonymity.written import coding_from_json, coding_to_json, frozen, labels_of, listed, sizes_of
from engine.compiled import worth
from engine.errors import InputError

FLAG = "suppressed"
"""Beside the labels of a row: whether it is left out of the release. No quasi-identifier may have this name."""


@dataclass(frozen=True, eq=False)
class Tree:
    """A recoding of quasi-identifiers: a row's leaf follows from its quasi-identifiers alone.

    A row goes down the cuts to a leaf and gets its labels, if they are true of it; a row that no label of its
    leaf can stand for (a value in a gap that nobody had, a new category) is suppressed. So every label that
    is published is true, for rows that came after the fit too.

    Attributes:
        columns: How each column is coded.
        cuts: Column, bound, child if code <= bound, child otherwise; (cuts, 4), the first is the root. A child ``c >= 0``
            is a cut, ``~c`` a leaf; leaf number ``len(leaves)`` means suppressed.
        boxes: Of each column, the different boxes that leaves have.
        leaves: Which of them each leaf has in each column, (leaves, columns).
        beside: How many of these, the last ones, hold what the others give up.
    """

    kind: ClassVar[str] = "tree"
    columns: tuple[Coding, ...]
    cuts: Codes
    boxes: tuple[tuple[Box, ...], ...]
    leaves: Codes
    beside: int = field(default=0, compare=False)  # cuts and leaves are what a fingerprint is of

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quasi-identifiers, in the order that ``route`` takes them."""
        return tuple(column.name for column in self.columns)

    @property
    def suppressed(self) -> int:
        """The leaf number that stands for suppressed."""
        return len(self.leaves)

    def labels(self, column: int) -> list[str]:
        """Returns the label of each leaf in one column, and last that of suppressed rows."""
        return labels_of(self.columns[column], self.boxes[column], self.leaves[:, column])

    def sizes(self, column: int) -> dict[str, int]:
        """Returns label → s; where leaves share a label, the largest."""
        return sizes_of(self.columns[column], self.boxes[column])

    def route(self, columns: Sequence[pa.Array | pa.ChunkedArray]) -> npt.NDArray[np.int64]:
        """Returns the leaf number of each row, ``suppressed`` where it gets no label.

        Args:
            columns: One array per quasi-identifier, in the order of ``names``, all of one length.

        Raises:
            InputError: If their number or a type is not what the tree was fitted on.
        """
        if len(columns) != len(self.columns):
            raise InputError(f"the tree has {len(self.columns)} columns, and was given {len(columns)}",
                             where=", ".join(self.names))
        codes = np.empty((len(columns[0]), len(columns)), np.int64)
        for i, (coding, values) in enumerate(zip(self.columns, columns, strict=True)):
            codes[:, i] = coding.encode(values)
        return self.leaf_of(codes)

    def leaf_of(self, codes: Codes) -> npt.NDArray[np.int64]:
        """Returns the leaf number of each row of codes, (rows, columns), ``suppressed`` where it gets no label."""
        leaf = descend(self._compiled, codes)
        kept = np.flatnonzero(leaf < self.suppressed)
        held = np.ones(len(kept), bool)
        for i, cover in enumerate(self._covers):
            held &= cover(self.leaves[leaf[kept], i], codes[kept, i])
        leaf[kept[~held]] = self.suppressed
        return leaf

    @cached_property
    def _compiled(self) -> Compiled:
        return compiled(self.cuts)

    @cached_property
    def _covers(self) -> list[Any]:
        return [column.cover(boxes) for column, boxes in zip(self.columns, self.boxes, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Returns the tree as plain JSON types, the same for equal trees."""
        return {
            "columns": [coding_to_json(column) for column in self.columns],
            "cuts": _packed(self.cuts),
            "boxes": listed(self.boxes),
            "leaves": _packed(self.leaves),
            **({"beside": self.beside} if self.beside else {}),
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Tree:
        """Returns the tree that ``to_json`` wrote."""
        columns = tuple(map(coding_from_json, written["columns"]))
        cuts, leaves = _unpacked(written["cuts"], 4), _unpacked(written["leaves"], len(columns))
        return cls(columns, cuts, frozen(written["boxes"]), leaves, written.get("beside", 0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.columns, self.boxes, len(self.cuts)))


Compiled = npt.NDArray[np.int32]
"""Cuts, each in one place in memory: the way down a large tree is as long as it takes to fetch them."""


def compiled(cuts: npt.NDArray[np.integer[Any]]) -> Compiled:
    """Returns cuts as ``descend`` takes them."""
    return np.ascontiguousarray(cuts, np.int32)


def descend(cuts: Compiled, codes: Codes) -> Codes:
    """Returns the leaf of each row of ``codes``, (rows, columns)."""
    leaf = np.zeros(len(codes), np.int64)
    if not len(cuts):
        return leaf
    if worth(codes.nbytes):
        return walk(cuts, np.ascontiguousarray(codes))
    row, node = np.arange(len(codes)), np.zeros(len(codes), np.int64)
    while len(row):
        column, bound, below, above = cuts[node].T
        node = np.where(codes[row, column] > bound, above, below).astype(np.int64)
        done = node < 0
        leaf[row[done]] = ~node[done]
        row, node = row[~done], node[~done]
    return leaf


def _packed(numbers: Codes) -> str:
    """Returns whole numbers as text: base 64 of 32 bits each, the lowest byte first, compressed."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(numbers, "<i4").tobytes())).decode()


def _unpacked(written: str, width: int) -> Codes:
    return np.frombuffer(zlib.decompress(base64.b64decode(written)), "<i4").astype(np.int64).reshape(-1, width)
