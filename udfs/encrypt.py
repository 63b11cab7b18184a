"""encrypt: deterministic authenticated encryption of canonical values."""

from __future__ import annotations

import pyarrow as pa

from engine.ciphers.sealed import Label, sealed
from engine.operators.canonical import canonical
from engine.operators.columns import over_distinct


def encrypt(
    values: pa.Array, *, domain: str, column: str, version: int = 1, subkey: bytes, second: bytes, key_id: bytes,
) -> pa.Array:
    """Returns AES-SIV of the canonical value, bound to domain and column: ``lv1e.<version>.<key id>.<base32hex>``.

    Who holds the key can open what stands there, in its canonical form; anybody can count how often a token
    occurs, and sees how many bytes a value has.

    Args:
        values: Any type with a canonical encoding.
        domain: Associated data, with ``column``: in another column a token does not open.
        column: Name of the column.
        version: Number of the key's version.
        subkey: 32 bytes that authenticate.
        second: 32 bytes that encrypt.
        key_id: What the key is called; its first four bytes count.

    Returns:
        String array, null where ``values`` is null.

    Raises:
        InputError: If the type has no canonical encoding.
    """
    label = Label(domain, column, version, key_id)
    return over_distinct(canonical(values), lambda plain: sealed(plain, subkey + second, label))
