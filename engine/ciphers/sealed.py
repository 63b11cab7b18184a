"""Reversible tokens as they are written: ``lv1e.<version>.<key id>.<AES-SIV in base32hex>``."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from engine.ciphers.base32 import encoded
from engine.ciphers.siv import Siv

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
