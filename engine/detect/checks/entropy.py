"""Keys by how mixed their characters are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.checks.matrix import Codes, Lengths, Passed

_BITS = 3 - 1e-9
"""Of a character; a little less, so that the order of a sum decides nothing."""
_ASCII = 128
_BLOCK = 4096  # rows at a time: 128 counts each
_SEPARATORS = b"-_\0"


def mixed(codes: Codes, lengths: Lengths) -> Passed:
    """Whether a key's longest part is as mixed as random ones are: letters, digits, 3 bits a character (Shannon)."""
    codes = codes * (np.arange(codes.shape[1]) < lengths[:, None])
    blocks = (codes[first:first + _BLOCK] for first in range(0, len(codes), _BLOCK))
    return np.concatenate([_mixed(block) for block in blocks])


def _mixed(codes: Codes) -> Passed:
    inside, size = _longest_part(codes)
    row, place = np.nonzero(inside)
    character = codes[row, place] & (_ASCII - 1)
    counts = np.bincount(row * _ASCII + character, minlength=len(codes) * _ASCII).reshape(len(codes), _ASCII)
    share = counts / np.maximum(size, 1)[:, None]
    bits = -(share * np.log2(share, where=counts > 0, out=np.zeros_like(share))).sum(axis=1)
    digits = counts[:, ord("0"):ord("9") + 1].any(axis=1)
    letters = counts[:, ord("A"):ord("Z") + 1].any(axis=1) | counts[:, ord("a"):ord("z") + 1].any(axis=1)
    passed: Passed = (bits >= _BITS) & digits & letters & (codes < _ASCII).all(axis=1)
    return passed


def _longest_part(codes: Codes) -> tuple[Passed, npt.NDArray[np.int32]]:
    """Returns where the first of the longest parts between ``-`` and ``_`` stands, and how long it is."""
    place = np.arange(codes.shape[1], dtype=np.int32)
    separator = np.maximum.accumulate(np.where(np.isin(codes, list(_SEPARATORS)), place, np.int32(-1)), axis=1)
    run = place - separator
    last = run.argmax(axis=1)[:, None]
    size = np.take_along_axis(run, last, axis=1)
    return (place <= last) & (place > last - size), size[:, 0]
