"""What the characters of a buffer are: letters of either case, digits, space, marks. One class for each byte, from tables."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np

from engine.detect.block import Block, Bytes, Integers

LOWER, UPPER, DIGIT, SPACE, LINE, MARK, END, REST = range(8)
"""Classes. ``LOWER`` is every letter that is no capital; ``END`` the NUL between values; ``REST`` the bytes after the first of a
character, which continue whatever it is; ``LINE`` a line feed."""

_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0
_BASIC_PLANE = 1 << 16


@functools.cache
def _of_code_points() -> Bytes:
    """Class of every code point of the basic plane (Unicode, general category)."""
    kinds = {"Lu": UPPER, "Lt": UPPER, "Nd": DIGIT, "Zs": SPACE, "Zl": LINE, "Zp": LINE}
    letters = {"Ll", "Lm", "Lo", "Mn", "Mc", "Cf"}
    category = unicodedata.category
    return np.array([LOWER if (kind := category(chr(point))) in letters else kinds.get(kind, MARK)
                     for point in range(_BASIC_PLANE)], np.uint8)


@functools.cache
def _of_bytes() -> Bytes:
    """Class of every byte that is a character; of the others ``REST``, corrected where a longer character begins."""
    table = np.full(256, MARK, np.uint8)
    table[ord("a"):ord("z") + 1], table[ord("A"):ord("Z") + 1], table[ord("0"):ord("9") + 1] = LOWER, UPPER, DIGIT
    table[[ord(" "), ord("\t"), ord("\r")]], table[ord("\n")], table[0], table[128:] = SPACE, LINE, END, REST
    return table


def classes(block: Block) -> Bytes:
    """Returns the class of each byte of a block."""
    found = np.take(_of_bytes(), block.buffer)
    if not block.ascii:
        leads = np.flatnonzero(block.buffer >= _TWO_BYTES)
        found[leads] = _of_longer(block.buffer, leads)
    return found


def _of_longer(buffer: Bytes, leads: Integers) -> Bytes:
    """Returns the classes of characters of two to four bytes; those beyond the basic plane count as marks."""
    first = buffer[leads].astype(np.int32)
    at = [buffer[np.minimum(leads + step, len(buffer) - 1)].astype(np.int32) & 63 for step in (1, 2)]
    two = (first & 31) << 6 | at[0]
    three = (first & 15) << 12 | at[0] << 6 | at[1]
    points = np.where(first >= _THREE_BYTES, three, two)
    return np.where(first >= _FOUR_BYTES, np.uint8(MARK), np.take(_of_code_points(), points))
