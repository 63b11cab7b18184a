"""Strings: signs hidden from one side, or first signs kept; geohashes."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies.arrays import Family, as_text, joined, parts
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Chunks, Side

LONGEST_MASK = 64
"""Longest string that ``mask`` turns into a hierarchy: it has one level per sign, or chunk of them."""

_UNBOUNDED = 1 << 20
"""Levels of a mask: as many as a string has signs, for as long a string as there may be."""


def hidden_levels(text: pa.Array, mask: Side | Chunks, where: str) -> int:
    """Returns the number of levels at which a mask hides something.

    Raises:
        PolicyError: If a string is longer than ``LONGEST_MASK``.
    """
    longest = pc.max(pc.utf8_length(text)).as_py() or 0
    if longest > LONGEST_MASK:
        raise PolicyError(f"mask makes one level per sign, and a value has {longest}", where=where,
                          allowed=f"at most {LONGEST_MASK} signs", next="use prefix, groups or a table, or drop the column")
    return -(-int(longest) // _chunk(mask))


def _chunk(mask: Side | Chunks) -> int:
    return mask.chunk if isinstance(mask, Chunks) else 1


def _masks(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    mask = hierarchy.mask or "right"
    left = (mask.side if isinstance(mask, Chunks) else mask) == "left"
    return [_masked(as_text(values), level * _chunk(mask), left=left) for level in levels]


def _masked(text: pa.Array, hidden: int, *, left: bool) -> pa.Array:
    length = pc.utf8_length(text)
    stars = pc.binary_repeat("*", pc.min_element_wise(length, hidden, skip_nulls=False))
    if left:
        return joined(stars, pc.utf8_slice_codeunits(text, hidden))
    return joined(_first(text, length, hidden), stars)


def _first(text: pa.Array, length: pa.Array, hidden: int) -> pa.Array:
    """Returns each string without its last ``hidden`` signs."""
    kept = text
    for n in pc.unique(length.drop_null()).to_pylist():
        kept = pc.if_else(pc.equal(length, n), pc.utf8_slice_codeunits(text, 0, max(n - hidden, 0)), kept)
    return kept


def _prefixes(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    text, kept = as_text(values), hierarchy.prefix or ()
    return [_begins(text, kept[level - 1]) for level in levels]


def _begins(text: pa.Array, signs: int) -> pa.Array:
    """Returns ``12*`` for what begins with 12, and what is shorter as it is."""
    begin = joined(pc.utf8_slice_codeunits(text, 0, signs), "*")
    return pc.if_else(pc.less(pc.utf8_length(text), signs), text, begin)


def _geohashes(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    """Prefixes of a geohash name the cells around it (G. Niemeyer, 2008: base 32 without a, i, l and o)."""
    code = parts(pc.utf8_lower(values), "^(?P<code>[0-9b-hjkmnp-z]+)$")["code"]
    kept = hierarchy.geohash or ()
    return [pc.utf8_slice_codeunits(code, 0, kept[level - 1]) for level in levels]


MASK = Family(lambda *_: _UNBOUNDED, _masks)
PREFIX = Family(lambda hierarchy, _: len(hierarchy.prefix or ()), _prefixes)
GEOHASH = Family(lambda hierarchy, _: len(hierarchy.geohash or ()), _geohashes)
