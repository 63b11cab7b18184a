"""Values that pass a test: drawn character by character, and drawn again until one passes.

A type of identifiers is known by a form and often by a check digit, a date or a table that no rule of drawing foresees. So many
are drawn, all of them functions of key and value, and the first is taken that the type's own test takes. What may change at all
is asked of the test too, one place at a time. All values of one length are drawn for at once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.surrogates.formats import peers
from engine.surrogates.keyed import Keyed, sign

Points = npt.NDArray[np.uint32]
"""Texts of one length as code points, one row a text."""
Flags = npt.NDArray[np.bool_]
Takes = Callable[[Points], Flags]

ROUNDS = (8, 24, 224)
"""How often is drawn for all values; for those that none of these fits; and for those of which it was asked what may change."""
MOST = 2048
"""How often is drawn for a value of which every place was asked about with every character."""

_DIGITS, _LOWER, _UPPER = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PROBES = (3, 7, 19)  # characters of an alphabet that are put in a place to learn whether it may change
_KEPT = (0.0, 0.15, 0.0, 0.3, 0.45)
"""Shares of its characters that a value keeps where none is found that may keep none; 0 for all of its letters."""
_SKELETON = str.maketrans(_DIGITS + _LOWER + _UPPER, "0" + "1" * 9 + "a" * 6 + "g" * 20 + "A" * 6 + "G" * 20)
_CLASSES = {"0": _DIGITS, "1": _DIGITS, "a": _LOWER, "g": _LOWER, "A": _UPPER, "G": _UPPER}
_RUN = re.compile(r"[01aAgG]+")
_TURN = re.compile(r"(?<=[01])[aAgG]|(?<=[aAgG])[01]")
_ENDS = (re.compile(r"\A[^\W\d_]{1,3}(?![^\W\d_])"), re.compile(r"(?<![^\W\d_])[^\W\d_]{1,3}\Z"))
"""A few letters at the beginning and at the end, where countries' codes stand."""
_TURNS = 4
"""Turns between letters and digits from which on a run of them is a code, in which any may stand for any."""


class Test(NamedTuple):
    """What is known of a type.

    Attributes:
        shape: Takes what is written as values of the type are.
        whole: Takes what the type's checks take too.
        mended: Draws of shape (values, count, length), and which of their places are letters or digits → the same with days of
            the calendar where the type has a date.
        renewed: Value and random bytes → values that carry a right checksum, where the type has one that can be computed.
        example: One of the type. The letters that it begins or ends with may be part of the form.
    """

    shape: Takes
    whole: Takes
    mended: Callable[[Points, Flags], Points] | None = None
    renewed: Callable[[str, bytes], Iterable[str]] | None = None
    example: str = ""


def alike(texts: Sequence[str], keyed: Sequence[Keyed], test: Test, *, keep_classes: bool = False) -> list[str | None]:
    """Returns for each text, which ``test`` takes, another one of its length that it takes.

    Args:
        texts: Values of the type, as they are written.
        keyed: Where the draws for each come from.
        test: What is of the type.
        keep_classes: Whether digits become digits and letters letters of their case even inside codes of both.

    Returns:
        None for a value of which nothing may change, or none was found that has the form; where none was found that passes every
        check, one that has the form alone.
    """
    found: list[str | None] = [None] * len(texts)
    for length in sorted(set(map(len, texts)) - {0}):
        rows = [row for row, text in enumerate(texts) if len(text) == length]
        some = _of_one_length([texts[row] for row in rows], [keyed[row] for row in rows], test, keep_classes=keep_classes)
        for row, one in zip(rows, some, strict=True):
            found[row] = one
    return found


def points(texts: Sequence[str]) -> Points:
    """Returns texts of one length as code points."""
    return np.array(texts, np.str_).view(np.uint32).reshape(len(texts), -1)


def strings(rows: Points) -> list[str]:
    """Returns code points as texts."""
    return np.ascontiguousarray(rows).view(f"<U{rows.shape[1]}").ravel().tolist()


