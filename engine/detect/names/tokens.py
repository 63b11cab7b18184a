"""Words, numbers and marks of a block, as columns: where they stand, what shape they have, and a key to look them up by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.names.characters import DIGIT, END, LINE, LOWER, MARK, REST, UPPER, classes

Keys = npt.NDArray[np.uint64]

WORD_SHAPES = ("lower", "lower among lower", "capitalized", "capitalized first", "capitals", "capitals among capitals",
               "mixed case", "capital letter", "letter")
"""Shapes of words. *First*: where a sentence, a line or a value begins. *Among*: no letter of the line has the other case."""

MARKS = ".,:;-'()\"/@#&?!*"
SHAPES = (*WORD_SHAPES, "1 digit", "2 digits", "3 digits", "year", "4 digits", "5 digits", "6 digits or more",
          "digits then letters", "letters then digits", *MARKS, "joining -", "joining '", "other mark", "e-mail address",
          "telephone number", "web address", "date", "other finding", "line end", "empty line", "end")
"""Shapes of all tokens. *Joining*: with no space on either side. *Finding*: what the first tier has settled."""

_WORDS = len(WORD_SHAPES)
_FIRST_NUMBER, _YEAR, _SIX = _WORDS, _WORDS + 3, _WORDS + 6
_DIGITS_FIRST, _LETTERS_FIRST, _FIRST_MARK = _WORDS + 7, _WORDS + 8, _WORDS + 9
SHAPE = {name: index for index, name in enumerate(SHAPES)}
JOINING_DASH, JOINING_QUOTE, _OTHER = SHAPE["joining -"], SHAPE["joining '"], SHAPE["other mark"]
LINE_END, EMPTY_LINE, VALUE_END = SHAPE["line end"], SHAPE["empty line"], SHAPE["end"]
SETTLED = {"EMAIL_ADDRESS": SHAPE["e-mail address"], "PHONE_NUMBER": SHAPE["telephone number"],
           "FAX_NUMBER": SHAPE["telephone number"], "URL": SHAPE["web address"], "DOMAIN_NAME": SHAPE["web address"],
           "IP_ADDRESS": SHAPE["web address"], "DATE_TIME": SHAPE["date"], "DATE_OF_BIRTH": SHAPE["date"]}
"""Entity type → shape of the tokens in a settled finding of it; of any other, ``SHAPE["other finding"]``."""

UNSPACED = (0xE3, 0xED)
"""First bytes of Chinese, Japanese and Korean in UTF-8, from one to the other."""

_FOLD = np.uint64(0x2020202020202020)
_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_PAD = 8
_LONGEST = 4
"""Bytes of the longest character."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of a block in order; after each value one token for its end.

    Attributes:
        start: First byte.
        end: After the last byte (of a mark of several bytes: after the first).
        shape: Index into ``SHAPES``.
        key: Of words: a hash of the letters, case folded. Otherwise 0.
        value: Index of the value.
        line: Number of the line, counted through the block.
    """

    start: Integers
    end: Integers
    shape: Integers
    key: Keys
    value: Integers
    line: Integers

    def those(self, chosen: Integers) -> Tokens:
        """Returns some of the tokens."""
        return Tokens(self.start[chosen], self.end[chosen], self.shape[chosen], self.key[chosen], self.value[chosen],
                      self.line[chosen])

    @property
    def word(self) -> Flags:
        """Which tokens are words."""
        return self.shape < _WORDS


def _before(ends: Flags) -> Integers:
    """Returns for each token how many ends stand before it."""
    found: Integers = np.cumsum(ends) - ends
    return found


def tokens_of(block: Block, cuts: Integers | None = None) -> Tokens:
    """Cuts a block into tokens; ``cuts`` are bytes inside words at which another begins, in order."""
    kinds = classes(block)
    start, end, run = _bounds(kinds)
    if cuts is not None and len(cuts):
        cuts = cuts[run[cuts] & run[cuts - 1]]
        start, end = np.union1d(start, cuts), np.union1d(end, cuts)
    lower, upper, digits = _counts(kinds, start, end)
    first = kinds[start]
    lettered, numbered = lower + upper > 0, digits > 0
    shape = np.where(lettered, np.where(numbered, np.where(first == DIGIT, _DIGITS_FIRST, _LETTERS_FIRST), 0), 0)
    shape = np.where(numbered & ~lettered, _number(block.buffer, start, digits), shape)
    marks = ~(lettered | numbered)
    shape[marks] = _marks(block.buffer, kinds, run, start[marks])
    kept = _without_repeated_lines(shape)
    lower += block.buffer[start] >= UNSPACED[0]  # one sign of Chinese is no single letter
    start, end, shape, counts = start[kept], end[kept], shape[kept], (lower[kept], upper[kept])
    word, line = shape < _WORDS, _before(shape >= LINE_END)
    shape[word] = _cases(shape, word, (first == UPPER)[kept], line, *counts)
    key = np.zeros(len(start), np.uint64)
    key[word] = keys(block.buffer, start[word], end[word])
    return Tokens(start, end, shape, key, _before(shape == VALUE_END), line)


def keys(buffer: Bytes, start: Integers, end: Integers) -> Keys:
    """Returns a hash of each stretch: of its first and last eight bytes and its length, ASCII and Latin-1 letters case folded."""
    padded = np.zeros(len(buffer) + 2 * _PAD, np.uint8)
    padded[_PAD:-_PAD] = buffer
    eights: Keys = np.ndarray((len(padded) - _PAD + 1,), "<u8", padded.data, 0, (1,))
    length = (end - start).astype(np.uint64)
    spare = (np.uint64(_PAD) - np.minimum(length, np.uint64(_PAD))) << np.uint64(3)
    head = (eights[start + _PAD] | _FOLD) << spare
    tail = (eights[end] | _FOLD) >> spare << spare
    key = head * _MIX[0] ^ (tail ^ (tail >> np.uint64(29))) * _MIX[1] ^ length * _MIX[2]
    mixed: Keys = (key ^ (key >> np.uint64(31))) * _MIX[1]
    return mixed


def pair(first: Keys, second: Keys) -> Keys:
    """Returns the key of two words that stand together."""
    mixed: Keys = (first ^ (second >> np.uint64(17)) ^ (second << np.uint64(47))) * _MIX[0]
    return mixed


def _bounds(kinds: Bytes) -> tuple[Integers, Integers, Flags]:
    """First byte and end of every run of letters and digits, mark, line feed, end of a value; and what bytes are of a run."""
    run = (kinds <= DIGIT) | (kinds == REST)
    rests = np.flatnonzero(kinds == REST)
    for _ in range(_LONGEST - 1):  # what continues a mark is no run of its own
        rests = rests[~run[rests - 1]]
        run[rests] = False
        rests = rests[rests + 1 < len(kinds)] + 1
        rests = rests[kinds[rests] == REST]
    alone = (kinds == MARK) | (kinds == LINE) | (kinds == END)
    begins = run & ~np.concatenate(([False], run[:-1]))
    ends = run & ~np.concatenate((run[1:], [False]))
    return np.flatnonzero(begins | alone), np.flatnonzero(ends | alone) + 1, run


def _counts(kinds: Bytes, start: Integers, end: Integers) -> tuple[Integers, Integers, Integers]:
    """How many small letters, capitals and digits each token has."""
    ones = np.zeros(8, np.int64)
    ones[LOWER], ones[UPPER], ones[DIGIT] = 1, 1 << 21, 1 << 42
    sums = np.concatenate(([0], np.cumsum(np.take(ones, kinds))))
    counts = sums[end] - sums[start]
    mask = (1 << 21) - 1
    return counts & mask, counts >> 21 & mask, counts >> 42


def _number(buffer: Bytes, start: Integers, digits: Integers) -> Integers:
    """Shape of a number; four digits that begin with 18, 19 or 20 may be a year."""
    second = buffer[np.minimum(start + 1, len(buffer) - 1)]
    year = (digits == 4) & np.where(buffer[start] == ord("1"), second >= ord("8"),  # noqa: PLR2004 - a year's digits
                                    (buffer[start] == ord("2")) & (second == ord("0")))
    size = np.where(digits >= 6, _SIX, np.where(digits >= 4, _FIRST_NUMBER + digits, _FIRST_NUMBER + digits - 1))  # noqa: PLR2004
    return np.where(year, _YEAR, size)


def _mark_table() -> Integers:
    table = np.full(256, _OTHER)
    for index, mark in enumerate(MARKS):
        table[ord(mark)] = _FIRST_MARK + index
    table[ord("\n")], table[0] = LINE_END, VALUE_END
    return table


_MARK_SHAPES = _mark_table()
_CURLY, _DASH = (0x98, 0x99), (0x90, 0x95)
"""Third bytes of single quotation marks and of dashes, after E2 80."""


def _marks(buffer: Bytes, kinds: Bytes, run: Flags, at: Integers) -> Integers:
    shape = _MARK_SHAPES[buffer[at]]
    last = len(buffer) - 1
    third = buffer[np.minimum(at + 2, last)]
    general = (buffer[at] == 0xE2) & (buffer[np.minimum(at + 1, last)] == 0x80)  # noqa: PLR2004 - general punctuation
    shape[general & (third >= _CURLY[0]) & (third <= _CURLY[1])] = SHAPE["'"]
    shape[general & (third >= _DASH[0]) & (third <= _DASH[1])] = SHAPE["-"]
    shape[(buffer[at] == 0xEF) & (third == 0x9A) & (buffer[np.minimum(at + 1, last)] == 0xBC)] = SHAPE[":"]  # noqa: PLR2004 - full width
    shape[kinds[at] == LINE] = LINE_END
    inside = run[np.maximum(at - 1, 0)] & run[np.minimum(at + np.where(general, 3, 1), last)]
    shape[inside & (shape == SHAPE["-"])] = JOINING_DASH
    shape[inside & (shape == SHAPE["'"])] = JOINING_QUOTE
    return shape


def _without_repeated_lines(shape: Integers) -> Flags:
    """Of line feeds in a row keeps the first, which becomes an empty line."""
    line: Flags = shape == LINE_END
    repeated: Flags = line & np.concatenate(([False], line[:-1]))
    shape[:-1][line[:-1] & ~repeated[:-1] & repeated[1:]] = EMPTY_LINE
    return ~repeated


def _cases(  # noqa: PLR0917 - columns
    shape: Integers, word: Flags, capital: Flags, line: Integers, lower: Integers, upper: Integers,
) -> Integers:
    """Shapes of the words, by their capitals and by the other letters of their line."""
    begins = _BEGINS[np.concatenate(([VALUE_END], shape[:-1]))][word]
    capital, lower, upper, line = capital[word], lower[word], upper[word], line[word]
    other = np.zeros((2, int(line[-1]) + 1 if len(line) else 0), bool)
    other[0, line[lower > 0]] = other[1, line[upper > 0]] = True
    facts = (capital, begins, upper > 0, upper == 1, lower > 0, lower + upper == 1, other[0][line], other[1][line])
    code = np.zeros(len(line), np.uint8)
    for bit, fact in enumerate(facts):
        code |= fact.view(np.uint8) << np.uint8(bit)
    return np.take(_CASES, code)


def _case(code: int) -> int:
    """Shape of a word, by the facts of ``_cases``."""
    capital, begins, some, one, small, alone, line_small, line_capital = (code >> bit & 1 for bit in range(8))
    if alone:
        return SHAPE["capital letter" if some else "letter"]
    if not some:
        return SHAPE["lower" if line_capital else "lower among lower"]
    if not small:
        return SHAPE["capitals" if line_small else "capitals among capitals"]
    if not (capital and one):
        return SHAPE["mixed case"]
    return SHAPE["capitalized first" if begins else "capitalized"]


_CASES = np.array([_case(code) for code in range(256)])
_BEGINS = np.isin(np.arange(len(SHAPES)), [SHAPE[mark] for mark in (*'.:?!"(*-', "line end", "empty line", "end", "other mark")])
