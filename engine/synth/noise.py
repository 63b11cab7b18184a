"""Gaussian noise from the operating system's entropy: nothing is seeded, so nothing can be replayed or restored.

A key of 256 bits comes from the operating system for each call, and AES in counter mode makes bits of it, as the operating system
makes its own of its entropy, three times as fast. The key is never kept.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_AT_ONCE = 1 << 13
"""Values drawn at once: what they take fits a processor's cache."""


def gaussian(size: int, scale: float) -> npt.NDArray[np.float64]:
    """Returns ``size`` independent draws of N(0, scale²).

    Each is half the sum of four Box-Muller draws: the set of values that one draw can take in floating point shows which
    one it was; four sums hide it behind 2^212 possibilities (Holohan and Braghin 2021, "Secure Random Sampling in
    Differential Privacy", Section 5).
    """
    entropy = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(bytes(16))).encryptor()
    drawn = np.empty(size)
    for start in range(0, size, _AT_ONCE):
        part = drawn[start : start + _AT_ONCE]
        part[:] = _standard(len(part), entropy) * scale
    return drawn


def _standard(size: int, entropy: CipherContext) -> npt.NDArray[np.float64]:
    pairs = 2 * size
    bits = np.frombuffer(entropy.update(bytes(16 * pairs)), dtype=np.uint64).reshape(2, pairs) >> np.uint64(11)
    uniform = (bits + 0.5) * 2.0**-53
    radius = np.sqrt(-2 * np.log(uniform[0]))
    angle = 2 * np.pi * uniform[1]
    draws = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return np.asarray(draws.reshape(4, size).sum(axis=0) * 0.5)
