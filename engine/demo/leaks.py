"""A search of files for every planted value that points at a person, in one pass over the bytes."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.demo.truth import Planted

CHUNK = 1 << 20
COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd", ".lz4": "lz4", ".bz2": "bz2"}
_PREFIX = 5
_BITS = 22


@dataclass(frozen=True)
class Leaks:
    """What a search found. Counts only.

    Attributes:
        files: Files searched.
        bytes: Bytes searched, Parquet and compressed files both as stored and decoded.
        searched: Entity type → distinct values searched for.
        found: Entity type → distinct values found; types without a find are absent.
        places: File → distinct values found in it; files without a find are absent.
    """

    files: int
    bytes: int
    searched: dict[str, int]
    found: dict[str, int]
    places: dict[str, int]

    @property
    def total(self) -> int:
        """Distinct values found."""
        return sum(self.found.values())


def leaks(paths: Iterable[str | Path], planted: Planted) -> Leaks:
    """Searches files, and all files below folders, for every specific planted value.

    What counts is ``engine.demo.truth.specific``. Letter case is ignored; a value has to stand alone, not within a longer
    word or number, so that a digest's digits are no find. Values are searched as written, as JSON escapes them and
    as HTML escapes them. Parquet is searched twice: its raw bytes, whose footers hold statistics in the clear, and
    every text, date and timestamp cell after decoding.

    Args:
        paths: Files and folders: a release, a synthetic table, logs, a report. Absent ones are an error.
        planted: The truth.

    Raises:
        FileNotFoundError: If a path is absent: a search of nothing must not read as a clean one.
    """
    values = planted.identifiers()
    index = _Index(values)
    files, size, seen, places = 0, 0, set[int](), dict[str, int]()
    for path in _files(paths):
        here: set[int] = set()
        for chunk in _contents(path):
            size += len(chunk)
            here |= index.search(chunk)
        files += 1
        seen |= here
        if here:
            places[str(path)] = len({index.origin[place] for place in here})
    found: dict[str, set[str]] = {}
    for kind, value in {index.origin[place] for place in seen}:
        found.setdefault(kind, set()).add(value)
    return Leaks(files, size, {kind: len({v.lower() for v in members}) for kind, members in values.items()},
                 {kind: len(v) for kind, v in sorted(found.items())}, places)


def _files(paths: Iterable[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(path)
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _contents(path: Path) -> Iterator[bytes]:
    overlap = b""
    with pa.OSFile(str(path)) as raw:
        while chunk := raw.read(CHUNK):
            yield overlap + chunk
            overlap = chunk[-256:]
    if path.suffix == ".parquet":
        yield from _cells(path)
    elif path.suffix in COMPRESSED:
        with pa.input_stream(str(path), compression=COMPRESSED[path.suffix]) as stream:
            overlap = b""
            while chunk := stream.read(CHUNK):
                yield overlap + chunk
                overlap = chunk[-256:]


def _cells(path: Path) -> Iterator[bytes]:
    for batch in pq.ParquetFile(path).iter_batches():
        for column in batch.columns:
            for leaf in _leaves(column):
                texts = pc.unique(leaf.cast(pa.large_string())).drop_null()
                yield "\n".join(texts.to_pylist()).encode()


def _leaves(column: pa.Array) -> Iterator[pa.Array]:
    kind = column.type
    if pa.types.is_struct(kind):
        for inner in column.flatten():
            yield from _leaves(inner)
    elif pa.types.is_map(kind):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _leaves(column.flatten())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_temporal(kind) or pa.types.is_dictionary(kind):
        yield column


class _Index:
    """All spellings of all values, found by their first five bytes: a bitmap says where looking closer is worth it."""

    def __init__(self, values: dict[str, set[str]]) -> None:
        spelled: dict[bytes, tuple[str, str]] = {}
        for kind, members in values.items():
            for value in members:
                # Bytes fold the case of ASCII alone: capitals with accents are spellings of their own.
                for cased in (value, value.upper()):
                    for spelling in (cased, json.dumps(cased)[1:-1], html.escape(cased)):
                        spelled.setdefault(spelling.encode().lower(), (kind, value.lower()))
        self._spellings = sorted(spelled)
        self.origin = [spelled[spelling] for spelling in self._spellings]
        self._by_prefix: dict[bytes, list[int]] = {}
        for place, key in enumerate(self._spellings):
            self._by_prefix.setdefault(key[:_PREFIX], []).append(place)
        self._codes = np.sort(_codes(b"".join(self._by_prefix))[::_PREFIX])
        self._bitmap = np.zeros(1 << _BITS, dtype=bool)
        self._bitmap[_hashes(self._codes)] = True

    def search(self, chunk: bytes) -> set[int]:
        """Returns the places in ``origin`` of the spellings that stand in ``chunk``."""
        chunk = chunk.lower()
        found: set[int] = set()
        codes = _codes(chunk)
        starts = np.flatnonzero(self._bitmap[_hashes(codes)])
        nearest = np.searchsorted(self._codes, codes[starts]).clip(max=max(len(self._codes) - 1, 0))
        for start in starts[self._codes[nearest] == codes[starts]].tolist():
            for place in self._by_prefix[chunk[start:start + _PREFIX]]:
                spelling = self._spellings[place]
                if place not in found and chunk.startswith(spelling, start) and _alone(chunk, start, start + len(spelling)):
                    found.add(place)
        return found


def _codes(data: bytes) -> np.ndarray:
    """Returns the five bytes at each place as one number."""
    window = np.frombuffer(data, dtype=np.uint8).astype(np.uint64)
    size = len(window) - _PREFIX + 1
    if size <= 0:
        return np.empty(0, dtype=np.uint64)
    code = np.zeros(size, dtype=np.uint64)
    for offset in range(_PREFIX):
        code <<= np.uint64(8)
        code |= window[offset:offset + size]
    return code


def _hashes(codes: np.ndarray) -> np.ndarray:
    """Returns ``_BITS`` bits of each code, multiplied by 2 to the 64 over the golden ratio (Knuth, TAOCP 6.4)."""
    return ((codes * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _BITS)).astype(np.int64)


def _alone(chunk: bytes, start: int, end: int) -> bool:
    before, after = chunk[start - 1:start], chunk[end:end + 1]
    return not (before.isalnum() and chunk[start:start + 1].isalnum()) and not (after.isalnum() and chunk[end - 1:end].isalnum())
