"""Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the padding of the original submission.

``hashlib`` has the standard's padding alone. Addresses are 40 bytes, a block is 136: one permutation each.
"""

from __future__ import annotations

_RATE = 136
_MASK = (1 << 64) - 1


def keccak256(message: bytes, padding: int = 0x01) -> bytes:
    """Returns the 32-byte digest; ``padding`` 0x06 makes it SHA3-256."""
    fill = bytearray(_RATE - len(message) % _RATE)
    fill[0] |= padding
    fill[-1] |= 0x80
    padded = message + bytes(fill)
    lanes = [0] * 25
    for first in range(0, len(padded), _RATE):
        block = padded[first:first + _RATE]
        for number in range(_RATE // 8):
            lanes[number] ^= int.from_bytes(block[number * 8:number * 8 + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permute(lanes: list[int]) -> None:
    """Keccak-f[1600], 24 rounds (FIPS 202, section 3.3); the lane (x, y) stands at x + 5y."""
    register = 1
    for _ in range(24):
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for x in range(5):
            parity = columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                lanes[x + y] ^= parity
        x, y, held = 1, 0, lanes[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            held, lanes[x + 5 * y] = lanes[x + 5 * y], _turned(held, (step + 1) * (step + 2) // 2)
        for y in range(0, 25, 5):
            row = lanes[y:y + 5]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & _MASK)
        for bit in range(7):  # the round constants come from a linear feedback shift register
            if register & 1:
                lanes[0] ^= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)


def _turned(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> (64 - by)) & _MASK
