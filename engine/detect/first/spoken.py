"""Phrases of whole words in stretches of a block, in any case of ASCII and with any sign between words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from engine.detect import kernels
from engine.detect.block import Integers
from engine.detect.first.multi import Literals
from engine.detect.first.windows import Windows
from engine.detect.kernels.words import SHIFT, SPREAD, STEP, Phrases, said

SPACE = 32
_WORD = re.compile(rb"[^ ]+")
_MASK = (1 << 64) - 1
_CELLS = 1 << (64 - SHIFT)


def _folding() -> bytes:
    folded = bytes(SPACE if byte < 0x80 and not chr(byte).isalnum() else byte for byte in range(256))  # noqa: PLR2004 - ASCII
    return folded.translate(bytes(range(256)).lower())


FOLDED = _folding()
"""ASCII letters in lower case, all other ASCII but digits a space."""

TABLE = np.frombuffer(FOLDED, np.uint8)
"""The same as an array."""
_CONSTANTS = np.array([STEP, SPREAD, SHIFT], np.uint64)


class Spoken:
    """Phrases, ready to be looked for."""

    def __init__(self, phrases: Sequence[bytes]) -> None:
        """Takes distinct phrases, folded, one space or two between each two words."""
        self._literals = Literals([b" %b " % one for one in phrases])
        self._hashed = _hashed(phrases)

    def find(self, windows: Windows) -> tuple[Integers, Integers, Integers]:
        """Returns the phrases in some windows, in the order of their ends: which phrase, its first byte in the block, its end."""
        look = self._by_kernel if kernels.worth(len(windows.block.data)) else self._by_literals
        phrase, start, end = look(windows)
        order = np.lexsort((phrase, end))
        return phrase[order], start[order], end[order]

    def among(self, words: bytes) -> Integers:
        """Returns which phrases stand among some words."""
        return self._literals.find(b" %b " % words.translate(FOLDED))[0]

    def _by_kernel(self, windows: Windows) -> tuple[Integers, Integers, Integers]:
        room = len(windows.block.data) // 64 + 1
        while True:
            found = np.empty((3, room), np.int64)
            count = said(windows.block.buffer, TABLE, windows.start, windows.end, self._hashed, _CONSTANTS, found)
            if count <= room:
                phrase, start, end = found[:, :count]
                return phrase, start, end
            room = count

    def _by_literals(self, windows: Windows) -> tuple[Integers, Integers, Integers]:
        literal, end = self._literals.find(b" " + windows.data.translate(FOLDED))
        end = end - 2  # the space before the data, and the one after the phrase
        start, end = windows.originals(end - self._literals.lengths[literal] + 2, end)
        around = windows.block.padded
        whole = (TABLE[around[start - 1]] == SPACE) & (TABLE[around[end]] == SPACE)
        return literal[whole], start[whole], end[whole]


def _hashed(phrases: Sequence[bytes]) -> Phrases:
    whole, opening = np.zeros(_CELLS, np.bool_), np.zeros(_CELLS, np.bool_)
    hashes = []
    for phrase in phrases:
        for word in _WORD.finditer(phrase):
            opening[_cell(_hash(phrase[:word.end()]))] |= word.end() < len(phrase)
        hashes.append(_hash(phrase))
        whole[_cell(hashes[-1])] = True
    ascending = np.array(hashes, np.uint64)
    number = np.argsort(ascending, kind="stable")
    begin = np.cumsum([0, *map(len, phrases)])
    return Phrases(ascending[number], number, begin, np.frombuffer(b"".join(phrases), np.uint8), whole, opening)


def _hash(text: bytes) -> int:
    found = 0
    for byte in text:
        found = (found * STEP + byte) & _MASK
    return found


def _cell(hashed: int) -> int:
    return ((hashed * SPREAD) & _MASK) >> SHIFT
