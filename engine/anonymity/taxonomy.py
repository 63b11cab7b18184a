"""The coding of a column that is generalized along a hierarchy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.coding import UNKNOWN, Box, Codes, Mask, plain
from engine.anonymity.values import of_type, parse_type
from schemas.policy import Hierarchy


@dataclass(frozen=True)
class TaxonomyCoding:
    """Nodes of a hierarchy in preorder; a box is one node, and holds the nodes from it to its ``last``.

    A value that was not in the cube has the code of its lowest ancestor that was.

    Attributes:
        name: The column.
        type: Arrow type it was fitted on.
        domain: D, the number of values the hierarchy lists, or, for hierarchies by rule, of the table.
        observed: Distinct values in the table.
        points: Label of each node; the root, '*', first.
        ranks: Number of values below each node.
        levels: Level of each node, 0 for a value; -1 for null, -2 for NaN.
        last: Code of the last node below each node.
        hierarchy: Canonical JSON of the policy's hierarchy.
    """

    kind: ClassVar[str] = "taxonomy"
    name: str
    type: str
    domain: int
    observed: int
    points: tuple[str, ...]
    ranks: tuple[int, ...]
    levels: tuple[int, ...]
    last: tuple[int, ...]
    hierarchy: str

    @cached_property
    def _model(self) -> Hierarchy:
        return Hierarchy.model_validate_json(self.hierarchy)

    @cached_property
    def _nodes(self) -> list[tuple[pa.Array, Codes]]:
        """Labels and codes of the nodes of each level below the root."""
        at = [[code for code, level in enumerate(self.levels) if level == index] for index in range(self.levels[0])]
        return [(pa.array([self.points[code] for code in codes], pa.string()), np.array(codes, np.int64)) for codes in at]

    def encode(self, values: pa.Array) -> Codes:
        """Returns the code of each value, or of its lowest known ancestor."""
        encoded = of_type(values, parse_type(self.type), self.name).dictionary_encode(null_encoding="encode")
        distinct = encoded.dictionary
        codes = np.full(len(distinct), UNKNOWN, np.int64)
        null = np.asarray(pc.is_null(distinct))
        nan = np.asarray(pc.is_null(distinct, nan_is_null=True)) & ~null
        codes[np.asarray(pc.is_valid(hierarchies.level(distinct, self._model, self.levels[0])))] = 0
        for index, (names, nodes) in reversed(list(enumerate(self._nodes))):
            labels = hierarchies.level(distinct, self._model, index) if index else hierarchies.as_text(distinct)
            place = pc.index_in(labels, value_set=names, skip_nulls=True)
            known = np.asarray(pc.is_valid(place)) & (codes != UNKNOWN)
            codes[known] = nodes[np.asarray(place.drop_null())[known[np.asarray(pc.is_valid(place))]]]
        for mask, level in ((null, -1), (nan, -2)):
            codes[mask] = self.levels.index(level) if level in self.levels else 0
        return np.asarray(codes[np.asarray(encoded.indices)])

    def label(self, box: Box) -> str:
        """Returns the node's label; a value that would be ambiguous is quoted as a JSON string."""
        return plain(self.points[box[0]]) if self.levels[box[0]] == 0 else self.points[box[0]]

    def size(self, box: Box) -> int:
        """Returns the number of domain values below the node."""
        return self.ranks[box[0]]

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:
        """Returns the membership test of ``boxes``."""
        node = np.array(boxes, np.int64).reshape(-1)
        last = np.array(self.last, np.int64)[node]
        return lambda leaf, code: (code >= node[leaf]) & (code <= last[leaf])

    def group(self, codes: Codes) -> tuple[str, ...]:
        """Returns the coarsest label below the root; the empty string for a value outside the hierarchy."""
        tops, code = [], 1
        while code < len(self.points):
            tops.append(code)
            code = self.last[code] + 1
        names = np.array(["", *(self.label((top,)) for top in tops)])
        return tuple(names[np.searchsorted(np.array(tops, np.int64), codes, side="right")].tolist())
