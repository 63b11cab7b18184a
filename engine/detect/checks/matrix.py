"""Candidates as matrices: one row a candidate, one byte a character, zeros after its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.uint8]
Lengths = npt.NDArray[np.int64]
Passed = npt.NDArray[np.bool_]
Check = Callable[[Codes, Lengths], Passed]

BLOCK = 16_384  # rows at a time: what a kernel touches stays in the second-level cache


def matrix(texts: Sequence[str]) -> tuple[Codes, Lengths]:
    """Returns texts as a matrix and their lengths; what is not ASCII becomes 0xFF, which no check knows."""
    data = [text.encode() if text.isascii() else bytes(ord(one) if one.isascii() else 0xFF for one in text) for text in texts]
    lengths = np.fromiter(map(len, data), np.int64, len(data))
    width = int(lengths.max(initial=0))
    joined = b"".join(one.ljust(width, b"\0") for one in data)
    return np.frombuffer(joined, np.uint8).reshape(len(data), width), lengths


def strings(codes: Codes, lengths: Lengths) -> pa.Array:
    """Returns candidates as an Arrow array of strings; whatever is not ASCII reads as DEL."""
    inside = np.arange(codes.shape[1]) < lengths[:, None]
    data = np.where(codes < 0x80, codes, 0x7F).astype(np.uint8)[inside]  # noqa: PLR2004 - the end of ASCII
    offsets = np.zeros(len(codes) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(codes), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data)))


def by_distinct(passes: Callable[[str], bool]) -> Check:
    """Returns the check that asks ``passes`` once for each distinct candidate."""
    def check(codes: Codes, lengths: Lengths) -> Passed:
        coded = strings(codes, lengths).dictionary_encode()
        verdicts = np.fromiter(map(passes, coded.dictionary.to_pylist()), np.bool_, len(coded.dictionary))
        return verdicts[coded.indices.to_numpy()] if len(verdicts) else np.zeros(len(codes), np.bool_)
    return check


def by_length(check: Callable[[Codes, int], Passed]) -> Check:
    """Returns the check that sees, block by block, candidates of one length with nothing after them."""
    def whole(codes: Codes, lengths: Lengths) -> Passed:
        passed = np.zeros(len(codes), np.bool_)
        for length, rows in _lengths(lengths):
            part = codes[:, :length] if rows is None else codes[rows, :length]
            found = [check(part[first:first + BLOCK], length) for first in range(0, len(part), BLOCK)]
            passed[slice(None) if rows is None else rows] = np.concatenate(found)
        return passed
    return whole


def _lengths(lengths: Lengths) -> Iterator[tuple[int, npt.NDArray[np.int64] | None]]:
    """The lengths of the candidates, with the rows of each (None: all of them). What is empty is left out."""
    every = np.unique(lengths)
    for length in every[every > 0]:
        yield int(length), np.flatnonzero(lengths == length) if len(every) > 1 else None
