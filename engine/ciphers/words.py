"""FF1's rounds over machine words, compiled: what stands between two calls of AES.

Each function is the loop over a batch of what ``engine/ciphers/ff1.py`` does with numpy.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.ciphers.blocks import BLOCK, Blocks, Bytes
from engine.compiled import kernel

Words = npt.NDArray[np.uint64]
Numerals = npt.NDArray[np.uint16]


def turned(numerals: Numerals, radix: int, start: Bytes, blocks: Blocks, rounds: int, *, forward: bool) -> Numerals:
    """Returns numerals after all rounds.

    Args:
        numerals: Shape (values, length); each half a number below 2⁵⁹.
        radix: How many numerals there are.
        start: What a round's block is, before its number and the half are in it; shape (16,).
        blocks: AES under the key.
        rounds: How many there are.
        forward: Whether to encrypt.
    """
    left = numerals.shape[1] // 2
    moduli = radix ** left, radix ** (numerals.shape[1] - left)
    size = ((moduli[1] - 1).bit_length() + 7) // 8
    asked = 4 * (-(-size // 4)) + 4
    halves = np.empty((2, len(numerals)), np.uint64)
    _read(numerals, left, radix, halves)
    data = np.empty((len(numerals), BLOCK), np.uint8)
    for number in range(rounds) if forward else reversed(range(rounds)):
        mine, kept = number % 2, 1 - number % 2
        head = start.copy()
        head[BLOCK - 1 - size] ^= number
        _asked(halves[kept], head, size, data)
        spare = 64 - moduli[mine].bit_length()
        _added(blocks.encrypt(data), asked, np.uint64(moduli[mine]), spare, forward, halves[mine])
    found = np.empty_like(numerals)
    _write(halves, left, radix, found)
    return found


@kernel
def _read(numerals: Numerals, left: int, radix: int, halves: Words) -> None:
    for row in range(len(numerals)):
        for half in range(2):
            number = np.uint64(0)
            for column in range(left if half else 0, numerals.shape[1] if half else left):
                number = number * np.uint64(radix) + np.uint64(numerals[row, column])
            halves[half, row] = number


@kernel
def _write(halves: Words, left: int, radix: int, found: Numerals) -> None:
    for row in range(len(found)):
        for half in range(2):
            number = halves[half, row]
            for column in range((found.shape[1] if half else left) - 1, (left if half else 0) - 1, -1):
                rest = number // np.uint64(radix)
                found[row, column] = number - rest * np.uint64(radix)
                number = rest


@kernel
def _asked(numbers: Words, head: Bytes, size: int, data: Bytes) -> None:
    """Writes one block for each number: it stands in the last bytes, most significant first."""
    for row in range(len(numbers)):
        for i in range(16):
            data[row, i] = head[i]
        for i in range(size):
            data[row, 15 - i] ^= (numbers[row] >> np.uint64(8 * i)) & np.uint64(255)


@kernel
def _added(mixed: Bytes, asked: int, modulus: np.uint64, spare: int, forward: bool, numbers: Words) -> None:  # noqa: FBT001, PLR0917 - arrays and numbers alone
    """Adds the first bytes of blocks, as big-endian numbers, to numbers, or takes them away, modulo how many there are."""
    for row in range(len(numbers)):
        rest = np.uint64(0)
        for i in range(8):
            rest = (rest << np.uint64(8)) | np.uint64(mixed[row, i])
        rest %= modulus
        for first in range(8, asked, 4):
            word = np.uint64(0)
            for i in range(first, first + 4):
                word = (word << np.uint64(8)) | np.uint64(mixed[row, i])
            high = 32
            while high > 0:
                step = min(spare, high)
                high -= step
                part = (word >> np.uint64(high)) & ((np.uint64(1) << np.uint64(step)) - np.uint64(1))
                rest = ((rest << np.uint64(step)) | part) % modulus
        number = numbers[row] + (rest if forward else modulus - rest)
        numbers[row] = number - modulus if number >= modulus else number
