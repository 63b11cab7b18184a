"""token: one-way keyed tokens, HMAC-SHA-256 in one of several forms."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.canonical import canonical
from engine.operators.columns import over_distinct
from engine.operators.forms import written
from engine.operators.keyed import mac


def token(values: pa.Array, *, form: str = "hex", version: int = 1, subkey: bytes, key_id: bytes = b"") -> pa.Array:
    """Returns HMAC-SHA-256(subkey, canonical value), with the version of the key.

    In Spark SQL, for a column ``c`` whose canonical expression is
    ``e`` (see ``engine.operators.canonical``) and the subkey's padded blocks ``ipad`` and ``opad``, the digest
    is ``sha2(concat(opad, unhex(sha2(concat(ipad, CAST(e AS BINARY)), 256))), 256)``.

    Protects against who does not hold the subkey. Who does can test guesses, and anybody can count how
    often a token occurs.

    Args:
        values: Any type with a canonical encoding.
        form: How tokens are written (``engine.operators.forms``).
        version: Number of the key's version.
        subkey: 32 bytes, derived for the token's domain.
        key_id: What the key is called in tagged tokens; its first four bytes count.

    Returns:
        String array, of int64 for ``integer``; null where ``values`` is null.

    Raises:
        InputError: If the type has no canonical encoding.
    """
    return over_distinct(canonical(values), lambda messages: written(mac(messages, subkey), form, version, key_id))
