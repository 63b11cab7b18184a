"""Which values could read differently: one pass over an Arrow buffer."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect import kernels
from engine.detect.block import Block, Flags
from engine.detect.kernels.telling import CLASSES, suspicious, telling
from engine.detect.view import addresses, encodings, joints, marks, spaced
from engine.detect.view.addresses import ANY_DOT, AT_WORDS, DOMAIN
from engine.detect.view.characters import changes
from engine.detect.view.lookalikes import Lookalikes
from engine.detect.view.reading import BREAK, SPACE, WORD
from engine.detect.view.telling import matching

_CODE_POINTS, _ASCII = 0x110000, 0x80
_COARSE = "|".join((
    r"&[#A-Za-z]|%[0-9A-Fa-f]|[0-9A-Za-z.]\\u0",
    spaced.TELLING, marks.COARSE,
    rf"(?i:[\[({{<]{SPACE}?(?:{AT_WORDS}|@|a){SPACE}?[\])}}>]|[_-](?:at|dot)[_-])",
    rf"(?i:{SPACE}(?:{AT_WORDS}){SPACE}+{DOMAIN})",
    rf"[{WORD}.%+-](?:{SPACE}{{1,6}}@|@{SPACE})|{BREAK}[{WORD}.+-]+@",
    rf"(?i:@[{WORD}.-]+(?:{ANY_DOT}|{BREAK})|(?:[\])}}>]|{SPACE}(?:dot|\.){SPACE}){SPACE}*[{WORD}.%+-]+@)",
    r"[0-9A-Z)](?:[ \t]{1,3}[\-./:]|[\-/][ \t]|[ \t]{2})[ \t]*[0-9A-Z(]",
    rf"[0-9][A-Za-z_]*[)\-./:_+=]?{BREAK}[\-./(]?(?:[A-Z]|[A-Za-z_]*[0-9])",
    rf"[A-Z\-_]{BREAK}[A-Za-z_]*[0-9]|[A-Z][./:]{BREAK}[A-Z]*[0-9]",
    rf"[0-9A-Fa-f:][:\-]{BREAK}[A-Fa-f]*[0-9]|[0-9][A-Fa-f]*[:\-]+{BREAK}[A-Fa-f]",
    rf"{joints.URL}{BREAK}[A-Za-z0-9]",
))
"""Passes whatever one of the expressions in ``_EXACT`` passes, and more (RE2): it has few enough states to be quick."""

_EXACT = f"{encodings.TELLING}|{spaced.TELLING}|{addresses.TELLING}|{marks.TELLING}", joints.TELLING
"""Pass every text that a step could change beside what it does to single characters, and every text with a joint; few others."""


def needs_view(array: pa.Array, block: Block | None = None) -> Flags:
    """Returns which values could read differently: those with a character that can, and those in which something tells.

    Args:
        array: Strings; nulls need no view.
        block: The same values joined, where somebody has them.
    """
    block = block or Block(array)
    if kernels.worth(len(block.data)):
        found = _telling(block)
        _kept(found, array, lambda some: matching(some, _COARSE))
    else:
        found = matching(array.fill_null(""), _COARSE)
    _kept(found, array, lambda some: matching(some, _EXACT[0]) | matching(some, _EXACT[1]))
    beyond = _flags(pc.invert(pc.string_is_ascii(array))) & ~found
    _kept(beyond, array, _unusual)
    return found | beyond


def _telling(block: Block) -> Flags:
    """Returns for each value whether it may match ``_COARSE``; none that does is left out."""
    odd, found = np.zeros(len(block.padded) + -len(block.padded) % 8, np.uint8), np.zeros(len(block.starts), np.bool_)
    suspicious(block.padded, odd)
    telling(block.padded, CLASSES, odd, odd.view(np.uint64), block.starts, block.ends, found)
    return found


def _flags(array: pa.Array) -> Flags:
    return np.array(array.fill_null(fill_value=False).to_numpy(zero_copy_only=False), np.bool_)


def _kept(flags: Flags, array: pa.Array, test: Callable[[pa.Array], Flags]) -> None:
    """Keeps those flags whose values pass a test."""
    rows = np.flatnonzero(flags)
    if len(rows):
        flags[rows] = test(array.take(pa.array(rows)))


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
