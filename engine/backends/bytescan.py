"""A search of every file below a folder for many byte strings at once.

All windows of eight bytes of a file are looked up among the first eight bytes of what is looked for; only what is found there is
compared whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.certificate import ByteScan

Offsets = npt.NDArray[np.int64]

_WINDOW = 8
_CHUNK = 1 << 24


@dataclass
class Found:
    """What a search saw.

    Attributes:
        files: Files that were read.
        bytes: Their sizes.
        needles: Places, in the list of what is looked for, of what was found.
        holders: Files that hold some.
    """

    files: int = 0
    bytes: int = 0
    needles: set[int] = field(default_factory=set)
    holders: list[Path] = field(default_factory=list)


def search(folder: Path, needles: Sequence[bytes]) -> Found:
    """Looks for byte strings in every file below ``folder``, and of Parquet files in their values, too.

    Args:
        folder: Where to look; hidden files and logs count as well.
        needles: What to look for, different from each other, of at least 8 bytes each.
    """
    found = Found()
    finder = _Finder(needles)
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        here = set[int]()
        for stretch in _stretches(file, max(map(len, needles), default=_WINDOW)):
            here |= finder.within(stretch)
        for stretch in _decoded(file):  # what a compressed page holds does not stand in the file's bytes
            here |= finder.within(stretch)
        found.files, found.bytes, found.needles = found.files + 1, found.bytes + file.stat().st_size, found.needles | here
        if here:
            found.holders.append(file)
    return found


def told(found: Found) -> ByteScan:
    """Returns what a certificate says of a search."""
    return ByteScan(files=found.files, bytes=found.bytes, found=len(found.needles))


class _Finder:
    """Finds byte strings by their first eight bytes."""

    def __init__(self, needles: Sequence[bytes]) -> None:
        heads = np.array([int.from_bytes(one[:_WINDOW], "little") for one in needles], np.uint64)
        self._order = np.argsort(heads, kind="stable")
        self._heads, self._needles = heads[self._order], needles

    def within(self, data: bytes) -> set[int]:
        """Returns the places of what occurs in ``data``."""
        if len(data) < _WINDOW or not len(self._heads):
            return set()
        found = set()
        for shift in range(_WINDOW):
            words = np.frombuffer(data, "<u8", count=(len(data) - shift) // _WINDOW, offset=shift)
            first = np.searchsorted(self._heads, words)
            hits = np.flatnonzero(self._heads[np.minimum(first, len(self._heads) - 1)] == words)
            for hit in hits.tolist():
                found |= set(self._whole(data, hit * _WINDOW + shift, int(first[hit])))
        return found

    def _whole(self, data: bytes, at: int, first: int) -> Iterator[int]:
        head = self._heads[first]
        while first < len(self._heads) and self._heads[first] == head:
            place = int(self._order[first])
            if data.startswith(self._needles[place], at):
                yield place
            first += 1


def _stretches(file: Path, longest: int) -> Iterator[bytes]:
    """Yields a file's bytes in pieces that overlap by the longest thing looked for."""
    with file.open("rb") as opened:
        rest = b""
        while piece := opened.read(_CHUNK):
            yield rest + piece
            rest = (rest + piece)[-longest:]


def _decoded(file: Path) -> Iterator[bytes]:
    if file.suffix != ".parquet":
        return
    try:
        for batch in pq.ParquetFile(file).iter_batches():
            for column in batch.columns:
                if pa.types.is_binary(column.type) or pa.types.is_string(column.type):
                    yield b"\0".join(one for one in column.cast(pa.binary()).to_pylist() if one is not None)
    except (pa.ArrowException, OSError):
        return  # cut short: its bytes were looked at
