"""Which values could read differently: one pass over an Arrow buffer."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Flags
from engine.detect.view import addresses, encodings, joints, spaced
from engine.detect.view.characters import changes
from engine.detect.view.lookalikes import Lookalikes

_CODE_POINTS, _ASCII = 0x110000, 0x80
_TELLING = f"{encodings.TELLING}|{spaced.TELLING}|{addresses.TELLING}|{joints.TELLING}"
"""Passes every text that a step could change (RE2) beside what it does to single characters, and few others."""


def needs_view(array: pa.Array) -> Flags:
    """Returns which values could read differently: those with a character that can, and those in which something tells.

    Args:
        array: Strings; nulls need no view.
    """
    beyond = ~pc.string_is_ascii(array).fill_null(fill_value=True).to_numpy(zero_copy_only=False)
    found: Flags = np.array(pc.match_substring_regex(array, _TELLING).fill_null(fill_value=False).to_numpy(zero_copy_only=False))
    rows = np.flatnonzero(beyond & ~found)
    if len(rows):
        found[rows] = _unusual(array.take(pa.array(rows)))
    return found


def _unusual(array: pa.Array) -> Flags:
    """Returns which values hold a character that alone or beside others reads as another: of most accented letters none does."""
    codes = np.frombuffer("".join(array.to_pylist()).encode("utf-32-le"), np.dtype("<u4"))
    seen = np.zeros(_CODE_POINTS, np.bool_)
    seen[codes] = True
    seen[:_ASCII] = False
    odd = np.zeros(_CODE_POINTS, np.bool_)
    odd[[code for code in np.flatnonzero(seen).tolist() if _reads_otherwise(chr(code))]] = True
    ends = np.cumsum(pc.utf8_length(array).to_numpy())
    return np.asarray(np.logical_or.reduceat(odd[codes], np.concatenate(([0], ends[:-1]))), np.bool_)


@functools.lru_cache(maxsize=1 << 14)
def _reads_otherwise(one: str) -> bool:
    table = Lookalikes.packaged()
    return changes(one) or one in table.signs or one in table.digits
