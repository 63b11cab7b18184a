"""Phrases of whole words, looked up word by word in a table of hashes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

STEP, SPREAD, SHIFT = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 48
"""What a hash is multiplied with for each byte, and for its place in a filter; how far that is shifted. Odd, with no pattern."""


class Phrases(NamedTuple):
    """Phrases by the hash of their bytes.

    Attributes:
        hashes: Ascending.
        number: Which phrase each is.
        begin: For each number its first byte in ``text``, and one more after the last.
        text: The phrases' bytes, one after the other.
        whole: For each place of a filter of hashes, whether a phrase may have it.
        opening: The same for what a longer phrase begins with, up to the end of a word.
    """

    hashes: Codes
    number: Integers
    begin: Integers
    text: Bytes
    whole: Flags
    opening: Flags


@kernel
def said(
    buffer: Bytes, folding: Bytes, start: Integers, stop: Integers, phrases: Phrases, constants: Codes, out: Integers,
) -> int:
    """Writes every phrase in some stretches of a buffer: whole words, one sign or two that make no word between each two.

    Args:
        buffer: Bytes.
        folding: How each byte is read; a space is none of a word.
        start: First byte of each stretch; a word that begins before it is none.
        stop: After its last byte; a word that goes on there is none.
        phrases: What is looked for.
        constants: ``STEP``, ``SPREAD``, ``SHIFT``.
        out: Receives phrase, first byte and the byte after the last, (3, room).

    Returns:
        How many there are; only as many as there is room for are written.
    """
    # long: a call for each word would cost more than the word
    step, spread, shift = constants
    count, room = 0, out.shape[1]
    for stretch in range(len(start)):
        place, end = start[stretch], stop[stretch]
        if place and folding[buffer[place - 1]] != 32:  # noqa: PLR2004 - the space
            while place < end and folding[buffer[place]] != 32:  # noqa: PLR2004
                place += 1
        while place < end:
            if folding[buffer[place]] == 32:  # noqa: PLR2004
                place += 1
                continue
            at, here, after = place, np.uint64(0), 0
            while True:
                while at < end and folding[buffer[at]] != 32:  # noqa: PLR2004
                    here = here * step + np.uint64(folding[buffer[at]])
                    at += 1
                if not after:
                    after = at
                if at == end and at < len(buffer) and folding[buffer[at]] != 32:  # noqa: PLR2004
                    break
                cell = (here * spread) >> shift
                if phrases.whole[cell]:
                    low = np.searchsorted(phrases.hashes, here)
                    while low < len(phrases.hashes) and phrases.hashes[low] == here:
                        number = phrases.number[low]
                        first, size = phrases.begin[number], phrases.begin[number + 1] - phrases.begin[number]
                        same = size == at - place
                        for one in range(size if same else 0):
                            same = same and phrases.text[first + one] == folding[buffer[place + one]]
                        if same:
                            if count < room:
                                out[0, count], out[1, count], out[2, count] = number, place, at
                            count += 1
                        low += 1
                gap = 1 if at + 1 >= end or folding[buffer[at + 1]] != 32 else 2  # noqa: PLR2004
                if not phrases.opening[cell] or at + gap >= end or folding[buffer[at + gap]] == 32:  # noqa: PLR2004
                    break
                for _ in range(gap):
                    here = here * step + np.uint64(32)
                at += gap
            place = after
    return count
