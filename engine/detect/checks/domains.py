"""Top-level domains, from the public suffix list that the package tldextract ships: no fetch, no cache on disk."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_WORD = 8


@functools.cache
def top_level_domains() -> pa.Array:
    """Returns the last labels of all public suffixes, in lower case, of international ones in both spellings."""
    import tldextract  # noqa: PLC0415 - slow to import, and not every type needs it

    suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    last = {suffix.rpartition(".")[2] for suffix in suffixes}
    return pa.array(sorted(last | {one.encode("idna").decode() for one in last if not one.isascii()}))


def begins_top_level(buffer: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Returns where a top-level domain may begin: one of up to eight letters does, or there are more letters.

    Args:
        buffer: Bytes, eight more after the last place.
        places: Where letters of ASCII stand.
    """
    codes = buffer[places[:, None] + np.arange(_WORD)] | np.uint8(32)
    inside = np.logical_and.accumulate((codes - np.uint8(97)) <= 25, axis=1)  # noqa: PLR2004 - a to z
    words = np.ascontiguousarray(codes * inside).view("<u8")[:, 0]
    known = _short_ones()
    found: npt.NDArray[np.bool_] = inside[:, -1] | (known[np.minimum(np.searchsorted(known, words), len(known) - 1)] == words)
    return found


@functools.cache
def _short_ones() -> npt.NDArray[np.uint64]:
    names = [name for name in top_level_domains().to_pylist() if name.isascii() and len(name) <= _WORD]
    return np.sort(np.array([int.from_bytes(name.encode().ljust(_WORD, b"\0"), "little") for name in names], np.uint64))
