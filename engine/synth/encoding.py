"""Rows to small integers and back. Shapes come from public domains, so no row can change them.

Code 0 of every column is "missing". A number outside of its domain is clamped, a value outside of its vocabulary counts as
missing: an outlier in the table is an ordinary code, not a new one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import PolicyError
from engine.synth.reach import held

Codes = npt.NDArray[np.int32]
"""Encoded rows, (rows, columns)."""

BINS = 32
"""Bins of a numeric column."""

MOST_WHOLE = 64
"""Whole-number domains up to this many values get a bin for each."""

_ROUNDING = 1e-6
_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Categories:
    """A column of labels: code i + 1 is ``values[i]``. Cells are compared as values of their type, however it writes them.

    Attributes:
        column: Released name.
        values: As text.
        public: Whether the vocabulary is public (the policy's, or a type's) rather than named, or made by cuts.
        missing: Whether a value may be missing; if not, no row is drawn where one is.
    """

    column: str
    values: tuple[str, ...]
    public: bool
    missing: bool = True

    @property
    def size(self) -> int:
        """Number of codes, "missing" included."""
        return len(self.values) + 1

    def encode(self, cells: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Returns the code of each cell."""
        found = pc.index_in(as_text(cells), value_set=as_text(typed(self.values, cells.type)), skip_nulls=True)
        codes = pc.add(pc.fill_null(found, -1), 1)
        return np.asarray(codes.to_numpy(), dtype=np.int32)

    def decode(self, codes: npt.NDArray[np.int32], kind: pa.DataType) -> pa.Array:
        """Returns a cell of type ``kind`` for each code."""
        return typed(self.values, kind).take(pa.array(codes - 1, mask=codes == 0))


