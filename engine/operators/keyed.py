"""HMAC-SHA-256 over canonical values, a batch at a time: many side by side where loops are compiled.

Source: RFC 2104 and FIPS 198-1 (HMAC), FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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


def pair_messages(values: pa.Array, others: pa.Array | None) -> pa.Array:
    """Returns one unambiguous message per row: length of the value (4 bytes, big-endian), value, other value.

    A null, or an absent array, counts as no bytes: callers that must tell it apart mask it themselves.
    """
    firsts = canonical(values).to_pylist()
    seconds = canonical(others).to_pylist() if others is not None else [b""] * len(firsts)
    return pa.array([len(first or b"").to_bytes(4, "big") + (first or b"") + (second or b"")
                     for first, second in zip(firsts, seconds, strict=True)], pa.binary())
