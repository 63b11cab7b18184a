"""Marks that dress a text and are no part of it: emphasis with underscores, colours of a terminal, the zeros of UTF-16.

Sources: CommonMark, section 6.2 (emphasis); ECMA-48, section 8.3.117 (SGR).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import regex

from engine.detect.view.reading import Edit, Reading

_PART = "[-0-9./: ()]"
_EDGE = "[^0-9A-Za-z_]"
_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,32}m")
_AT_NUMBER = regex.compile(
    rf"(?<!\w)_{{1,3}}(?=[+(]{{0,2}}[0-9]{_PART}{{0,5}}[0-9])|(?<=[0-9]{_PART}{{2}}[0-9])_{{1,3}}(?!\w)")
"""Underscores at the edge of a number of some length: not those of ``_1``, ``1_000``, ``int64_t``."""

_AROUND_WORDS = regex.compile(r"(?<!\w)(_{1,3})(?=[^_\n\0]*[ 0-9])[A-Z0-9+(][^_\n\0]{2,80}(?<!\s)(\1)(?!\w)")
"""Underscores around what begins with a capital or a number, and is several words or holds a number: not ``_FILE_``."""

_ZEROS = regex.compile(r"\0?[^\0](?:\0[^\0]){3,}\0?")
"""Four characters of UTF-16 at least, each of whose bytes is read as one."""

_ZEROS_TELL = r"[^\x00]\x00[^\x00]\x00[^\x00]\x00[^\x00]"
TELLING = "|".join((
    _ZEROS_TELL, r"\x1b\[[0-9;:]*m", rf"(?:^|{_EDGE})_{{1,3}}[+(]{{0,2}}[0-9]{_PART}*[0-9]",
    rf"[0-9]{_PART}{_PART}[0-9]_{{1,3}}(?:{_EDGE}|$)",
    rf"(?:^|{_EDGE})_{{1,3}}(?:[0-9]|[A-Z+(][^_\n\x00]*[ 0-9])[^_\n\x00]*_{{1,3}}(?:{_EDGE}|$)"))
"""Matches in every value that this module could change (RE2), and in few others."""

COARSE = rf"{_ZEROS_TELL}|\x1b\[|(?:^|{_EDGE})_{{1,3}}[0-9A-Z+(]|[0-9]_{{1,3}}(?:{_EDGE}|$)"
"""Passes what ``TELLING`` passes, and more."""


def read_marks(reading: Reading) -> Reading:
    """Drops the colours of a terminal, and underscores that emphasize."""
    if "\x1b" in reading.text:
        reading = reading.edited([(*match.span(), "") for match in _COLOUR.finditer(reading.text)])
    if "_" not in reading.text:
        return reading
    edits: set[Edit] = set()
    for stretch in reading.stretches(TELLING):
        edits |= {(*match.span(), "") for match in _AT_NUMBER.finditer(reading.text, *stretch)}
        edits |= {(*match.span(group), "") for match in _AROUND_WORDS.finditer(reading.text, *stretch) for group in (1, 2)}
    return reading.edited(sorted(edits))


def zeros(text: str) -> npt.NDArray[np.bool_]:
    """Returns which characters of a value are the zeros beside those of UTF-16."""
    found = np.zeros(len(text), np.bool_)
    for match in _ZEROS.finditer(text):
        start, end = match.span()
        found[start + (text[start] != "\0"):end:2] = True
    return found
