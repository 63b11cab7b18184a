"""A column's leaves: ``address.city`` of a struct, ``phones[]`` of a list, ``tags.key`` and ``tags.value`` of a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]

VARIANT = "variant"
"""What the type of a column of variants is called: semi-structured values of Spark 4, as bytes."""


@dataclass(frozen=True)
class Leaf:
    """An array under its path.

    Attributes:
        path: The column's name, and the way from there.
        array: The cells; may be dictionary-encoded.
        type: Arrow type as text, plain strings all called ``string``.
        container: Whether it is a struct, a list or a map, and its leaves come after it.
        weights: In how many cells each value of the array stands; once each by default.
        rows: Rows of the table with at least one value here; the cells without null by default.
    """

    path: str
    array: pa.Array
    type: str
    container: bool = False
    weights: Integers | None = None
    rows: int | None = None

    @property
    def kind(self) -> pa.DataType:
        """The Arrow type of the values."""
        return self.array.type.value_type if pa.types.is_dictionary(self.array.type) else self.array.type

    @property
    def scannable(self) -> bool:
        """Whether its cells can hold text or a number that identifies."""
        kind = self.kind
        return is_text(kind) or pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)

    @property
    def countable(self) -> bool:
        """Whether its cells can be written as text, to count the distinct ones."""
        kind = self.kind
        temporal = pa.types.is_temporal(kind) and not pa.types.is_interval(kind)
        return self.scannable or temporal or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind)


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_binary(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds bytes."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
                or pa.types.is_fixed_size_binary(kind))


def is_variant(kind: pa.DataType) -> bool:
    """Whether a type is that of a variant: a struct of two fields of bytes, ``metadata`` and ``value``."""
    return bool(pa.types.is_struct(kind) and sorted(field.name for field in kind) == ["metadata", "value"]
                and all(is_binary(field.type) for field in kind))


def leaves(path: str, array: pa.Array, rows: Integers | None = None) -> Iterator[Leaf]:
    """Walks a column. Containers come before what they hold; a null container holds nothing in lists and nulls in structs.

    Args:
        path: Where the array stands.
        array: Its cells.
        rows: The row of the table in which each cell stands, ascending; one row each by default.
    """
    array = _usual(array)
    kind = array.type
    if is_variant(kind):
        yield Leaf(path, array, VARIANT, rows=_rows(array, rows))
    elif pa.types.is_struct(kind):
        yield Leaf(path, array, "struct", container=True, rows=_rows(array, rows))
        for place, child in enumerate(kind):
            yield from leaves(f"{path}.{child.name}", pc.struct_field(array, [place]), rows)
    elif pa.types.is_map(kind):
        yield Leaf(path, array, "map", container=True, rows=_rows(array, rows))
        pairs = array.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
        entries, within = pc.list_flatten(pairs), _parents(pairs, rows)
        yield from leaves(f"{path}.key", pc.struct_field(entries, [0]), within)
        yield from leaves(f"{path}.value", pc.struct_field(entries, [1]), within)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield Leaf(path, array, "list", container=True, rows=_rows(array, rows))
        yield from leaves(f"{path}[]", pc.list_flatten(array), _parents(array, rows))
    else:
        yield Leaf(path, array, _name(kind), rows=_rows(array, rows))


def _usual(array: pa.Array) -> pa.Array:
    """Returns an array without what its storage alone needs: views, runs, extension types, dictionaries of lists and structs."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _usual(array.storage)
    if pa.types.is_dictionary(kind) and not _plain(kind.value_type):
        return _usual(array.dictionary.take(array.indices))
    if pa.types.is_run_end_encoded(kind):
        return _usual(pc.run_end_decode(array))
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return array.cast(pa.list_(kind.value_type))
    if pa.types.is_string_view(kind):
        return array.cast(pa.string())
    return array.cast(pa.binary()) if pa.types.is_binary_view(kind) else array


def _plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_primitive(kind))


def _name(kind: pa.DataType) -> str:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return "string" if is_text(value) else str(value)


def _parents(lists: pa.Array, rows: Integers | None) -> Integers:
    parents: npt.NDArray[Any] = pc.list_parent_indices(lists).to_numpy()
    return parents.astype(np.int64) if rows is None else rows[parents]


def _rows(array: pa.Array, rows: Integers | None) -> int:
    """Returns in how many rows of the table the array has a value."""
    if rows is None:
        return int(len(array) - array.null_count)
    filled = rows[pc.is_valid(array).to_numpy(zero_copy_only=False)]
    return 1 + int(np.count_nonzero(np.diff(filled))) if len(filled) else 0
