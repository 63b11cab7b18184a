"""AES (FIPS 197) on many single blocks at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from engine.errors import InputError

Bytes = npt.NDArray[np.uint8]

BLOCK = 16
"""Bytes of a block."""
KEY_SIZES = (16, 24, 32)
"""Bytes of a key."""


class Blocks:
    """The block cipher under one key: a permutation of 16 bytes, which the modes of this room are made of."""

    def __init__(self, key: bytes) -> None:
        """Takes a key.

        Raises:
            InputError: If it is not 16, 24 or 32 bytes long.
        """
        if len(key) not in KEY_SIZES:
            raise InputError(f"an AES key of {len(key)} bytes", allowed="16, 24 or 32 bytes", next="derive one of that length")
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305 - single blocks, of which the modes of this room are made

    def encrypt(self, blocks: Bytes) -> Bytes:
        """Returns the encryption of each block; shape (..., 16), as given."""
        flat = np.ascontiguousarray(blocks).reshape(-1)
        return np.frombuffer(self._cipher.encryptor().update(flat.data), np.uint8).reshape(blocks.shape)


def block(data: bytes) -> Bytes:
    """Returns up to 16 bytes as one block, shape (1, 16), zeros after them."""
    return np.frombuffer(data.ljust(BLOCK, b"\0"), np.uint8).reshape(1, BLOCK)
