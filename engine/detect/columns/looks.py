"""What values look like: a word, a code, a number, a date, JSON, … told from the classes of their bytes, many at once.

A value's *look* says nothing about whom it identifies. It says what the value cannot be: what looks like a decimal number is no
e-mail address, whatever its column is called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Block, Flags, Integers

Masks = npt.NDArray[np.uint32]

LOOKS = ("blank", "uuid", "hex", "json", "mail", "blob", "date", "time", "number", "digits", "phone", "grouped", "path", "code",
         "word", "words", "mixed", "other")
"""The looks, the first that fits counts. ``number`` is written as one; ``digits`` are digits with nothing else, as a text;
``phone`` has the signs of a written telephone number, ``grouped`` are digits in groups; ``words`` are letters and spaces,
``mixed`` has digits too."""

_DIGIT, _HEX_LOW, _HEX_UP, _LOW, _UP, _HIGH, _SPACE, _DASH, _DOT, _COLON, _AT, _SLASH, _PLUS, _PAREN, _COMMA, _QUOTE, _SCORE, \
    _BRACE, _EQUAL, _OTHER = (np.uint32(1 << place) for place in range(20))
_HEX = _DIGIT | _HEX_LOW | _HEX_UP
_LETTER = _HEX_LOW | _HEX_UP | _LOW | _UP | _HIGH
_SIGNS = ((_SPACE, " \t\n\r\v\f"), (_DASH, "-"), (_DOT, "."), (_COLON, ":"), (_AT, "@"), (_SLASH, "/\\"), (_PLUS, "+"),
          (_PAREN, "()"), (_COMMA, ",;"), (_QUOTE, "'"), (_SCORE, "_"), (_BRACE, '{}[]"'), (_EQUAL, "="), (_DIGIT, "0123456789"),
          (_HEX_LOW, "abcdef"), (_HEX_UP, "ABCDEF"), (_LOW, "ghijklmnopqrstuvwxyz"), (_UP, "GHIJKLMNOPQRSTUVWXYZ"))
_DIGESTS = (32, 40, 56, 64, 96, 128)
_UUID, _BLOB, _LONGEST_DATE, _LONGEST_PATH = 36, 64, 40, 2048
_PHONE_DIGITS = (7, 15)
_CJK = (0xE3, 0xED)

_D, _M = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = (rf"^(?:\d{{4}}[-/.]{_M}[-/.]{_D}|(?:{_D}[-/.]{_M}|{_M}[-/.]{_D})[-/.](?:\d{{4}}|\d{{2}})"
         rf"|{_D}[-/. ][A-Za-z]{{3,9}}[-/., ]{{1,2}}\d{{2,4}}|[A-Za-z]{{3,9}}\.? {_D},? \d{{4}}"
         r"|[A-Za-z]{3,9}[- ](?:19|20)\d{2}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:[T ]\d{1,2}:\d{2}.*)?$")
_TIME = r"^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?$"
_NUMBER = r"^[$€£¥]? ?[+-]?(?:\d+|\d{1,3}(?:[,.]\d{3})+)(?:[.,]\d+)?(?:[eE][+-]?\d+)?(?: ?[%$€£¥])?$"


@dataclass(frozen=True)
class Looked:
    """What some distinct values look like.

    Attributes:
        look: Index into ``LOOKS`` of each.
        words: Number of words in each, four signs without spaces between them (Chinese, Japanese, Korean) counted as one.
        starts: First byte of each word, in the block's buffer.
        ends: After its last byte.
        first: Index of each value's first word among those; the first words of the next value follow its last.
    """

    look: Integers
    words: Integers
    starts: Integers
    ends: Integers
    first: Integers


def looks_of(block: Block, texts: pa.Array) -> Looked:
    """Tells what each value of a block looks like; ``texts`` are the same values as an array."""
    classes = np.bitwise_or.reduceat(_CLASS[block.buffer], block.starts)
    digits = np.add.reduceat(_IS_DIGIT[block.buffer], block.starts, dtype=np.int64)
    starts, ends, first = _words(block)
    counted = np.diff(np.append(first, len(starts)))
    if not block.ascii:
        wide = (block.buffer >= _CJK[0]) & (block.buffer <= _CJK[1])
        counted = counted + np.add.reduceat(wide, block.starts, dtype=np.int64) // 4
    look = _told(classes, block, digits)
    _by_pattern(look, texts, classes, block.ends - block.starts)
    return Looked(look, counted, starts, ends, first)


def _words(block: Block) -> tuple[Integers, Integers, Integers]:
    """Returns start and end of every word, and how many words begin before each value."""
    gap = _IS_GAP[block.buffer]
    before = np.concatenate(([True], gap[:-1]))
    starts, ends = np.flatnonzero(~gap & before), np.flatnonzero(gap & ~before)
    return starts, ends, np.searchsorted(starts, block.starts)


def _told(classes: Masks, block: Block, digits: Integers) -> Integers:
    lengths = block.ends - block.starts
    begin = block.buffer[block.starts]  # the NUL after it, for an empty value
    end = block.buffer[np.maximum(block.ends - 1, 0)]

    def within(*allowed: np.uint32) -> Flags:
        return np.asarray((classes & ~np.bitwise_or.reduce(allowed)) == 0)

    def has(some: np.uint32) -> Flags:
        return np.asarray((classes & some) != 0)

    opened = ((begin == ord("{")) & (end == ord("}"))) | ((begin == ord("[")) & (end == ord("]")))
    dashed = within(_HEX, _DASH) & has(_DIGIT) & has(_DASH)
    several = has(_LOW | _HEX_LOW) & has(_UP | _HEX_UP) & has(_DIGIT)
    alone = ~has(_SPACE)
    conditions = {
        "blank": within(_SPACE),
        "uuid": dashed & (lengths == _UUID),
        "hex": within(_HEX) & np.isin(lengths, _DIGESTS) & has(_DIGIT) & has(_HEX_LOW | _HEX_UP),
        "json": opened & (lengths > 1),
        "mail": has(_AT) & has(_DOT) & alone & (begin != ord("@")),
        "blob": alone & several & (lengths >= _BLOB) & within(_HEX, _LETTER & ~_HIGH, _PLUS, _SLASH, _EQUAL, _DASH, _SCORE),
        "digits": within(_DIGIT),
        "phone": within(_DIGIT, _SPACE, _DASH, _DOT, _PLUS, _PAREN, _SLASH) & has(_PLUS | _PAREN)
                 & (digits >= _PHONE_DIGITS[0]) & (digits <= _PHONE_DIGITS[1]),
        "grouped": within(_DIGIT, _SPACE, _DASH, _DOT, _SLASH) & has(_SPACE | _DASH | _DOT | _SLASH) & has(_DIGIT),
        "path": has(_SLASH) & alone & has(_LETTER) & (lengths <= _LONGEST_PATH) & (has(_COLON) | (begin == ord("/"))),
        "code": alone & has(_DIGIT),
        "word": alone & has(_LETTER),
        "words": has(_LETTER) & ~has(_DIGIT | _BRACE | _EQUAL),
        "mixed": has(_LETTER) & has(_DIGIT),
    }
    names = list(conditions)
    chosen = np.select([conditions[name] for name in names], [LOOKS.index(name) for name in names], LOOKS.index("other"))
    return chosen.astype(np.int64)


def _by_pattern(look: Integers, texts: pa.Array, classes: Masks, lengths: Integers) -> None:
    """Numbers, dates and times: by patterns, on the values that have their signs."""
    signs = _DIGIT | _SPACE | _DASH | _DOT | _COLON | _SLASH | _PLUS | _COMMA | _OTHER | _LETTER
    likely = np.flatnonzero(((classes & ~signs) == 0) & ((classes & _DIGIT) != 0) & (lengths <= _LONGEST_DATE)
                            & ~np.isin(look, [LOOKS.index("uuid"), LOOKS.index("hex")]))
    if not len(likely):
        return
    some = texts.take(pa.array(likely))
    plain = look[likely] == LOOKS.index("digits")
    for name, pattern in (("number", _NUMBER), ("time", _TIME), ("date", _DATE)):
        fits = pc.match_substring_regex(some, pattern).to_numpy(zero_copy_only=False)
        if name == "number":
            fits &= ~plain
        look[likely[fits]] = LOOKS.index(name)


def _tables() -> tuple[Masks, npt.NDArray[np.uint8], Flags]:
    classes = np.full(256, _OTHER, np.uint32)
    classes[128:], classes[0] = _HIGH, 0
    for mask, signs in _SIGNS:
        classes[list(signs.encode())] = mask
    gap = (classes == _SPACE) | (np.arange(256) == 0)
    return classes, (classes == _DIGIT).astype(np.uint8), gap


_CLASS, _IS_DIGIT, _IS_GAP = _tables()
