"""Tokens that hold a digit, and their neighbours: what numbers of people and things are made of.

A token is a longest run of ASCII letters and digits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Flags, Integers

Codes = npt.NDArray[np.uint64]

LONGEST = 40
"""Signs of the longest token that has a picture."""

NEIGHBOURS = 2
"""Tokens without a digit on either side of one with a digit that may belong to one number."""

_LENGTH = np.uint64(LONGEST)
_NONE = np.uint64(1 << 63)
_LAST_DIGIT = ord("9")


class Tokens(NamedTuple):
    """Some tokens of a buffer, in order: those with a digit, and ``NEIGHBOURS`` on either side.

    Attributes:
        start: First byte.
        end: After the last byte.
        letters: For each sign from the left one bit: whether it is a letter. Of tokens longer than ``LONGEST`` the first.
        gap: The one or two bytes between it and the next token of these, as a number; 0 where there are more, or none.
    """

    start: Integers
    end: Integers
    letters: Codes
    gap: npt.NDArray[np.uint32]


def tokens_of(buffer: Bytes) -> Tokens:
    """Returns the tokens with a digit and their neighbours."""
    letter = ((buffer | np.uint8(32)) - np.uint8(97)) <= 25  # noqa: PLR2004 - a to z
    digit = (buffer - np.uint8(48)) <= 9  # noqa: PLR2004 - what is below '0' wraps around
    breaks = np.concatenate(([-1], np.flatnonzero(~(letter | digit)), [len(buffer)]))
    numbers = np.flatnonzero(digit[1:] & ~digit[:-1]) + 1
    numbers = np.concatenate(([0], numbers)) if len(digit) and digit[0] else numbers
    after = np.searchsorted(breaks, numbers)
    near = np.zeros(len(breaks) + 2 * NEIGHBOURS, bool)
    for away in range(-NEIGHBOURS, NEIGHBOURS + 1):
        near[after + NEIGHBOURS + away] = True
    after = np.flatnonzero(near[NEIGHBOURS + 1:len(breaks) + NEIGHBOURS]) + 1
    start, end = breaks[after - 1] + 1, breaks[after]
    real = end > start
    start, end = start[real], end[real]
    return Tokens(start, end, _letters(buffer, digit, numbers, start, end), _gaps(buffer, start, end))


def _gaps(buffer: Bytes, start: Integers, end: Integers) -> npt.NDArray[np.uint32]:
    gap = np.zeros(len(start), np.uint32)
    between = start[1:] - end[:-1]
    left, right = buffer[end[:-1]].astype(np.uint32), buffer[start[1:] - 1].astype(np.uint32)
    gap[:-1] = np.where(between == 1, left, np.where(between == 2, left | right << np.uint32(8), 0))  # noqa: PLR2004 - bytes
    return gap


def _letters(buffer: Bytes, digit: Flags, numbers: Integers, start: Integers, end: Integers) -> Codes:
    """Bits of the letters among the first ``LONGEST`` signs of each token. Only tokens that mix both are looked into."""
    lasts = np.flatnonzero(digit & ~np.append(digit[1:], np.False_)) + 1
    first = np.searchsorted(numbers, start)
    number, last = np.append(numbers, len(buffer))[first], np.append(lasts, len(buffer))[first]
    letters: Codes = (np.uint64(1) << np.minimum(end - start, LONGEST).astype(np.uint64)) - np.uint64(1)
    letters[(number == start) & (last == end)] = 0
    mixed = np.flatnonzero((number < end) & ~((number == start) & (last == end)))
    letters[mixed] = _bits(buffer, start[mixed], end[mixed])
    return letters


def _bits(buffer: Bytes, start: Integers, end: Integers) -> Codes:
    if not len(start):
        return np.zeros(0, np.uint64)
    width = min(int((end - start).max()), LONGEST)
    columns = np.arange(width)
    reach = np.minimum(start[:, None] + columns, len(buffer) - 1)
    bits = np.packbits((buffer[reach] > _LAST_DIGIT) & (columns < (end - start)[:, None]), axis=1, bitorder="little")
    padded = np.zeros((len(start), 8), np.uint8)
    padded[:, :bits.shape[1]] = bits
    return padded.view("<u8")[:, 0].astype(np.uint64)


def codes_of(tokens: Tokens) -> tuple[Codes, Codes]:
    """Returns for each token a number that stands for its picture, and one that stands for its length alone."""
    length = (tokens.end - tokens.start).astype(np.uint64)
    longer = length > _LENGTH
    exact, coarse = (length << _LENGTH) | tokens.letters, length << _LENGTH
    exact[longer] = coarse[longer] = _NONE
    return exact, coarse
