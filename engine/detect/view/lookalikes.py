"""Letters of other scripts that look like ASCII ones, folded where a text would not honestly mix them.

Folded are: a word that mixes them with ASCII letters; a whole token that is an identifier, if all of it then is ASCII (it has
an at sign, a dot beside ASCII letters, hexadecimal groups, or at least as many digits as letters, all capitals); capitals in a
row of short groups of which most are digits; and what looks like a digit among digits. So 'Москва-2024' and 'Νίκος' stay.
Source: ``conf/recognizers/confusables.csv``, after Unicode UTS #39.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.detect.config import packaged
from engine.detect.view.reading import END, Reading

_LOOK_LIKE_DIGITS = {"O": "0", "o": "0", "I": "1", "l": "1"}
_WORD = re.compile(r"[^\W_]+")
_IDENTIFIER = re.compile(r"@|[A-Za-z][._][^\W_]|[^\W_][._][A-Za-z]")
_HEXADECIMAL = re.compile(r"\W?(?=[^0-9]*[0-9])[0-9A-Fa-f]{1,12}(?:(?:[:-]|::)[0-9A-Fa-f]{1,12}){2,}\W?")
_ACCOUNT = re.compile(r"(?<!\w)([A-Z]{2})([0-9OI]{2})(?=[A-Z0-9]{11,30}(?!\w))")
"""An IBAN (ISO 13616) begins with two letters and two digits."""

_ASCII_LETTER = re.compile("[A-Za-z]")
_ENOUGH_DIGITS = 3
_SPACE = 32
_DIGITS = frozenset("0123456789")
_SMALL = "abcdefghijklmnopqrstuvwxyz"
_NEAR = 32
"""Characters within which some digit of a number stands: beyond three groups of eight and what is between them."""


@dataclass(frozen=True)
class Lookalikes:
    """The table, as the rules use it.

    Attributes:
        signs: Character → the ASCII letter or mark that it reads as.
        foreign: The letters among them that are not Latin.
        capitals: What reads as an ASCII capital among them.
        digits: Character → digit, for characters among digits.
        digit_run: Matches those inside a token.
        number: Matches a stretch of digits and of those, with separators.
        groups: Matches groups of digits and capitals.
    """

    signs: dict[str, str]
    foreign: frozenset[str]
    capitals: dict[str, str]
    digits: dict[str, str]
    digit_run: re.Pattern[str]
    number: re.Pattern[str]
    groups: re.Pattern[str]

    @classmethod
    @functools.cache
    def packaged(cls) -> Lookalikes:
        """Returns the table that ships with Lakeveil, read once a process."""
        lines = [line for line in packaged("confusables.csv").splitlines() if not line.startswith("#")]
        rows = [(chr(int(row["code_point"], 16)), row["reads_as"], row["name"]) for row in csv.DictReader(lines)]
        digits = {one: _LOOK_LIKE_DIGITS.get(other, other) for one, other, _ in rows
                  if other.isdigit() or other in _LOOK_LIKE_DIGITS}
        like = re.escape("".join(digits))
        capitals = {one: other for one, other, _ in rows if other.isupper()}
        group = rf"[0-9A-Z{re.escape(''.join(capitals))}]{{1,8}}"
        one = rf"(?:[0-9]|(?<!\s)[{like}]|[{like}](?!\s))"
        return cls(
            signs={one: other for one, other, _ in rows if not other.isdigit()},
            foreign=frozenset(one for one, other, name in rows if other.isalpha() and not name.startswith("LATIN ")),
            capitals=capitals,
            digits=digits,
            digit_run=re.compile(rf"(?<![^\W\d_])[{like}]+(?![^\W\d_])"),
            number=re.compile(rf"(?<![^\W_]){one}(?:[\s.()/+\-]{{0,4}}{one}){{5,40}}(?![^\W_])"),
            groups=re.compile(rf"(?<![^\W_]){group}(?:[ ./\-]{{1,3}}{group}){{1,9}}(?![^\W_])"))

    def fold_number(self, number: re.Match[str]) -> str:
        """Returns a stretch with what looks like digits as digits, if more than half of it are some already."""
        text = number.group()
        if text.isascii():
            return text
        like = sum(one in self.digits for one in text)
        return "".join(self.digits.get(one, one) for one in text) if like < sum(one in _DIGITS for one in text) else text

    def fold_groups(self, groups: re.Match[str]) -> str:
        """Returns groups of which most are digits with the capitals of one script."""
        text = groups.group()
        if text.isascii():
            return text
        digits = sum(one in _DIGITS for one in text)
        letters = sum(map(str.isalpha, text))
        enough = digits >= max(letters, _ENOUGH_DIGITS)
        return "".join(self.capitals.get(one, one) for one in text) if enough else text

    def fold(self, token: str) -> str:
        """Returns how a token reads: as many characters, each folded or not."""
        enough = sum(one in _DIGITS for one in token) >= _ENOUGH_DIGITS
        token = self.digit_run.sub(lambda run: self._as_digits(run, enough=enough), token)
        whole = "".join(self.signs.get(one, one) for one in token)
        if whole.isascii() and (_IDENTIFIER.search(token) or _is_code(whole) or _HEXADECIMAL.fullmatch(whole)):
            return _ACCOUNT.sub(lambda start: start[1] + start[2].replace("O", "0").replace("I", "1"), whole)
        return _WORD.sub(lambda word: self._as_word(word.group()), token)

    def _as_digits(self, run: re.Match[str], *, enough: bool) -> str:
        beside = [run.string[place:place + 1].isdigit() for place in (run.end(), max(run.start() - 1, 0))]
        if all(beside) or (any(beside) and (enough or run.group().isupper())):
            return "".join(self.digits[one] for one in run.group())
        return run.group()

    def _as_word(self, word: str) -> str:
        if _ASCII_LETTER.search(word) and not self.foreign.isdisjoint(word):
            return "".join(self.signs.get(one, one) for one in word)
        return word


def _is_code(token: str) -> bool:
    letters = sum(map(str.isalpha, token))
    return token.upper() == token and letters <= sum(map(str.isdigit, token))


def read_lookalikes(reading: Reading) -> Reading:
    """Folds look-alikes; nearly all tokens of an honest text are passed over in whole arrays."""
    table = Lookalikes.packaged()
    present = [one for one in reading.unusual if one in table.signs or one in table.digits]
    if not present:
        return reading
    reading = replace(reading, text=_numbers_folded(reading, present, table))
    codes = reading.codes.copy()
    edges = np.flatnonzero(np.diff(np.concatenate(([True], codes <= _SPACE, [True])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    doubtful = _doubtful(reading, present, table, starts)
    for start, end in zip(starts[doubtful].tolist(), ends[doubtful].tolist(), strict=True):
        codes[start:end] = np.frombuffer(table.fold(reading.text[start:end]).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return reading.recoded(codes)


def _numbers_folded(reading: Reading, present: list[str], table: Lookalikes) -> str:
    """Returns the text with numbers, and groups of digits and capitals, folded; nothing becomes longer or shorter."""
    parts, done = [], 0
    for start, end in _with_numbers(reading, [one for one in present if one in table.digits or one in table.capitals]):
        some = table.number.sub(table.fold_number, reading.text[start:end])
        parts += [reading.text[done:start], table.groups.sub(table.fold_groups, some)]
        done = end
    return "".join([*parts, reading.text[done:]])


def _with_numbers(reading: Reading, like: list[str]) -> list[tuple[int, int]]:
    """Returns where the values begin and end in which a look-alike could be part of a number: never fewer.

    It stands beside no letter but capitals and look-alikes, and not far from a digit.
    """
    codes, alike = reading.codes, reading.holding(like)
    digit = (codes >= ord("0")) & (codes <= ord("9"))
    capital = (codes >= ord("A")) & (codes <= ord("Z"))
    letter = reading.holding([*_SMALL, *(one for one in reading.unusual if one.isalnum())]) & ~alike & ~digit & ~capital
    before = np.concatenate(([0], np.cumsum(digit)))
    places = np.flatnonzero(alike & ~np.append(letter[1:], False) & ~np.append(False, letter[:-1]))
    near = before[np.minimum(places + _NEAR, len(codes))] > before[np.maximum(places - _NEAR, 0)]
    ends = np.append(np.flatnonzero(codes == ord(END)), len(codes))
    values = np.unique(np.searchsorted(ends, places[near]))
    return [(int(ends[value - 1]) + 1 if value else 0, int(ends[value])) for value in values.tolist()]


def _doubtful(
    reading: Reading, present: list[str], table: Lookalikes, starts: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Returns which tokens a rule could fold: never fewer."""
    codes = reading.codes
    like = reading.holding(present)
    letter = ((codes | 32) >= ord("a")) & ((codes | 32) <= ord("z"))
    digit = (codes >= ord("0")) & (codes <= ord("9"))
    sign = digit | np.isin(codes, np.frombuffer(b"@._", np.uint8))
    foreign = reading.holding([one for one in present if one in table.foreign])
    other = (codes >= 128) & ~like  # noqa: PLR2004 - beyond ASCII

    def any_in(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.logical_or.reduceat(mask, starts)
        return found

    return any_in(like) & ((any_in(letter) & any_in(foreign)) | any_in(digit) | (any_in(sign) & ~any_in(other)))
