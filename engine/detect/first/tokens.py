"""What numbers of people and things are made of: tokens that hold a digit, and their neighbours.

A token is a longest run of ASCII letters and digits. Each function is there twice: as a kernel, and as the same in numpy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.kernels import cutting
from engine.detect.kernels.cutting import CLASSES, DIGIT, LETTER, SIGN, Bytes, Codes, Gaps, Integers

LONG = 23
"""Letters and digits in a row from which on a token may be a key or a secret."""

LONGEST = 40
"""Signs of the longest token that has a picture."""

NEIGHBOURS = 2
"""Tokens without a digit on either side of one with a digit that may belong to one number."""

_LENGTH = np.uint64(LONGEST)
_NONE = np.uint64(1 << 63)


class Marks(NamedTuple):
    """Places in a buffer, each ascending.

    Attributes:
        numbers: The first digits of all runs of digits.
        signs: The visible signs of ASCII that are neither letter nor digit.
        runs: A place for each ``LONG`` letters and digits in a row.
    """

    numbers: Integers
    signs: Integers
    runs: Integers


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
    gap: Gaps


def marks_of(buffer: Bytes) -> Marks:
    """Returns what a buffer is marked by."""
    if not kernels.worth(len(buffer)):
        return marks_by_arrays(buffer)
    odd, word = np.zeros((2, len(buffer) + -len(buffer) % 8), np.uint8)
    cutting.flags(buffer, odd, word)
    numbers, signs, runs = (np.empty(size, np.int64) for size in (len(buffer) // 2 + 1, len(buffer), len(buffer) // LONG))
    count, signed = cutting.marks(buffer, odd, odd.view(np.uint64), numbers, signs)
    ran = cutting.runs(word, word.view(np.uint64), LONG, runs)
    return Marks(numbers[:count].copy(), signs[:signed].copy(), runs[:ran].copy())


def marks_by_arrays(buffer: Bytes) -> Marks:
    """Returns the same, by numpy."""
    classes = CLASSES[buffer]
    digit, word = classes == DIGIT, classes >= LETTER
    begins = np.flatnonzero(word & ~np.concatenate(([False], word[:-1])))
    lengths = np.flatnonzero(word & ~np.concatenate((word[1:], [False]))) + 1 - begins
    times = lengths // LONG
    within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    return Marks(np.flatnonzero(digit & ~np.concatenate(([False], digit[:-1]))), np.flatnonzero(classes == SIGN),
                 np.repeat(begins, times) + (within + 1) * LONG - 1)


def tokens_of(buffer: Bytes, numbers: Integers) -> Tokens:
    """Returns the tokens with a digit and their neighbours.

    Args:
        buffer: Where they stand.
        numbers: The first digits of all its runs of digits.
    """
    if not kernels.worth(len(buffer)):
        return tokens_by_arrays(buffer, numbers)
    room = min(len(buffer) // 2 + 1, (2 * NEIGHBOURS + 1) * len(numbers))
    start, end = np.empty(room, np.int64), np.empty(room, np.int64)
    letters, gap = np.empty(room, np.uint64), np.empty(room, np.uint32)
    count = cutting.tokens(buffer, CLASSES, numbers, NEIGHBOURS, LONGEST, start, end, letters, gap)
    return Tokens(start[:count], end[:count], letters[:count], gap[:count])


def tokens_by_arrays(buffer: Bytes, numbers: Integers) -> Tokens:
    """Returns the same, by numpy."""
    classes = CLASSES[buffer]
    breaks = np.concatenate(([-1], np.flatnonzero(classes < LETTER), [len(buffer)]))
    after = np.searchsorted(breaks, numbers)
    near = np.zeros(len(breaks) + 2 * NEIGHBOURS, bool)
    for away in range(-NEIGHBOURS, NEIGHBOURS + 1):
        near[after + NEIGHBOURS + away] = True
    after = np.flatnonzero(near[NEIGHBOURS + 1:len(breaks) + NEIGHBOURS]) + 1
    start, end = breaks[after - 1] + 1, breaks[after]
    real = end > start
    start, end = start[real], end[real]
    return Tokens(start, end, _letters(buffer, start, end), _gaps(buffer, start, end))


def _gaps(buffer: Bytes, start: Integers, end: Integers) -> Gaps:
    gap = np.zeros(len(start), np.uint32)
    between = start[1:] - end[:-1]
    left, right = buffer[end[:-1]].astype(np.uint32), buffer[start[1:] - 1].astype(np.uint32)
    gap[:-1] = np.where(between == 1, left, np.where(between == 2, left | right << np.uint32(8), 0))  # noqa: PLR2004 - bytes
    return gap


def _letters(buffer: Bytes, start: Integers, end: Integers) -> Codes:
    """Bits of the letters among the first ``LONGEST`` signs of each token."""
    columns = np.arange(min(int((end - start).max(initial=0)), LONGEST))
    reach = np.minimum(start[:, None] + columns, len(buffer) - 1)
    letter = (CLASSES[buffer[reach]] == LETTER) & (columns < (end - start)[:, None])
    bits: Codes = (letter.astype(np.uint64) << columns.astype(np.uint64)).sum(axis=1, dtype=np.uint64)
    return bits


def codes_of(tokens: Tokens) -> tuple[Codes, Codes]:
    """Returns for each token a number that stands for its picture, and one that stands for its length alone."""
    length = (tokens.end - tokens.start).astype(np.uint64)
    longer = length > _LENGTH
    exact, coarse = (length << _LENGTH) | tokens.letters, length << _LENGTH
    exact[longer] = coarse[longer] = _NONE
    return exact, coarse
