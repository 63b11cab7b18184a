"""A 64-bit hash of many texts at once: the same on every machine, and no Python for each text.

The words of eight bytes of a text are mixed with their place, added up, and mixed again with the text's length. The mixer is
MurmurHash3's finalizer (Appleby, 2011, public domain). It spreads well and is no cipher: hashes of guessable values can be
guessed, so they are kept as long as a scan counts, and never stored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.detect.block import Block, Bytes, Integers

Hashes = npt.NDArray[np.uint64]

_WORD = 8
_PLACE, _LENGTH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_FIRST, _SECOND, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)


def hash_values(block: Block, key: int = 0) -> Hashes:
    """Returns one hash for each value of a block. Different keys give unrelated hashes."""
    return hash_spans(block.buffer, block.starts, block.ends, key)


def hash_spans(buffer: Bytes, starts: Integers, ends: Integers, key: int = 0) -> Hashes:
    """Returns one hash for each stretch of a buffer (end exclusive); equal bytes have equal hashes, wherever they stand."""
    lengths, secret = ends - starts, _secret(key)
    words = (lengths + (_WORD - 1)) // _WORD
    last = np.cumsum(words)
    if not len(last) or not last[-1]:
        return _mixed(lengths.astype(np.uint64) * _LENGTH ^ secret)
    within = np.arange(last[-1]) - np.repeat(last - words, words)
    read = _loads(buffer, np.repeat(starts, words) + _WORD * within)
    rest = (lengths % _WORD)[words > 0]
    tail = last[words > 0] - 1
    read[tail] &= np.where(rest == 0, ~np.uint64(0), (np.uint64(1) << (np.uint64(_WORD) * rest.astype(np.uint64))) - np.uint64(1))
    read ^= secret
    read += (within.astype(np.uint64) + np.uint64(1)) * _PLACE
    sums = np.zeros(len(lengths), np.uint64)
    sums[words > 0] = np.add.reduceat(_mixed(read), (last - words)[words > 0])
    return _mixed(sums ^ (lengths.astype(np.uint64) * _LENGTH) ^ secret)


def hash_numbers(values: npt.NDArray[Any], key: int = 0) -> Hashes:
    """Returns one hash for each number of eight bytes, by its bits."""
    return _mixed(_mixed(values.view(np.uint64) ^ _secret(key)) + _PLACE)


def _secret(key: int) -> np.uint64:
    """A key's bits, mixed: so that keys that differ in few bits do not permute small numbers among themselves."""
    return np.uint64(_mixed(np.array([key], np.uint64))[0])


def _loads(buffer: Bytes, places: Integers) -> Hashes:
    """Returns the eight bytes from each place on, little-endian, zeros after the end of the buffer."""
    padded = np.concatenate((buffer, np.zeros(_WORD, np.uint8)))
    return np.ndarray((len(buffer) + 1,), "<u8", padded, strides=(1,))[places].astype(np.uint64)


def _mixed(words: Hashes) -> Hashes:
    words = words ^ (words >> _SHIFT)
    words *= _FIRST
    words ^= words >> _SHIFT
    words *= _SECOND
    words ^= words >> _SHIFT
    return words
