"""Codings: how a fitted tree turns a column's values into small integers, and boxes of them into labels.

Every cut of a tree compares a code with a bound, and every published label stands for a box of codes.
The kinds share one interface: ``encode`` (values → codes), ``label`` and ``size`` (box → text, number of
domain values), ``cover`` (does a leaf's box hold a code). A coding is frozen, made of JSON scalars and
holds only what cuts and labels show.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity import hierarchies
from engine.anonymity.alphabet import MOST_NAMED, ranges
from engine.anonymity.values import comparable, of_type, parse_type, text_of
from schemas.reserved import SUPPRESSED

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Box = tuple[int, ...]

NULL_CODE, NAN_CODE, UNKNOWN = -2, -1, -3
"""Codes of an interval's null and NaN; ``UNKNOWN`` is in no box of any coding, so its row is suppressed."""

_WORDS = frozenset({"", SUPPRESSED, "null", "NaN"})
_PREFIXES = ("[", "(", "{", '"', "null or ", "NaN or ", "≤ ", "≥ ", "> ", "any value")


class Coding(Protocol):
    """One column of a tree."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """The column."""
        ...

    @property
    def domain(self) -> int:
        """D: how many values the column's domain has."""
        ...

    @property
    def observed(self) -> int:
        """Distinct values in the table."""
        ...

    def encode(self, values: pa.Array) -> Codes:
        """Returns one code per value; ``UNKNOWN`` for a value that no label can stand for."""
        ...

    def label(self, box: Box) -> str:
        """Returns the published label of a box."""
        ...

    def size(self, box: Box) -> int:
        """Returns s: how many values of the domain the label may stand for."""
        ...

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:
        """Returns a function (leaf numbers, codes) → whether each leaf's box holds the code."""
        ...

    def group(self, codes: Codes) -> tuple[str, ...]:
        """Returns, for each code, the coarse group that figures about suppression are given for."""
        ...


