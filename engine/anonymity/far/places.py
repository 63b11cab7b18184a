"""Where a value stands on its axis, or among the values of a claim: what is sent to where the cube lies. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity import hierarchies
from engine.anonymity.values import comparable, normalized, of_type
from engine.errors import InputError
from schemas.policy import Hierarchy

Ints = npt.NDArray[np.int64]

NAN, UNKNOWN = "\0NaN", "\0?"
"""Stand for NaN among labels, and for values that a hierarchy does not know."""


class Place(Protocol):
    """A function from values to whole numbers."""

    def of(self, values: pa.Array) -> Ints:
        """Returns the place of each value."""
        ...


@dataclass(frozen=True)
class Listed:
    """Values that are listed one by one, null among them.

    Attributes:
        values: Each once.
        places: Of each of them.
        other: Place of those that are not listed, if there may be any.
    """

    values: pa.Array
    places: Ints
    other: int | None = None

    def of(self, values: pa.Array) -> Ints:
        """See ``Place``.

        Raises:
            InputError: If a value is not listed, and may not.
        """
        index = pc.index_in(normalized(values), value_set=self.values)
        if index.null_count and self.other is None:
            raise InputError("the cube holds values that were not counted", where="quasi-identifiers",
                             next="run again when nothing writes to the table")
        return np.append(self.places, self.other or 0)[np.asarray(pc.fill_null(index, len(self.values))).astype(np.int64)]


@dataclass(frozen=True)
class Between:
    """Numbers or dates between bounds: each stands where the least bound stands that is no smaller.

    Attributes:
        bounds: Ascending, the last one the largest value.
        type: Of the values.
        null: Whether null occurs, which stands first.
        nan: Whether NaN does, which stands next.
    """

    bounds: npt.NDArray[Any]
    type: pa.DataType
    null: bool
    nan: bool

    def of(self, values: pa.Array) -> Ints:
        """See ``Place``."""
        values = of_type(values, self.type, "quasi-identifiers")
        valid = np.asarray(pc.is_valid(values))
        found = comparable(values.drop_null())
        place = np.searchsorted(self.bounds, found) + int(self.null) + int(self.nan)
        if found.dtype.kind == "f":
            place[np.isnan(found)] = int(self.null)
        places = np.zeros(len(values), np.int64)
        places[valid] = np.minimum(place, len(self.bounds) - 1 + int(self.null) + int(self.nan))
        return places


@dataclass(frozen=True)
class Leveled:
    """Labels of values at one level of a hierarchy.

    Attributes:
        hierarchy: The policy's.
        level: 1 is the finest above the values.
        labels: What stands where; not needed to get labels.
    """

    hierarchy: Hierarchy
    level: int
    labels: Listed | None = field(default=None)

    def keys(self, values: pa.Array) -> pa.Array:
        """Returns the label of each value, null for null, ``NAN`` for NaN, ``UNKNOWN`` where there is none."""
        values = normalized(values)
        labels = hierarchies.level(values, self.hierarchy, self.level)
        if is_.is_floating(values.type):
            labels = pc.if_else(pc.fill_null(pc.is_nan(values), fill_value=False), NAN, labels)
        return pc.if_else(pc.and_(pc.is_null(labels), pc.is_valid(values)), UNKNOWN, labels)

    def of(self, values: pa.Array) -> Ints:
        """See ``Place``."""
        if self.labels is None:
            raise TypeError("labels have no places yet")
        return self.labels.of(self.keys(values))


@dataclass(frozen=True)
class Hashed:
    """Values of which only the number matters: 62 bits of a hash. Where two have the same one, too few are counted."""

    def of(self, values: pa.Array) -> Ints:
        """See ``Place``."""
        import pandas as pd  # noqa: PLC0415 - its hash of arrays is stable and vectorized; loaded where it is needed

        encoded = normalized(values).dictionary_encode(null_encoding="encode")
        texts = encoded.dictionary.cast(pa.string()).to_numpy(zero_copy_only=False)
        hashes = pd.util.hash_array(np.array(["\0" if text is None else text for text in texts], object), categorize=False)
        return np.asarray((hashes >> np.uint64(2)).astype(np.int64))[np.asarray(encoded.indices).astype(np.int64)]
