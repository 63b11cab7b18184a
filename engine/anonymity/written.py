"""What recodings have in common: labels of boxes, codings as JSON, and the coding of a column of which nothing is left."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.alphabet import MOST_NAMED
from engine.anonymity.coding import Box, Codes, Coding, IntervalCoding, Mask, SetCoding, plain
from engine.anonymity.taxonomy import TaxonomyCoding
from engine.anonymity.values import is_ordered, of_type, parse_type, text_of
from schemas.reserved import SUPPRESSED


@dataclass(frozen=True)
class StarCoding(SetCoding):
    """A set that names none of its values: all of them are published as ``'*'``. It has one box, ``(0,)``."""

    kind: ClassVar[str] = "star"

    def encode(self, values: pa.Array) -> Codes:
        """Returns 0 for each value, whether it was in the table or not."""
        return np.zeros(len(of_type(values, parse_type(self.type), self.name)), np.int64)

    def label(self, box: Box) -> str:  # noqa: ARG002 - the protocol's signature
        """Returns '*'."""
        return SUPPRESSED

    def size(self, box: Box) -> int:  # noqa: ARG002 - the protocol's signature
        """Returns D."""
        return self.domain

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:  # noqa: ARG002 - the protocol's signature
        """Returns a test that all codes pass."""
        return lambda leaf, code: np.ones(np.broadcast(leaf, code).shape, bool)

    def group(self, codes: Codes) -> tuple[str, ...]:
        """Returns the empty string, one group without a name, for each code."""
        return ("",) * len(codes)


@dataclass(frozen=True)
class PooledCoding(SetCoding):
    """A set of frequent categories, and one code after theirs for every other, whether it was in the table or not.

    A box with that code is published as ``'*'``.
    """

    kind: ClassVar[str] = "pooled"

    def encode(self, values: pa.Array) -> Codes:
        """Returns the place of each value among the released categories, or after them."""
        codes = super().encode(values)
        return np.where(codes < 0, len(self.points), codes)

    def label(self, box: Box) -> str:
        """Returns a set's label, or '*'."""
        return SUPPRESSED if box[-1] == len(self.points) else super().label(box)

    def size(self, box: Box) -> int:
        """Returns the number of categories that the label may stand for; in ranges the others lie as the named ones do."""
        if box[-1] == len(self.points):
            return self.domain
        return len(box) if len(box) <= MOST_NAMED else len(box) * self.domain // len(self.points)


@dataclass(frozen=True)
class RareCoding(PooledCoding):
    """Values of any type, and one code after theirs for every other, published as ``'*'``: rare ones, and new ones."""

    kind: ClassVar[str] = "rare"

    def label(self, box: Box) -> str:
        """Returns a value, or '*'."""
        if box[0] == len(self.points):
            return SUPPRESSED
        point = self.points[box[0]]
        if point is None or not is_ordered(parse_type(self.type)):
            return plain(point)
        return "NaN" if point == _NAN else text_of(point, self.type)


_NAN = "nan"


def point_of(coding: Coding, box: Box) -> str | None:
    """Returns the value that a box of one value holds, as text."""
    if isinstance(coding, IntervalCoding):
        null, nan, low, _ = box
        return None if null else _NAN if nan else coding.points[low // 2]
    if isinstance(coding, SetCoding):
        return coding.points[box[0]]
    raise TypeError(f"a box of kind {coding.kind} holds more than a value")


_KINDS: dict[str, type[Any]] = {
    kind.kind: kind for kind in (
        IntervalCoding, SetCoding, TaxonomyCoding, StarCoding, AggregateCoding, PooledCoding,
        RareCoding)}


def coding_to_json(coding: Coding) -> dict[str, Any]:
    """Returns a coding as plain JSON types."""
    fields = dataclasses.fields(coding)  # type: ignore[arg-type]  # codings are dataclasses
    return {"kind": coding.kind, **{field.name: listed(getattr(coding, field.name)) for field in fields}}


def coding_from_json(written: Mapping[str, Any]) -> Coding:
    """Returns the coding that ``coding_to_json`` wrote."""
    coding: Coding = _KINDS[written["kind"]](**{name: frozen(value) for name, value in written.items() if name != "kind"})
    return coding


def listed(value: Any) -> Any:  # noqa: ANN401 - nested tuples of scalars
    """Returns nested tuples as lists."""
    return [listed(item) for item in value] if isinstance(value, tuple) else value


def frozen(value: Any) -> Any:  # noqa: ANN401 - nested lists of scalars
    """Returns nested lists as tuples."""
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def labels_of(coding: Coding, boxes: Sequence[Box], box: Codes) -> list[str]:
    """Returns the label of each class, and last that of suppressed rows.

    Args:
        coding: The column's.
        boxes: The different boxes that classes have.
        box: Which of them each class has.
    """
    names = [coding.label(one) for one in boxes]
    return [*(names[place] for place in box.tolist()), SUPPRESSED]


def sizes_of(coding: Coding, boxes: Sequence[Box]) -> dict[str, int]:
    """Returns label → s; where boxes share a label, the largest."""
    found: dict[str, int] = {}
    for box in boxes:
        label = coding.label(box)
        found[label] = max(found.get(label, 0), coding.size(box))
    return found