@dataclass(frozen=True)
class IntervalCoding:
    """Ordered values: numbers, dates, timestamps. A box is (holds null, holds NaN, lowest code, highest code).

    A value has code ``2 i + 1`` if it is point ``i``, else ``2 i`` where ``i`` points lie below it. So a box with an even code
    has an open end, or none: it says where cuts were made; one with odd codes says what a leaf holds.

    Attributes:
        name: The column.
        type: Arrow type it was fitted on.
        domain: D, the number of distinct values, null and NaN each counted as one.
        observed: Distinct values in the table.
        points: Ends of labels and cuts, ascending.
        ranks: Place of each point among the domain's values.
        special: How many of these are null and NaN, which come first.
    """

    kind: ClassVar[str] = "interval"
    name: str
    type: str
    domain: int
    observed: int
    points: tuple[str, ...]
    ranks: tuple[int, ...]
    special: int = 0

    @cached_property
    def _sorted(self) -> npt.NDArray[Any]:
        return comparable(pa.array(self.points, pa.string()).cast(parse_type(self.type)))

    def encode(self, values: pa.Array) -> Codes:
        """Returns one code per value."""
        values = of_type(values, parse_type(self.type), self.name)
        codes = np.full(len(values), NULL_CODE, np.int64)
        valid = np.asarray(pc.is_valid(values))
        found = comparable(values.drop_null())
        place = np.searchsorted(self._sorted, found)
        exact = np.zeros(len(found), bool)
        inside = place < len(self._sorted)
        exact[inside] = self._sorted[place[inside]] == found[inside]
        coded = 2 * place + exact
        if found.dtype.kind == "f":
            coded[np.isnan(found)] = NAN_CODE
        codes[valid] = coded
        return codes

    @property
    def everything(self) -> Box:
        """The box that holds every code."""
        return (1, 1, 0, 2 * len(self.points))

    def label(self, box: Box) -> str:
        """Returns '20', '[20, 29]', 'null', 'null or [20, 29]', '≤ 29', '(20.5, 29.0]' or '*'."""
        if box == self.everything:
            return SUPPRESSED
        null, nan, low, high = box
        parts = ["null"] * null + ["NaN"] * nan
        if low <= high:
            parts.append(self._between(low, high))
        return " or ".join(parts)

    def _between(self, low: int, high: int) -> str:
        if high == 2 * len(self.points) and low == 0:
            return "any value"
        above = text_of(self.points[high // 2], self.type) if high % 2 else None
        if not low:
            return f"≤ {above}"
        below, open_ = (text_of(self.points[low // 2], self.type), False) if low % 2 else self._after(self.points[low // 2 - 1])
        if above is None:
            return f"{'>' if open_ else '≥'} {below}"
        return below if below == above else f"{'(' if open_ else '['}{below}, {above}]"

    def _after(self, point: str) -> tuple[str, bool]:
        """Returns the first value after a point, or, where there is none, the point and that it is not of the interval."""
        type_ = parse_type(self.type)
        if not (is_.is_integer(type_) or is_.is_date(type_)):
            return text_of(point, self.type), True
        number = pa.array([point]).cast(type_).cast(pa.int32() if is_.is_date(type_) else pa.int64())
        return str(pc.add(number, pa.scalar(1, number.type)).cast(type_)[0].as_py()), False

    def size(self, box: Box) -> int:
        """Returns the number of domain values from the lowest to the highest, plus null and NaN where held."""
        if box == self.everything:
            return self.domain
        null, nan, low, high = box
        if low > high:
            return null + nan
        first = self.ranks[low // 2] if low % 2 else self.ranks[low // 2 - 1] + 1 if low else self.special
        last = self.ranks[high // 2] if high % 2 else self.domain - 1
        return null + nan + last - first + 1

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:
        """Returns the membership test of ``boxes``."""
        null, nan, low, high = np.array(boxes, np.int64).reshape(-1, 4).T

        def holds(leaf: Codes, code: Codes) -> Mask:
            held = (code >= low[leaf]) & (code <= high[leaf])
            return np.asarray(held | ((code == NULL_CODE) & (null[leaf] == 1)) | ((code == NAN_CODE) & (nan[leaf] == 1)))

        return holds

    def group(self, codes: Codes) -> tuple[str, ...]:
        """Returns quarters of what lies between points, by place, so that no value is named; a point is with what is below it."""
        quarter = np.clip(codes // 2 * 4 // (len(self.points) + 1), 0, 3)
        lowest = "lowest quarter" if self.points else "any value"
        names = np.array([lowest, "second quarter", "third quarter", "highest quarter", "null", "NaN"])
        return tuple(names[np.where(codes == NULL_CODE, 4, np.where(codes == NAN_CODE, 5, quarter))].tolist())


@dataclass(frozen=True)
class SetCoding:
    """Categories in a stored order. A box is its ascending codes.

    Attributes:
        name: The column.
        type: Arrow type it was fitted on.
        domain: D, the number of distinct categories, null counted as one.
        observed: The same number.
        points: Released categories in order; None is null.
        ranks: Place of each in the alphabet of the domain: null, then by code points.
    """

    kind: ClassVar[str] = "set"
    name: str
    type: str
    domain: int
    observed: int
    points: tuple[str | None, ...]
    ranks: tuple[int, ...]

    def encode(self, values: pa.Array) -> Codes:
        """Returns the place of each value among the released categories."""
        encoded = of_type(values, parse_type(self.type), self.name).dictionary_encode(null_encoding="encode")
        known = pc.index_in(hierarchies.as_text(encoded.dictionary), value_set=pa.array(self.points, pa.string()))
        return np.asarray(np.asarray(pc.fill_null(known, UNKNOWN)).astype(np.int64)[np.asarray(encoded.indices)])

    def label(self, box: Box) -> str:
        """Returns 'A', '{A, B}', '*'; of many '[A, M]' or '{null, [A, C], [F, M]}'. What would be ambiguous is a JSON string."""
        if len(box) == 1:
            return plain(self.points[box[0]])
        if len(box) == self.domain:
            return SUPPRESSED
        if len(box) <= MOST_NAMED:
            return "{" + ", ".join(_member(self.points[code]) for code in box) + "}"
        parts = self._ranges(box)
        return parts[0] if len(parts) == 1 else "{" + ", ".join(parts) + "}"

    def _ranges(self, box: Box) -> list[str]:
        codes = sorted(box, key=self.ranks.__getitem__)
        parts = ["null"] if self.points[codes[0]] is None else []
        names = [_member(self.points[code]) for code in codes[len(parts):]]
        found = ranges(np.array([self.ranks[code] for code in codes[len(parts):]], np.int64))
        return parts + [names[first] if first == last else f"[{names[first]}, {names[last]}]" for first, last in found]

    def size(self, box: Box) -> int:
        """Returns the number of categories that the label names, or that lie in its ranges."""
        return len(box)

    def cover(self, boxes: Sequence[Box]) -> Callable[[Codes, Codes], Mask]:
        """Returns the membership test of ``boxes``."""
        width = len(self.points) + 1
        pairs = np.array([-1, *(leaf * width + code for leaf, box in enumerate(boxes) for code in box)], np.int64)

        def holds(leaf: Codes, code: Codes) -> Mask:
            wanted = leaf * width + code
            place = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
            return np.asarray((code >= 0) & (pairs[place] == wanted))

        if len(boxes) * width > _DENSE:
            return holds
        table = np.zeros(len(boxes) * width + 1, bool)
        table[pairs[1:]] = True
        return lambda leaf, code: table[leaf * width + np.where(code < 0, width - 1, code)]

    def group(self, codes: Codes) -> tuple[str, ...]:
        """Returns the category itself; the empty string for one that no label names."""
        names = np.array([plain(point) for point in self.points] + [""])
        return tuple(names[np.where(codes < 0, len(self.points), codes)].tolist())


_DENSE = 1 << 24
"""Up to this many cells, membership of sets is one table look-up."""


def plain(value: str | None) -> str:
    """Returns a single value as its label: itself, or as a JSON string where it would read as something else."""
    if value is None:
        return "null"
    return json.dumps(value, ensure_ascii=False) if value in _WORDS or value.startswith(_PREFIXES) else value


def _member(value: str | None) -> str:
    if value is not None and (any(sign in value for sign in ',{}"') or value != value.strip()):
        return json.dumps(value, ensure_ascii=False)
    return plain(value)
