"""Reversible tokens as they are written.

Under one key ``lv1e.<version>.<key id>.<AES-SIV in base32hex>``; under each row's own ``lv1s.<version>.<what the key is called in
this column, then the value, sealed, in base32hex>``.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.base32 import encoded
from engine.ciphers.siv import Siv
from engine.ciphers.subjects import Bytes, pointers, seal_each

KEY_ID_BYTES = 4
"""Of the subkey that is derived to name a key."""


@dataclass(frozen=True)
class Label:
    """What stands around a token: where it belongs, and which key made it.

    Attributes:
        domain: What the value is of.
        column: In which column it stands.
        version: Number of the key's version.
        key_id: What the key is called; its first four bytes count.
    """

    domain: str
    column: str
    version: int
    key_id: bytes

    @property
    def head(self) -> str:
        """What a token begins with."""
        return f"lv1e.{self.version}.{self.key_id[:KEY_ID_BYTES].hex()}."

    @property
    def own_head(self) -> str:
        """What a token under a key of its own begins with."""
        return f"lv1s.{self.version}."

    @property
    def own_context(self) -> tuple[bytes, bytes, bytes]:
        """The associated data under a key of its own: it makes the version's tokens others."""
        return *self.context, bytes([self.version])

    @property
    def context(self) -> tuple[bytes, bytes]:
        """The associated data."""
        return self.domain.encode(), self.column.encode()


def sealed(values: pa.Array, key: bytes, label: Label) -> pa.Array:
    """Returns reversible tokens of canonical values.

    Args:
        values: Binary array.
        key: 64 bytes.
        label: What stands around them.

    Returns:
        String array, null where ``values`` is null.
    """
    return encoded(Siv(key).seal(values, *label.context), label.head)


def sealed_each(values: pa.Array, keys: Bytes, label: Label) -> pa.Array:
    """Returns reversible tokens of canonical values, each under its own key.

    Args:
        values: Binary array.
        keys: Shape (rows, 32); of a row without a value any.
        label: What stands around them; its key's identifier is not asked.

    Returns:
        String array, null where ``values`` is null.
    """
    sealed_ = seal_each(values, keys, *label.own_context)
    names = pa.array(pointers(keys, *label.own_context), pa.binary())
    return encoded(pc.binary_join_element_wise(names, sealed_, b""), label.own_head)
