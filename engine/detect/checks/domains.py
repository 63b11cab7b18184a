"""Top-level domains, from the public suffix list that the package tldextract ships: no fetch, no cache on disk."""

from __future__ import annotations

import functools

import pyarrow as pa


@functools.cache
def top_level_domains() -> pa.Array:
    """Returns the last labels of all public suffixes, in lower case, of international ones in both spellings."""
    import tldextract  # noqa: PLC0415 - slow to import, and not every type needs it

    suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    last = {suffix.rpartition(".")[2] for suffix in suffixes}
    return pa.array(sorted(last | {one.encode("idna").decode() for one in last if not one.isascii()}))
