"""Which values could read differently: one pass over an Arrow buffer."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Flags
from engine.detect.view.addresses import AT_WORDS, DOT_WORDS
from engine.detect.view.characters import changes
from engine.detect.view.encodings import OPEN_NAMES
from engine.detect.view.lookalikes import Lookalikes

_S = r"[\s\x0b\x1c-\x1f]"
_W = r"0-9A-Za-z_\x{80}-\x{10ffff}"
"""White space and word characters as the module re has them, or more: RE2 has those of ASCII."""

_CODE_POINTS, _ASCII = 0x110000, 0x80
_BREAK = r"[ \t]*\r?\n[ \t]*"
_DOT = rf"{_S}*[\[({{<]{_S}?(?:{DOT_WORDS}|\.)|{_S}+(?:{DOT_WORDS}|\.){_S}|\.[ ]?\r?\n|\r?\n\."
_TELLING = "|".join((
    rf"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{{1,30}};|{'|'.join(OPEN_NAMES)})",
    r"%[0-9A-Fa-f][0-9A-Fa-f]",
    rf"(?i:[\[({{<]{_S}?(?:{AT_WORDS}|@|a){_S}?[\])}}>])",
    rf"(?i:{_S}(?:{AT_WORDS}){_S}+[{_W}][{_W}-]*(?:\.[{_W}]|{_DOT}))",
    r"(?i:[_-](?:at|dot)[_-])",
    rf"(?i:@[{_W}.-]+(?:{_DOT}|\r?\n[{_W}-]+\.[{_W}]|\.[{_W}-]{{1,6}}\r?\n[{_W}-]{{1,6}}(?:[^{_W}-]|$)))",
    rf"(?i:(?:[\])}}>]|{_S}(?:dot|\.){_S}){_S}*[{_W}.%+-]+@)",
    rf"@{_S}|{_S}@|[{_W}.]\r?\n[{_W}.+-]+@",
    rf"[{_W}@.+()/:-](?:(?:[ \t\n]{{1,3}}|\r\n)[{_W}@.+()/:-]){{5}}",
    rf"[0-9]\)?[\-./ ]?{_BREAK}[\-./)]?[ +(]?[0-9]|[+(]{_BREAK}[0-9]",
    r"[0-9]\)?(?:[ \t]+[\-./][ \t]*|[\-./][ \t]+|[ \t]{2,4})\(?[0-9]",
    rf"[A-Z]{{2}}[0-9]{{2}}[A-Z0-9 ]*(?:{_BREAK}|  )[A-Z0-9]",
    rf"[A-Z](?:{_BREAK}[A-Z]|[A-Z]{_BREAK}[0-9]|[A-Z][0-9]{_BREAK})[A-Z0-9]",
))
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
