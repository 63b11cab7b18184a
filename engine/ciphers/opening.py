"""The way back from reversible tokens. Only ``engine.reversal`` may import this: import-linter sees to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.base32 import decoded
from engine.ciphers.ragged import Flags
from engine.ciphers.sealed import Label
from engine.ciphers.siv import Siv


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
