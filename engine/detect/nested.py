"""A column's leaves: ``address.city`` of a struct, ``phones[]`` of a list, ``tags.key`` and ``tags.value`` of a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Leaf:
    """An array under its path. ``type`` is the Arrow type as text, plain strings all called ``string``."""

    path: str
    array: pa.Array
    type: str
    container: bool = False

    @property
    def scannable(self) -> bool:
        """Whether its cells can hold text or a number that identifies."""
        kind = self.array.type
        return is_text(kind) or pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)

    @property
    def countable(self) -> bool:
        """Whether its cells can be written as text, to count the distinct ones."""
        kind = self.array.type
        return self.scannable or pa.types.is_temporal(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) \
            or pa.types.is_decimal(kind)

    @property
    def bytes(self) -> int:
        """Size of the values, text in UTF-8; however the array is cut or encoded."""
        if self.container:
            return 0
        if is_text(self.array.type) or pa.types.is_binary(self.array.type) or pa.types.is_large_binary(self.array.type):
            return int(pc.sum(pc.binary_length(self.array)).as_py() or 0)
        try:
            return len(self.array) * int(self.array.type.bit_width) // 8
        except ValueError:  # a type without a width
            return 0


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def leaves(path: str, array: pa.Array) -> Iterator[Leaf]:
    """Walks a column. Containers come before what they hold; a null container holds nothing in lists and nulls in structs."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        yield from leaves(path, array.cast(kind.value_type))
    elif pa.types.is_string_view(kind):
        yield from leaves(path, array.cast(pa.string()))
    elif pa.types.is_struct(kind):
        yield Leaf(path, array, "struct", container=True)
        for place, child in enumerate(kind):
            yield from leaves(f"{path}.{child.name}", pc.struct_field(array, [place]))
    elif pa.types.is_map(kind):
        yield Leaf(path, array, "map", container=True)
        entries = pc.list_flatten(array.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))))
        yield from leaves(f"{path}.key", pc.struct_field(entries, [0]))
        yield from leaves(f"{path}.value", pc.struct_field(entries, [1]))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield Leaf(path, array, "list", container=True)
        yield from leaves(f"{path}[]", pc.list_flatten(array))
    else:
        yield Leaf(path, array, "string" if is_text(kind) else str(kind))
