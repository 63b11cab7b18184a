"""Phrases that speak of the number before them: *880320-0016 personnummer*, *219-09-9999 (SSN)*.

In *phone 555 0100 ssn 219-09-9999* the second phrase belongs to what follows it. So a phrase counts backwards only if it ends a
clause, or none of the next few signs is a digit or says that a value follows; and only if nothing but at most two words stands
between it and the number.
"""

from __future__ import annotations

import numpy as np

from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.first.tokens import LONGEST

REACH = 40
"""Bytes after the first digit of a number's last part in which words count."""

_WORDS = 2
"""Words that may stand between."""
_AHEAD = 24
"""Bytes after a phrase in which a number may be the one that it speaks of."""
_OPENING = np.isin(np.arange(256), np.frombuffer(b" ([", np.uint8))
"""Signs that may stand between a number, words and a phrase."""
_PROMISES = np.isin(np.arange(256), np.frombuffer(b"0123456789:=#", np.uint8))
"""What stands after a phrase that speaks of what follows."""
_CLOSES = np.isin(np.arange(256), np.frombuffer(b"\0\n\r.,;)]}|", np.uint8))
"""What ends a clause; but not ``.`` or a line's end right before a digit: *passport no. 4711*."""
_CLOSED = np.isin(np.arange(256), np.frombuffer(b"\0),]};|", np.uint8))


def ends_before(block: Block, start: Integers, end: Integers) -> Integers:
    """Returns where the number ends of which each phrase may speak backwards; -1 where there is none.

    Args:
        block: Where the phrases stand.
        start: First byte of each.
        end: After the last byte.
    """
    ended = _number_before(block, start)
    rows = np.flatnonzero(ended >= 0)
    ended[rows[~_closes(block, end[rows])]] = -1
    return ended


def _number_before(block: Block, start: Integers) -> Integers:
    """Returns where a token with a digit ends that stands at most ``_WORDS`` words before each place, in one clause with it."""
    tokens = block.tokens
    found = np.full(len(start), -1, np.int64)
    at = np.searchsorted(tokens.start, start) - 1
    rows = np.flatnonzero(at >= 0)
    near = start[rows] - tokens.end[at[rows]]
    first, second = (block.padded[tokens.end[at[rows]] + more] for more in (0, 1))
    rows = rows[(near >= 1) & (near <= 2) & _OPENING[first] & ((near == 1) | _OPENING[second])]  # noqa: PLR2004 - bytes
    for _ in range(_WORDS + 1):
        last = at[rows]
        digit = _has_digit(tokens.letters[last], tokens.end[last] - tokens.start[last])
        found[rows[digit]] = tokens.end[last[digit]]
        rows = rows[~digit & (last > 0)]
        at[rows] -= 1
        gap = tokens.gap[at[rows]]
        rows = rows[(gap > 0) & _OPENING[gap & 0xFF] & ((gap < 1 << 8) | _OPENING[gap >> 8])]
    return found


def _has_digit(letters: Integers, length: Integers) -> Flags:
    """Whether a token, as bits of its letters, is short enough to be told, and not of letters alone."""
    whole = (np.uint64(1) << np.minimum(length, LONGEST).astype(np.uint64)) - np.uint64(1)
    return np.asarray((length <= LONGEST) & (letters != whole), np.bool_)


def _closes(block: Block, end: Integers) -> Flags:
    """Whether a clause ends after each phrase before anything stands there that it may speak of."""
    after = block.padded[np.minimum(end[:, None] + np.arange(_AHEAD), len(block.padded) - 1)]
    promised, closed = _first(_PROMISES[after]), _first(_ends_clause(after))
    return np.asarray((closed < promised) | (promised >= _AHEAD), np.bool_)


def _ends_clause(after: Bytes) -> Flags:
    following = np.concatenate((after[:, 1:], np.zeros((len(after), 1), np.uint8)), axis=1)
    later = np.concatenate((after[:, 2:], np.zeros((len(after), 2), np.uint8)), axis=1)
    numbered = _is_digit(following) | ((following == ord(" ")) & _is_digit(later))
    return np.asarray(_CLOSED[after] | (_CLOSES[after] & ~numbered), np.bool_)


def _is_digit(codes: Bytes) -> Flags:
    return np.asarray((codes - np.uint8(48)) <= 9, np.bool_)  # noqa: PLR2004 - what is below '0' wraps around


def _first(flags: Flags) -> Integers:
    """Returns the place of the first flag of each row, ``_AHEAD`` where there is none."""
    return np.where(flags.any(axis=1), flags.argmax(axis=1), _AHEAD)
