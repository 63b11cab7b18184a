"""token: one-way keyed tokens, HMAC-SHA-256 in lower-case hexadecimal."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.operators.keyed import DIGEST, digests


def token(values: pa.Array, *, subkey: bytes) -> pa.Array:
    """Returns HMAC-SHA-256(subkey, canonical value) as 64 hexadecimal signs.

    Distinct values are hashed once each. In Spark SQL, for a column ``c`` whose canonical expression is
    ``e`` (see ``engine.operators.canonical``) and the subkey's padded blocks ``ipad`` and ``opad``, this
    is ``sha2(concat(opad, unhex(sha2(concat(ipad, CAST(e AS BINARY)), 256))), 256)``.

    Protects against who does not hold the subkey. Who does can test guesses, and anybody can count how
    often a token occurs.

    Args:
        values: Any type with a canonical encoding.
        subkey: 32 bytes, derived for the token's domain.

    Returns:
        String array, null where ``values`` is null.

    Raises:
        InputError: If the type has no canonical encoding.
    """
    hashed, rows = digests(values, subkey)
    signs = pa.py_buffer(hashed.tobytes().hex().encode("ascii"))
    starts = pa.py_buffer(np.arange(len(hashed) + 1, dtype=np.int32) * (2 * DIGEST))
    return pa.StringArray.from_buffers(len(hashed), starts, signs).take(rows)