class _Values:
    """Values of one length, and what may stand at each of their places: nothing else where that is no alphabet."""

    def __init__(self, texts: Sequence[str], keyed: Sequence[Keyed], allowed: Iterable[Sequence[str]]) -> None:
        self.texts = texts
        self.signs = [sign(text) for text in texts]
        self.keyed = keyed
        self.own = points(texts)
        spread: dict[str, int] = {"": 0}
        numbers = [[spread.setdefault(some, len(spread)) for some in places] for places in allowed]
        self.alphabet = np.array(numbers, np.int64).reshape(self.own.shape)
        self.sizes = np.array([max(1, len(some)) for some in spread], np.uint32)
        self.table = np.zeros((len(spread), int(self.sizes.max())), np.uint32)
        for number, some in enumerate(spread):
            self.table[number, :len(some)] = list(map(ord, some))
        self.free: Flags = self.alphabet > 0
        self.found: list[str | None] = [None] * len(texts)

    def drawn(self, rows: list[int], count: int, attempt: int, test: Test) -> Points:
        """Returns draws, of shape (rows, count, length)."""
        length = self.own.shape[1]
        streams = (self.keyed[row].stream("alike", self.signs[row], 2 * count * length, attempt) for row in rows)
        numbers = np.frombuffer(b"".join(streams), np.uint16).reshape(len(rows), count, length)
        alphabet = self.alphabet[rows][:, None, :]
        made = self.table[alphabet, numbers % self.sizes[alphabet]]
        made = made if test.mended is None else test.mended(made, self.alphabet[rows] > 0)
        return np.where(self.free[rows][:, None, :], made, self.own[rows][:, None, :])

    def take(self, rows: list[int], made: Points, takes: Takes) -> list[int]:
        """Notes for each row the first of its draws that is taken; returns the rows without one."""
        passed = takes(made.reshape(-1, made.shape[2])).reshape(made.shape[:2])
        first = strings(made[np.arange(len(rows)), passed.argmax(axis=1)])
        for place in np.flatnonzero(passed.any(axis=1)).tolist():
            one, own = first[place], self.signs[rows[place]]
            self.found[rows[place]] = one if sign(one) != own else _other(strings(made[place][passed[place]]), own)
        return [row for row in rows if self.found[row] is None]


def _of_one_length(texts: list[str], keyed: list[Keyed], test: Test, *, keep_classes: bool) -> list[str | None]:
    values = _Values(texts, keyed, [_alphabets(text.translate(_SKELETON), keep_classes) for text in texts])
    waiting = np.flatnonzero(values.free.any(axis=1)).tolist()
    for attempt, count in enumerate(ROUNDS[:2]):
        waiting = values.take(waiting, values.drawn(waiting, count, attempt, test), test.whole) if waiting else []
    if test.renewed is not None:
        for row in waiting:
            values.found[row] = _with_checksum(texts[row], keyed[row], test.renewed, test.whole)
        waiting = [row for row in waiting if values.found[row] is None]
    if waiting:
        values.free[waiting] &= _changeable(values, waiting, test.shape)
        for row in waiting:
            values.free[row, _literal(texts[row], test.example)] = False
        waiting = values.take(waiting, values.drawn(waiting, ROUNDS[2], 2, test), test.whole)
    for row in waiting:
        values.found[row] = _asked(texts[row], keyed[row], test)
    return values.found


def _literal(text: str, example: str) -> list[int]:
    """The places of the letters that a value begins and ends with, where the example does so with the same."""
    ends = ((one.search(text), one.search(example)) for one in _ENDS)
    return [place for own, other in ends if own and other and own[0] == other[0] for place in range(*own.span())]


def _other(some: Iterable[str], own: str) -> str | None:
    return next((one for one in some if sign(one) != own), None)


