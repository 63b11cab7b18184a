"""The characters of a string array as numbers: bytes where all of them are ASCII, code points elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.ragged import Flags, Integers, built

Codes = npt.NDArray[np.uint8 | np.uint32]

ASCII = 0x80
"""First code point that is none of ASCII."""
_UTF8 = ASCII, 0x800, 0x10000
"""First code points that take two, three and four bytes (RFC 3629)."""


class Signs(NamedTuple):
    """Characters of an array.

    Attributes:
        codes: Code points of all values, one after the other.
        lengths: Characters of each value; of a null none.
        valid: Which values are no nulls.
    """

    codes: Codes
    lengths: Integers
    valid: Flags

    @classmethod
    def of(cls, values: pa.Array, *, narrow: bool) -> Signs:
        """Takes a string array; bytes do only if ``narrow``, and the array holds nothing else."""
        array = values.cast(pa.large_string())
        array = array.fill_null("") if array.null_count else array
        offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset:array.offset + len(array) + 1]
        data = array.buffers()[2]
        text = np.frombuffer(data, np.uint8)[offsets[0]:offsets[-1]] if data is not None and data.size else np.zeros(0, np.uint8)
        valid = np.asarray(values.is_valid())
        if narrow and text.max(initial=0) < ASCII:
            return cls(text, np.diff(offsets), valid)
        codes = np.frombuffer(text.tobytes().decode().encode("utf-32-le"), "<u4")
        return cls(codes, pc.utf8_length(array).to_numpy(zero_copy_only=False), valid)

    def array(self) -> pa.Array:
        """Returns the characters as strings."""
        bounds = np.concatenate(([0], np.cumsum(self.lengths, dtype=np.int64)))
        if self.codes.dtype == np.uint8:
            return built(self.codes.view(np.uint8), bounds, self.valid, pa.string())
        sizes = 1 + sum((self.codes >= first).astype(np.int64) for first in _UTF8)
        ends = np.concatenate(([0], np.cumsum(sizes)))[bounds]
        text = self.codes.tobytes().decode("utf-32-le").encode()
        return built(np.frombuffer(text, np.uint8), ends, self.valid, pa.string())
