"""Deterministic authenticated encryption under a key for each row, so that one subject's values can be made unreadable alone.

A synthetic initialization vector in front of a stream, the composition of Rogaway and Shrimpton ("Deterministic
Authenticated-Encryption", EUROCRYPT 2006, section 4), with HMAC-SHA-256 for both: the vector is the HMAC of context and value,
cut to 16 bytes; the stream is the HMAC of the vector and a counter. All that is under a row's key is told apart by its first
byte. AES would need a key schedule for each row; HMAC of many rows at once needs none.
"""

from __future__ import annotations

import hmac

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.ciphers.sha import DIGEST, hmacs_of_keys
from engine.compiled import worth

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

VECTOR = 16
"""Bytes of the vector, which stands before a value's own number of bytes."""

POINTER = 10
"""Bytes of what a key is called: two of 10⁸ keys are called alike with a probability below 10⁻⁸."""

_OF_VECTOR, _OF_STREAM, _OF_TOKEN, _OF_POINTER = b"\x01", b"\x02", b"\x03", b"\x04"
_EACH = 256
"""Bytes of text that a row is as much work as, beside its own."""


def seal_each(values: pa.Array, keys: Bytes, *context: bytes) -> pa.Array:
    """Encrypts values.

    Args:
        values: Binary array.
        keys: Shape (rows, 32); of a row without a value any.
        context: Associated data, in order; opening asks for the same.

    Returns:
        Binary array; null where ``values`` is null.
    """
    valid = np.flatnonzero(np.asarray(values.is_valid()))
    plain, keys = values.drop_null().to_pylist(), keys[valid]
    vectors = vectors_of(plain, keys, context)
    sealed = [vector + body for vector, body in zip(vectors, streamed(plain, vectors, keys), strict=True)]
    return placed(sealed, valid, len(values))


def macs_each(values: pa.Array, keys: Bytes, *context: bytes) -> Bytes:
    """Returns the HMAC-SHA-256 of context and value under each row's key, for what cannot be opened.

    Args:
        values: Binary array without nulls.
        keys: Shape (rows, 32).
        context: Associated data, in order.

    Returns:
        Shape (rows, 32).
    """
    head = _OF_TOKEN + _told(context)
    return np.frombuffer(b"".join(macs([head + one for one in values.to_pylist()], keys)), np.uint8).reshape(-1, DIGEST)


def pointers(keys: Bytes, *context: bytes) -> list[bytes]:
    """Returns what each key is called in one context, ``POINTER`` bytes: in another one it is called otherwise."""
    message = _OF_POINTER + _told(context)
    return [one[:POINTER] for one in macs([message] * len(keys), keys)]


def vectors_of(plain: list[bytes], keys: Bytes, context: tuple[bytes, ...]) -> list[bytes]:
    """Returns the vector of each value."""
    head = _OF_VECTOR + _told(context)
    return [one[:VECTOR] for one in macs([head + one for one in plain], keys)]


def streamed(texts: list[bytes], vectors: list[bytes], keys: Bytes) -> list[bytes]:
    """Returns texts, added to the streams of their vectors."""
    blocks = np.array([-(-len(one) // DIGEST) for one in texts], np.int64)
    row = np.repeat(np.arange(len(texts)), blocks)
    counter = np.arange(len(row)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    stream = b"".join(macs([_OF_STREAM + vectors[at] + int(number).to_bytes(4, "big")
                             for at, number in zip(row.tolist(), counter.tolist(), strict=True)], keys[row]))
    begins = (np.cumsum(blocks) - blocks) * DIGEST
    return [_added(one, stream[begin:begin + len(one)]) for one, begin in zip(texts, begins.tolist(), strict=True)]


def _told(context: tuple[bytes, ...]) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in context)


def _added(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def macs(messages: list[bytes], keys: Bytes) -> list[bytes]:
    """Returns the HMAC-SHA-256 of each message under its own key."""
    if not worth(sum(map(len, messages)) + _EACH * len(messages)):
        return [hmac.digest(key.tobytes(), message, "sha256") for message, key in zip(messages, keys, strict=True)]
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in messages]))).astype(np.int64)
    digests = hmacs_of_keys(np.frombuffer(b"".join(messages), np.uint8), offsets, keys).tobytes()
    return [digests[begin:begin + DIGEST] for begin in range(0, len(digests), DIGEST)]


def placed(values: list[bytes], rows: Integers, size: int) -> pa.Array:
    """Returns values in their rows of ``size``, with nulls elsewhere."""
    place = np.zeros(size, np.int64)
    place[rows] = np.arange(len(rows))
    absent = np.ones(size, np.bool_)
    absent[rows] = False
    return pa.array(values, pa.binary()).take(pa.array(place, mask=absent))
