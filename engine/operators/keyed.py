"""HMAC-SHA-256 over canonical values, a batch at a time: many side by side where loops are compiled.

Source: RFC 2104 and FIPS 198-1 (HMAC), FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.sha import BLOCK, DIGEST, hmacs
from engine.compiled import worth
from engine.operators.canonical import canonical

Digests = npt.NDArray[np.uint8]

_EACH = 64
"""Bytes of text that a message is as much work as, beside its own."""


def mac(messages: pa.Array, key: bytes) -> Digests:
    """Returns the HMAC-SHA-256 of each message under ``key``, shape (messages, 32).

    Args:
        messages: Binary array without nulls.
        key: Any length.
    """
    key = hashlib.sha256(key).digest() if len(key) > BLOCK else key
    whole = messages.cast(pa.large_binary())
    offsets = np.frombuffer(whole.buffers()[1], np.int64)[whole.offset:whole.offset + len(whole) + 1]
    if len(whole) and worth(int(offsets[-1] - offsets[0]) + _EACH * len(whole)):
        data = whole.buffers()[2]
        return hmacs(np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8), offsets, key)
    return _one_by_one(whole.to_pylist(), key)


def _one_by_one(messages: list[bytes], key: bytes) -> Digests:
    """The same by ``hashlib``: the key's two padded blocks are absorbed once, and copied for each message."""
    block = key.ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy
    digests = []
    for message in messages:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        digests.append(second.digest())
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)


def messages(values: pa.Array, *others: pa.Array) -> pa.Array:
    """Returns one unambiguous message per row: each part but the last after its length (4 bytes, big-endian).

    A value alone is followed by an empty part. A null counts as no bytes: callers that must tell it apart mask it themselves.

    Args:
        values: Any type with a canonical encoding.
        *others: Of the same length, any types with one.

    Returns:
        Binary array without nulls.
    """
    parts = [canonical(part).cast(pa.large_binary()).fill_null(b"") for part in (values, *others)]
    pieces = [piece for part in parts[:max(1, len(parts) - 1)] for piece in (_lengths(part), part)]
    return pc.binary_join_element_wise(*pieces, *parts[1:][-1:], pa.scalar(b"", pa.large_binary()))


def _lengths(part: pa.Array) -> pa.Array:
    sizes = pc.binary_length(part).to_numpy(zero_copy_only=False).astype(">u4")
    return pa.Array.from_buffers(pa.binary(4), len(part), [None, pa.py_buffer(sizes.tobytes())]).cast(pa.large_binary())
