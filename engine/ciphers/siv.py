"""Deterministic authenticated encryption, AES-SIV (RFC 5297), of a whole Arrow array under one key and one context.

Equal values have equal ciphertexts, and nothing else shows; one that was changed, or that stands in another context, does not
open. Its synthetic initialization vector comes first, 16 bytes; then as many bytes as the value has.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from engine.ciphers.blocks import BLOCK, KEY_SIZES, Blocks, block
from engine.ciphers.ragged import Bytes, Flags, Integers, alike, blank, built, gathered, ragged, scattered
from engine.errors import InputError

_TOP, _REDUCTION = 1 << (8 * BLOCK), 0x87
_CLEARED = 8, 12
"""Bytes of the vector whose first bit is cleared before it counts blocks (RFC 5297, section 2.5): no carry leaves 32 bits."""
_INSIDE = np.tri(BLOCK + 1, BLOCK, -1, np.uint8) * np.uint8(0xFF)
"""For each number of bytes in a last block: all bits of these."""


class Endings(NamedTuple):
    """What the end of a plaintext is added to, by how many bytes its last block has: S2V's chain, padding and subkey at once.

    Attributes:
        single: To a plaintext of one block at most; shape (17, 16).
        double: To the last two blocks of a longer one; shape (17, 32).
    """

    single: Bytes
    double: Bytes


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
        data, begin, lengths, valid = ragged(values)
        sealed, ends = blank(np.where(valid, lengths + BLOCK, 0))
        endings = self._endings(context)
        for width, rows in alike(_widths(lengths), valid):
            plain = gathered(data, begin[rows], lengths[rows], width)
            vector = self._vector(endings, plain, lengths[rows])
            coded = np.concatenate((vector, plain ^ self._keystream(vector, width)), axis=1)
            scattered(coded, lengths[rows] + BLOCK, ends[rows], sealed)
        return built(sealed, ends, valid, pa.binary())

    def open(self, sealed: pa.Array, *context: bytes) -> tuple[pa.Array, Flags]:
        """Decrypts what ``seal`` made under the same key and context.

        Returns:
            Binary array, null where the ciphertext is null or not authentic; and for each row whether it is one that is not.
        """
        data, begin, lengths, valid = ragged(sealed)
        forged = valid & (lengths < BLOCK)
        lengths = np.maximum(lengths - BLOCK, 0)
        opened, ends = blank(lengths)
        endings = self._endings(context)
        for width, rows in alike(_widths(lengths), valid & ~forged):
            coded = gathered(data, begin[rows], lengths[rows] + BLOCK, BLOCK + width)
            vector, body = coded[:, :BLOCK], coded[:, BLOCK:]
            plain = body ^ self._keystream(vector, width)
            plain[:, -BLOCK:] &= _INSIDE[lengths[rows] - (width - BLOCK)]
            wrong = (self._vector(endings, plain, lengths[rows]) ^ vector).any(axis=1)
            plain[wrong] = 0
            forged[rows] = wrong
            scattered(plain, lengths[rows], ends[rows], opened)
        return built(opened, ends, valid & ~forged, pa.binary()), forged

    def _endings(self, context: tuple[bytes, ...]) -> Endings:
        chain = self._chain(context)
        single, double = np.zeros((BLOCK + 1, BLOCK), np.uint8), np.zeros((BLOCK + 1, 2 * BLOCK), np.uint8)
        for size in range(BLOCK):
            single[size] = block(_doubled(chain)) ^ self._subkeys[1]
            double[size, BLOCK:] = self._subkeys[0]
            single[size, size] ^= 0x80
            double[size, BLOCK + size] ^= 0x80
            double[size, size:size + BLOCK] ^= block(chain)[0]
        single[BLOCK] = double[BLOCK, BLOCK:] = block(chain) ^ self._subkeys[1]
        return Endings(single, double)

    def _chain(self, context: tuple[bytes, ...]) -> bytes:
        """Returns what S2V has made of all strings but the last one (RFC 5297, section 2.4)."""
        chain = self._authenticated(bytes(BLOCK))
        for one in context:
            chain = _added(_doubled(chain), self._authenticated(one))
        return chain

    def _authenticated(self, message: bytes) -> bytes:
        """Returns the AES-CMAC of one message (RFC 4493)."""
        count = max(1, -(-len(message) // BLOCK))
        whole = len(message) == count * BLOCK
        padded = message if whole else (message + b"\x80").ljust(count * BLOCK, b"\0")
        blocks = np.frombuffer(padded, np.uint8).reshape(count, 1, BLOCK).copy()
        blocks[-1] ^= self._subkeys[int(whole)]
        return self._chained(blocks).tobytes()

    def _vector(self, endings: Endings, plain: Bytes, lengths: Integers) -> Bytes:
        """Returns the synthetic initialization vectors of plaintexts, whose rows are zeros after their ends."""
        width = plain.shape[1]
        table = endings.single if width == BLOCK else endings.double
        last = plain[:, -table.shape[1]:] ^ table[lengths - (width - BLOCK)]
        ahead = plain[:, :width - table.shape[1]]
        return self._chained(part[:, first:first + BLOCK] for part in (ahead, last) for first in range(0, part.shape[1], BLOCK))

    def _chained(self, blocks: Iterable[Bytes]) -> Bytes:
        """Returns the last link of a chain of blocks, of many messages at once; shape (messages, 16)."""
        return functools.reduce(lambda state, one: self._mac.encrypt(state ^ one), blocks, block(b""))

    def _keystream(self, vector: Bytes, width: int) -> Bytes:
        counter = np.repeat(vector[:, None, :], width // BLOCK, axis=1)
        counter[:, :, _CLEARED] &= 0x7F
        counter[:, :, -4:].view(">u4")[:, :, 0] += np.arange(width // BLOCK, dtype=np.uint32)
        return self._stream.encrypt(counter).reshape(len(vector), width)


def _widths(lengths: Integers) -> Integers:
    """Returns how many bytes the blocks of values have; an empty one has a block, too."""
    return np.maximum(1, -(-lengths // BLOCK)) * BLOCK


def _doubled(data: bytes) -> bytes:
    """Multiplies by x in GF(2¹²⁸) (RFC 5297, section 2.3)."""
    number = int.from_bytes(data, "big") << 1
    return (number ^ (_TOP | _REDUCTION) if number >= _TOP else number).to_bytes(BLOCK, "big")


def _added(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
