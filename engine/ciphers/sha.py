"""HMAC-SHA-256 of many messages at once, compiled: sixteen of them side by side, so that the processor's vectors are full.

Source: FIPS 180-4 (SHA-256; the letters in the loops are its own), RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import numpy.typing as npt

from engine.compiled import kernel

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

BLOCK, DIGEST = hashlib.sha256().block_size, hashlib.sha256().digest_size
_INNER, _OUTER = 0x36, 0x5C
_LANES = 16


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _cube_root(number: int) -> int:
    root: int = round(number ** (1 / 3))
    while root**3 > number:
        root -= 1
    while (root + 1)**3 <= number:
        root += 1
    return root


_LOW = (1 << 32) - 1
_CONSTANTS = np.array([_cube_root(prime << 96) & _LOW for prime in _primes(64)], np.uint32)
"""First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2)."""
_START = np.array([math.isqrt(prime << 64) & _LOW for prime in _primes(8)], np.uint32)
"""The same of the square roots of the first eight (section 5.3.3)."""


def hmacs(data: Bytes, offsets: Integers, key: bytes) -> Bytes:
    """Returns the HMAC-SHA-256 of each message under one key.

    Args:
        data: All messages, one after the other.
        offsets: Where each begins, and where the last one ends.
        key: At most 64 bytes.

    Returns:
        Shape (messages, 32).
    """
    inner = _digests(data, offsets, _absorbed(key, _INNER), BLOCK)
    return _digests(inner.ravel(), _steps(len(inner), DIGEST), _absorbed(key, _OUTER), BLOCK)


def hmacs_of_keys(data: Bytes, offsets: Integers, keys: Bytes) -> Bytes:
    """Returns the HMAC-SHA-256 of each message under a key of its own.

    Args:
        data: All messages, one after the other.
        offsets: Where each begins, and where the last one ends.
        keys: Shape (messages, 32).

    Returns:
        Shape (messages, 32).
    """
    padded = np.zeros((len(keys), BLOCK), np.uint8)
    padded[:, :keys.shape[1]] = keys
    lengths = np.diff(offsets)
    starts = offsets[:-1] - offsets[0] + BLOCK * np.arange(len(keys))
    whole = np.empty(BLOCK * len(keys) + int(lengths.sum()), np.uint8)
    whole[starts[:, None] + np.arange(BLOCK)] = padded ^ np.uint8(_INNER)
    place = np.ones(len(whole), np.bool_)
    place[(starts[:, None] + np.arange(BLOCK)).ravel()] = False
    whole[place] = data[offsets[0]:offsets[-1]]
    inner = _digests(whole, np.append(starts, len(whole)), _START, 0)
    outer = np.concatenate((padded ^ np.uint8(_OUTER), inner), axis=1)
    return _digests(outer.ravel(), _steps(len(keys), BLOCK + DIGEST), _START, 0)


def _steps(count: int, size: int) -> Integers:
    return np.arange(count + 1, dtype=np.int64) * size


def _digests(data: Bytes, offsets: Integers, state: Words, before: int) -> Bytes:
    """Returns the SHA-256 of each message, from the state that ``before`` bytes have left."""
    found = np.empty((len(offsets) - 1, DIGEST), np.uint8)
    _hashed(data, offsets, state, before, _CONSTANTS, found)
    return found


def _absorbed(key: bytes, pad: int) -> Words:
    """Returns the state of SHA-256 after a padded block of the key: one block, by Python's integers."""
    block = bytes(byte ^ pad for byte in key.ljust(BLOCK, b"\0"))
    w = [int.from_bytes(block[at:at + 4], "big") for at in range(0, BLOCK, 4)]
    for t in range(16, 64):
        x, y = w[t - 15], w[t - 2]
        small0, small1 = _turned(x, 7) ^ _turned(x, 18) ^ x >> 3, _turned(y, 17) ^ _turned(y, 19) ^ y >> 10
        w.append((w[t - 16] + small0 + w[t - 7] + small1) & _LOW)
    a, b, c, d, e, f, g, h = start = _START.tolist()
    for constant, word in zip(_CONSTANTS.tolist(), w, strict=True):
        t1 = h + (_turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)) + (e & f ^ ~e & g) + constant + word
        t2 = (_turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) & _LOW, a, b, c, (d + t1) & _LOW, e, f, g
    return np.array([(old + new) & _LOW for old, new in zip(start, (a, b, c, d, e, f, g, h), strict=True)], np.uint32)


