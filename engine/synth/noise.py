"""Gaussian noise from the operating system's entropy: nothing is seeded, so nothing can be replayed or restored.

A key of 256 bits comes from the operating system for each call, and AES in counter mode makes bits of it, as the operating system
makes its own of its entropy, three times as fast. The key is never kept.
"""

from __future__ import annotations

import math
import os

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_AT_ONCE = 1 << 13
"""Values drawn at once: what they take fits a processor's cache."""

_ZEROS = bytes(4 * 8 * _AT_ONCE)


def gaussian(size: int, scale: float) -> npt.NDArray[np.float64]:
    """Returns ``size`` independent draws of N(0, scale²).

    Each is the sum of two Box-Muller draws, over the root of 2: the set of values that one draw can take in floating point shows
    which one it was; two draws of 53-bit radii and angles hide it behind 2^212 possibilities (Holohan and Braghin 2021, "Secure
    Random Sampling in Differential Privacy", Section 5). Of a pair only the cosine is used, so that no two values share a radius.
    """
    entropy = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(bytes(16))).encryptor()
    drawn = np.empty(size)
    for start in range(0, size, _AT_ONCE):
        part = drawn[start : start + _AT_ONCE]
        part[:] = _standard(len(part), entropy) * scale
    return drawn


def _standard(size: int, entropy: CipherContext) -> npt.NDArray[np.float64]:
    import torch  # noqa: PLC0415 - takes seconds to load: not where noise is only named

    bits = np.frombuffer(entropy.update(_ZEROS[:4 * 8 * size]), dtype=np.uint64).reshape(2, 2, size) >> np.uint64(11)
    uniform = torch.from_numpy((bits + 0.5) * 2.0**-53)  # its logarithm and cosine are vectorized on more processors than NumPy's
    radius, angle = uniform[0].log_().mul_(-2).sqrt_(), uniform[1].mul_(2 * math.pi)
    return np.asarray((radius * angle.cos_()).sum(dim=0).mul_(math.sqrt(0.5)))
