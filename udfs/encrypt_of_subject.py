"""encrypt_of_subject: reversible tokens, each under the key of its row's subject."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.sealed import Label, sealed_each
from engine.ciphers.wrapped import unwrap
from engine.operators.canonical import canonical


def encrypt_of_subject(
    values: pa.Array, keys: pa.Array, *, domain: str, column: str, version: int = 1, subkey: bytes, second: bytes,
) -> pa.Array:
    """Returns the canonical values, sealed under their subjects' keys: ``lv1s.<version>.<base32hex>``.

    Who holds the key that wraps the subjects' keys, and these, can open what stands there; once a subject's key is destroyed
    nobody can. Two columns do not tell that their values are of one subject.

    Args:
        values: Any type with a canonical encoding.
        keys: The wrapped key of each row's subject (``engine.ciphers.wrapped.attached``); null where there is no subject.
        domain: Associated data, with ``column`` and ``version``: in another column a token does not open.
        column: Name of the column.
        version: Number of the version.
        subkey: 32 bytes, the first half of the key that wraps.
        second: 32 bytes, the other half.

    Returns:
        String array, null where ``values`` is null or there is no subject.

    Raises:
        InputError: If the type has no canonical encoding, or a key does not open.
    """
    known = pc.if_else(keys.is_valid(), canonical(values), pa.scalar(None, pa.binary()))
    return sealed_each(known, unwrap(keys, subkey + second), Label(domain, column, version, b""))
