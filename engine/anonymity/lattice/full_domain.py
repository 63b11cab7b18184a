"""The recoding that a lattice search ends with. Frozen, made of JSON scalars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.coding import NAN_CODE, NULL_CODE, Box, Coding, IntervalCoding
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.written import coding_from_json, coding_to_json, frozen, labels_of, listed, sizes_of
from engine.errors import InputError

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FullDomain:
    """Every value of a column becomes its ancestor at the column's one level (global, full-domain recoding).

    A row whose labels are not those of a kept class, or that the hierarchy does not know, is suppressed.

    Attributes:
        columns: How each column is coded.
        levels: Level of each column: 0 is the value itself.
        heights: The level of ``'*'`` in each column.
        boxes: For each column, the boxes that stand in kept classes: the published labels.
        classes: The kept classes: for each column a place in its ``boxes``. In ascending order, leaving aside columns of which
            a class publishes one number: the other columns alone decide where a row belongs.
        proven: Whether no other levels lose less.
    """

    kind: ClassVar[str] = "full-domain"
    columns: tuple[Coding, ...]
    levels: tuple[int, ...]
    heights: tuple[int, ...]
    boxes: tuple[tuple[Box, ...], ...]
    classes: tuple[tuple[int, ...], ...]
    proven: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quasi-identifiers, in the order that ``route`` takes them."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def leaves(self) -> Ints:
        """Which of its column's boxes each kept class has, (classes, columns)."""
        return np.array(self.classes, np.int64).reshape(-1, len(self.columns))

    @property
    def beside(self) -> int:
        """None: what no class holds is left out."""
        return 0

    @property
    def suppressed(self) -> int:
        """The class number that stands for suppressed."""
        return len(self.classes)

    def labels(self, column: int) -> list[str]:
        """Returns the label of each kept class in one column, and last that of suppressed rows."""
        return labels_of(self.columns[column], self.boxes[column], self.leaves[:, column])

    def sizes(self, column: int) -> dict[str, int]:
        """Returns label → s; where boxes share a label, the largest."""
        return sizes_of(self.columns[column], self.boxes[column])

    def route(self, columns: Sequence[pa.Array | pa.ChunkedArray]) -> Ints:
        """Returns the class number of each row, ``suppressed`` where its labels are none that is published together.

        Args:
            columns: One array per quasi-identifier, in the order of ``names``, all of one length.

        Raises:
            InputError: If their number or a type is not what the recoding was fitted on.
        """
        if len(columns) != len(self.columns):
            raise InputError(f"the recoding has {len(self.columns)} columns, and was given {len(columns)}",
                             where=", ".join(self.names))
        found = np.zeros(len(columns[0]), np.int64)
        known = np.ones(len(found), bool)
        for coding, spans, steps, values in zip(self.columns, self._spans, self._steps, columns, strict=True):
            first, last, order = spans
            code = coding.encode(values)
            at = np.searchsorted(first, code, side="right") - 1
            known &= (at >= 0) & (code <= last[at])
            step = found * len(first) + order[at]
            found = np.minimum(np.searchsorted(steps, step), len(steps) - 1)
            known &= steps[found] == step
        return np.where(known, found, self.suppressed)

    @cached_property
    def _spans(self) -> list[tuple[Ints, Ints, Ints]]:
        """First and last code of each column's boxes, in order, and their places in ``boxes``."""
        spans = []
        for coding, boxes in zip(self.columns, self.boxes, strict=True):
            told = boxes[:1] if isinstance(coding, AggregateCoding) else boxes
            first, last = np.array([_span(coding, box) for box in told], np.int64).T
            order = np.argsort(first)
            spans.append((first[order], last[order], order))
        return spans

    @cached_property
    def _steps(self) -> list[Ints]:
        """For each column: the pairs (beginning of a class, place), as one number; their order numbers the next beginnings."""
        steps, begun = [], np.zeros(len(self.classes), np.int64)
        for coding, place, boxes in zip(self.columns, self.leaves.T, self.boxes, strict=True):
            told = isinstance(coding, AggregateCoding)
            step, begun = np.unique(begun if told else begun * len(boxes) + place, return_inverse=True)
            steps.append(step)
        return steps

    def to_json(self) -> dict[str, Any]:
        """Returns the recoding as plain JSON types, the same for equal ones."""
        return {"kind": self.kind, "columns": [coding_to_json(column) for column in self.columns], "proven": self.proven,
                **{name: listed(getattr(self, name)) for name in ("levels", "heights", "boxes", "classes")}}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> FullDomain:
        """Returns the recoding that ``to_json`` wrote."""
        fields = {name: frozen(value) for name, value in written.items() if name not in ("kind", "columns")}
        return cls(columns=tuple(map(coding_from_json, written["columns"])), **fields)


def _span(coding: Coding, box: Box) -> tuple[int, int]:
    """Returns the first and the last code of a box that holds one value, or what is below one node."""
    if isinstance(coding, TaxonomyCoding):
        return box[0], coding.last[box[0]]
    if isinstance(coding, AggregateCoding):
        return NULL_CODE, coding.everything[-1]
    if isinstance(coding, IntervalCoding):
        null, nan, low, high = box
        if box == coding.everything:
            return NULL_CODE, high
        return (NULL_CODE, NULL_CODE) if null else (NAN_CODE, NAN_CODE) if nan else (low, high)
    return box[0], box[0]
