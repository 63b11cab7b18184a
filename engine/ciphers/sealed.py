"""Reversible tokens as they are written: ``lv1e.<version>.<key id>.<AES-SIV in base32hex>``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.base32 import decoded, encoded
from engine.ciphers.siv import Flags, Siv

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
    return pc.binary_join_element_wise(label.head, encoded(Siv(key).seal(values, *label.context)), "")


def opened(tokens: pa.Array, key: bytes, label: Label) -> tuple[pa.Array, Flags]:
    """Returns the canonical values that tokens are of.

    Args:
        tokens: String array.
        key: 64 bytes.
        label: Where the tokens stood, and which key is asked.

    Returns:
        Binary array, null where there is no token or one that is not of this key and place; and for each row whether it is such.
    """
    mine = pc.starts_with(tokens, label.head).fill_null(fill_value=False)
    rest = pc.if_else(mine, pc.utf8_slice_codeunits(tokens, len(label.head)), pa.scalar(None, pa.string()))
    coded, wrong = decoded(rest)
    values, forged = Siv(key).open(coded, *label.context)
    foreign = np.asarray(pc.and_(pc.is_valid(tokens), pc.invert(mine)))
    return values, np.asarray(forged | wrong | foreign, np.bool_)
