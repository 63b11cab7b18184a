"""Sets of items, counted: which distinct sets a column holds, and how many rows each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.cube import D_MAX
from engine.anonymity.hierarchies import as_text
from engine.errors import InputError
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ItemSets:
    """A count table of one column's sets.

    Attributes:
        column: The column.
        table: One row per distinct tuple: the set, a list without nulls and repeats, or null; beside it the quasi-identifiers,
            where rows may be left out for their sake; and ``schemas.reserved.COUNT`` (int64, ≥1). Order of rows carries no
            meaning.
    """

    column: str
    table: pa.Table

    def __post_init__(self) -> None:
        if self.table.num_rows > D_MAX:
            beside = self.table.num_columns > 2  # noqa: PLR2004 - the set and its count
            raise InputError(
                f"the sets of column {self.column!r}{' and the quasi-identifiers' if beside else ''} take more than {D_MAX:,} "
                "distinct combinations", where=f"columns.{self.column}", allowed=f"at most {D_MAX:,} on this backend",
                next="ask for no suppression of rows (guarantees.suppression: 0), so that sets are counted alone" if beside else
                     "keep fewer items at the source, or drop the column")

    @property
    def weights(self) -> Ints:
        """Number of rows of each tuple."""
        return np.asarray(self.table[COUNT].cast(pa.int64())).astype(np.int64)


@dataclass(frozen=True)
class Held:
    """What each distinct set holds, as numbers.

    Attributes:
        starts: Where each set begins in ``nodes``; one more entry than there are sets.
        nodes: Numbers, ascending within each set and each once.
        weights: Rows of each set.
    """

    starts: Ints
    nodes: Ints
    weights: Ints

    @property
    def sets(self) -> Ints:
        """Number of the set that each entry of ``nodes`` belongs to."""
        return np.repeat(np.arange(len(self.weights)), np.diff(self.starts))

    def support(self, number: int) -> Ints:
        """Returns how many rows hold each of ``number`` nodes."""
        return np.bincount(self.nodes, self.weights[self.sets], number).astype(np.int64)

    @classmethod
    def of(cls, sets: Ints, nodes: Ints, weights: Ints) -> Held:
        """Returns what entries (set, node), in any order and repeated or not, amount to."""
        width = int(nodes.max(initial=0)) + 1
        keys = np.unique(sets * width + nodes)
        starts = np.searchsorted(keys // width, np.arange(len(weights) + 1))
        return cls(starts.astype(np.int64), keys % width, weights)


def is_items(type_: pa.DataType) -> bool:
    """Whether a normalized type is one of sets of items: a list of strings or of whole numbers."""
    return bool(is_.is_list(type_)) and bool(is_.is_string(type_.value_type) or is_.is_integer(type_.value_type))


def entries(values: pa.Array | pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Returns the row and the item of every entry of an array of lists; null lists and null items have none."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    items = pc.list_flatten(values)  # skips what lies behind a null
    sizes = np.asarray(pc.fill_null(pc.list_value_length(values), 0)).astype(np.int64)
    valid = np.asarray(pc.is_valid(items))
    return np.repeat(np.arange(len(values)), sizes)[valid], items.filter(pa.array(valid))


def numbered(items: pa.Array) -> tuple[pa.Array, Ints]:
    """Returns the distinct items in the order of their text, and the place of each entry among them."""
    encoded = items.dictionary_encode()
    order = np.asarray(pc.sort_indices(as_text(encoded.dictionary))).astype(np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), place[np.asarray(encoded.indices).astype(np.int64)]


def distinct_sets(values: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Returns the distinct sets that lists hold, and the place of each row among them.

    Order and repeats within a list do not count, and null items are none; a list without items is the empty set, null stays null.

    Args:
        values: An array of lists of scalars.
    """
    rows, items = entries(values)
    items, place = numbered(items)
    held = Held.of(rows, place, np.ones(len(values), np.int64))
    null = np.asarray(pc.is_null(values)).tolist()
    ends = held.starts.tolist()
    known: dict[bytes | None, int] = {}
    codes = [known.setdefault(None if null[row] else held.nodes[ends[row]:ends[row + 1]].tobytes(), len(known))
             for row in range(len(values))]
    return lists_of([None if key is None else np.frombuffer(key, np.int64) for key in known], items), np.array(codes, np.int64)


def lists_of(chosen: list[Ints | None], items: pa.Array) -> pa.Array:
    """Returns a list of items for each array of places; null for None."""
    sizes = np.array([0 if one is None else len(one) for one in chosen], np.int64)
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    places = np.concatenate([np.zeros(0, np.int64), *(one for one in chosen if one is not None)])
    kept = pa.field("element", items.type)
    return pa.ListArray.from_arrays(pa.array(starts), items.take(pa.array(places)), type=pa.list_(kept),
                                    mask=pa.array([one is None for one in chosen], pa.bool_()))