@functools.lru_cache(maxsize=65_536)
def _alphabets(skeleton: str, keep_classes: bool) -> tuple[str, ...]:  # noqa: FBT001 - one of two ways, by place for the cache
    """What may stand at each place: digits for a digit, letters for a letter; in a code of both, and in hexadecimal, what it has.

    A number that begins with no zero still begins with none.
    """
    allowed = [_CLASSES.get(one) or peers(one) for one in skeleton]
    whole = len(_TURN.findall(skeleton)) >= _TURNS and not re.search("[gG]", skeleton)
    for run in _RUN.finditer(skeleton):
        begin, end = run.span()
        digit = re.search("[01]", run[0])
        if digit and not whole and _hexadecimal(run[0][digit.start():]):
            begin += digit.start()
        part = skeleton[begin:end]
        code = len(_TURN.findall(part)) >= _TURNS
        hexadecimal = whole or (code and _hexadecimal(part))
        lower, upper = (some[:6] if hexadecimal else some for some in (_LOWER, _UPPER))
        mixed = _DIGITS + lower * bool(re.search("[ag]", part)) + upper * bool(re.search("[AG]", part))
        for place in range(begin, end):
            if not keep_classes and (whole or code):
                allowed[place] = mixed if re.search("[agAG]", part) else _DIGITS + (upper if skeleton.isupper() else lower)
            elif skeleton[place] not in "01":
                allowed[place] = lower if skeleton[place] in "ag" else upper
    first = re.search("[01]", skeleton)
    if first and first[0] == "1" and allowed[first.start()] == _DIGITS:
        allowed[first.start()] = _DIGITS[1:]
    return tuple(allowed)


def _hexadecimal(run: str) -> bool:
    return not re.search("[gG]", run) and len(_TURN.findall(run)) >= _TURNS


def _with_checksum(text: str, keyed: Keyed, renewed: Callable[[str, bytes], Iterable[str]], whole: Takes) -> str | None:
    for attempt in range(ROUNDS[0]):
        for one in renewed(text, keyed.stream("renewed", text, len(text), attempt)):
            if sign(one) != sign(text) and whole(points([one]))[0]:
                return one
    return None


def _changeable(values: _Values, rows: list[int], shape: Takes) -> Flags:
    """Whether each place takes any of a few other characters."""
    count, length = len(rows), values.own.shape[1]
    alphabet, own = values.alphabet[rows], values.own[rows]
    taken: Flags = np.zeros((count, length), np.bool_)
    for probe in _PROBES:
        other = values.table[alphabet, probe % values.sizes[alphabet]]
        other = np.where(other == own, values.table[alphabet, (probe + 1) % values.sizes[alphabet]], other)
        probes = np.repeat(own, length, axis=0).reshape(count, length, length)
        probes[:, np.arange(length), np.arange(length)] = other
        taken |= shape(probes.reshape(-1, length)).reshape(count, length) & (alphabet > 0)
    return taken


def _asked(text: str, keyed: Keyed, test: Test) -> str | None:
    """Returns what is drawn of all characters that each place takes; else what keeps half of the original's at most."""
    some = [_candidates(character, text) for character in text]
    changed = [f"{text[:place]}{other}{text[place + 1:]}" for place, others in enumerate(some) for other in others]
    taken = iter(test.shape(points(changed)).tolist()) if changed else iter(())
    allowed = ["".join(other for other in others if next(taken)) for others in some]
    values = _Values([text], [keyed], [[one if len(one) > 1 else "" for one in allowed]])
    if not values.free.any():
        return None
    for attempt, count in enumerate((ROUNDS[2], MOST), len(ROUNDS)):
        drawn = values.drawn([0], count, attempt, test)
        if not values.take([0], drawn, test.whole):
            return values.found[0]
    return _nearest(values, test) or _other(strings(drawn[0][test.shape(drawn[0])]), values.signs[0])


def _nearest(values: _Values, test: Test) -> str | None:
    """Returns what keeps the fewest of the characters that may change, and no more than half of them."""
    own, free = values.own[0], values.free[0]
    numbers = np.frombuffer(values.keyed[0].stream("kept", values.signs[0], MOST * len(own)), np.uint8).reshape(MOST, -1)
    share = np.resize(_KEPT, MOST)[:, None]
    letters = np.array([one.isalpha() for one in values.texts[0]])
    made = np.where(np.where(share > 0, numbers < share * 256, letters), own, values.drawn([0], MOST, 5, test)[0])
    made = made[test.whole(made)]
    kept = ((made == own) & free).sum(axis=1)
    fewest = np.argsort(kept, kind="stable")
    return _other(strings(made[fewest[2 * kept[fewest] <= free.sum()]]), values.signs[0]) if len(made) else None


def _candidates(character: str, text: str) -> str:
    if not character.isalnum() or not character.isascii():
        return peers(character)
    lower, upper = any(map(str.islower, text)), any(map(str.isupper, text))
    return _DIGITS + (_LOWER if lower else "") + (_UPPER if upper or not lower else "")
