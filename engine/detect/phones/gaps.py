"""What stands between two groups of digits, by a table.

A gap is at most four signs of punctuation; four signs of eight kinds are less than sixteen bits, its *code*. The table says of
each code what the gap is, and where in it the parts begin that a stretch is split into when it is no number as a whole.

Source: ``phonenumbermatcher._PATTERN`` and ``_INNER_MATCHES``; ``x`` and ``~``, which also announce an extension, are left to
``extensions``.
"""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Flags, Integers

Codes = npt.NDArray[np.uint16]
Facts = npt.NDArray[np.uint32]

SIGNS = "- ./()[]+"
"""What stands in a gap or, with the plus, before the first group. A code has a sign's number, from 1, in each four bits."""

PLUS = len(SIGNS)
"""The plus's number, the last: it stands in no gap."""

REACH = 4
"""Signs between two groups of a number."""

SLASH, BRACKET, DASH, DOT, SPACE = range(5)
"""How a stretch is split, in the order in which that is tried."""

SPLITS = 31
"""A gap splits a stretch in some way."""

JOINS, ODD, DASHES, SPACES, PAGES = 32, 64, 128, 256, 512
"""A gap joins two groups; needs a closer look; is dashes alone; spaces alone; spaces and then an opening bracket."""

UNEVEN, SIMPLE, CLOSING, BRACKETED = 1024, 2048, 4096, 8192
"""A gap is not such as people write in numbers, as before a negative one; is one sign; closes a bracket; has one in it."""

TRIED = ((SLASH, True), (BRACKET, False), (DASH, True), (DOT, False), (SPACE, False))
"""How libphonenumber's matcher splits: by which kind of gap, and whether the part behind it runs to the stretch's end."""

_PATTERNS = tuple(map(re.compile, (r"/+()", r"()\(", r"(?:\s-|-\s)\s*()", r"\.+\s*()", r"\s+()")))
_SIMPLE = {"-", " ", ".", "/", " - ", " . "}
_CLOSING = {")", ") ", ")-", ")/", ").", " ) ", " ) - ", "]", "] "}
_EVEN = _SIMPLE | _CLOSING | {" / ", " (", "(", "-(", "/(", " ["}
_SHIFT = 14
_OTHER = 15


def code(signs: str) -> int:
    """Returns the code of signs."""
    return sum((SIGNS.index(sign) + 1) << 4 * place for place, sign in enumerate(signs))


def splits(facts: Facts, kind: int) -> Flags:
    """Returns whether a stretch is split at a gap."""
    found: Flags = facts & np.uint32(1 << kind) != 0
    return found


def offsets(facts: Facts, kind: int) -> Integers:
    """Returns after how many of a gap's signs the next part begins."""
    return (facts >> np.uint32(_SHIFT + 3 * kind) & np.uint32(7)).astype(np.int64)


@functools.cache
def facts() -> Facts:
    """Returns the table: of each code what the gap is, in bits."""
    table = np.zeros(1 << 16, np.uint32)
    for size in range(1, REACH + 1):
        for numbers in itertools.product(range(1, len(SIGNS)), repeat=size):
            code = sum(number << 4 * place for place, number in enumerate(numbers))
            table[code] = _facts("".join(SIGNS[number - 1] for number in numbers))
    return table


def _facts(gap: str) -> int:
    found = JOINS | UNEVEN * (gap not in _EVEN) | SIMPLE * (gap in _SIMPLE) | CLOSING * (gap in _CLOSING)
    found |= BRACKETED * any(sign in "()[]" for sign in gap) | ODD * any(sign in "([" for sign in gap[:-1])
    found |= DASHES * (not gap.strip("-")) | SPACES * (not gap.strip()) | PAGES * (gap[-1] == "(" and not gap[:-1].strip())
    for kind, pattern in enumerate(_PATTERNS):
        places = [match.start(1) for start in range(len(gap)) if (match := pattern.match(gap, start))]
        if places:
            several = (kind, True) in TRIED and len({*places}) > 1
            place = places[0] if several else places[-1]
            found |= 1 << kind | place << (_SHIFT + 3 * kind) | ODD * (several and found & BRACKETED != 0)
    return found


@functools.cache
def numbers() -> Bytes:
    """Returns the table of signs' numbers, by byte."""
    table = np.full(256, _OTHER, np.uint8)
    for number, sign in enumerate(SIGNS, 1):
        table[ord(sign)] = number
    return table


def codes(buffer: Bytes, places: Integers, sizes: Integers) -> Codes:
    """Returns the codes of gaps: first bytes and sizes, at most ``REACH``. What holds another sign has no facts."""
    known = numbers()
    found = known[buffer[places]].astype(np.uint16)
    for place in range(1, REACH):
        rows = (sizes > place).nonzero()[0]
        found[rows] |= known[buffer[places[rows] + place]].astype(np.uint16) << np.uint16(4 * place)
    return found
