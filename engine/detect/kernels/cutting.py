"""One reading of a buffer: its numbers, its signs, its long runs and its tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint64]
Gaps = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]

OTHER, SIGN, LETTER, DIGIT = 0, 1, 2, 3


def _classes() -> Bytes:
    classes = np.zeros(256, np.uint8)
    classes[33:127] = SIGN
    for first, last, which in (("0", "9", DIGIT), ("A", "Z", LETTER), ("a", "z", LETTER)):
        classes[ord(first):ord(last) + 1] = which
    return classes


CLASSES = _classes()
"""What each byte is: a digit or a letter of ASCII, another visible sign of it, or neither; words are of ``LETTER`` and more."""


_BYTE = np.uint8
_EIGHT = np.uint64(0x0101010101010101)
"""Eight bytes that are 1."""


@kernel
def flags(buffer: Bytes, odd: Bytes, word: Bytes) -> None:
    """Writes for each byte whether it is a digit or a sign, and whether it is a letter or a digit; without a branch."""
    for place in range(len(buffer)):
        byte = buffer[place]
        digit = _BYTE(byte - _BYTE(48)) < _BYTE(10)
        letter = _BYTE((byte | _BYTE(32)) - _BYTE(97)) < _BYTE(26)
        odd[place] = (_BYTE(byte - _BYTE(33)) < _BYTE(94)) & (not letter)
        word[place] = digit | letter


@kernel
def marks(buffer: Bytes, odd: Bytes, eights: Codes, numbers: Integers, signs: Integers) -> tuple[int, int]:
    """Writes the places of the first digits of all numbers, and of all signs.

    Args:
        buffer: Bytes.
        odd: For each byte whether it is a digit or a sign, and zeros up to a multiple of eight.
        eights: The same, eight at a time.
        numbers: Receives at most half of the buffer's length and one.
        signs: Receives at most the buffer's length.

    Returns:
        How many of each.
    """
    count, signed, last = 0, 0, -2
    for eight in range(len(eights)):
        if eights[eight] == 0:
            continue
        for place in range(8 * eight, 8 * eight + 8):
            if not odd[place]:
                continue
            if _BYTE(buffer[place] - _BYTE(48)) < _BYTE(10):
                if last != place - 1:
                    numbers[count] = place
                    count += 1
                last = place
            else:
                signs[signed] = place
                signed += 1
    return count, signed


@kernel
def runs(word: Bytes, eights: Codes, long: int, found: Integers) -> int:
    """Writes a place for each ``long`` bytes of every run of letters and digits; ``long`` is fifteen or more.

    Args:
        word: For each byte whether it is one, and zeros up to a multiple of eight.
        eights: The same, eight at a time: a long run fills one of them.
        long: A run has a place for each so many bytes.
        found: Receives at most a place for every ``long`` bytes.

    Returns:
        How many.
    """
    count, done = 0, 0
    for eight in range(len(eights)):
        if eights[eight] != _EIGHT or 8 * eight < done:
            continue
        begin, end = 8 * eight, 8 * eight + 8
        while begin > done and word[begin - 1]:
            begin -= 1
        while end < len(word) and word[end]:
            end += 1
        for place in range(begin + long - 1, end, long):
            found[count] = place
            count += 1
        done = end
    return count


@kernel
def tokens(
    buffer: Bytes, classes: Bytes, numbers: Integers, neighbours: int, longest: int,
    start: Integers, end: Integers, letters: Codes, gap: Gaps,
) -> int:
    """Writes the tokens with a digit and those beside them, as ``engine.detect.first.tokens.Tokens`` says.

    Args:
        buffer: Bytes.
        classes: ``CLASSES``.
        numbers: The places of the first digits of all numbers.
        neighbours: Bytes that belong to no token and may stand between a token with a digit and one beside it.
        longest: Letters are told apart of so many signs of a token.
        start: Receives at most half of the buffer's length and one.
        end: As many.
        letters: As many.
        gap: As many.

    Returns:
        How many.
    """
    # long: a call for each token would cost more than the token
    size, count, done = len(buffer), 0, 0  # done: after what has been cut
    for number in numbers:
        if number < done:
            continue
        begin, breaks = number, 0
        while begin > done and breaks <= neighbours:
            begin -= 1
            now = classes[buffer[begin]]
            breaks += now < LETTER
        begin += breaks > neighbours
        place, since = begin, 0
        while place < size and since <= neighbours:
            first, bits, digits = place, np.uint64(0), False
            while place < size:
                now = classes[buffer[place]]
                if now == LETTER:
                    if place - first < longest:
                        bits |= np.uint64(1) << np.uint64(place - first)
                elif now == DIGIT:
                    digits = True
                else:
                    break
                place += 1
            if place > first:
                between = first - end[count - 1] if count else 0
                if between == 1:
                    gap[count - 1] = buffer[first - 1]
                elif between == 2:  # noqa: PLR2004 - bytes
                    gap[count - 1] = buffer[first - 2] | np.uint32(buffer[first - 1]) << np.uint32(8)
                start[count], end[count], letters[count], gap[count] = first, place, bits, 0
                count += 1
            done = place
            if digits:
                since = 0
            since += place > number  # the byte after a token with a digit, or after what follows it
            place += 1
    return count