def _turned(word: int, by: int) -> int:
    return (word >> by | word << (32 - by)) & _LOW


@kernel
def _hashed(data: Bytes, offsets: Integers, state: Words, ahead: int, constants: Words, found: Bytes) -> None:  # noqa: C901, PLR0912, PLR0917 - as below
    """Writes the digest of each message; ``ahead`` bytes, whole blocks, have made the state that all begin with."""
    # long: a compiled function calls no part of its own
    count = len(offsets) - 1
    w, s, before = np.empty((64, _LANES), np.uint32), np.empty((8, _LANES), np.uint32), np.empty((8, _LANES), np.uint32)
    signs, blocks = np.zeros((_LANES, 64), np.uint8), np.zeros(_LANES, np.int64)
    for first in range(0, count, _LANES):
        many, most = min(_LANES, count - first), 0
        for lane in range(_LANES):
            blocks[lane] = (offsets[first + lane + 1] - offsets[first + lane] + 72) // 64 if lane < many else 0
            most = max(most, blocks[lane])
            for i in range(8):
                s[i, lane] = state[i]
        for number in range(most):
            for lane in range(many):
                begin = offsets[first + lane]
                length = offsets[first + lane + 1] - begin
                for i in range(64):
                    place = 64 * number + i
                    signs[lane, i] = data[begin + place] if place < length else 0x80 if place == length else 0
                if number == blocks[lane] - 1:
                    bits = 8 * (ahead + length)
                    for i in range(8):
                        signs[lane, 56 + i] = (bits >> (56 - 8 * i)) & 255
            for t in range(16):
                for lane in range(_LANES):
                    w[t, lane] = (np.uint32(signs[lane, 4 * t]) << np.uint32(24)) | (
                        np.uint32(signs[lane, 4 * t + 1]) << np.uint32(16)) | (
                        np.uint32(signs[lane, 4 * t + 2]) << np.uint32(8)) | np.uint32(signs[lane, 4 * t + 3])
            for i in range(8):
                for lane in range(_LANES):
                    before[i, lane] = s[i, lane]
            for t in range(16, 64):
                for lane in range(_LANES):
                    x, y = w[t - 15, lane], w[t - 2, lane]
                    small0 = ((x >> np.uint32(7)) | (x << np.uint32(25))) ^ ((x >> np.uint32(18)) | (x << np.uint32(14))) ^ (
                        x >> np.uint32(3))
                    small1 = ((y >> np.uint32(17)) | (y << np.uint32(15))) ^ ((y >> np.uint32(19)) | (y << np.uint32(13))) ^ (
                        y >> np.uint32(10))
                    w[t, lane] = w[t - 16, lane] + small0 + w[t - 7, lane] + small1
            for t in range(64):
                ia, ib, ic, id_ = -t & 7, (1 - t) & 7, (2 - t) & 7, (3 - t) & 7
                ie, if_, ig, ih = (4 - t) & 7, (5 - t) & 7, (6 - t) & 7, (7 - t) & 7
                for lane in range(_LANES):
                    a, e = s[ia, lane], s[ie, lane]
                    big1 = ((e >> np.uint32(6)) | (e << np.uint32(26))) ^ ((e >> np.uint32(11)) | (e << np.uint32(21))) ^ (
                        (e >> np.uint32(25)) | (e << np.uint32(7)))
                    big0 = ((a >> np.uint32(2)) | (a << np.uint32(30))) ^ ((a >> np.uint32(13)) | (a << np.uint32(19))) ^ (
                        (a >> np.uint32(22)) | (a << np.uint32(10)))
                    t1 = s[ih, lane] + big1 + ((e & s[if_, lane]) ^ (~e & s[ig, lane])) + constants[t] + w[t, lane]
                    s[id_, lane] += t1
                    s[ih, lane] = t1 + big0 + ((a & s[ib, lane]) ^ (a & s[ic, lane]) ^ (s[ib, lane] & s[ic, lane]))
            for i in range(8):
                for lane in range(_LANES):
                    s[i, lane] = before[i, lane] + (s[i, lane] if number < blocks[lane] else np.uint32(0))
        for lane in range(many):
            for i in range(8):
                for part in range(4):
                    found[first + lane, 4 * i + part] = (s[i, lane] >> np.uint32(24 - 8 * part)) & np.uint32(255)
