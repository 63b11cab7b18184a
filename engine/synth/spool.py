"""Arrays on a worker's own disk, in files without a name.

Nobody else opens them, and nothing is left of them when the process ends, however it ends. ``TMPDIR`` says where; a folder in
memory (tmpfs) would defeat them.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from engine.errors import SetupError

Rows = npt.NDArray[np.uint8]


class Spool:
    """Rows of bytes, spread over buckets, each small enough to be sorted in memory.

    Args:
        buckets: Their number.
        width: Bytes of a row.
    """

    def __init__(self, buckets: int, width: int) -> None:
        self._files = [_nameless() for _ in range(buckets)]
        self._width = width

    def add(self, rows: Rows, numbers: npt.NDArray[np.uint64]) -> None:
        """Appends each row, (n, width), to the bucket that its number names; equal numbers, equal bucket.

        Raises:
            SetupError: If the disk is full.
        """
        bucket = (numbers % np.uint64(len(self._files))).astype(np.intp)
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=len(self._files)))
        for file, part in zip(self._files, np.split(order, ends[:-1]), strict=True):
            _append(file, rows[part])

    def emptied(self) -> Iterator[Rows]:
        """Yields the rows of one bucket after the other, and gives its space back."""
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, self._width)
            file.close()


class Column:
    """An array that grows by its first axis and is read as a memory map.

    Args:
        dtype: Of its entries.
        shape: Of an entry.
    """

    def __init__(self, dtype: npt.DTypeLike, *shape: int) -> None:
        self._file, self._dtype, self._shape, self._size = _nameless(), np.dtype(dtype), shape, 0

    def append(self, entries: npt.NDArray[Any]) -> None:
        """Appends entries, (n, *shape).

        Raises:
            SetupError: If the disk is full.
        """
        _append(self._file, np.ascontiguousarray(entries, dtype=self._dtype))
        self._size += len(entries)

    def mapped(self) -> npt.NDArray[Any]:
        """Returns all entries, (size, *shape), read-only. Pages are the operating system's to keep or to drop."""
        if not self._size:
            return np.empty((0, *self._shape), dtype=self._dtype)
        return np.asarray(np.memmap(self._file, dtype=self._dtype, mode="r", shape=(self._size, *self._shape)))


def smallest(largest: int) -> np.dtype[Any]:
    """Returns the smallest unsigned type that holds ``largest``."""
    return np.dtype(np.min_scalar_type(largest))


def _nameless() -> IO[bytes]:
    return tempfile.TemporaryFile(buffering=0)


def _append(file: IO[bytes], entries: npt.NDArray[Any]) -> None:
    left = memoryview(entries.tobytes())
    with _told_if_full():
        while left:
            left = left[file.write(left) :]


@contextlib.contextmanager
def _told_if_full() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise SetupError("a worker cannot spool its rows: its disk is full", where=tempfile.gettempdir(),
                         allowed="room for the encoded rows, about twice",
                         next="set TMPDIR to a larger disk on every node, or use more workers") from None
