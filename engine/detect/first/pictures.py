"""The language of formats, and the pictures that a format stands for.

``9`` is an ASCII digit, ``A`` an ASCII letter, ``X`` one or the other, ``9{7,9}`` seven to nine of them; a separator
(``- . / : ( ) + _ # ,`` and space) is itself. A picture is a format without repeat counts: one character of it for each
character of the text.
"""

from __future__ import annotations

import functools
import math
import re
from itertools import product

from engine.errors import PolicyError

CLASSES = {"9": "[0-9]", "A": "[A-Z]", "X": "[0-9A-Z]"}
SEPARATORS = "-./: ()+_#,"
PER_FORMAT = 64
"""Pictures that one format may stand for."""
PER_TYPE = 256

_WHOLE = re.compile(r"(?:[9AX](?:\{[0-9]{1,2}(?:,[0-9]{1,2})?\})?|[-./: ()+_#,])+")
_PIECE = re.compile(r"([9AX])(?:\{([0-9]+)(?:,([0-9]+))?\})?|([-./: ()+_#,])")
_APART = str.maketrans("", "", SEPARATORS)


@functools.lru_cache(maxsize=4096)
def pictures(written: str) -> tuple[str, ...]:
    """Returns the pictures of a format, shortest first, in alphabetical order.

    Raises:
        PolicyError: If it is no format, or stands for more than ``PER_FORMAT`` pictures.
    """
    if not _WHOLE.fullmatch(written):
        raise PolicyError("this is not a format", where=f"format {written!r}", next="or write a 'pattern'",
                          allowed=f"9, A and X, each with {{n}} or {{n,m}} after it, and the separators {SEPARATORS!r}")
    runs = []
    for letter, least, most, separator in _PIECE.findall(written):
        counts = range(int(least or 1), int(most or least or 1) + 1)
        runs.append([separator] if separator else [letter * count for count in counts])
    if "9" not in written:
        raise PolicyError("a format needs a digit", where=f"format {written!r}", allowed="9 in at least one place",
                          next="write a 'pattern': what is found by its shape is found by its digits")
    number = math.prod(map(len, runs))
    if not 0 < number <= PER_FORMAT:
        raise PolicyError(f"a format stands for {number} pictures", where=f"format {written!r}",
                          allowed=f"1 to {PER_FORMAT}", next="give its repeat counts narrower bounds, or write a 'pattern'")
    return tuple(sorted(map("".join, product(*runs)), key=lambda picture: (len(picture), picture)))


@functools.lru_cache(maxsize=4096)
def expression(written: str) -> str:
    """Returns a format as a regular expression over upper-case text, without anchors."""
    return _PIECE.sub(lambda match: CLASSES[match[1]] + match[0][1:] if match[1] else re.escape(match[0]), written)


def compact(text: str) -> str:
    """Returns a candidate as checks see it: in upper case, without separators."""
    return text.upper().translate(_APART)
