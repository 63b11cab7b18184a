"""Deterministic authenticated encryption, AES-SIV (RFC 5297), of a whole Arrow array under one key and one context.

Equal values have equal ciphertexts, and nothing else shows; one that was changed, or that stands in another context, does not
open. Its synthetic initialization vector comes first, 16 bytes; then as many bytes as the value has.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.blocks import BLOCK, KEY_SIZES, Blocks, Bytes, Integers, block, stretches
from engine.errors import InputError

Flags = npt.NDArray[np.bool_]

_TOP, _REDUCTION = 1 << (8 * BLOCK), 0x87
_CLEARED = 8, 12
"""Bytes of the vector whose first bit is cleared before it counts blocks (RFC 5297, section 2.5): no carry leaves 32 bits."""


class Siv:
    """AES-SIV under one key. Immutable."""

    def __init__(self, key: bytes) -> None:
        """Takes a key: one half authenticates, the other encrypts.

        Raises:
            InputError: If it is not 32, 48 or 64 bytes long.
        """
        half, odd = divmod(len(key), 2)
        if odd or half not in KEY_SIZES:
            raise InputError(f"an AES-SIV key of {len(key)} bytes", allowed="32, 48 or 64 bytes",
                             next="derive one of that length")
        self._mac, self._stream = Blocks(key[:half]), Blocks(key[half:])
        first = _doubled(self._mac.encrypt(block(b"")).tobytes())
        self._subkeys = np.concatenate((block(_doubled(first)), block(first)))
        """What the last block of a message is added to: of one that is padded, of one that is whole (RFC 4493, section 2.3)."""

    def seal(self, values: pa.Array, *context: bytes) -> pa.Array:
        """Encrypts values.

        Args:
            values: Binary or string array.
            context: Associated data, in order; opening asks for the same.

        Returns:
            Binary array; null where ``values`` is null.
        """
        array = values.cast(pa.large_binary())
        sealed = _Output(array, more=BLOCK)
        chain = self._chain(context)
        for rows, plain, lengths in _by_blocks(array):
            vector = self._vector(chain, plain, lengths)
            sealed.put(rows, np.concatenate((vector, plain ^ self._keystream(vector, plain.shape[1])), axis=1), lengths + BLOCK)
        return sealed.array()

    def open(self, sealed: pa.Array, *context: bytes) -> tuple[pa.Array, Flags]:
        """Decrypts what ``seal`` made under the same key and context.

        Returns:
            Binary array, null where the ciphertext is null or not authentic; and for each row whether it is one that is not.
        """
        array = sealed.cast(pa.large_binary())
        short = pc.less(pc.binary_length(array), BLOCK).fill_null(fill_value=False)
        forged = np.array(short.to_numpy(zero_copy_only=False), np.bool_)
        array = pc.if_else(pa.array(forged), pa.scalar(None, array.type), array)
        opened = _Output(array, more=-BLOCK)
        chain = self._chain(context)
        for rows, coded, lengths in _by_blocks(array, skipped=BLOCK):
            vector, body = coded[:, :BLOCK], coded[:, BLOCK:]
            plain = body ^ self._keystream(vector, body.shape[1])
            plain *= np.arange(body.shape[1]) < lengths[:, None]
            wrong = (self._vector(chain, plain, lengths) ^ vector).any(axis=1)
            forged[rows[wrong]] = True
            opened.put(rows, plain, lengths)
        return pc.if_else(pa.array(forged), pa.scalar(None, pa.binary()), opened.array()), forged

    def _chain(self, context: tuple[bytes, ...]) -> bytes:
        """Returns what S2V has made of all strings but the last one (RFC 5297, section 2.4)."""
        chain = self._authenticated(block(b""), np.array([BLOCK])).tobytes()
        for one in context:
            width = max(BLOCK, -(-len(one) // BLOCK) * BLOCK)
            data = np.frombuffer(one.ljust(width, b"\0"), np.uint8).reshape(1, -1)
            chain = _added(_doubled(chain), self._authenticated(data, np.array([len(one)])).tobytes())
        return chain

    def _vector(self, chain: bytes, plain: Bytes, lengths: Integers) -> Bytes:
        """Returns the synthetic initialization vectors of plaintexts, whose rows are zeros after their ends."""
        if plain.shape[1] <= BLOCK:
            whole = lengths == BLOCK
            last = np.zeros((len(plain), BLOCK), np.uint8)
            last[:, :plain.shape[1]] = plain
            last[np.flatnonzero(~whole), lengths[~whole]] = 0x80
            last ^= np.where(whole[:, None], block(chain), block(_doubled(chain)))
            return self._authenticated(last, np.full(len(plain), BLOCK))
        ends = plain.copy()
        ends[np.arange(len(plain))[:, None], (lengths - BLOCK)[:, None] + np.arange(BLOCK)] ^= block(chain)
        return self._authenticated(ends, lengths)

    def _authenticated(self, messages: Bytes, lengths: Integers) -> Bytes:
        """Returns the AES-CMAC (RFC 4493) of messages that have the same number of blocks; shape (messages, 16)."""
        whole = lengths == messages.shape[1]
        last = messages[:, -BLOCK:].copy()
        short = np.flatnonzero(~whole)
        last[short, lengths[short] - (messages.shape[1] - BLOCK)] = 0x80
        last ^= self._subkeys[whole.astype(np.int64)]
        state = np.zeros((len(messages), BLOCK), np.uint8)
        for first in range(0, messages.shape[1] - BLOCK, BLOCK):
            state = self._mac.encrypt(state ^ messages[:, first:first + BLOCK])
        return self._mac.encrypt(state ^ last)

    def _keystream(self, vector: Bytes, width: int) -> Bytes:
        counter = np.repeat(vector[:, None, :], width // BLOCK, axis=1)
        counter[:, :, _CLEARED] &= 0x7F
        counter[:, :, -4:].view(">u4")[:, :, 0] += np.arange(width // BLOCK, dtype=np.uint32)
        return self._stream.encrypt(counter).reshape(len(vector), width)


class _Output:
    """A binary array that is written some rows at a time; each value as long as another array's, and some bytes more."""

    def __init__(self, like: pa.Array, more: int) -> None:
        lengths = pc.binary_length(like)
        self._null = np.asarray(like.is_null())
        sizes = np.where(self._null, 0, lengths.fill_null(0).to_numpy() + more)
        self._offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
        self._bytes = np.zeros(int(self._offsets[-1]), np.uint8)

    def put(self, rows: Integers, values: Bytes, lengths: Integers) -> None:
        columns = np.arange(values.shape[1])
        inside = columns < lengths[:, None]
        self._bytes[(self._offsets[rows][:, None] + columns)[inside]] = values[inside]

    def array(self) -> pa.Array:
        valid = pa.array(~self._null).buffers()[1] if self._null.any() else None
        buffers = [valid, pa.py_buffer(self._offsets), pa.py_buffer(self._bytes)]
        return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(self._null), buffers).cast(pa.binary())


def _by_blocks(array: pa.Array, skipped: int = 0) -> Iterator[tuple[Integers, Bytes, Integers]]:
    """Yields the values that have the same number of blocks, as a matrix.

    Args:
        array: Large binary.
        skipped: Bytes at the beginning of each value that count for no block, and stand in columns of their own.

    Yields:
        The rows, their bytes with zeros after each one's end, and the lengths without what is skipped.
    """
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset:array.offset + len(array) + 1]
    data = array.buffers()[2]
    buffer = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    lengths = np.diff(offsets) - skipped
    count = np.where(np.asarray(array.is_null()), -1, np.maximum(1, -(-lengths // BLOCK)))
    for blocks in np.unique(count[count > 0]).tolist():
        rows = np.flatnonzero(count == blocks)
        yield rows, stretches(buffer, offsets[rows], lengths[rows] + skipped, skipped + BLOCK * blocks), lengths[rows]


def _doubled(data: bytes) -> bytes:
    """Multiplies by x in GF(2¹²⁸) (RFC 5297, section 2.3)."""
    number = int.from_bytes(data, "big") << 1
    return (number ^ (_TOP | _REDUCTION) if number >= _TOP else number).to_bytes(BLOCK, "big")


def _added(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
