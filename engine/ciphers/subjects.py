"""Deterministic authenticated encryption under a key for each row, so that one subject's values can be made unreadable alone.

A synthetic initialization vector in front of a stream, the composition of Rogaway and Shrimpton ("Deterministic
Authenticated-Encryption", EUROCRYPT 2006, section 4), with HMAC-SHA-256 for both: the vector is the HMAC of context and value,
cut to 16 bytes; the stream is the HMAC of the vector and a counter. Both are under the row's key, and told apart
by their first byte. AES would need a key schedule for each row; HMAC of many rows at once needs none.
"""

from __future__ import annotations

import hmac

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.sha import DIGEST, hmacs_of_keys
from engine.compiled import worth

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

VECTOR = 16
"""Bytes of the vector, which stands before a value's own number of bytes."""

_OF_VECTOR, _OF_STREAM = b"\x01", b"\x02"
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
    vectors = _vectors(plain, keys, context)
    sealed = [vector + body for vector, body in zip(vectors, _streamed(plain, vectors, keys), strict=True)]
    return _at(sealed, valid, len(values))


def open_each(sealed: pa.Array, keys: Bytes, *context: bytes) -> tuple[pa.Array, Flags]:
    """Decrypts what ``seal_each`` made under the same keys and context.

    Returns:
        Binary array, null where the ciphertext is null or not authentic; and for each row whether it is one that is not.
    """
    long = pc.greater_equal(pc.binary_length(sealed), VECTOR).fill_null(fill_value=False)
    rows = np.flatnonzero(np.asarray(long))
    coded, keys = sealed.take(pa.array(rows)).to_pylist(), keys[rows]
    vectors = [one[:VECTOR] for one in coded]
    plain = _streamed([one[VECTOR:] for one in coded], vectors, keys)
    good = np.array([hmac.compare_digest(*both) for both in zip(_vectors(plain, keys, context), vectors, strict=True)], np.bool_)
    forged = np.array(sealed.is_valid())
    forged[rows[good]] = False
    return _at([one for one, fine in zip(plain, good, strict=True) if fine], rows[good], len(sealed)), forged


def _vectors(plain: list[bytes], keys: Bytes, context: tuple[bytes, ...]) -> list[bytes]:
    head = _OF_VECTOR + b"".join(len(one).to_bytes(4, "big") + one for one in context)
    return [one[:VECTOR] for one in _macs([head + one for one in plain], keys)]


def _streamed(texts: list[bytes], vectors: list[bytes], keys: Bytes) -> list[bytes]:
    """Returns texts, added to the streams of their vectors."""
    blocks = np.array([-(-len(one) // DIGEST) for one in texts], np.int64)
    row = np.repeat(np.arange(len(texts)), blocks)
    counter = np.arange(len(row)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    stream = b"".join(_macs([_OF_STREAM + vectors[at] + int(number).to_bytes(4, "big")
                             for at, number in zip(row.tolist(), counter.tolist(), strict=True)], keys[row]))
    begins = (np.cumsum(blocks) - blocks) * DIGEST
    return [_added(one, stream[begin:begin + len(one)]) for one, begin in zip(texts, begins.tolist(), strict=True)]


def _added(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _macs(messages: list[bytes], keys: Bytes) -> list[bytes]:
    if not worth(sum(map(len, messages)) + _EACH * len(messages)):
        return [hmac.digest(key.tobytes(), message, "sha256") for message, key in zip(messages, keys, strict=True)]
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in messages]))).astype(np.int64)
    digests = hmacs_of_keys(np.frombuffer(b"".join(messages), np.uint8), offsets, keys).tobytes()
    return [digests[begin:begin + DIGEST] for begin in range(0, len(digests), DIGEST)]


def _at(values: list[bytes], rows: Integers, size: int) -> pa.Array:
    place = np.zeros(size, np.int64)
    place[rows] = np.arange(len(rows))
    absent = np.ones(size, np.bool_)
    absent[rows] = False
    return pa.array(values, pa.binary()).take(pa.array(place, mask=absent))