@dataclass(frozen=True)
class Bins:
    """A column of numbers or times in equal bins over [low, high); code i + 1 is bin i.

    Attributes:
        column: Released name.
        low: Left end; days since 1970 for times.
        high: Right end.
        bins: Number of bins.
        whole: Whether values are whole numbers.
        missing: Whether a value may be missing; if not, no row is drawn where one is.
    """

    column: str
    low: float
    high: float
    bins: int
    whole: bool
    missing: bool = True

    @property
    def size(self) -> int:
        """Number of codes, "missing" included."""
        return self.bins + 1

    def encode(self, cells: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Returns the code of each cell; NaN is missing."""
        values = as_numbers(cells)
        place = (np.clip(values, self.low, self.high) - self.low) / (self.high - self.low) * self.bins
        inside = np.nan_to_num(np.floor(place)).astype(np.int32)
        return np.where(np.isnan(values), 0, np.minimum(inside, self.bins - 1) + 1).astype(np.int32)

    def decode(self, codes: npt.NDArray[np.int32], kind: pa.DataType) -> pa.Array:
        """Returns a value drawn uniformly from each code's bin, as type ``kind``."""
        drawn = np.random.default_rng().random(len(codes))
        width = (self.high - self.low) / self.bins
        start, end = self.low + (codes - 1) * width, self.low + codes * width
        if self.whole:
            start, end = np.ceil(start - _ROUNDING), np.ceil(end - _ROUNDING)
        values = np.clip(start + drawn * (end - start), start, np.nextafter(end, start))  # no rounding ends in the next bin
        return _from_float(np.floor(values) if self.whole else values, codes == 0, kind)


Column = Categories | Bins


@dataclass(frozen=True)
class Encoding:
    """How the learned columns of a table become codes, in the order in which they are learned."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Released names of the columns."""
        return tuple(column.column for column in self.columns)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each column."""
        return tuple(column.size for column in self.columns)

    @property
    def possible(self) -> dict[int, npt.NDArray[np.bool_]]:
        """Place of a column in which no value is ever missing → which of its codes there are: all but 0."""
        return {place: np.arange(column.size) > 0 for place, column in enumerate(self.columns) if not column.missing}

    def encode(self, table: pa.Table) -> Codes:
        """Returns the codes of ``table``, (rows, columns)."""
        return np.stack([column.encode(table[column.column]) for column in self.columns], axis=1)

    def decode(self, codes: Codes, schema: pa.Schema) -> pa.Table:
        """Returns new rows with the types of ``schema``, columns in the order of ``schema``."""
        cells = {
            column.column: column.decode(codes[:, place], schema.field(column.column).type)
            for place, column in enumerate(self.columns)
        }
        return pa.table({name: cells[name] for name in schema.names if name in cells})

    def as_dict(self) -> dict[str, Any]:
        """Returns plain JSON types; ``from_dict`` takes them back."""
        return {"columns": [{"kind": type(column).__name__, **dataclasses.asdict(column)} for column in self.columns]}

    @classmethod
    def from_dict(cls, written: dict[str, Any]) -> Encoding:
        """Returns the encoding that ``as_dict`` wrote."""
        return cls(tuple(_column(dict(column)) for column in written["columns"]))


def bins_for(column: str, kind: pa.DataType, low: float, high: float, *, missing: bool = True) -> Bins:
    """Returns bins over a public domain, as far as cells of the type can be in it.

    Args:
        column: Released name.
        kind: Its type. For dates and timestamps ``low`` and ``high`` are calendar years.
        low: Smallest value, or first year.
        high: Largest value, or the year before whose first day times end.
        missing: Whether a value may be missing.

    Raises:
        PolicyError: If they can be in too little of it.
    """
    first, end = held(kind, low, high)
    if not first < end:
        raise PolicyError(f"too little lies from min to max of a column's domain that its type, {kind}, can hold",
                          where=f"domain of column {column}", next="mend the domain",
                          allowed="of whole numbers one or more, of other numbers two, of dates and times, whose min and max are "
                                  "years, one year")
    whole = pa.types.is_integer(kind)
    bins = int(end - first) if whole and end - first <= MOST_WHOLE else BINS
    return Bins(column, first, end, bins, whole=whole or pa.types.is_date(kind), missing=missing)


def binnable(kind: pa.DataType) -> bool:
    """Whether a column of this type can be cut into bins."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
                or pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def as_text(cells: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Returns cells of a scalar type as strings, nulls kept; equal cells, equal strings."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if pa.types.is_float32(cells.type) or pa.types.is_float64(cells.type):
        cells = pc.add(cells, pa.scalar(0.0, cells.type))  # -0 is 0
    return cells if pa.types.is_string(cells.type) else cells.cast(pa.string())


def typed(values: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Returns values that are written as text as cells of a type, of its values where it is a dictionary.

    A whole number may be written ``01`` or ``1.0``, a timestamp without a zone is UTC. What the type cannot hold is null.
    """
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.array(values, kind)
    return pa.array([_cell(value, kind) for value in values], kind)


def _cell(value: str, kind: pa.DataType) -> pa.Scalar:
    for spelling, between in _readings(value, kind):
        with contextlib.suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return pa.scalar(spelling, pa.string()).cast(between).cast(kind)
    return pa.scalar(None, kind)


def _readings(value: str, kind: pa.DataType) -> Iterable[tuple[str, pa.DataType]]:
    """Returns how a value may be spelled, and as what it is read before it becomes one of type ``kind``."""
    if pa.types.is_timestamp(kind):
        return itertools.product((value, f"{value}Z", f"{value} 00:00Z"), (pa.timestamp(unit, "UTC") for unit in ("us", "ns")))
    return [(value, pa.decimal128(38, 0) if pa.types.is_integer(kind) else kind)]


def row_names(table: pa.Table, columns: Sequence[str]) -> list[bytes]:
    """Returns each row as bytes: its cells as text, their lengths before them; equal rows, equal bytes."""
    cells = [as_text(table[name]).to_pylist() for name in columns]
    part: Callable[[str | None], bytes] = lambda cell: b"-" if cell is None else f"{len(cell)}:{cell}".encode()
    return [b"".join(map(part, row)) for row in zip(*cells, strict=True)]


def as_numbers(cells: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Returns numbers as they are, times as days since 1970; NaN where a cell is missing."""
    if pa.types.is_temporal(cells.type):
        micros = cells.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
        return np.asarray(micros, dtype=np.float64) / _MICROSECONDS_A_DAY
    return np.asarray(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _from_float(values: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(values.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32()).cast(kind)
    if pa.types.is_timestamp(kind):
        micros = (values * _MICROSECONDS_A_DAY).astype(np.int64)
        return pa.array(micros, pa.int64(), mask=missing).cast(pa.timestamp("us", tz=kind.tz)).cast(kind, safe=False)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.float64(), mask=missing).cast(kind)
    if pa.types.is_integer(kind):
        return pa.array(np.where(missing, 0, values).astype(kind.to_pandas_dtype()), kind, mask=missing)
    return pa.array(values, pa.float64(), mask=missing).cast(kind)


def _column(written: dict[str, Any]) -> Column:
    if written.pop("kind") == "Bins":
        return Bins(**written)
    return Categories(**{**written, "values": tuple(written["values"])})
