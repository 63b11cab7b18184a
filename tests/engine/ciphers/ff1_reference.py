"""FF1 as the standard writes it, one value at a time (NIST SP 800-38G r1, algorithms 7 and 8)."""

from __future__ import annotations

import math

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB


def transformed(key: bytes, radix: int, numerals: list[int], tweak: bytes, *, forward: bool = True) -> list[int]:
    """Returns the numerals that FF1 makes of some, with no bound on how few values of that length there are."""
    n, t = len(numerals), len(tweak)
    u = n // 2
    v = n - u
    left, right = numerals[:u], numerals[u:]
    b = math.ceil(math.ceil(v * math.log2(radix)) / 8)
    d = 4 * math.ceil(b / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10) if forward else reversed(range(10)):
        m = u if i % 2 == 0 else v
        kept, changed = (right, left) if forward else (left, right)
        q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + number(kept, radix).to_bytes(b, "big")
        r = _last_block_of_cbc(key, p + q)
        s = r + b"".join(_encrypted(key, bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"), strict=True)))
                         for j in range(1, math.ceil(d / 16)))
        y = int.from_bytes(s[:d], "big")
        c = (number(changed, radix) + (y if forward else -y)) % radix ** m
        made = digits(c, radix, m)
        left, right = (right, made) if forward else (made, left)
    return left + right


def number(numerals: list[int], radix: int) -> int:
    """Returns numerals as a number, the first the most significant."""
    return sum(one * radix ** place for place, one in enumerate(reversed(numerals)))


def digits(value: int, radix: int, size: int) -> list[int]:
    """Returns a number as so many numerals."""
    return [value // radix ** place % radix for place in reversed(range(size))]


def _last_block_of_cbc(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(bytes(16))).encryptor()
    return (encryptor.update(data) + encryptor.finalize())[-16:]


def _encrypted(key: bytes, data: bytes) -> bytes:
    return Cipher(AES(key), ECB()).encryptor().update(data)  # noqa: S305 - one block
