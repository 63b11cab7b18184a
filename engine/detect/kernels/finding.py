"""Where expensive looks pay: rows of signs, windows around places, and hosts with a path."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel
from engine.detect.kernels.cutting import CLASSES, DIGIT, LETTER

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

DIGITS, LETTERS, WORDS = 256, 257, 258
"""What stands in a row for any digit, any letter and either; less is that byte."""
_LONGEST_TOP, _SHORTEST_TOP = 24, 2


@kernel
def rows(
    padded: Bytes, classes: Bytes, places: Integers, first: Integers, listed: Integers, offset: Integers, asked: Integers,
    which: Integers, found: Integers,
) -> int:
    """Writes which rows of signs stand around some signs.

    Args:
        padded: Bytes, some of nothing after them.
        classes: ``CLASSES``.
        places: Where the signs stand that rows are known by.
        first: For each sign, with the class before it and the class after it (``key``), its first place in ``listed``.
        listed: Numbers of the rows that may stand there.
        offset: For each row and position its distance from the sign, (rows, longest); of shorter rows 0 beyond their end.
        asked: For each row and position what stands there: a byte or ``DIGITS``, ``LETTERS``, ``WORDS``.
        which: Receives the row of each, in the order of places; as many as there may be.
        found: Receives its sign's place.

    Returns:
        How many.
    """
    # long: a call for each sign would cost more than the sign
    count, room = 0, len(which)
    for place in places:
        here = np.int64(padded[place]) * 16 + classes[padded[place - 1]] * 4 + classes[padded[place + 1]]
        for at in range(first[here], first[here + 1]):
            row, fits = listed[at], True
            for position in range(asked.shape[1]):
                code, wanted = padded[place + offset[row, position]], asked[row, position]
                if wanted < DIGITS:
                    fits = code == wanted
                elif wanted == DIGITS:
                    fits = classes[code] == DIGIT
                elif wanted == LETTERS:
                    fits = classes[code] == LETTER
                else:
                    fits = classes[code] >= LETTER
                if not fits:
                    break
            if fits:
                if count < room:
                    which[count], found[count] = row, place
                count += 1
    return count


def keys(sign: int, before: int, after: int) -> list[int]:
    """Returns under which of ``first`` in ``rows`` a row stands, by its sign and by what it asks for before and after it.

    Args:
        sign: The byte that it is known by.
        before: A byte or one of ``DIGITS``, ``LETTERS``, ``WORDS``; 0 for whatever.
        after: The same.
    """
    fitting = {DIGITS: [DIGIT], LETTERS: [LETTER], WORDS: [LETTER, DIGIT], 0: list(range(4))}
    sides = [fitting.get(one) or [int(CLASSES[one])] for one in (before, after)]
    return [sign * 16 + left * 4 + right for left in sides[0] for right in sides[1]]


@kernel
def united(begin: Integers, end: Integers, size: int, start: Integers, stop: Integers) -> int:
    """Writes the union of stretches, each of which holds a place not before that of the one before it.

    Args:
        begin: First byte of each; may be negative.
        end: After its last byte; may be past ``size``.
        size: Bytes of the buffer.
        start: Receives the first byte of each stretch of the union.
        stop: Receives the byte after its last.

    Returns:
        How many stretches the union has; those that touch are one.
    """
    count = 0
    for row in range(len(begin)):
        first, last = max(begin[row], 0), min(end[row], size)
        while count and first <= stop[count - 1]:
            count -= 1
            first, last = min(first, start[count]), max(last, stop[count])
        start[count], stop[count] = first, last
        count += 1
    return count


@kernel
def gathered(buffer: Bytes, start: Integers, stop: Integers, out: Bytes) -> None:
    """Writes stretches of a buffer, a NUL after each."""
    at = 0
    for row in range(len(start)):
        size = stop[row] - start[row]
        out[at:at + size] = buffer[start[row]:stop[row]]
        out[at + size] = 0
        at += size + 1


@kernel
def hosts(padded: Bytes, classes: Bytes, host: Flags, path: Flags, dots: Integers, out: Integers) -> int:
    r"""Writes every host that holds one of some dots, with the path after it, the longest from the first place where one begins.

    What is written is what ``\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b(?:/…)?`` matches in any case, from left to right.

    Args:
        padded: Bytes, some of nothing before (that is, at the end) and after them.
        classes: ``CLASSES``.
        host: Whether a byte stands in a label.
        path: Whether a byte stands in a path.
        dots: Places of dots before letters, ascending.
        out: Receives first byte, the byte after the last, and the first of the host's last label, (3, as many as there are dots).

    Returns:
        How many.
    """
    # long: one pass from a dot to both sides
    count, done = 0, 0
    for dot in dots:
        if dot < done:
            continue
        begin = dot
        while begin > done and (host[padded[begin - 1]] or (padded[begin - 1] == ord(".") and host[padded[begin]])):
            begin -= 1
        if padded[begin] == ord("."):
            begin += 1
        while begin < dot:
            word, before = classes[padded[begin]] >= LETTER, padded[begin - 1] if begin else 0
            edge = word != (classes[before] >= LETTER or before == ord("_"))
            if edge and padded[begin] != ord("."):
                break
            begin += 1
        if begin >= dot:  # nothing begins before this dot
            done = dot + 1
            continue
        end, place, last = 0, dot, 0
        while padded[place] == ord(".") and host[padded[place + 1]]:
            place += 1
            first = place
            while classes[padded[place]] == LETTER:
                place += 1
            size, after = place - first, padded[place]
            if _SHORTEST_TOP <= size <= _LONGEST_TOP and classes[after] != DIGIT and after != ord("_"):
                end, last = place, first
            while host[padded[place]]:
                place += 1
        if not end:  # nor does anything end in this run
            done = place
            continue
        if padded[end] == ord("/"):
            end += 1
            while path[padded[end]]:
                end += 1
            while padded[end - 1] == ord(",") or padded[end - 1] == ord(";"):
                end -= 1
        out[0, count], out[1, count], out[2, count] = begin, end, last
        count += 1
        done = end
    return count


@kernel
def days(padded: Bytes, classes: Bytes, numbers: Integers, out: Integers) -> int:
    """Writes every day with its year, and the time after it: what the expression of ``DATE_TIME`` matches, from left to right.

    Args:
        padded: Bytes, some of nothing before (that is, at the end) and after them.
        classes: ``CLASSES``.
        numbers: First digits of all numbers, ascending.
        out: Receives first byte and the byte after the last of each, (2, as many as there are numbers).

    Returns:
        How many.
    """
    # long: three numbers and the parts of a time, each from where the last one ends
    count, done = 0, 0
    size, value = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for begin in numbers:
        before = padded[begin - 1] if begin else 0
        if begin < done or classes[before] >= LETTER or before == ord("_"):
            continue
        place, dots, whole = begin, 0, True
        for part in range(3):
            first = place
            value[part] = 0
            while classes[padded[place]] == DIGIT and place - first <= 4:  # noqa: PLR2004 - of a year
                value[part] = value[part] * 10 + padded[place] - ord("0")
                place += 1
            size[part] = place - first
            if part < 2:  # noqa: PLR2004 - the third
                sign = padded[place]
                dots += sign == ord(".")
                whole = sign == ord("-") or sign == ord("/") or sign == ord(".")
                place += 1
            if not whole or not size[part]:
                whole = False
                break
        if not whole:
            continue
        year, month, day = 0, 1, 2
        if size[0] <= 2:  # noqa: PLR2004 - digits of a day
            year, month, day = 2, 0, 1
        long_year = size[year] == 4 and (15 <= value[year] // 100 <= 21)  # noqa: PLR2004 - centuries
        short_year = year == 2 and size[year] == 2 and (dots == 0 or (dots == 2 and size[0] == 2 and size[1] == 2))  # noqa: PLR2004
        if not (long_year or short_year) or size[month] > 2 or size[day] > 2:  # noqa: PLR2004 - digits
            continue
        most = 31 if year == 2 else 12  # noqa: PLR2004 - day and month stand in either order
        if not (1 <= value[month] <= most and 1 <= value[day] <= 31):  # noqa: PLR2004
            continue
        after = padded[place]
        end = place if classes[after] < LETTER and after != ord("_") else 0
        if after == ord("T") or after == ord(" "):
            at = place + 1
            first, hour = at, 0
            while classes[padded[at]] == DIGIT and at - first <= 2:  # noqa: PLR2004
                hour = hour * 10 + padded[at] - ord("0")
                at += 1
            timed = 1 <= at - first <= 2 and hour <= 23  # noqa: PLR2004
            step = 0
            while timed and step < 2 and padded[at] == ord(":") and ord("0") <= padded[at + 1] <= ord("5") and (  # noqa: PLR2004
                    classes[padded[at + 2]] == DIGIT):
                at += 3
                step += 1
                ends = at
                fraction = at
                if step == 2 and padded[at] == ord(".") and classes[padded[at + 1]] == DIGIT:  # noqa: PLR2004
                    fraction = at + 1
                    while classes[padded[fraction]] == DIGIT and fraction - at <= 9:  # noqa: PLR2004
                        fraction += 1
                for stop in (ends, fraction):
                    zone = stop
                    if padded[stop] == ord("Z"):
                        zone = stop + 1
                    elif (padded[stop] == ord("+") or padded[stop] == ord("-")) and (
                            (padded[stop + 1] == ord("0") and classes[padded[stop + 2]] == DIGIT)
                            or (padded[stop + 1] == ord("1") and ord("0") <= padded[stop + 2] <= ord("4"))):
                        minute = stop + 3 + (padded[stop + 3] == ord(":"))
                        if ord("0") <= padded[minute] <= ord("5") and classes[padded[minute + 1]] == DIGIT:
                            zone = minute + 2
                    for one in (stop, zone):
                        if one > end and classes[padded[one]] < LETTER and padded[one] != ord("_"):
                            end = one
        if end:
            out[0, count], out[1, count] = begin, end
            count += 1
            done = end
    return count
