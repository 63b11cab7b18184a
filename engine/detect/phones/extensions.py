"""Extensions behind a number: ``x123``, ``ext. 123``, ``;ext=123``, ``#123``.

Source: ``phonenumberutil._create_extn_pattern``, for matching.
"""

from __future__ import annotations

import re

import numpy as np

from engine.detect.block import Bytes, Flags, Integers

_LABELS = rb"e?xt(?:ensi(?:o(?:\xcc\x81)?|\xc3\xb3)?)?n?|\xd0[\xb4\x94]\xd0[\xbe\x9e]\xd0[\xb1\x91]|anexo"
_EXTENSION = re.compile(
    rb";ext=\d{1,20}|"
    rb"(?:[ \t,]|\xc2\xa0)*(?:(?:" + _LABELS + rb")(?:[:.]|\xef\xbc\x8e)?(?:[ \t,-]|\xc2\xa0)*\d{1,20}|"
    rb"(?:[x#~]|int)(?:[:.]|\xef\xbc\x8e)?(?:[ \t,-]|\xc2\xa0)*\d{1,9})#?", re.IGNORECASE)
"""Without full-width forms."""

_LETTERS = b"xXeEiIaA\xd0"  # one of them is in every label but # and ~
_SHORT = 9  # digits of an extension behind a mere x

_X, _DIGIT, _SPACE = (np.isin(np.arange(256), np.frombuffer(signs, np.uint8)) for signs in (b"xX", bytes(range(48, 58)), b" \t,"))
_PAIRS = np.zeros(1 << 16, np.bool_)
"""The first two bytes of what an extension begins with, behind spaces: the second one eight bits higher."""
for _signs, _next in ((b"xX", b"tT \t,.:-\xc2\xef" + bytes(range(48, 58))), (b"eE", b"xX"), (b"iIaA", b"nN"), (b";", b"eE"),
                      (b"#~", b" \t,.:-\xc2\xef" + bytes(range(48, 58))), (b"\xd0", b"\xb4\x94"), (b"\xc2", b"\xa0"),
                      (b" \t,", b" \t,;eExX#~iIaA\xc2\xd0")):
    for _sign in _signs:
        _PAIRS[[_sign | other << 8 for other in _next]] = True


def extended(data: bytes, buffer: Bytes, end: Integers) -> tuple[Integers, Flags]:
    """Returns where numbers end with their extensions, and which have one with a label of letters.

    Args:
        data: The bytes of a block.
        buffer: The same as an array.
        end: Where the numbers end without.
    """
    found, labelled = end.copy(), np.zeros(len(end), np.bool_)
    one = buffer.take(end)
    label = end + _SPACE.take(one)
    ahead = _PAIRS.take(buffer.take(label) | buffer.take(label + 1).astype(np.uint16) << np.uint16(8))
    short = _X.take(one) & _DIGIT.take(buffer.take(end + 1))
    rows = short.nonzero()[0]
    place = end.take(rows) + 2
    for _ in range(_SHORT - 1):
        place += _DIGIT.take(buffer.take(place))
    found[rows], labelled[rows] = place + (buffer.take(place) == ord("#")), True
    for row in (ahead & ~short).nonzero()[0].tolist():
        match = _EXTENSION.match(data, int(end[row]))
        if match:
            found[row], labelled[row] = match.end(), any(sign in _LETTERS for sign in match.group())
    return found, labelled
